// What links do to datagrams: rates as theory has them, delays as described, bandwidth to the microsecond.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { burstyLoss, defineNode, exponential, faults, uniform } from '../../../index.ts'
import type { Address, NetworkOptions } from '../../../index.ts'
import { recordsOf, run } from '../support.ts'
import { arrivals, link, source, target, tolerance } from './support.ts'
import type { Numbers } from './support.ts'

const COUNT = 20_000

describe('the share of messages', () => {
  for (const loss of [0.01, 0.3, 0.9]) {
    it(`lost is that of the link (${loss})`, async () => {
      const result = await link({ loss }, COUNT)
      const lost = recordsOf(result, 'drop')
      expect(lost.every(({ type }) => type === 'loss')).toBe(true)
      expect(Math.abs(lost.length / COUNT - loss)).toBeLessThan(tolerance(loss, COUNT))
      expect(arrivals(result)).toHaveLength(COUNT - lost.length)
    })
  }

  it('lost in bursts comes to the mean rate, in spells of the mean length', async () => {
    const result = await link({ loss: burstyLoss({ rate: 0.2, length: 8 }) }, COUNT)
    const arrived = new Set(arrivals(result).map(({ n }) => n))
    const spells: number[] = []
    for (let n = 0, length = 0; n <= COUNT; n++) {
      if (n < COUNT && !arrived.has(n)) length++
      else if (length > 0) {
        spells.push(length)
        length = 0
      }
    }
    expect((COUNT - arrived.size) / COUNT).toBeCloseTo(0.2, 1)
    expect(spells.reduce((sum, length) => sum + length, 0) / spells.length).toBeGreaterThan(7)
    expect(spells.reduce((sum, length) => sum + length, 0) / spells.length).toBeLessThan(9)
  })

  it('doubled is that of the link, and each copy has a delay of its own', async () => {
    const result = await link({ duplication: 0.2, delay: uniform('1ms', '9ms') }, COUNT)
    const doubled = recordsOf(result, 'duplicate').length
    expect(Math.abs(doubled / COUNT - 0.2)).toBeLessThan(tolerance(0.2, COUNT))
    const times = new Map<number, number[]>()
    for (const { n, at } of arrivals(result)) times.set(n, [...(times.get(n) ?? []), at])
    const pairs = [...times.values()].filter((list) => list.length === 2)
    expect(pairs).toHaveLength(doubled)
    expect(pairs.filter(([a, b]) => a === b).length / doubled).toBeLessThan(0.01)
  })

  it('held back is that of the link, and those are overtaken', async () => {
    const result = await link({ reordering: { probability: 0.1, by: '5ms' }, delay: '2ms' }, COUNT)
    const late = arrivals(result).filter(({ sent, at }) => at - sent === 7000)
    expect(arrivals(result).filter(({ sent, at }) => at - sent === 2000)).toHaveLength(COUNT - late.length)
    expect(Math.abs(late.length / COUNT - 0.1)).toBeLessThan(tolerance(0.1, COUNT))
  })

  it('corrupted is dropped by the checksum, but for the share that it misses, which is different', async () => {
    const result = await link({ corruption: { probability: 0.2, undetected: 0.25 } }, COUNT)
    const dropped = recordsOf(result, 'drop').filter(({ type }) => type === 'corrupt').length
    expect(Math.abs(dropped / COUNT - 0.15)).toBeLessThan(tolerance(0.15, COUNT))
  })
})

describe('corruption that is not detected', () => {
  it('changes exactly one leaf of the content and no type', async () => {
    const content = {
      n: 5,
      text: 'abc',
      flag: true,
      list: [1.5, 2],
      map: new Map([['k', 'v']]),
      bytes: Uint8Array.of(1, 2),
    }
    const seen: (typeof content)[] = []
    const receiver = defineNode<{ take(value: typeof content): void }>()({
      kind: 'receiver',
      on: { take: (_node, value) => void seen.push(value) },
    })
    await run(
      ({ addOne, network }) => {
        const to = addOne(receiver)
        const sender = defineNode()({
          kind: 'sender',
          start: (node) => void node.every(1, () => node.send(to, 'take', content)),
        })
        addOne(sender)
        network({ corruption: { probability: 1, undetected: 1 } })
      },
      { until: '500ms' },
    )
    const leaves = (value: typeof content): unknown[] => [
      value.n,
      value.text,
      value.flag,
      ...value.list,
      value.map.get('k'),
      ...value.bytes,
    ]
    expect(seen.length).toBeGreaterThan(400)
    const changed = new Set<number>()
    for (const value of seen) {
      const different = leaves(value).flatMap((leaf, i) => (Object.is(leaf, leaves(content)[i]) ? [] : [i]))
      expect(different).toHaveLength(1)
      changed.add(different[0] as number)
      expect(leaves(value).map((leaf) => typeof leaf)).toEqual(leaves(content).map((leaf) => typeof leaf))
    }
    // Every leaf is hit by some message.
    expect(changed.size).toBe(leaves(content).length)
  })
})

describe('the delay of a message', () => {
  it('is the one between the zones of its nodes, in both directions; the default elsewhere', async () => {
    const placed = defineNode<Numbers, { readonly all: readonly Address<Numbers>[] }>()({
      kind: 'placed',
      start: (node) => node.broadcast(node.config.all, 'n', 1),
      on: { n: () => undefined },
    })
    const zones = ['eu', 'eu', 'us', undefined]
    const result = await run(({ add, network }) => {
      add(
        placed,
        4,
        (_, all) => ({ all: all }),
        (index) => (zones[index] === undefined ? {} : { zone: zones[index] }),
      )
      network({ delay: '7ms', zones: { eu: { eu: '1ms', us: '45ms' }, us: { us: '2ms' } } })
    })
    const delays = recordsOf(result, 'deliver').map(({ from, node, t }) => `${from} ${node} ${t / 1000}`)
    expect(delays.sort()).toEqual(
      [
        'placed[0] placed[1] 1',
        'placed[1] placed[0] 1',
        'placed[0] placed[2] 45',
        'placed[2] placed[0] 45',
        'placed[1] placed[2] 45',
        'placed[2] placed[1] 45',
        ...[0, 1, 2].flatMap((i) => [`placed[${i}] placed[3] 7`, `placed[3] placed[${i}] 7`]),
      ].sort(),
    )
  })

  it('can be excepted link by link, one way or both; of several exceptions the last wins', async () => {
    const placed = defineNode<Numbers, { readonly all: readonly Address<Numbers>[] }>()({
      kind: 'placed',
      start: (node) => node.broadcast(node.config.all, 'n', 1),
      on: { n: () => undefined },
    })
    const result = await run(({ add, network }) => {
      add(placed, 3, (_, all) => ({ all: all }))
      network({
        delay: '1ms',
        links: [
          { from: 'placed[0]', to: 'placed', delay: '20ms' },
          { from: 'placed[0]', to: 'placed[1]', oneWay: true, delay: '30ms' },
        ],
      })
    })
    const delays = recordsOf(result, 'deliver').map(({ from, node, t }) => `${from} ${node} ${t / 1000}`)
    expect(delays.sort()).toEqual([
      'placed[0] placed[1] 30',
      'placed[0] placed[2] 20',
      'placed[1] placed[0] 20',
      'placed[1] placed[2] 1',
      'placed[2] placed[0] 20',
      'placed[2] placed[1] 1',
    ])
  })

  it('to itself is none, and nothing is lost on the way, whatever the network does', async () => {
    const self = defineNode<Numbers>()({
      kind: 'self',
      start: (node) => void node.every(10, () => node.send(node.self, 'n', 1)),
      on: { n: () => undefined },
    })
    const result = await run(
      ({ add, network }) => {
        add(self, 2)
        network({ loss: 1, delay: '1s', duplication: 1 })
      },
      {
        until: '1s',
        faults: [
          faults.isolate({ at: 0, node: 'self[0]' }),
          faults.partitionOneWay({ at: 0, from: 'all', to: 'all' }),
          faults.hold({ at: 0 }),
        ],
      },
    )
    expect(recordsOf(result, 'deliver')).toHaveLength(200)
    expect(recordsOf(result, 'drop')).toEqual([])
  })
})

describe('an ordered link', () => {
  const wild: NetworkOptions = { delay: exponential('20ms'), reordering: 0.3, duplication: 0.3, loss: 0.1 }

  it('never lets a message overtake another, copies included, in any order of ties', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1e6),
        fc.constantFrom(0, 1, 5),
        fc.constantFrom('serial' as const, 'shuffled' as const),
        async (seed, every, ties) => {
          const ordered = arrivals(await link({ ...wild, ordered: true }, 200, { every, seed, ties }))
          expect(ordered.length).toBeGreaterThan(150)
          expect(ordered.map(({ n }) => n)).toEqual(ordered.map(({ n }) => n).sort((a, b) => a - b))
        },
      ),
      { seed: 61, numRuns: 40 },
    )
  })

  it('without the order lets them', async () => {
    const numbers = arrivals(await link(wild, 200)).map(({ n }) => n)
    expect(numbers).not.toEqual(numbers.slice().sort((a, b) => a - b))
  })
})

describe('a link with a bandwidth', () => {
  it('takes the time of all bytes before a message and its own, headers included, to the microsecond', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(3000), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 10_000, max: 10_000_000 }),
        async (sizes, bandwidth) => {
          const result = await run(
            ({ addOne, network }) => {
              const to = addOne(defineNode<Numbers>()({ kind: 'target', on: { n: () => undefined } }))
              const sender = defineNode()({
                kind: 'sender',
                start: (node) => sizes.forEach((size) => node.send(to, 'n', new Uint8Array(size))),
              })
              addOne(sender)
              network({ bandwidth, delay: '3ms', queue: 1e9 })
            },
            { until: '1000s' },
          )
          let busyUntil = 0
          const expected = sizes.map((size) => {
            // 28 bytes of IPv4 and UDP headers, and 2 for the length of the array.
            busyUntil += Math.round(((size + 30) * 8e6) / bandwidth)
            return busyUntil + 3000
          })
          expect(recordsOf(result, 'deliver').map(({ t }) => t)).toEqual(expected)
        },
      ),
      { seed: 62, numRuns: 50 },
    )
  })

  it('drops what finds more bytes waiting than the queue holds, and takes messages again when it has drained', async () => {
    // A number takes 4 bytes and 28 of headers: 32 ms each at 8 kbit/s.
    const network: NetworkOptions = { bandwidth: 8000, queue: 96, delay: '1ms' }
    const result = await link(network, 10, { every: 0 })
    expect(arrivals(result).map(({ n, at }) => [n, at])).toEqual([
      [0, 33_000],
      [1, 65_000],
      [2, 97_000],
      [3, 129_000],
    ])
    expect(recordsOf(result, 'drop').map(({ type }) => type)).toEqual(
      Array.from({ length: 6 }, () => 'queue-full'),
    )
    const slower = await link(network, 10, { every: 40 })
    expect(arrivals(slower).map(({ sent, at }) => at - sent)).toEqual(
      Array.from({ length: 10 }, () => 33_000),
    )
  })

  it('serves each direction and each pair by itself', async () => {
    const result = await run(({ add, addOne, network }) => {
      const to = add(target, 2)
      addOne(source, { to, count: 1, every: 0 })
      network({ bandwidth: 8000 })
    })
    expect(recordsOf(result, 'deliver').map(({ t }) => t)).toEqual([33_000, 33_000])
  })
})

describe('a message that was held', () => {
  it('leaves when it is released, in the order in which it was sent, with the fate that it would have had', async () => {
    const network: NetworkOptions = { delay: '2ms', loss: 0.2, corruption: 0.1 }
    const free = await link(network, 100)
    const held = await link(network, 100, { faults: [faults.hold({ at: '20.5ms', for: '30ms' })] })
    expect(arrivals(held).map(({ n }) => n)).toEqual(arrivals(free).map(({ n }) => n))
    for (const { sent, at } of arrivals(held)) {
      const inHold = sent > 20_500 && sent < 50_500
      expect(at).toBe((inHold ? 50_500 : sent) + 2000)
    }
  })

  it('and doubled is two values, not one twice; corrupted it is different', async () => {
    const seen: { n: number }[] = []
    const receiver = defineNode<{ take(value: { n: number }): void }>()({
      kind: 'receiver',
      on: {
        take(_node, value) {
          seen.push({ ...value })
          value.n = -1
        },
      },
    })
    const held = (corruption: NetworkOptions['corruption']): Promise<unknown> =>
      run(
        ({ addOne, network }) => {
          const to = addOne(receiver)
          addOne(
            defineNode()({
              kind: 'sender',
              start: (node) => void node.after(1, () => node.send(to, 'take', { n: 8 })),
            }),
          )
          network({ duplication: 1, ...(corruption === undefined ? {} : { corruption }) })
        },
        { faults: [faults.hold({ at: 0, for: '10ms' })] },
      )
    await held(undefined)
    expect(seen).toEqual([{ n: 8 }, { n: 8 }])
    seen.length = 0
    await held({ probability: 1, undetected: 1 })
    expect(seen).toHaveLength(2)
    expect(seen[0]?.n).not.toBe(8)
    expect(seen[1]).toEqual(seen[0])
  })

  it('takes up bandwidth when it leaves', async () => {
    const result = await link({ bandwidth: 8000, delay: '1ms' }, 3, {
      every: 1,
      faults: [faults.hold({ at: 0, for: '10ms' })],
    })
    expect(arrivals(result).map(({ at }) => at)).toEqual([43_000, 75_000, 107_000])
  })

  it('is lost if a cut separates the pair when it is released', async () => {
    const result = await link({ delay: '5ms' }, 1, {
      faults: [
        faults.hold({ at: 0, for: '10ms' }),
        faults.partition({ at: '8ms', groups: [['source'], ['target']], for: '4ms' }),
      ],
    })
    expect(recordsOf(result, 'drop').map(({ t, type }) => `${t} ${type}`)).toEqual(['10000 partition'])
  })
})
