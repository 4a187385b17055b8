import { describe, expect, it } from 'vitest'
import type { RunResult } from '../../index.ts'
import { CallerError, simulate } from '../../index.ts'
import coordinationOutage from '../../scenarios/coordination-outage.ts'

function share({ metrics }: RunResult, what: 'reads' | 'writes'): number {
  const metric = metrics[`${what} available`]
  return metric?.kind === 'samples' ? metric.mean : NaN
}

async function available(servers: number, crashed: number): Promise<number> {
  return share(await simulate(coordinationOutage, { params: { servers, crashed } }), 'writes')
}

describe('scenario coordination-outage', () => {
  it.each(coordinationOutage.examples.map((example) => [example.about, example] as const))(
    '%s',
    async (_about, { set = {}, expect: expected }) => {
      for (const seed of [1, 2, 3]) {
        const result = await simulate(coordinationOutage, { params: set, seed })
        expect(result.failures).toEqual([])
        expect(result.warnings).toEqual([])
        expect([seed, result.verdict]).toEqual([seed, expected])
      }
    },
  )

  it('tolerates (n - 1) / 2 crashes, and an even number of servers no more than the odd one below it', async () => {
    for (const [servers, tolerated] of [
      [3, 1],
      [4, 1],
      [5, 2],
      [6, 2],
    ] as const) {
      expect(await available(servers, tolerated)).toBeGreaterThan(0.8)
      expect(await available(servers, tolerated + 1)).toBeLessThan(0.65)
    }
  })

  it('serves neither writes nor reads without a majority, and loses nothing', async () => {
    const result = await simulate(coordinationOutage, { params: { crashed: 2 } })
    expect(share(result, 'reads')).toBeLessThan(0.65)
    expect(Math.abs(share(result, 'reads') - share(result, 'writes'))).toBeLessThan(0.02)
    expect(result.checks.find(({ name }) => name === 'no acknowledged write is lost')).toMatchObject({
      verdict: 'held',
    })
  })

  it('expels nobody because the service was away', async () => {
    const { metrics } = await simulate(coordinationOutage, { params: { crashed: 2, for: '30s' } })
    expect(metrics['sessions expired']).toBeUndefined()
  })

  it('is there for all but a moment if nothing happens, and catches a client that is cut off', async () => {
    const cut = await simulate(coordinationOutage, {
      plan: [{ at: '5s', kind: 'partition', groups: [['client'], ['rest']], for: '10s' }],
    })
    expect(cut.checks.map(({ verdict }) => verdict)).toEqual(['violated', 'violated', 'held'])
  })

  it('refuses an ensemble that the real service would refuse, with its reason, and no other', async () => {
    await expect(simulate(coordinationOutage, { params: { servers: 0, crashed: 0 } })).rejects.toThrow(
      'number of participants should be >0',
    )
    await expect(simulate(coordinationOutage, { params: { servers: 1, observers: 1 } })).rejects.toThrow(
      'Observers w/o quorum is an invalid configuration',
    )
    await expect(simulate(coordinationOutage, { params: { servers: 3, crashed: 4 } })).rejects.toThrow(
      CallerError,
    )
    const even = await simulate(coordinationOutage, { params: { servers: 2, fault: 'none', for: '1s' } })
    expect(even.failures).toEqual([])
  })
})
