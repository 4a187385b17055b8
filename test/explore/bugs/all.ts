// The planted bugs: what each is, the system with it, and the same system without it.
import { planner } from '../../../faults/generate/planner.ts'
import { simulate } from '../../../index.ts'
import type { Scenario } from '../../../index.ts'
import type { RunResult, RunSpec } from '../../../sim/scenario/simulate.ts'
import type { Attempt } from '../../../sim/explore/shrink.ts'
import { scenarioParams } from '../../../sim/scenario/scenario.ts'
import { optionsOf } from '../../../sim/scenario/simulate.ts'
import { micros } from '../../../sim/kernel/time.ts'
import type { Duration } from '../../../index.ts'
import { make as ackBeforeSync } from './ack-before-sync.ts'
import { make as droppedTieBreak } from './dropped-tie-break.ts'
import { make as lockWithoutFencing } from './lock-without-fencing.ts'
import { make as majorityOffByOne } from './majority-off-by-one.ts'
import { make as offsetBeforeWork } from './offset-before-work.ts'
import { make as retryNotIdempotent } from './retry-not-idempotent.ts'
import { make as updateFromStaleRead } from './update-from-stale-read.ts'
import { make as voteTwice } from './vote-twice.ts'
import { make as wallClockLease } from './wall-clock-lease.ts'
import { make as watchNotRenewed } from './watch-not-renewed.ts'

export interface PlantedBug {
  /** For the table. */
  readonly about: string
  readonly broken: Scenario
  readonly correct: Scenario
  /** The sweep must find it within these many seeds. */
  readonly within: number
}

const bug = (about: string, within: number, make: (planted: boolean) => Scenario): PlantedBug => ({
  about,
  within,
  broken: make(true),
  correct: make(false),
})

export const bugs: readonly PlantedBug[] = [
  bug('a write is acknowledged before it is synced', 20, ackBeforeSync),
  bug('a lock without fencing, and its holder is paused', 20, lockWithoutFencing),
  bug('a vote is forgotten in a restart and cast again', 60, voteTwice),
  bug('a lease is timed by the wall clock', 20, wallClockLease),
  bug('a retry is not idempotent', 20, retryNotIdempotent),
  bug('an update starts from a stale read', 20, updateFromStaleRead),
  bug('a tie-break was dropped', 20, droppedTieBreak),
  bug('a quorum is half and not more than half', 20, majorityOffByOne),
  bug('an offset is committed before the work is done', 20, offsetBeforeWork),
  bug('a watch is not renewed after a restart', 20, watchNotRenewed),
]

/** The run spec of a seed with its random faults. */
export function specsOf(scenario: Scenario): (seed: number) => RunSpec {
  const params = scenarioParams(scenario, {})
  const until = micros(scenario.until as Duration, 'until')
  const plan = planner(scenario, params, { swarm: false, horizonMicros: until })
  return (seed) => ({
    scenario: scenario.name,
    params,
    seed,
    plan: plan(seed),
    profile: { ties: 'serial' },
    until,
  })
}

export function attemptOf(scenario: Scenario): Attempt {
  return (spec, how) => simulate(scenario, { ...optionsOf(spec), ...how })
}

/** The first seed that fails, among `within`. */
export async function firstFailing(scenario: Scenario, within: number): Promise<RunResult | undefined> {
  const specOf = specsOf(scenario)
  for (let seed = 1; seed <= within; seed++) {
    const result = await attemptOf(scenario)(specOf(seed), {})
    if (result.verdict === 'violated') return result
  }
  return undefined
}
