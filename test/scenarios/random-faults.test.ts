// Under random faults scenarios judge what holds whatever happens, and nothing that was made for their own faults.
import { describe, expect, it } from 'vitest'
import { scenarioParams } from '../../sim/scenario/scenario.ts'
import type { RunResult, Scenario } from '../../index.ts'
import { simulate } from '../../index.ts'
import { planner } from '../../faults/generate/planner.ts'
import { micros } from '../../sim/kernel/time.ts'
import coordinationOutage from '../../scenarios/coordination-outage.ts'
import failureDetection from '../../scenarios/failure-detection.ts'
import leaderElection from '../../scenarios/leader-election.ts'
import masterWorkers from '../../scenarios/master-workers.ts'
import serviceRegistry from '../../scenarios/service-registry.ts'
import splitBrain from '../../scenarios/split-brain.ts'

async function swarm(scenario: Scenario, seed: number, set: object = {}): Promise<RunResult> {
  const params = scenarioParams(scenario, { ...set })
  const { until } = scenario
  const horizonMicros = micros(typeof until === 'function' ? until(params) : until, 'until')
  const plan = planner(scenario, params, { swarm: true, horizonMicros })(seed)
  return simulate(scenario, { seed, params, plan, profile: { faults: 'random' } })
}

const SEEDS = [1, 2, 12, 17, 19, 23, 26, 36]

describe('random faults', () => {
  it.each<readonly [Scenario, readonly string[]]>([
    [leaderElection, ['at most one leader per term', 'the old leader rejoins as a follower']],
    [splitBrain, ['no acknowledged entry is lost', 'no deposed leader changes the store']],
    [masterWorkers, ['every task is done', 'every task counts exactly once']],
    [coordinationOutage, ['no acknowledged write is lost']],
    [serviceRegistry, []],
    [failureDetection, []],
  ])('leave of $name what must hold whatever happens, and it holds', async (scenario, judged) => {
    for (const seed of SEEDS) {
      const { checks, failures } = await swarm(scenario, seed)
      expect(failures, `seed ${seed}`).toEqual([])
      expect(checks.filter((check) => check.judged !== false).map(({ name }) => name)).toEqual(judged)
      for (const { name, verdict } of checks) expect(verdict, `${name}, seed ${seed}`).toBe('held')
    }
  })

  it('still find a store that obeys the deposed, and nothing where it knows who is', async () => {
    const found = await swarm(splitBrain, 33, { fencing: 'none' })
    expect(found.checks.find(({ verdict }) => verdict === 'violated')?.name).toBe(
      'no acknowledged entry is lost',
    )
    expect((await swarm(splitBrain, 33)).verdict).toBe('held')
  })
})
