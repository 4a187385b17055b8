import { describe, expect, it } from 'vitest'
import type { Plan } from '../../index.ts'
import { CallerError, simulate } from '../../index.ts'
import quorum from '../../scenarios/quorum.ts'
import { verdicts } from './verdicts.ts'

describe('scenario quorum', () => {
  it.each(quorum.examples.map((example) => [example.about, example] as const))(
    '%s',
    async (_about, example) => {
      const { set = {}, seed = 1, expect: expected } = example
      const result = await simulate(quorum, { params: set, seed })
      expect(result.failures).toEqual([])
      expect(result.warnings).toEqual([])
      expect(result.verdict).toBe(expected)
    },
  )

  it.each([
    { n: 3, r: 2, w: 2 },
    { n: 3, r: 3, w: 1 },
    { n: 3, r: 1, w: 3 },
    { n: 4, r: 2, w: 3, ask: 'all' },
    { n: 5, r: 3, w: 3, loss: 0.2 },
    { n: 1, r: 1, w: 1 },
  ] as const)('holds all promises with overlapping quorums and write-back: %o', async (set) => {
    const counts = await verdicts(quorum, set)
    for (const count of counts.values()) expect(count).toEqual({ held: 20 })
    expect(counts.size).toBe(3)
  })

  it.each([
    { n: 3, r: 1, w: 1 },
    { n: 3, r: 1, w: 2 },
    { n: 3, r: 2, w: 1 },
    { n: 5, r: 2, w: 3 },
    { n: 3, r: 1, w: 1, ask: 'all' },
  ] as const)('finds a stale read in every run without overlap: %o', async (set) => {
    const counts = await verdicts(quorum, set)
    expect(counts.get('no stale read (by key)')).toEqual({ violated: 20 })
  })

  it('without write-back reads nothing stale, but goes back and forth in nearly every run', async () => {
    const counts = await verdicts(quorum, { writeBack: false })
    expect(counts.get('no stale read (by key)')).toEqual({ held: 20 })
    expect(counts.get('no read inversion (by key)')?.violated).toBeGreaterThanOrEqual(18)
  })

  it('has both sides of the partition go on at R = W = 1, and one of them wait at R = W = 2', async () => {
    const cut: Plan = [
      { at: '1s', kind: 'partition', groups: [['client[0]', 'replica[0]'], ['rest']], for: '2s' },
    ]
    const failedBy = async (r: number, w: number): Promise<Set<string>> => {
      const { history } = await simulate(quorum, { params: { r, w, loss: 0 }, plan: cut })
      return new Set(history.filter(({ status }) => status !== 'ok').map(({ node }) => node))
    }
    expect(await failedBy(1, 1)).toEqual(new Set())
    expect(await failedBy(2, 2)).toEqual(new Set(['client[0]']))
  })

  it('costs a write-back where answers differ, and nothing where they agree', async () => {
    const writeBacks = async (reads: number): Promise<number> => {
      const { metrics } = await simulate(quorum, { params: { reads, ask: 'all', loss: 0 }, plan: [] })
      const metric = metrics['write-backs']
      return metric?.kind === 'counter' ? metric.total : 0
    }
    expect(await writeBacks(1)).toBe(0)
    expect(await writeBacks(0.5)).toBeGreaterThan(0)
  })

  it('asks N replicas a phase or only as many as it needs', async () => {
    const requests = async (ask: 'all' | 'quorum'): Promise<number> => {
      const params = {
        n: 5,
        r: 2,
        w: 4,
        ask,
        loss: 0,
        writeBack: false,
        clients: 2,
        operations: 50,
        reads: 0.5,
      }
      const { metrics, history } = await simulate(quorum, { params, plan: [] })
      expect(history.every(({ status }) => status === 'ok')).toBe(true)
      const reads = history.filter(({ name }) => name === 'read').length
      const metric = metrics['requests to replicas']
      const total = metric?.kind === 'counter' ? metric.total : 0
      const [reading, storing] = ask === 'all' ? [5, 5] : [2, 4]
      expect(total).toBe(reads * reading + (history.length - reads) * (reading + storing))
      return total
    }
    expect(await requests('quorum')).toBeLessThan(await requests('all'))
  })

  it('gives one run for one spec', async () => {
    const [a, b] = await Promise.all([
      simulate(quorum, { seed: 5 }),
      simulate(quorum, { seed: 5, records: true }),
    ])
    expect(b.fingerprint).toBe(a.fingerprint)
  })

  it('refuses quorums larger than the number of replicas', async () => {
    await expect(simulate(quorum, { params: { n: 3, r: 4 } })).rejects.toThrow(CallerError)
    await expect(simulate(quorum, { params: { n: 3, w: 4 } })).rejects.toThrow(
      /w = 4 replicas cannot store a write/,
    )
  })
})
