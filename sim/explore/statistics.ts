/**
 * The little statistics that comparing runs takes: means with confidence intervals, shares, percentiles.
 *
 * Student's t for whole degrees of freedom has a closed form (Abramowitz & Stegun, Handbook of Mathematical Functions,
 * 26.7.3 and 26.7.4), so no approximation is needed; its quantile is found by bisection. Shares get Wilson's interval
 * (E. B. Wilson 1927, JASA 22), which does not shrink to nothing when all runs agree.
 *
 * Left out: tests, corrections for many comparisons, anything that assumes more than independent runs of one
 * distribution with a mean.
 */
import { invariant } from '../kernel/errors.ts'

export interface Interval {
  readonly low: number
  readonly high: number
}

export const CONFIDENCE = 0.95
/** The 97.5 % quantile of the normal distribution. */
const NORMAL_975 = 1.959963984540054

/** The arithmetic mean of at least one number. */
export function mean(values: readonly number[]): number {
  invariant(values.length > 0, 'a mean is taken of something')
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}

/** The sample variance (divided by n - 1) of at least two numbers, in two passes. */
export function variance(values: readonly number[]): number {
  invariant(values.length > 1, 'a variance is taken of two numbers or more')
  const middle = mean(values)
  let squares = 0
  // What the deviations sum up to is zero but for rounding; subtracting it makes the second pass exact.
  let rest = 0
  for (const value of values) {
    squares += (value - middle) * (value - middle)
    rest += value - middle
  }
  return Math.max(0, squares - (rest * rest) / values.length) / (values.length - 1)
}

/**
 * The confidence interval of the mean by Student's t: mean -+ t * s / sqrt(n). Undefined for fewer than two numbers, of
 * which nothing can be said.
 */
export function meanInterval(values: readonly number[], confidence = CONFIDENCE): Interval | undefined {
  const n = values.length
  if (n < 2) return undefined
  const middle = mean(values)
  const half = studentQuantile(confidence, n - 1) * Math.sqrt(variance(values) / n)
  return { low: middle - half, high: middle + half }
}

/** Wilson's 95 % interval of a share: `hits` of `n`, n at least 1. */
export function shareInterval(hits: number, n: number): Interval {
  invariant(n > 0 && hits >= 0 && hits <= n, 'a share is some of all')
  const z2 = NORMAL_975 * NORMAL_975
  const share = hits / n
  const centre = share + z2 / (2 * n)
  const spread = NORMAL_975 * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n))
  const scale = 1 + z2 / n
  // The ends are exactly 0 and 1 where rounding would miss them.
  return {
    low: hits === 0 ? 0 : (centre - spread) / scale,
    high: hits === n ? 1 : (centre + spread) / scale,
  }
}

/** The probability that |T| is at most `t` (0 or more), for `df` degrees of freedom, a whole number from 1. */
export function studentProbability(t: number, df: number): number {
  return withinAngle(Math.atan(t / Math.sqrt(df)), df)
}

const quantiles = new Map<string, number>()

/** The `t` that |T| does not exceed with probability `confidence` (above 0, below 1): the inverse of {@link studentProbability}. */
export function studentQuantile(confidence: number, df: number): number {
  invariant(Number.isSafeInteger(df) && df >= 1, 'degrees of freedom are whole and positive')
  invariant(confidence > 0 && confidence < 1, 'a confidence lies between 0 and 1')
  const key = `${confidence}/${df}`
  const known = quantiles.get(key)
  if (known !== undefined) return known
  let low = 0
  let high = Math.PI / 2
  for (;;) {
    const angle = (low + high) / 2
    if (angle <= low || angle >= high) break
    if (withinAngle(angle, df) < confidence) low = angle
    else high = angle
  }
  const t = Math.sqrt(df) * Math.tan(high)
  quantiles.set(key, t)
  return t
}

/** A(t|df) of Abramowitz & Stegun, with t = sqrt(df) tan(angle). */
function withinAngle(angle: number, df: number): number {
  const sine = Math.sin(angle)
  const cosine = Math.cos(angle)
  const square = cosine * cosine
  if (df % 2 === 0) {
    // 26.7.4: sin (1 + 1/2 cos^2 + (1 3)/(2 4) cos^4 + ...), up to cos^(df - 2).
    let term = 1
    let sum = 1
    for (let k = 2; k <= df - 2; k += 2) sum += term *= ((k - 1) / k) * square
    return sine * sum
  }
  if (df === 1) return (2 * angle) / Math.PI
  // 26.7.3: 2/pi (angle + sin (cos + 2/3 cos^3 + (2 4)/(3 5) cos^5 + ...)), up to cos^(df - 2).
  let term = cosine
  let sum = cosine
  for (let k = 3; k <= df - 2; k += 2) sum += term *= ((k - 1) / k) * square
  return (2 / Math.PI) * (angle + sine * sum)
}

/** The nearest-rank percentile: the smallest value that at least this share of all does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  invariant(values.length > 0, 'a percentile is taken of something')
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number
}
