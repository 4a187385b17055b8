/**
 * The matchers: `await expect(scenario).toHold({ seeds: 200 })` and `await expect(scenario).toViolate('check')`.
 *
 * They decide nothing that `orrery sweep` would decide otherwise: the same outcomes, tallied in the same way, give the
 * same verdict.
 */
import type { RunOutcome } from '../../sim/explore/outcome.ts'
import { signatureText } from '../../sim/explore/outcome.ts'
import type { SweepReport } from '../../sim/explore/sweep-tally.ts'
import { isFailure } from '../../sim/explore/sweep-tally.ts'
import { sweepVerdict } from '../../sim/explore/sweep-verdict.ts'
import type { SeedRange } from '../../sim/explore/sweep.ts'
import { parseSeeds, rangeText } from '../../sim/explore/sweep.ts'
import { CallerError, show } from '../../sim/kernel/errors.ts'
import { unknownName } from '../../sim/kernel/nearest.ts'
import type { Scenario } from '../../sim/scenario/scenario.ts'
import { isScenario } from '../../sim/scenario/scenario.ts'
import { readEnvironment } from './environment.ts'
import type { AskingTest } from './failure.ts'
import { notDeterministic, tellFailure } from './failure.ts'
import type { RunsOptions } from './options.ts'
import { checkOptions, specsOf } from './options.ts'
import { attemptOf, runSeeds } from './runs.ts'

/** What Vitest tells a matcher. */
export interface MatcherContext {
  readonly isNot: boolean
  readonly currentTestName?: string | undefined
  readonly testPath?: string | undefined
}

export interface MatcherResult {
  readonly pass: boolean
  readonly message: () => string
}

export const DEFAULT_SEEDS = 100

/** The seeds that options ask for. */
export function seedsIn({ seeds = DEFAULT_SEEDS }: RunsOptions): SeedRange {
  return parseSeeds(String(seeds), 'seeds')
}

/** Passes if all runs hold; undecided runs and checks that no run reached fail it as well. */
export async function toHold(
  context: MatcherContext,
  received: unknown,
  given: unknown = {},
): Promise<MatcherResult> {
  const scenario = checked(received, 'toHold')
  const options = checkOptions(given, 'toHold')
  const { bundles, ...environment } = readEnvironment()
  const single = environment.single && options.fixedSeeds !== true
  const seeds = (options.fixedSeeds === true ? undefined : environment.seeds) ?? seedsIn(options)
  const attempt = attemptOf(scenario, limits(options))
  const specOf = specsOf(scenario, options)
  const { report, stoppedAt, diverged } = await runSeeds(specOf, seeds, attempt, isFailure)
  const range = single ? `seed ${seeds.from}` : `seeds ${rangeText(seeds)}`
  const wanted = `expected ${scenario.name} to hold with ${range}`
  if (stoppedAt !== undefined) {
    if (context.isNot) return { pass: false, message: () => wanted }
    const told = await tellFailure({
      scenario,
      spec: specOf(stoppedAt.seed),
      options,
      attempt,
      test: testOf(context),
      bundles: options.bundles ?? bundles,
    })
    return { pass: false, message: () => `${wanted}, but seed ${stoppedAt.seed} does not\n\n${told}` }
  }
  if (diverged !== undefined) {
    throw new CallerError(`${scenario.name}: ${notDeterministic(diverged.seed, diverged.fingerprints)}`)
  }
  const { verdict, unreached, warnings } = sweepVerdict(report, single)
  if (unreached.length > 0) {
    const names = unreached.map((name) => `'${name}'`).join(', ')
    return { pass: false, message: () => `${wanted}, but no run reached ${names}` }
  }
  if (verdict !== 'held') return { pass: false, message: () => `${wanted}, but ${undecidedText(report)}` }
  if (options.strict === true && warnings.length > 0) {
    return { pass: false, message: () => `${wanted}, but (strict)\n${warnings.join('\n')}` }
  }
  // Not a matter of the verdict, as everywhere; but a test that proves nothing should not be silent about it.
  // eslint-disable-next-line no-console -- where Vitest shows what a test has to say
  for (const text of warnings) console.warn(`${scenario.name}: warning: ${text}`)
  return {
    pass: true,
    message: () =>
      `expected ${scenario.name} to be violated with one of ${range}, but all ${report.runs} runs held`,
  }
}

/**
 * Passes if some run violates the check, or anything if none is named. The environment's seeds do not count here: within
 * how many seeds a bug must be found is what the test states.
 */
export async function toViolate(received: unknown, check: unknown, more: unknown): Promise<MatcherResult> {
  const scenario = checked(received, 'toViolate')
  const name = typeof check === 'string' ? check : undefined
  const options = checkOptions((typeof check === 'string' ? more : check) ?? {}, 'toViolate')
  const seeds = seedsIn(options)
  const attempt = attemptOf(scenario, limits(options))
  const isWanted = ({ signature, verdict }: RunOutcome): boolean =>
    verdict === 'violated' &&
    (name === undefined ||
      signature?.subject === name ||
      (signature !== undefined && signatureText(signature) === name))
  const { report, stoppedAt } = await runSeeds(specsOf(scenario, options), seeds, attempt, isWanted)
  const what = name === undefined ? 'be violated' : `violate '${name}'`
  if (stoppedAt !== undefined) {
    return {
      pass: true,
      message: () => `expected ${scenario.name} not to ${what}, but it does with seed ${stoppedAt.seed}`,
    }
  }
  const known = [
    ...report.checks.map((one) => one.name),
    ...report.failures.map(({ signature }) => signatureText(signature)),
  ]
  if (name !== undefined && !known.includes(name)) {
    throw unknownName('check', name, known, `scenario ${scenario.name}`)
  }
  const others = report.failures.map(
    ({ signature, runs, cheapest }) =>
      `  ${runs} violated '${signatureText(signature)}', such as seed ${cheapest.seed}`,
  )
  return {
    pass: false,
    message: () =>
      [
        `expected ${scenario.name} to ${what} with one of seeds ${rangeText(seeds)}, but ${countsText(report)}`,
      ]
        .concat(others)
        .join('\n'),
  }
}

function checked(received: unknown, matcher: string): Scenario {
  if (isScenario(received)) return received
  throw new CallerError(`${matcher}: ${show(received)} is no scenario`, {
    expected: "what 'scenario({ ... })' returns, such as the default export of a scenario's file",
  })
}

function limits({ maxEvents }: RunsOptions): { readonly maxEvents?: number } {
  return maxEvents === undefined ? {} : { maxEvents }
}

function testOf({ currentTestName, testPath }: MatcherContext): AskingTest {
  return { name: currentTestName, path: testPath }
}

function countsText({ runs, verdicts }: SweepReport): string {
  const { held, violated, undecided } = verdicts
  if (held === runs) return `all ${runs} runs held`
  const parts = [`${held} held`]
  if (violated > 0) parts.push(`${violated} violated`)
  if (undecided > 0) parts.push(`${undecided} undecided`)
  return `of ${runs} runs ${parts.join(', ')}`
}

function undecidedText(report: SweepReport): string {
  const checks = report.checks.filter(({ undecided }) => undecided > 0).map(({ name }) => `'${name}'`)
  return `${report.verdicts.undecided} of ${report.runs} runs are undecided: ${checks.join(', ')}`
}
