// What the checks of scenarios measure on their way: numbers that comparisons can name.
import { expect, it } from 'vitest'
import { simulate } from '../../index.ts'
import { outcomeOf } from '../../sim/explore/outcome.ts'
import leaderElection from '../../scenarios/leader-election.ts'
import loadBalancing from '../../scenarios/load-balancing.ts'
import serviceRegistry from '../../scenarios/service-registry.ts'

it('the longest time without a leader, about that in which a session expires', async () => {
  const { measures } = outcomeOf(await simulate(leaderElection))
  // A session of 2 s that is looked at every 500 ms, and the start before anyone leads.
  expect(measures?.['longest time without a leader (ms)']).toBeGreaterThan(1500)
  expect(measures?.['longest time without a leader (ms)']).toBeLessThan(2750)
})

it('what a balanced service was judged by, whether it held or not', async () => {
  const params = { seconds: 4, crash: false }
  for (const more of [{}, { maxImbalance: 1, maxP99: 0 }]) {
    const outcome = outcomeOf(await simulate(loadBalancing, { params: { ...params, ...more } }))
    expect(outcome.measures?.imbalance).toBeGreaterThan(1)
    expect(outcome.measures?.['p99 latency (ms)']).toBeGreaterThan(0)
    expect(outcome.measures?.errors).toBe(0)
  }
})

it('how long a dead address was listed, longer where nobody tells', async () => {
  const longest = async (discovery: 'registry' | 'static'): Promise<number> => {
    const { measures } = outcomeOf(await simulate(serviceRegistry, { params: { discovery } }))
    return measures?.['dead address on a list, longest (ms)'] ?? Number.NaN
  }
  expect(await longest('static')).toBeGreaterThan(await longest('registry'))
})
