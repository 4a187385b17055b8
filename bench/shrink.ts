// Shrinking failures of the quorum scenario with R + W <= N, one seed after the other: what is measured is how many runs
// a second a shrinker gets through, whose runs become ever shorter while it works.
import quorum from '../scenarios/quorum.ts'
import { simulate } from '../index.ts'
import type { Scenario } from '../index.ts'
import { shrink } from '../sim/explore/shrink.ts'
import { hashString } from '../sim/kernel/hash.ts'
import { scenarioParams } from '../sim/scenario/scenario.ts'
import type { RunSpec } from '../sim/scenario/simulate.ts'
import { optionsOf } from '../sim/scenario/simulate.ts'
import type { Benchmark, Outcome } from './benchmark.ts'

const SEEDS = 60
const scenario = quorum as unknown as Scenario

async function shrinkSeeds(count: number): Promise<Outcome> {
  const params = scenarioParams(scenario, { r: 1, w: 1 })
  const plan = scenario.faults?.(params) ?? []
  let operations = 0
  let hash = 0
  const begun = process.hrtime.bigint()
  for (let seed = 1; seed <= count; seed++) {
    const spec: RunSpec = {
      scenario: scenario.name,
      params,
      seed,
      plan,
      profile: { ties: 'serial' },
      until: 60_000_000,
    }
    const attempt: Parameters<typeof shrink>[0]['attempt'] = (candidate, how) =>
      simulate(scenario, { ...optionsOf(candidate), ...how })
    const outcome = await shrink({ scenario, spec, attempt })
    if (outcome.kind !== 'shrunk') throw new Error(`seed ${seed}: ${outcome.kind}`)
    operations += outcome.spent.runs
    hash = hashString(outcome.result.fingerprint, hash)
  }
  const seconds = Number(process.hrtime.bigint() - begun) / 1e9
  return { operations, seconds, hash: (hash >>> 0).toString(16) }
}

export const shrinking: Benchmark = {
  name: 'shrink',
  what: 'runs spent on shrinking failures of quorum r=1 w=1, seed after seed',
  goal: null,
  ours: {
    name: 'nodes',
    async run(scale) {
      await shrinkSeeds(1)
      return shrinkSeeds(Math.max(1, Math.round(SEEDS * scale)))
    },
  },
  yardsticks: [],
}
