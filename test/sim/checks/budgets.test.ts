// Budgets turn a measurement into a verdict, and publish it for comparisons either way.
import { describe, expect, it } from 'vitest'
import { availability, budget, eventually, fail, latency, messagesPerOperation, ok } from '../../../index.ts'
import type { BudgetOptions, Check, CheckResult } from '../../../index.ts'
import { defineNode } from '../../../index.ts'
import { outcomeOf } from '../../../sim/explore/outcome.ts'
import { findMeasure, listMeasures } from '../../../sim/explore/measures.ts'
import { run } from '../support.ts'

/** Four operations of 10, 20, 30 and 40 ms, the last of which fails; a message for each. */
const client = defineNode<{ ping(message: object): void }>()({
  kind: 'client',
  async start(node) {
    for (const ms of [10, 20, 30, 40]) {
      await node.operation('call', ms, async () => {
        node.send(node.self, 'ping', {})
        await node.sleep(ms)
        node.metrics.sample('size', ms)
        return ms === 40 ? fail('too long') : ok(ms)
      })
    }
  },
  on: { ping: () => undefined },
})

const runWith = (...checks: readonly Check[]) =>
  run(({ addOne }) => void addOne(client), { until: '1s', checks })

async function judged(options: BudgetOptions): Promise<CheckResult> {
  const { checks } = await runWith(budget('it is kept', options))
  return checks[0] as CheckResult
}

describe('a budget', () => {
  it.each([
    ['availability', { measure: availability() }, 0.75],
    ['latency max (ms)', { measure: latency('max') }, 30],
    ['call latency mean (ms)', { measure: latency('mean', 'call') }, 20],
    ['messages per operation', { measure: messagesPerOperation() }, 4 / 3],
    ['size p50', { metric: 'size', statistic: 'p50' }, 20],
    ['it is kept', { measure: () => 7 }, 7],
  ] as const)(
    'measures %s, holds at its bound, is violated beyond it, and publishes the number',
    async (name, what, value) => {
      const kept = await judged({ ...what, atMost: value, atLeast: value })
      expect(kept.verdict).toBe('held')
      expect(kept.measures).toEqual({ [name]: value })
      const above = await judged({ ...what, atMost: value * 0.99 })
      expect(above.verdict).toBe('violated')
      expect(above.measures).toEqual({ [name]: value })
      expect((await judged({ ...what, atLeast: value * 1.01 })).verdict).toBe('violated')
    },
  )

  it('holds and publishes nothing where there is nothing to measure', async () => {
    const result = await judged({ measure: latency('max', 'unheard of'), atMost: 1 })
    expect(result).toMatchObject({ verdict: 'held', observations: 0 })
    expect(result.measures).toBeUndefined()
  })
})

describe('what checks measure', () => {
  it('is found by name, and listed with the metrics', async () => {
    const outcome = outcomeOf(
      await runWith(
        budget('fast', { measure: latency('max'), atMost: 1 }),
        eventually('all is sampled', (world) => world.samples('size').length === 4, { within: '1s' }),
      ),
    )
    expect(outcome.verdict).toBe('violated')
    expect(outcome.measures).toEqual({ 'latency max (ms)': 30, 'all is sampled: after (ms)': 100 })
    expect(findMeasure('latency max (ms)', [outcome])?.of(outcome)).toBe(30)
    expect(listMeasures([outcome]).map(({ name }) => name)).toEqual([
      'verdict',
      'undecided',
      'endedAt',
      'events',
      'records',
      'all is sampled: after (ms)',
      'latency max (ms)',
      'size',
    ])
  })
})
