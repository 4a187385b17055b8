/** Runs one scenario with many seeds, one after the other in the process of the test: Vitest spreads files over cores. */
import { simulate } from '../../index.ts'
import type { RunOutcome } from '../../sim/explore/outcome.ts'
import { outcomeOf } from '../../sim/explore/outcome.ts'
import type { Attempt } from '../../sim/explore/shrink.ts'
import type { SweepReport } from '../../sim/explore/sweep-tally.ts'
import { SweepTally } from '../../sim/explore/sweep-tally.ts'
import type { SeedRange } from '../../sim/explore/sweep.ts'
import { seedsOf } from '../../sim/explore/sweep.ts'
import type { Scenario } from '../../sim/scenario/scenario.ts'
import type { RunSpec } from '../../sim/scenario/simulate.ts'
import { optionsOf } from '../../sim/scenario/simulate.ts'

export interface Runs {
  readonly report: SweepReport
  /** The run at which it was stopped. */
  readonly stoppedAt?: RunOutcome
  /** Fingerprints of a run that was made twice and came to something else. */
  readonly diverged?: { readonly seed: number; readonly fingerprints: readonly [string, string] }
}

/** Runs specs of a scenario. */
export function attemptOf(scenario: Scenario, usual: { readonly maxEvents?: number }): Attempt {
  return (spec, how) => simulate(scenario, { ...optionsOf(spec), ...usual, ...how })
}

/**
 * Runs seeds in order until one is to be stopped at. The first seed is run once more at the end: a scenario that keeps
 * something from run to run, or looks at a clock, is found by it.
 */
export async function runSeeds(
  specOf: (seed: number) => RunSpec,
  seeds: SeedRange,
  attempt: Attempt,
  isEnough: (outcome: RunOutcome) => boolean,
): Promise<Runs> {
  const tally = new SweepTally()
  let first: RunOutcome | undefined
  for (const seed of seedsOf(seeds)) {
    const outcome = outcomeOf(await attempt(specOf(seed), {}))
    tally.add(outcome)
    first ??= outcome
    if (isEnough(outcome)) return { report: tally.report(), stoppedAt: outcome }
  }
  const report = tally.report()
  if (first === undefined) return { report }
  const { fingerprint } = await attempt(specOf(first.seed), {})
  if (fingerprint === first.fingerprint) return { report }
  return { report, diverged: { seed: first.seed, fingerprints: [first.fingerprint, fingerprint] } }
}
