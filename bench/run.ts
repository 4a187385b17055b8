// Runs a scenario for a benchmark: once small to warm up, then timed. The time is that of the whole call of `simulate`,
// building the cluster included, as a user would see it.
import { simulate } from '../index.ts'
import type { Check, RunResult, Scenario, SimulateOptions as Options } from '../index.ts'
import type { Contender, Outcome } from './benchmark.ts'
import { hold1e3 } from './hold.ts'

export type SimulateOptions = Options

/** How many operations a run performed, as a check sees it at the end: the sum of a number in all nodes' states. */
export function totalOf(name: string, field: string): Check {
  return {
    name,
    begin: ({ world }) => ({
      finish: () => {
        let total = 0
        for (const node of world.nodes) {
          total += (node.state as Readonly<Record<string, number | undefined>> | undefined)?.[field] ?? 0
        }
        return { name, verdict: 'held', observations: 1, detail: String(total) }
      },
    }),
  }
}

/** The total that {@link totalOf} found. */
export function total(result: RunResult): number {
  return Number(result.checks[0]?.detail)
}

/** Warms up, then runs with a clock. */
export async function timed(
  scenario: Scenario,
  warmUp: SimulateOptions,
  options: SimulateOptions,
  operations: (result: RunResult) => number,
): Promise<Outcome> {
  await simulate(scenario, warmUp)
  const begun = process.hrtime.bigint()
  const result = await simulate(scenario, options)
  const seconds = Number(process.hrtime.bigint() - begun) / 1e9
  if (result.failures.length > 0) throw new Error(result.failures[0]?.message)
  return { operations: operations(result), seconds, hash: result.fingerprint }
}

/** The yardstick of benchmarks that do more than hold events: the rate of the C heap at 1000 pending. */
export const cHeapRate: Contender = {
  name: 'C heap hold-1e3',
  otherWork: true,
  run: (scale) => hold1e3.yardsticks[0]?.run(scale) ?? Promise.resolve(undefined),
}
