import { describe, expect, it } from 'vitest'
import type { RunResult, SimulateOptions } from '../../index.ts'
import { simulate } from '../../index.ts'
import loadBalancing from '../../scenarios/load-balancing.ts'
import { verdicts } from './verdicts.ts'

const IMBALANCE = 'imbalance at most 1.6'
const P99 = 'p99 latency at most 500 ms'
const ERRORS = 'errors at most 0'

type Options = Parameters<typeof simulate<(typeof loadBalancing)['params']>>[1] & SimulateOptions

async function run(options: Options): Promise<RunResult> {
  return simulate(loadBalancing, options)
}

function counter({ metrics }: RunResult, name: string): number {
  const metric = metrics[name]
  return metric?.kind === 'counter' ? metric.total : 0
}

function meanLatency({ metrics }: RunResult): number {
  const metric = metrics.latency
  return metric?.kind === 'samples' ? metric.mean : NaN
}

describe('scenario load-balancing', () => {
  it.each(loadBalancing.examples.map((example) => [example.about, example] as const))(
    '%s',
    async (_about, example) => {
      const { set = {}, expect: expected } = example
      for (const seed of [1, 2, 3, 4, 5, 6]) {
        const result = await run({ params: set, seed })
        expect(result.failures).toEqual([])
        expect(result.warnings).toEqual([])
        expect([seed, result.verdict]).toEqual([seed, expected])
      }
    },
  )

  it('each check fails by itself where its strategy or setting is to blame', async () => {
    const hash = await verdicts(loadBalancing, {
      strategy: 'source',
      clients: 6,
      skew: 1.2,
      load: 0.3,
      crash: false,
    })
    expect(hash.get(IMBALANCE)).toEqual({ violated: 20 })
    expect(hash.get(ERRORS)).toEqual({ held: 20 })
    const slow = await verdicts(loadBalancing, { strategy: 'round-robin', slow: 0.4, crash: false })
    expect(slow.get(P99)).toEqual({ violated: 20 })
    expect(slow.get(IMBALANCE)).toEqual({ held: 20 })
    const noRetries = await verdicts(loadBalancing, { retries: 0 })
    expect(noRetries.get(ERRORS)).toEqual({ violated: 20 })
    expect(noRetries.get(P99)).toEqual({ held: 20 })
  })

  it('least connections holds through crashes, with like backends and with a slow one', async () => {
    for (const slow of [1, 0.4]) {
      for (const count of (await verdicts(loadBalancing, { slow })).values())
        expect(count).toEqual({ held: 20 })
    }
  })

  it('gives every strategy the same requests', async () => {
    const sent = async (strategy: 'random' | 'agent'): Promise<unknown> => {
      const { history } = await run({ params: { strategy } })
      return history.map(({ node, input, invoked }) => [node, input, invoked])
    }
    expect(await sent('random')).toEqual(await sent('agent'))
  })

  it('round robin deals equally whatever requests cost, least connections equalises waiting', async () => {
    const turns = await run({ params: { strategy: 'round-robin', crash: false } })
    const counts = [0, 1, 2, 3].map((index) => counter(turns, `requests backend[${index}]`))
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
    const least = await run({ params: { crash: false } })
    expect(meanLatency(least)).toBeLessThan(0.7 * meanLatency(turns))
  })

  it('without health checks round robin sends to the dead backend as long as it is dead', async () => {
    // A fifth of 15 s at 240 requests a second, every fourth of them.
    const without = await run({ params: { strategy: 'round-robin', health: false } })
    expect(counter(without, 'retries')).toBeGreaterThan(150)
    const withChecks = await run({ params: { strategy: 'round-robin' } })
    expect(counter(withChecks, 'retries')).toBeLessThan(50)
    expect(counter(withChecks, 'servers taken out')).toBeGreaterThanOrEqual(1)
    expect(counter(withChecks, 'servers back')).toBe(counter(withChecks, 'servers taken out'))
  })

  it('hides nothing when every backend is down', async () => {
    const result = await run({
      params: { retries: 2, seconds: 5 },
      plan: [{ at: '1s', kind: 'crash', node: 'backend', for: '3s' }],
    })
    expect(result.checks.find(({ name }) => name === ERRORS)?.verdict).toBe('violated')
    const reasons = new Set(
      result.history.filter(({ status }) => status !== 'ok').map(({ reason }) => reason),
    )
    expect(reasons).toContain('503 no server is up')
  })

  it('gives one run for one spec', async () => {
    const [a, b] = await Promise.all([run({ seed: 3 }), run({ seed: 3, records: true })])
    expect(b.fingerprint).toBe(a.fingerprint)
  })
})
