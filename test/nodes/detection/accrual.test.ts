import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AccrualOptions, Heartbeats } from '../../../nodes/detection/index.ts'
import { heartbeat, newHeartbeats, phi } from '../../../nodes/detection/index.ts'

const normal: AccrualOptions = {
  model: 'normal',
  threshold: 8,
  window: 1000,
  minStdDev: 100,
  acceptablePause: 0,
}
const exponential: AccrualOptions = { ...normal, model: 'exponential' }

/** What is known after heartbeats at these intervals, the last of them at time 0. */
function after(intervals: readonly number[], window = 1000): Heartbeats {
  const total = intervals.reduce((sum, each) => sum + each, 0)
  const known: Heartbeats = { last: -total, intervals: [], sum: 0, sumOfSquares: 0 }
  let now = -total
  for (const interval of intervals) heartbeat(known, (now += interval), true, window)
  return known
}

describe('phi', () => {
  // The values and tolerances of Akka's test "return phi based on guess when only one heartbeat".
  it('is as Akka computes it', () => {
    const guessed = newHeartbeats(0, 1000)
    expect(phi(guessed, 1000, normal)).toBeCloseTo(0.3, 1)
    expect(Math.abs(phi(guessed, 2000, normal) - 4.5)).toBeLessThan(0.3)
    expect(phi(guessed, 3000, normal)).toBeGreaterThan(15)
  })

  it('follows the normal distribution: 1, 2, 3 at its quantiles of 90, 99 and 99.9 %', () => {
    // Mean 1000, standard deviation 200.
    const known = after([800, 1200, 800, 1200])
    for (const [deviations, expected] of [
      [1.2816, 1],
      [2.3263, 2],
      [3.0902, 3],
    ] as const) {
      expect(phi(known, 1000 + 200 * deviations, normal)).toBeCloseTo(expected, 1)
    }
  })

  it('is 0.434 for a silence of one mean interval, exponentially, and grows linearly', () => {
    const known = after([900, 1100, 1000])
    expect(phi(known, 1000, exponential)).toBeCloseTo(0.4343, 4)
    expect(phi(known, 8000, exponential)).toBeCloseTo(8 * 0.4343, 3)
  })

  it.each([normal, exponential])('rises with silence: $model', (options) => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 2, maxLength: 50 }),
        fc.integer({ min: 0, max: 20_000 }),
        fc.integer({ min: 1, max: 20_000 }),
        (intervals, silence, longer) => {
          const known = after(intervals)
          expect(phi(known, silence + longer, options)).toBeGreaterThanOrEqual(phi(known, silence, options))
        },
      ),
    )
  })

  it('is more patient after intervals that varied more', () => {
    const steady = after(Array.from({ length: 50 }, () => 1000))
    const varied = after(Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? 300 : 1700)))
    expect(phi(steady, 2500, normal)).toBeGreaterThan(8)
    expect(phi(varied, 2500, normal)).toBeLessThan(2)
  })

  it('forgets what is out of its window: sums of a window are those of its intervals', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 12, maxLength: 60 }),
        (intervals) => {
          const known = after(intervals, 10)
          const last = intervals.slice(-10)
          expect(known.intervals).toEqual(last)
          expect(known.sum).toBe(last.reduce((sum, each) => sum + each, 0))
          expect(known.sumOfSquares).toBe(last.reduce((sum, each) => sum + each * each, 0))
        },
      ),
    )
  })

  it('waits for an acceptable pause on top', () => {
    const known = after([1000, 1000, 1000])
    expect(phi(known, 3000, { ...normal, acceptablePause: 3000 })).toBeLessThan(0.5)
  })
})
