// Against published tables: Student's t from Fisher and Yates, Statistical Tables (also NIST/SEMATECH e-Handbook of
// Statistical Methods, section 1.3.6.7.2); Wilson's interval from Newcombe, Statistics in Medicine 17 (1998), table I.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  mean,
  meanInterval,
  percentile,
  shareInterval,
  studentProbability,
  studentQuantile,
  variance,
} from '../../sim/explore/statistics.ts'

describe("Student's t", () => {
  // Degrees of freedom, then the two-sided quantiles for 90, 95 and 99 %.
  it.each([
    [1, 6.314, 12.706, 63.657],
    [2, 2.92, 4.303, 9.925],
    [3, 2.353, 3.182, 5.841],
    [4, 2.132, 2.776, 4.604],
    [5, 2.015, 2.571, 4.032],
    [6, 1.943, 2.447, 3.707],
    [7, 1.895, 2.365, 3.499],
    [8, 1.86, 2.306, 3.355],
    [9, 1.833, 2.262, 3.25],
    [10, 1.812, 2.228, 3.169],
    [19, 1.729, 2.093, 2.861],
    [30, 1.697, 2.042, 2.75],
    [60, 1.671, 2.0, 2.66],
    [100, 1.66, 1.984, 2.626],
  ])('with %i degrees of freedom has the quantiles of the tables', (df, t90, t95, t99) => {
    expect(studentQuantile(0.9, df)).toBeCloseTo(t90, 3)
    expect(studentQuantile(0.95, df)).toBeCloseTo(t95, 3)
    expect(studentQuantile(0.99, df)).toBeCloseTo(t99, 3)
  })

  it('approaches the normal distribution', () => {
    expect(studentQuantile(0.95, 100_000)).toBeCloseTo(1.959964, 4)
    expect(studentQuantile(0.99, 99_999)).toBeCloseTo(2.575829, 4)
  })

  it('has quantiles that undo its probabilities', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400 }),
        fc.double({ min: 0.01, max: 0.999, noNaN: true }),
        (df, confidence) => {
          expect(studentProbability(studentQuantile(confidence, df), df)).toBeCloseTo(confidence, 10)
        },
      ),
      { seed: 1 },
    )
  })
})

describe('intervals', () => {
  it("of means are those of Student's own example", () => {
    // The extra sleep of ten patients (Student 1908, The probable error of a mean): d = b - a, 1.58 h on average.
    const extra = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]
    expect(mean(extra)).toBeCloseTo(1.58, 10)
    expect(Math.sqrt(variance(extra))).toBeCloseTo(1.23, 2)
    const { low, high } = meanInterval(extra)!
    expect([low, high].map((end) => Number(end.toFixed(4)))).toEqual([0.7001, 2.4599])
  })

  it('of a single number are not known', () => {
    expect(meanInterval([3])).toBeUndefined()
    expect(meanInterval([3, 3])).toEqual({ low: 3, high: 3 })
  })

  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('of shares are those of the literature: %i of %i', (hits, n, low, high) => {
    const interval = shareInterval(hits, n)
    expect(Number(interval.low.toFixed(4))).toBe(low)
    expect(Number(interval.high.toFixed(4))).toBe(high)
  })

  it('of shares mirror each other and stay within 0 and 1', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(), (n, some) => {
        const hits = some % (n + 1)
        const { low, high } = shareInterval(hits, n)
        const mirrored = shareInterval(n - hits, n)
        expect(low).toBeGreaterThanOrEqual(0)
        expect(high).toBeLessThanOrEqual(1)
        expect(low).toBeLessThanOrEqual(hits / n)
        expect(high).toBeGreaterThanOrEqual(hits / n)
        expect(1 - mirrored.high).toBeCloseTo(low, 12)
      }),
      { seed: 1 },
    )
  })
})

describe('the variance', () => {
  it('does not drown in a large mean', () => {
    expect(variance([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16])).toBe(30)
  })
})

describe('a percentile', () => {
  it('is one of the values: the smallest that covers the share', () => {
    const values = [15, 20, 35, 40, 50].reverse()
    expect([0.05, 0.3, 0.4, 0.5, 1].map((share) => percentile(values, share))).toEqual([15, 20, 20, 35, 50])
    expect(percentile(values, 0)).toBe(15)
  })
})
