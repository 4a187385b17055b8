import { describe, expect, it } from 'vitest'
import type { RunResult } from '../../sim/scenario/simulate.ts'
import { delivered, everyPair, recordsOf, run, touched } from './support.ts'

/** `from>to` at the ms of arrival, for messages that arrived in a window. */
function arrivals(result: RunResult, pair: string): number[] {
  const [from, to] = pair.split('>')
  return recordsOf(result, 'deliver')
    .filter((record) => record.from === `peer[${from}]` && record.node === `peer[${to}]`)
    .map(({ t }) => t / 1000)
}

describe('degrade', () => {
  it('replaces what the links do, in both directions, until its time is over', async () => {
    const result = await run([
      { at: 100, kind: 'degrade', from: 'peer[0]', to: 'peer[1]', delay: 20, for: 200 },
    ])
    expect(arrivals(result, '0>1').slice(0, 4)).toEqual([51, 170, 270, 351])
    expect(arrivals(result, '1>0').slice(0, 4)).toEqual([51, 170, 270, 351])
    expect(arrivals(result, '0>2').slice(0, 4)).toEqual([51, 151, 251, 351])
    expect(touched(result)).toEqual([['peer[0]', 'peer[1]']])
  })

  it('concerns one direction if told so, and all links by default', async () => {
    const oneWay = await run([{ at: 100, kind: 'degrade', from: 'peer[0]', oneWay: true, loss: 1, for: 300 }])
    expect(delivered(oneWay, 100, 400)).toEqual(['1>0', '1>2', '2>0', '2>1'])
    const all = await run([{ at: 100, kind: 'degrade', loss: 1, for: 300 }])
    expect(delivered(all, 100, 400)).toEqual([])
    expect(delivered(all, 400, 1000)).toEqual(everyPair(3))
  })

  it('selects by zone', async () => {
    const result = await run([{ at: 100, kind: 'degrade', from: 'zone:a', to: 'zone:b', loss: 1 }], {
      peers: 4,
      zones: true,
    })
    expect(delivered(result, 100, 1000)).toEqual(['0>2', '1>3', '2>0', '3>1'])
  })

  it.each([
    ['the later ends first', 600, 200, [51, 160, 270, 370, 460, 560, 660, 751]],
    ['the earlier ends first', 300, 400, [51, 160, 270, 370, 470, 570, 651, 751]],
  ])(
    'of two that overlap the later counts, and ending shows the other again: %s',
    async (_title, a, b, times) => {
      const result = await run([
        { at: 100, kind: 'degrade', delay: 10, for: a },
        { at: 200, kind: 'degrade', delay: 20, for: b },
      ])
      expect(arrivals(result, '0>1').slice(0, 8)).toEqual(times)
    },
  )

  it('doubles, reorders, corrupts, throttles, and loses in bursts', async () => {
    const count = async (
      kind: 'duplicate' | 'drop',
      type: string | undefined,
      change: object,
    ): Promise<number> => {
      const plan = [
        { at: 0, kind: 'degrade' as const, from: 'peer[0]', to: 'peer[1]', oneWay: true, ...change },
      ]
      return recordsOf(await run(plan), kind).filter((record) => record.type === type).length
    }
    expect(await count('duplicate', undefined, { duplication: 1 })).toBe(10)
    expect(await count('drop', 'corrupt', { corruption: 1 })).toBe(10)
    expect(await count('drop', 'corrupt', { corruption: { probability: 1, undetected: 1 } })).toBe(0)
    expect(await count('drop', 'loss', { loss: { kind: 'bursty', toBad: 1, toGood: 0 } })).toBe(9)
    const slow = await run([{ at: 0, kind: 'degrade', bandwidth: 8_000 }])
    expect(arrivals(slow, '0>1')[0]).toBeGreaterThan(51 + 28)
    const reordered = await run([{ at: 0, kind: 'degrade', reordering: { probability: 1, by: 30 } }])
    expect(arrivals(reordered, '0>1')[0]).toBe(81)
  })

  it('touches nothing when there is no link between the two', async () => {
    expect(touched(await run([{ at: 100, kind: 'degrade', from: 'role:none', loss: 1 }]))).toEqual([[]])
  })
})

describe('hold', () => {
  it('keeps back what is sent and lets it go in order when its time is over', async () => {
    const result = await run([
      { at: 100, kind: 'hold', from: 'peer[0]', to: 'peer[1]', oneWay: true, for: 300 },
    ])
    expect(arrivals(result, '0>1').slice(0, 6)).toEqual([51, 401, 401, 401, 451, 551])
    expect(arrivals(result, '1>0').slice(0, 3)).toEqual([51, 151, 251])
    const first = recordsOf(result, 'deliver').filter(({ t, from }) => t === 401_000 && from === 'peer[0]')
    const causes = first.map(({ cause }) => cause as number)
    expect(causes).toEqual([...causes].sort((a, b) => a - b))
  })

  it('keeps messages as long as any of two holds lasts', async () => {
    const result = await run([
      { at: 100, kind: 'hold', from: 'peer[0]', for: 200 },
      { at: 200, kind: 'hold', to: 'peer[1]', for: 300 },
    ])
    expect(arrivals(result, '0>1').slice(0, 3)).toEqual([51, 501, 501])
    expect(arrivals(result, '0>2').slice(0, 3)).toEqual([51, 301, 301])
  })

  it('is ended by release, which is vacuous when nothing is held', async () => {
    const result = await run([
      { at: 100, kind: 'hold', from: 'peer[0]', for: 400 },
      { at: 200, kind: 'release' },
      { at: 300, kind: 'release' },
    ])
    expect(touched(result)).toEqual([
      ['peer[0]', 'peer[1]', 'peer[2]'],
      ['peer[0]', 'peer[1]', 'peer[2]'],
      [],
    ])
    expect(arrivals(result, '0>1').slice(0, 3)).toEqual([51, 201, 251])
  })
})
