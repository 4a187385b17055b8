import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CallerError } from '../../../sim/kernel/errors.ts'
import type { Duration } from '../../../sim/kernel/time.ts'
import { formatTime, micros, MICROS_MAX } from '../../../sim/kernel/time.ts'

const SEED = 20

describe('micros', () => {
  it.each<[Duration, number]>([
    [0, 0],
    [-0, 0],
    [1, 1_000],
    [2.5, 2_500],
    [0.0004, 0],
    [0.0005, 1],
    ['40us', 40],
    ['0.5us', 1],
    ['0.49us', 0],
    ['150ms', 150_000],
    ['1.5s', 1_500_000],
    ['.5s', 500_000],
    ['2m', 120_000_000],
    ['1h', 3_600_000_000],
    ['1e3ms', 1_000_000],
    ['+5ms', 5_000],
  ])('reads %o as %i microseconds', (written, us) => {
    expect(micros(written, 'test')).toBe(us)
    expect(micros(written, 'test')).toBe(us)
  })

  it('accepts every countable microsecond and refuses the first one past the end', () => {
    expect(micros(`${MICROS_MAX}us`, 'test')).toBe(MICROS_MAX)
    expect(() => micros(`${MICROS_MAX + 1}us`, 'test')).toThrow(/longer than/)
    expect(() => micros(MICROS_MAX, 'test')).toThrow(/longer than/)
  })

  it.each<[unknown, RegExp]>([
    [-1, /^link\.delay: duration -1 is negative; expected milliseconds/],
    ['-3ms', /^link\.delay: duration '-3ms' is negative/],
    [NaN, /duration NaN is not a finite duration/],
    [Infinity, /duration Infinity is not a finite duration/],
    ['1e999s', /not a finite duration/],
    ['fast', /^link\.delay: 'fast' is not a duration; expected milliseconds/],
    ['', /'' is not a duration/],
    ['12', /write '12ms' or the number 12/],
    ['5 ms', /write '5ms'/],
    ['5MS', /write '5ms'/],
    ['7µs', /write '7us'/],
    ['0x10ms', /is not a duration/],
    ['1s2ms', /is not a duration/],
    ['5d', /is not a duration/],
    [null, /null is not a duration/],
    [undefined, /undefined is not a duration/],
    [{ ms: 5 }, /\{"ms":5\} is not a duration/],
  ])('refuses %o, naming the value and where it stands', (written, message) => {
    const call = (): number => micros(written as Duration, 'link.delay')
    expect(call).toThrow(CallerError)
    expect(call).toThrow(message)
  })

  it('gives an integer within half a microsecond of the exact product', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (ms) => {
        const us = micros(ms, 'test')
        return Number.isSafeInteger(us) && Math.abs(us - ms * 1_000) <= 0.5 + 1e-3
      }),
      { seed: SEED },
    )
  })

  it('keeps answering right after far more different strings than it remembers', () => {
    for (let i = 0; i < 10_000; i++) expect(micros(`${i}us`, 'test')).toBe(i)
    expect(micros('17us', 'test')).toBe(17)
  })
})

describe('formatTime', () => {
  it.each([
    [0, '0s'],
    [40, '40us'],
    [999, '999us'],
    [1_000, '1ms'],
    [1_500, '1.5ms'],
    [250_000, '250ms'],
    [1_500_000, '1.5s'],
    [1_234_567, '1.234567s'],
    [60_000_000, '1m'],
    [123_000_000, '2m 3s'],
    [123_000_040, '2m 3.00004s'],
    [120_000_040, '2m 40us'],
    [3_600_000_000, '1h'],
    [3_661_500_000, '1h 1m 1.5s'],
    [-250_000, '-250ms'],
  ])('writes %i microseconds as %s', (us, text) => {
    expect(formatTime(us)).toBe(text)
  })

  it('loses no microsecond: the parts read back with micros add up to the time', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 31 - 1 }), fc.nat({ max: 9_999 }), (low, high) => {
        const us = high * 2 ** 31 + low
        const parts = formatTime(us).split(' ')
        return parts.reduce((sum, part) => sum + micros(part as Duration, 'test'), 0) === us
      }),
      { seed: SEED, numRuns: 1_000 },
    )
  })
})
