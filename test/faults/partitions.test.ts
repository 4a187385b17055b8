import { describe, expect, it } from 'vitest'
import type { FaultSpec } from '../../faults/vocabulary.ts'
import { delivered, everyPair, run, touched } from './support.ts'

/** The pairs that do not reach each other while the fault lasts (100 to 500 ms), after which all must again. */
async function cutBy(fault: FaultSpec, peers: number): Promise<string[]> {
  const result = await run([fault], { peers })
  expect(delivered(result, 0, 100)).toEqual(everyPair(peers))
  expect(delivered(result, 500, 1000)).toEqual(everyPair(peers))
  const through = delivered(result, 100, 500)
  return everyPair(peers).filter((pair) => !through.includes(pair))
}

describe('partition', () => {
  it('cuts groups apart in both directions; who is in no group reaches everyone', async () => {
    const groups = [['peer[0]'], ['peer[1..2]']]
    expect(await cutBy({ at: 100, kind: 'partition', groups, for: 400 }, 4)).toEqual([
      '0>1',
      '0>2',
      '1>0',
      '2>0',
    ])
  })

  it('takes a selector alone as a group, and rest as everyone whom no other group names', async () => {
    const groups = ['peer[0..1]', 'rest']
    expect(await cutBy({ at: 100, kind: 'partition', groups, for: 400 }, 4)).toEqual([
      '0>2',
      '0>3',
      '1>2',
      '1>3',
      '2>0',
      '2>1',
      '3>0',
      '3>1',
    ])
  })

  it('puts a node into the first group that names it', async () => {
    const groups = [['peer[0]'], ['all']]
    expect(await cutBy({ at: 100, kind: 'partition', groups, for: 400 }, 3)).toEqual([
      '0>1',
      '0>2',
      '1>0',
      '2>0',
    ])
  })

  it('touches nothing when fewer than two groups have a node', async () => {
    const result = await run([{ at: 100, kind: 'partition', groups: [['role:leader'], ['rest']] }])
    expect(touched(result)).toEqual([[]])
    expect(delivered(result, 100, 1000)).toEqual(everyPair(3))
  })
})

describe('isolate', () => {
  it('cuts each node off from everyone, from the other isolated ones too', async () => {
    const fault: FaultSpec = { at: 100, kind: 'isolate', node: ['peer[0]', 'peer[1]'], for: 400 }
    expect(await cutBy(fault, 4)).toEqual(everyPair(4).filter((pair) => !['2>3', '3>2'].includes(pair)))
    expect(touched(await run([fault], { peers: 4 }))).toEqual([['peer[0]', 'peer[1]']])
  })
})

describe('partition-one-way', () => {
  it('loses what is sent in one direction only', async () => {
    const fault: FaultSpec = { at: 100, kind: 'partition-one-way', from: 'peer[0]', to: 'peer', for: 400 }
    expect(await cutBy(fault, 3)).toEqual(['0>1', '0>2'])
  })

  it('touches nothing when there is no link between the two', async () => {
    const result = await run([{ at: 100, kind: 'partition-one-way', from: 'peer[0]', to: 'peer[0]' }])
    expect(touched(result)).toEqual([[]])
  })
})

describe('partition-ring', () => {
  it('leaves each node its two neighbours, in the order given', async () => {
    const ring = ['peer[0]', 'peer[2]', 'peer[1]', 'peer[3..4]']
    const cut = await cutBy({ at: 100, kind: 'partition-ring', ring, for: 400 }, 5)
    const neighbours = ['0>2', '2>0', '2>1', '1>2', '1>3', '3>1', '3>4', '4>3', '4>0', '0>4']
    expect(cut).toEqual(everyPair(5).filter((pair) => !neighbours.includes(pair)))
  })

  it('touches nothing with three nodes, who all are neighbours', async () => {
    expect(touched(await run([{ at: 100, kind: 'partition-ring', ring: 'peer' }]))).toEqual([[]])
  })
})

describe('overlapping cuts', () => {
  it('add up, and each ends on its own', async () => {
    const result = await run([
      { at: 100, kind: 'isolate', node: 'peer[0]', for: 400 },
      { at: 200, kind: 'isolate', node: 'peer[0]', for: 600 },
      { at: 200, kind: 'partition-one-way', from: 'peer[1]', to: 'peer[2]', for: 100 },
    ])
    expect(delivered(result, 200, 300)).toEqual(['2>1'])
    expect(delivered(result, 300, 800)).toEqual(['1>2', '2>1'])
    expect(delivered(result, 800, 1000)).toEqual(everyPair(3))
  })
})

describe('heal', () => {
  it('ends all cuts and says whom they concerned; the ends of the cuts then do nothing', async () => {
    const result = await run([
      { at: 100, kind: 'isolate', node: 'peer[0]', for: 500 },
      { at: 100, kind: 'partition-one-way', from: 'peer[1]', to: 'peer[2]' },
      { at: 300, kind: 'heal' },
      { at: 400, kind: 'isolate', node: 'peer[0]', for: 400 },
    ])
    expect(touched(result)[2]).toEqual(['peer[0]', 'peer[1]', 'peer[2]'])
    expect(delivered(result, 100, 300)).toEqual(['2>1'])
    expect(delivered(result, 300, 400)).toEqual(everyPair(3))
    expect(delivered(result, 400, 800)).toEqual(['1>2', '2>1'])
    expect(delivered(result, 800, 1000)).toEqual(everyPair(3))
  })

  it('is vacuous when nothing is cut', async () => {
    const result = await run([
      { at: 100, kind: 'isolate', node: 'peer[0]', for: 100 },
      { at: 300, kind: 'heal' },
    ])
    expect(touched(result)[1]).toEqual([])
  })
})
