/** Values that people would have chosen: what a shrinker tries before it tries anything else. */
import type { Duration } from '../kernel/time.ts'

/** Microseconds as a duration that reads well and means exactly that: `2s`, `150ms`, `1.234567s`. */
export function durationText(us: number): Duration {
  if (us >= 1_000_000) return `${us / 1_000_000}s`
  if (us >= 1_000) return `${us / 1_000}ms`
  return `${us}us`
}

/** 1, 2, 5, 10, 20, 50 ... below `limit`, in ascending order. */
export function stepsBelow(limit: number, from = 1): readonly number[] {
  const out: number[] = []
  for (let unit = from; unit < limit; unit *= 10) {
    for (const step of [unit, 2 * unit, 5 * unit]) if (step < limit) out.push(step)
  }
  return out
}

/** The value cut down to 1, 2, 3 ... significant digits, as far as that changes it; whole numbers from 0. */
export function cutDigits(value: number): readonly number[] {
  return roundings(value, Math.floor)
}

/** The value rounded up to 1, 2, 3 ... significant digits, as far as that changes it; whole numbers from 0. */
export function raiseDigits(value: number): readonly number[] {
  return roundings(value, Math.ceil)
}

/** The value rounded to 1, 2, 3 ... significant digits, as far as that changes it; whole numbers from 0. */
export function nearestDigits(value: number): readonly number[] {
  return roundings(value, Math.round)
}

function roundings(value: number, round: (value: number) => number): readonly number[] {
  const out: number[] = []
  for (let unit = unitOf(value); unit >= 10; unit /= 10) {
    const rounded = round(value / unit) * unit
    if (rounded !== value && rounded !== out.at(-1)) out.push(rounded)
    if (rounded === value) break
  }
  return out
}

/** How many significant digits a whole number has. */
export function digitsOf(value: number): number {
  return String(value).replace(/0+$/, '').length
}

function unitOf(value: number): number {
  let unit = 1
  while (unit * 10 <= value) unit *= 10
  return unit
}

/**
 * The lowest of `values` (ascending) that `attempt` accepts, if acceptance were monotonous: the lowest is tried first,
 * the others by bisection. Each accepted one has taken effect when it is accepted.
 */
export async function lowest<T>(
  values: readonly T[],
  attempt: (value: T) => Promise<boolean>,
): Promise<boolean> {
  if (values.length === 0) return false
  if (await attempt(values[0] as T)) return true
  let low = 1
  let high = values.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (await attempt(values[middle] as T)) high = middle
    else low = middle + 1
  }
  return high < values.length
}

/** Tries values in turn until one is accepted. */
export async function first<T>(
  values: Iterable<T>,
  attempt: (value: T) => Promise<boolean>,
): Promise<boolean> {
  for (const value of values) if (await attempt(value)) return true
  return false
}
