import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  BatchSize,
  countSeeds,
  hasSeed,
  isVerified,
  parseSeeds,
  parseShard,
  rangeText,
  seedsOf,
  takeSeeds,
} from '../../sim/explore/sweep.ts'

const seed = 7102

describe('a range of seeds', () => {
  it('is a number of runs from seed 1 on, or has two ends', () => {
    expect(parseSeeds('1000', '--seeds')).toEqual({ from: 1, to: 1000 })
    expect(parseSeeds('0..0', '--seeds')).toEqual({ from: 0, to: 0 })
    expect(parseSeeds('17..20', '--seeds')).toEqual({ from: 17, to: 20 })
    expect(rangeText({ from: 17, to: Infinity })).toBe('17..')
  })

  it.each([
    ['0', 'no run at all'],
    ['9..3', 'did you mean 3..9?'],
    ['many', "'1..1000'"],
    ['-3', "'1..1000'"],
    ['1..', "'1..1000'"],
    ['1..99999999999999999', 'at most 9007199254740991'],
  ])('is refused as %s', (text, reason) => {
    expect(() => parseSeeds(text, '--seeds')).toThrow(reason)
    expect(() => parseSeeds(text, '--seeds')).toThrow('--seeds')
  })
})

describe('a shard', () => {
  it.each([
    ['0/3', 'from 1/3 to 3/3'],
    ['4/3', 'from 1/3 to 3/3'],
    ['1/0', "'1/4'"],
    ['half', "'1/4'"],
  ])('is refused as %s', (text, reason) => {
    expect(() => parseShard(text, '--shard')).toThrow(reason)
  })

  it('and the others have each seed of the range once', () => {
    const ranges = fc.tuple(fc.nat(1000), fc.nat(300), fc.integer({ min: 1, max: 12 }))
    fc.assert(
      fc.property(ranges, ([from, length, count]) => {
        const range = { from, to: from + length }
        const all: number[] = []
        for (let index = 1; index <= count; index++) {
          const shard = parseShard(`${index}/${count}`, '--shard')
          const seeds = [...seedsOf(range, shard)]
          expect(seeds.length).toBe(countSeeds(range, shard))
          expect(seeds.every((one) => hasSeed(range, shard, one))).toBe(true)
          expect(seeds).toEqual([...seeds].sort((a, b) => a - b))
          all.push(...seeds)
        }
        expect(all.sort((a, b) => a - b)).toEqual([...seedsOf(range)])
        expect(all.length).toBe(countSeeds(range))
      }),
      { seed, numRuns: 200 },
    )
  })
})

describe('batches', () => {
  it('begin with one run, as long as nothing is known', () => {
    expect(new BatchSize().current).toBe(1)
  })

  it('hold at least 5 ms of work once they are learned, and one run if that is longer', () => {
    for (const millis of [0.01, 0.07, 0.65, 1, 3, 8, 40]) {
      const size = new BatchSize()
      for (let i = 0; i < 10; i++) size.learn(size.current, size.current * millis)
      const full = size.current * millis >= 5
      expect([millis, full || size.current === 512]).toEqual([millis, true])
      if (millis >= 10) expect(size.current).toBe(1)
    }
  })

  it('grow at most fourfold at a time', () => {
    const size = new BatchSize()
    size.learn(1, 0.001)
    expect(size.current).toBe(4)
  })

  it('end with what is left', () => {
    const seeds = seedsOf({ from: 1, to: 5 })
    expect([takeSeeds(seeds, 3), takeSeeds(seeds, 3), takeSeeds(seeds, 3)]).toEqual([[1, 2, 3], [4, 5], []])
  })
})

describe('verification', () => {
  const chosen = (share: number): number[] =>
    [...seedsOf({ from: 1, to: 20_000 })].filter((one) => isVerified(one, share))

  it('takes about the share that was asked for, nothing for 0 and everything for 1', () => {
    expect(chosen(0)).toEqual([])
    expect(chosen(1).length).toBe(20_000)
    expect(chosen(0.01).length).toBeGreaterThan(150)
    expect(chosen(0.01).length).toBeLessThan(250)
  })

  it('takes the same runs again when it takes more', () => {
    const more = new Set(chosen(0.05))
    expect(chosen(0.01).every((one) => more.has(one))).toBe(true)
  })
})
