/**
 * `orrery-sim/vitest`: scenarios as tests. Importing it adds the matchers to `expect`; `testScenario` and `testExamples`
 * register tests that use them and give them the time that many runs take. docs/testing.md explains both.
 */
import { expect, test } from 'vitest'
import { simulate } from '../../index.ts'
import { rangeText } from '../../sim/explore/sweep.ts'
import type { Params } from '../../sim/scenario/params.ts'
import type { Scenario } from '../../sim/scenario/scenario.ts'
import type { MatcherContext, MatcherResult } from './matchers.ts'
import { seedsIn, toHold, toViolate } from './matchers.ts'
import type { HoldOptions, ViolateOptions } from './options.ts'

export type { FailureOptions, HoldOptions, ParamsOf, RunsOptions, ViolateOptions } from './options.ts'

interface ScenarioMatchers<T> {
  /**
   * All runs hold. A failure tells the story of the run, made small, with its seed, signature and the command that
   * repeats it. Await it.
   */
  toHold(options?: HoldOptions<T>): Promise<void>
  /** Some run violates something. Await it. */
  toViolate(options?: ViolateOptions<T>): Promise<void>
  /** Some run violates this check, or fails with this signature. Await it. */
  toViolate(check: string, options?: ViolateOptions<T>): Promise<void>
}

declare module 'vitest' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- this is how Vitest is told of matchers
  interface Matchers<T> extends ScenarioMatchers<T> {}
}

// What options are, ScenarioMatchers tells those who call; matchers check what they get.
expect.extend({
  toHold(this: MatcherContext, received: unknown, options?: unknown): Promise<MatcherResult> {
    return toHold(this, received, options)
  },
  toViolate(
    this: MatcherContext,
    received: unknown,
    check?: unknown,
    options?: unknown,
  ): Promise<MatcherResult> {
    return toViolate(received, check, options)
  },
})

/** Milliseconds by the wall clock that a test of many runs may take, if nothing else is said. */
const TIMEOUT = 300_000

export interface TestScenarioOptions<S> extends HoldOptions<S> {
  /** The test's title; default: the scenario's name, what is set, and the seeds. */
  readonly title?: string
  /** Milliseconds by the wall clock; default 5 minutes. */
  readonly timeout?: number
}

/** Registers a test that the scenario holds. */
export function testScenario<P extends Params>(
  scenario: Scenario<P>,
  options: TestScenarioOptions<Scenario<P>> = {},
): void {
  const { title, timeout = TIMEOUT, ...hold } = options
  const plain = hold as HoldOptions
  test(title ?? titleOf(scenario.name, plain), { timeout }, async () => {
    // Vitest's own type of what `expect` returns knows nothing of this scenario's parameters.
    await expect(scenario as unknown as Scenario).toHold(plain)
  })
}

/** Registers a test for each of the scenario's examples: the verdict is the one that the example expects. */
export function testExamples<P extends Params>(
  scenario: Scenario<P>,
  { timeout = TIMEOUT }: { readonly timeout?: number } = {},
): void {
  for (const { set = {}, seed = 1, expect: verdict, about } of scenario.examples) {
    const params = set as NonNullable<HoldOptions['params']>
    const title = `${scenario.name}: ${about ?? settingText(params)}: ${verdict}`
    test(title, { timeout }, async () => {
      const plain = scenario as unknown as Scenario
      const result = await simulate(plain, { params, seed })
      // What was expected to hold and does not is worth a story.
      if (verdict === 'held' && result.verdict === 'violated') {
        await expect(plain).toHold({ params, seeds: `${seed}..${seed}`, fixedSeeds: true })
      }
      expect(result.verdict).toBe(verdict)
    })
  }
}

function titleOf(name: string, options: HoldOptions): string {
  const { params = {}, randomFaults = false, swarm = false, hooks = false } = options
  // The environment's seeds are not in it: the command that runs one seed again finds the test by its title.
  const seeds = rangeText(seedsIn(options))
  const how = [
    settingText(params),
    swarm ? 'swarm' : randomFaults === false ? '' : 'random faults',
    hooks ? 'hooks' : '',
  ]
  return [`${name} holds`, ...how, `seeds ${seeds}`].filter(Boolean).join(', ')
}

function settingText(params: Readonly<Record<string, unknown>>): string {
  return Object.entries(params)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ')
}
