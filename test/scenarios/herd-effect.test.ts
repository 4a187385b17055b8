import { describe, expect, it } from 'vitest'

import type { MetricSummary, RunResult } from '../../index.ts'
import { simulate } from '../../index.ts'
import herdEffect from '../../scenarios/herd-effect.ts'

function metric(
  result: RunResult,
  name: string,
): MetricSummary & { readonly total: number; readonly max: number } {
  return result.metrics[name] as MetricSummary & { readonly total: number; readonly max: number }
}

async function once(strategy: 'herd' | 'predecessor', n: number): Promise<RunResult> {
  return simulate(herdEffect, { params: { strategy, n, failovers: 1 } })
}

describe('scenario herd-effect', () => {
  it.each(herdEffect.examples.map((example) => [example.about, example] as const))(
    '%s',
    async (_about, { set = {}, expect: expected }) => {
      for (const seed of [1, 2]) {
        const result = await simulate(herdEffect, { params: set, seed })
        expect(result.failures).toEqual([])
        expect(result.warnings).toEqual([])
        expect(result.verdict).toBe(expected)
      }
    },
  )

  it.each([5, 20, 60])('tells n - 1 contenders of one failover, or one: n = %i', async (n) => {
    expect(metric(await once('herd', n), 'coordination notifications').total).toBe(n - 1)
    expect(metric(await once('predecessor', n), 'coordination notifications').total).toBe(1)
  })

  it.each([5, 20, 60])(
    'makes each that is told ask, and each that does not lead watch again: n = %i',
    async (n) => {
      const requests = async (strategy: 'herd' | 'predecessor'): Promise<number> => {
        const failover = metric(await once(strategy, n), 'coordination requests').total
        const { spec } = await once(strategy, n)
        const calm = await simulate(herdEffect, { params: spec.params, plan: [] })
        return failover - metric(calm, 'coordination requests').total
      }
      expect(await requests('herd')).toBe(n - 1 + (n - 2))
      expect(await requests('predecessor')).toBe(1)
    },
  )

  it('makes requests wait for the CPU in proportion to the herd, and not otherwise', async () => {
    const latency = async (strategy: 'herd' | 'predecessor', n: number): Promise<number> =>
      metric(await once(strategy, n), 'notification to decision').max
    const [small, large] = [await latency('herd', 100), await latency('herd', 400)]
    expect(large / small).toBeGreaterThan(3)
    expect(large / small).toBeLessThan(5)
    expect(await latency('predecessor', 400)).toBeLessThan(10)
  })

  it('finds the leader later the larger the herd, at a service that pings alone keep busy', async () => {
    const failover = async (strategy: 'herd' | 'predecessor', n: number): Promise<number> => {
      const params = { strategy, n, failovers: 1, requestCost: '1ms', within: '10s' } as const
      const { checks } = await simulate(herdEffect, { params })
      const [, seconds = '', unit] =
        /1 failovers, the longest ([\d.]+)(m?s)$/.exec(checks[1]?.detail ?? '') ?? []
      return Number(seconds) * (unit === 's' ? 1000 : 1)
    }
    const [few, many] = [await failover('herd', 400), await failover('herd', 800)]
    expect(many / few).toBeGreaterThan(2)
    expect(many).toBeGreaterThan(1000)
    expect(await failover('predecessor', 800)).toBeLessThan(50)
  })

  it('catches a service that takes its time: the check of the bound', async () => {
    const result = await simulate(herdEffect, { params: { n: 10, failovers: 1, notificationCost: '60ms' } })
    expect(result.checks.map(({ verdict }) => verdict)).toEqual(['held', 'violated', 'held'])
  })
})
