// Under random faults scenarios judge what holds whatever happens, and nothing that was made for their own faults.
import { describe, expect, it } from 'vitest'
import { scenarioParams } from '../../sim/scenario/scenario.ts'
import type { Plan, RunResult, Scenario } from '../../index.ts'
import { simulate } from '../../index.ts'
import { planner } from '../../faults/generate/planner.ts'
import { micros } from '../../sim/kernel/time.ts'
import coordinationOutage from '../../scenarios/coordination-outage.ts'
import failureDetection from '../../scenarios/failure-detection.ts'
import leaderElection from '../../scenarios/leader-election.ts'
import masterWorkers from '../../scenarios/master-workers.ts'
import serviceRegistry from '../../scenarios/service-registry.ts'
import splitBrain from '../../scenarios/split-brain.ts'

async function swarm(scenario: Scenario, seed: number): Promise<RunResult> {
  const params = scenarioParams(scenario, {})
  const { until } = scenario
  const horizonMicros = micros(typeof until === 'function' ? until(params) : until, 'until')
  const plan = planner(scenario, params, { swarm: true, horizonMicros })(seed)
  return simulate(scenario, { seed, plan, profile: { faults: 'random' } })
}

const SEEDS = [1, 2, 12, 17, 19, 23, 26, 36]

describe('random faults', () => {
  it.each<readonly [Scenario, readonly string[]]>([
    [leaderElection, ['at most one leader per term', 'the old leader rejoins as a follower']],
    [splitBrain, ['no acknowledged entry is lost', 'a deposed leader changes the store']],
    [masterWorkers, ['every task is done', 'every task counts exactly once']],
    [coordinationOutage, ['an acknowledged write is lost']],
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

  it('still find a store that obeys the deposed', async () => {
    const params = scenarioParams(splitBrain, { fencing: 'none' })
    const plan: Plan = [{ at: '3030ms', kind: 'pause', node: 'writer[role:leader]', for: '6s' }]
    const { checks } = await simulate(splitBrain, { params, plan, profile: { faults: 'random' } })
    expect(checks.find(({ verdict }) => verdict === 'violated')?.name).toBe('no acknowledged entry is lost')
  })
})
