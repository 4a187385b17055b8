// Randomness is by name and by message: what is added or removed shifts nothing else.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defineNode, exponential, faults } from '../../../index.ts'
import type { Address, FaultSpec, RandomStream, TraceRecord } from '../../../index.ts'
import { RandomStreams } from '../../../sim/kernel/random.ts'
import { recordsOf, run } from '../support.ts'

function draw(stream: RandomStream, count = 20): number[] {
  return Array.from({ length: count }, () => stream.next())
}

/** Pearson's statistic against equal expectations. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

/** Upper bound that a chi-square of so many degrees of freedom exceeds with a chance of about one in a million. */
function chiSquareLimit(degrees: number): number {
  const z = 4.9
  return degrees * (1 - 2 / (9 * degrees) + z * Math.sqrt(2 / (9 * degrees))) ** 3
}

describe('a named stream', () => {
  const names = fc.string({ minLength: 1, maxLength: 12 })

  it('gives the same numbers for the same seed and name, whatever other streams do', () => {
    fc.assert(
      fc.property(fc.nat(1e9), names, fc.array(names, { maxLength: 10 }), (seed, name, others) => {
        const alone = draw(new RandomStreams(seed).stream(name))
        const crowd = new RandomStreams(seed)
        for (const other of others) draw(crowd.stream(other), 3)
        const stream = crowd.stream(name)
        const interleaved = alone.map(() => {
          for (const other of others) crowd.stream(other).next()
          return stream.next()
        })
        expect(interleaved).toEqual(alone)
      }),
      { seed: 21, numRuns: 100 },
    )
  })

  it('differs from every other name and from the same name under another seed', () => {
    fc.assert(
      fc.property(fc.nat(1e9), names, names, (seed, a, b) => {
        const streams = new RandomStreams(seed)
        const numbers = draw(streams.stream(a), 4)
        if (a !== b) expect(draw(streams.stream(b), 4)).not.toEqual(numbers)
        expect(draw(new RandomStreams(seed + 1).stream(a), 4)).not.toEqual(numbers)
      }),
      { seed: 22, numRuns: 200 },
    )
  })

  it('is not correlated with its neighbours: the first numbers of a thousand nodes are uniform', () => {
    const streams = new RandomStreams(7)
    const counts = Array.from({ length: 20 }, () => 0)
    for (let i = 0; i < 20_000; i++) {
      const cell = Math.floor(streams.stream(`node/a[${i}]`).next() * 20)
      counts[cell] = (counts[cell] as number) + 1
    }
    expect(chiSquare(counts)).toBeLessThan(chiSquareLimit(19))
  })

  it('is uniform alone and in pairs', () => {
    const stream = new RandomStreams(3).stream('uniform')
    const single = Array.from({ length: 100 }, () => 0)
    const pairs = Array.from({ length: 100 }, () => 0)
    for (let i = 0; i < 100_000; i++) {
      const a = stream.next()
      const b = stream.next()
      const cell = Math.floor(a * 100)
      const pair = Math.floor(a * 10) * 10 + Math.floor(b * 10)
      single[cell] = (single[cell] as number) + 1
      pairs[pair] = (pairs[pair] as number) + 1
    }
    expect(chiSquare(single)).toBeLessThan(chiSquareLimit(99))
    expect(chiSquare(pairs)).toBeLessThan(chiSquareLimit(99))
  })

  it('stays in [0, 1) and has 53 bits', () => {
    const numbers = draw(new RandomStreams(5).stream('bits'), 10_000)
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...numbers)).toBeLessThan(1)
    expect(numbers.some((value) => (value * 2 ** 52) % 1 !== 0)).toBe(true)
  })

  it('refuses a seed that is no integer from 0 to 2^53 - 1', () => {
    for (const seed of [-1, 0.5, NaN, 2 ** 53, '1' as unknown as number]) {
      expect(() => new RandomStreams(seed)).toThrow(String(seed))
    }
  })
})

describe('integers', () => {
  it('stay in their bounds', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.integer({ min: 1, max: 2 ** 40 }), (seed, bound) => {
        const stream = new RandomStreams(seed).stream('x')
        for (let i = 0; i < 20; i++) {
          const value = stream.int(bound)
          expect(Number.isSafeInteger(value) && value >= 0 && value < bound).toBe(true)
        }
      }),
      { seed: 23, numRuns: 100 },
    )
  })

  it('are unbiased where a remainder of 32 bits would not be', () => {
    // With 2^32 mod 3 * 2^30 the lower third would come twice as often.
    const bound = 3 * 2 ** 30
    const stream = new RandomStreams(9).stream('x')
    const counts = [0, 0, 0]
    for (let i = 0; i < 30_000; i++) {
      const third = Math.floor(stream.int(bound) / 2 ** 30)
      counts[third] = (counts[third] as number) + 1
    }
    expect(chiSquare(counts)).toBeLessThan(chiSquareLimit(2))
  })

  it('are uniform over small bounds, both ends included by `between`', () => {
    const stream = new RandomStreams(10).stream('x')
    const counts = Array.from({ length: 7 }, () => 0)
    for (let i = 0; i < 70_000; i++) {
      const value = stream.between(-3, 3) + 3
      counts[value] = (counts[value] as number) + 1
    }
    expect(chiSquare(counts)).toBeLessThan(chiSquareLimit(6))
  })

  it('refuse bounds that leave nothing to draw', () => {
    const stream = new RandomStreams(1).stream('x')
    for (const bound of [0, -1, 1.5, NaN]) expect(() => stream.int(bound)).toThrow(String(bound))
    expect(() => stream.pick([])).toThrow('empty')
  })

  it('shuffle every permutation equally often', () => {
    const stream = new RandomStreams(2).stream('x')
    const counts = new Map<string, number>()
    for (let i = 0; i < 24_000; i++) {
      const key = stream.shuffle([1, 2, 3, 4]).join('')
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    expect(counts.size).toBe(24)
    expect(chiSquare([...counts.values()])).toBeLessThan(chiSquareLimit(23))
  })
})

interface Messages {
  hit(message: { readonly n: number }): void
}

interface Config {
  readonly all: readonly Address<Messages>[]
}

/** Broadcasts a numbered hit every 10 ms. */
function broadcaster(kind: string): ReturnType<ReturnType<typeof defineNode<Messages, Config>>> {
  return defineNode<Messages, Config>()({
    kind,
    start(node) {
      let n = 0
      node.every('10ms', () => node.broadcast(node.config.all, 'hit', { n: n++ }))
    },
    on: { hit: () => undefined },
  })
}

/** What became of each message between these nodes: sender, receiver, number and send time to arrivals or reasons. */
async function fates(
  seed: number,
  among: (name: string) => boolean,
  options: { readonly extra?: boolean; readonly plan?: readonly FaultSpec[] },
): Promise<ReadonlyMap<string, readonly string[]>> {
  const result = await run(
    ({ add, addOne, network }) => {
      const all: Address<Messages>[] = []
      all.push(...add(broadcaster('peer'), 4, () => ({ all: all.slice() })))
      if (options.extra === true) addOne(broadcaster('extra'), { all })
      network({
        delay: exponential('3ms'),
        loss: 0.2,
        duplication: 0.2,
        reordering: 0.2,
        corruption: { probability: 0.1, undetected: 0.5 },
      })
    },
    { seed, until: '300ms', ...(options.plan === undefined ? {} : { plan: options.plan }) },
  )
  const records = recordsOf(result)
  const departure = (record: TraceRecord): TraceRecord =>
    record.kind === 'send' ? record : departure(records[(record.cause as number) - 1] as TraceRecord)
  const out = new Map<string, string[]>()
  for (const record of records) {
    if (!['send', 'deliver', 'drop', 'duplicate'].includes(record.kind)) continue
    const send = departure(record)
    if (!among(send.node as string) || !among(send.to as string)) continue
    const key = `${send.node} ${send.to} ${send.t} ${JSON.stringify(send.data)}`
    const held = out.get(key) ?? []
    out.set(key, [...held, `${record.t} ${record.kind} ${record.kind === 'drop' ? record.type : ''}`])
  }
  return out
}

describe('the fate of a message', () => {
  const peers = (name: string): boolean => name.startsWith('peer')

  it('does not depend on another sender', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1e6), async (seed) => {
        const without = await fates(seed, peers, {})
        expect(without.size).toBeGreaterThan(300)
        expect(await fates(seed, peers, { extra: true })).toEqual(without)
      }),
      { seed: 24, numRuns: 10 },
    )
  })

  it('does not depend on faults that touch other links, even those of its own sender', async () => {
    const untouched = (name: string): boolean => name !== 'peer[1]'
    const plans: FaultSpec[][] = [
      [faults.isolate({ at: '50ms', node: 'peer[1]', for: '100ms' })],
      [faults.partitionOneWay({ at: '50ms', from: 'all', to: 'peer[1]', for: '100ms' })],
      [faults.hold({ at: '50ms', to: 'peer[1]', for: '100ms' })],
      [faults.degrade({ at: '50ms', to: 'peer[1]', loss: 0.9, delay: '80ms', for: '100ms' })],
      [faults.pause({ at: '50ms', node: 'peer[1]', for: '100ms' })],
      [faults.crash({ at: '50ms', node: 'peer[1]', for: '100ms' })],
    ]
    const without = await fates(5, untouched, {})
    for (const plan of plans) expect(await fates(5, untouched, { plan })).toEqual(without)
  })

  it('depends on the seed', async () => {
    expect(await fates(1, peers, {})).not.toEqual(await fates(2, peers, {}))
  })
})
