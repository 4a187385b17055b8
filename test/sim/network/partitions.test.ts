// Cuts: who reaches whom while they last, and what becomes of messages under way.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { faults } from '../../../index.ts'
import { Partitions } from '../../../sim/network/partitions.ts'
import { recordsOf } from '../support.ts'
import { arrivals, link } from './support.ts'

const NODES = 8

function reach(partitions: Partitions): Set<string> {
  const out = new Set<string>()
  for (let a = 0; a < NODES; a++) {
    for (let b = 0; b < NODES; b++) if (!partitions.blocked(a, b)) out.add(`${a}>${b}`)
  }
  return out
}

const some = fc.subarray([0, 1, 2, 3, 4, 5, 6, 7])
const split = fc
  .array(fc.integer({ min: -1, max: 2 }), { minLength: NODES, maxLength: NODES })
  .map((of) => [0, 1, 2].map((group) => of.flatMap((g, id) => (g === group ? [id] : []))))

describe('a partition into groups', () => {
  it('cuts exactly the pairs of different groups, both ways; nodes of no group reach everyone', () => {
    fc.assert(
      fc.property(split, (groups) => {
        const partitions = new Partitions()
        partitions.add({ kind: 'groups', groups })
        const groupOf = (id: number): number => groups.findIndex((group) => group.includes(id))
        for (let a = 0; a < NODES; a++) {
          for (let b = 0; b < NODES; b++) {
            const cut = groupOf(a) >= 0 && groupOf(b) >= 0 && groupOf(a) !== groupOf(b)
            expect(partitions.blocked(a, b)).toBe(cut)
            expect(partitions.blocked(b, a)).toBe(cut)
          }
        }
      }),
      { seed: 71, numRuns: 100 },
    )
  })
})

describe('a one-way cut', () => {
  it('stops one direction only, and never a node from itself', () => {
    fc.assert(
      fc.property(some, some, (from, to) => {
        const partitions = new Partitions()
        partitions.add({ kind: 'one-way', from, to })
        for (let a = 0; a < NODES; a++) {
          for (let b = 0; b < NODES; b++) {
            expect(partitions.blocked(a, b)).toBe(a !== b && from.includes(a) && to.includes(b))
          }
        }
      }),
      { seed: 72, numRuns: 100 },
    )
  })
})

describe('a ring', () => {
  it('leaves each of its nodes its two neighbours and itself, and everyone else', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 3 }), (ring) => {
        const partitions = new Partitions()
        partitions.add({ kind: 'ring', ring })
        ring.forEach((id, i) => {
          const neighbours = [ring[(i + 1) % ring.length], ring[(i + ring.length - 1) % ring.length], id]
          for (let other = 0; other < NODES; other++) {
            const free = !ring.includes(other) || neighbours.includes(other)
            expect(partitions.blocked(id, other)).toBe(!free)
            expect(partitions.blocked(other, id)).toBe(!free)
          }
        })
      }),
      { seed: 73, numRuns: 100 },
    )
  })
})

describe('several cuts', () => {
  it('block what any of them blocks, and healing one leaves exactly the others', () => {
    const cut = fc.oneof(
      split.map((groups) => ({ kind: 'groups' as const, groups })),
      fc.tuple(some, some).map(([from, to]) => ({ kind: 'one-way' as const, from, to })),
      fc
        .shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 3 })
        .map((ring) => ({ kind: 'ring' as const, ring })),
    )
    fc.assert(
      fc.property(fc.array(cut, { minLength: 1, maxLength: 4 }), fc.nat(3), (cuts, index) => {
        const partitions = new Partitions()
        const handles = cuts.map((each) => partitions.add(each))
        const alone = cuts.map((each) => {
          const one = new Partitions()
          one.add(each)
          return reach(one)
        })
        const common = (sets: readonly Set<string>[]): Set<string> =>
          new Set([...reach(new Partitions())].filter((pair) => sets.every((set) => set.has(pair))))
        expect(reach(partitions)).toEqual(common(alone))
        const gone = index % cuts.length
        partitions.remove(handles[gone] as (typeof handles)[number])
        partitions.remove(handles[gone] as (typeof handles)[number])
        expect(reach(partitions)).toEqual(common(alone.filter((_, i) => i !== gone)))
        expect(partitions.clear()).toBe(cuts.length - 1)
        expect(partitions.any).toBe(false)
      }),
      { seed: 74, numRuns: 100 },
    )
  })
})

describe('messages at a cut', () => {
  it('are lost if they are sent during it, or under way when it begins; what would arrive later arrives', async () => {
    // Sent at 1, 2, 3 ... ms with a delay of 5 ms; cut from 10.5 to 20.5 ms.
    const result = await link({ delay: '5ms' }, 40, {
      faults: [faults.partition({ at: '10.5ms', groups: [['source'], ['target']], for: '10ms' })],
    })
    const arrived = arrivals(result).map(({ n }) => n + 1)
    const expected = Array.from({ length: 40 }, (_, i) => i + 1).filter((sent) => sent + 5 <= 10 || sent > 20)
    expect(arrived).toEqual(expected)
    const drops = recordsOf(result, 'drop')
    expect(drops.every(({ type }) => type === 'partition')).toBe(true)
    // Those under way end at the receiver, at the time of their arrival; the others where they were sent.
    expect(drops.filter(({ node }) => node === 'target[0]').map(({ t }) => t / 1000)).toEqual([
      11, 12, 13, 14, 15,
    ])
    expect(drops.filter(({ node }) => node === 'source').map(({ t }) => t / 1000)).toEqual([
      11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
    ])
  })

  it('that pass it before it begins and after it ends are not touched, one way or the other', async () => {
    const oneWay = await link({ delay: '5ms' }, 40, {
      faults: [faults.partitionOneWay({ at: '10.5ms', from: 'target', to: 'source', for: '10ms' })],
    })
    expect(arrivals(oneWay)).toHaveLength(40)
  })
})
