/**
 * Durations as people write them, and virtual time as the simulator counts it.
 *
 * Inside, time is an integer number of microseconds in a double: exact up to 2^53 us (about 285 years), fast
 * to compare, and adding never rounds. The public face speaks milliseconds or strings with a unit. Calendars
 * and time zones are left out on purpose: nothing simulated here depends on them.
 */
import { CallerError, show } from './errors.ts'

/** A number of milliseconds, or a number with its unit: `'40us'`, `'150ms'`, `'1.5s'`, `'2m'`, `'1h'`. */
export type Duration = number | `${number}us` | `${number}ms` | `${number}s` | `${number}m` | `${number}h`

const MICROS_PER: Readonly<Record<string, number>> = {
  us: 1,
  ms: 1_000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
}

/** The longest time that can be counted, in microseconds: 2^53 - 1. */
export const MICROS_MAX: number = Number.MAX_SAFE_INTEGER

const MILLIS_MAX = Math.floor(MICROS_MAX / 1_000)
const EXPECTED = "milliseconds as a number, or a string such as '40us', '150ms', '1.5s', '2m' or '1h'"
const WRITTEN = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(us|ms|s|m|h)$/

// Adding it turns the -0 that '-0ms' would yield into 0 and changes nothing else.
const NO_SIGN = 0

// Programs repeat a handful of strings; the bound only matters to one that makes up new ones for ever.
const CACHE_LIMIT = 4_096
const cache = new Map<string, number>()

/**
 * The duration in integer microseconds, >= 0. The product of number and unit is rounded half up, so
 * anything below half a microsecond becomes 0.
 *
 * @param where where the value stands, for the error message
 * @throws CallerError if `d` is negative, not finite, longer than 2^53 - 1 us, or not a duration at all
 */
export function micros(d: Duration, where: string): number {
  if (typeof d === 'number') {
    // Conversion to an integer, where it is exact, costs a third of Math.round.
    if (d >= 0 && d < 1e6) return (d * 1_000 + 0.5) | 0
    if (d >= 0 && d <= MILLIS_MAX) return Math.round(d * 1_000) + NO_SIGN
    throw refused(d, d, where)
  }
  const known = cache.get(d)
  if (known !== undefined) return known
  const us = parse(d, where)
  if (cache.size >= CACHE_LIMIT) cache.clear()
  cache.set(d, us)
  return us
}

/** The duration in milliseconds; the same errors as {@link micros}. */
export function milliseconds(d: Duration): number {
  return micros(d, 'duration') / 1_000
}

function parse(text: unknown, where: string): number {
  if (typeof text !== 'string')
    throw new CallerError(`${show(text)} is not a duration`, { where, expected: EXPECTED })
  const match = WRITTEN.exec(text)
  if (match === null) {
    throw new CallerError(`${show(text)} is not a duration`, {
      where,
      expected: EXPECTED,
      hint: unparsableHint(text),
    })
  }
  const us = Number(match[1]) * (MICROS_PER[match[2] as string] as number)
  if (us >= 0 && us <= MICROS_MAX) return Math.round(us) + NO_SIGN
  throw refused(text, us, where)
}

function unparsableHint(text: string): string | undefined {
  const number = text.trim() === '' ? NaN : Number(text)
  if (Number.isFinite(number)) return `write '${number}ms' or the number ${number}`
  const squeezed = text
    .replace(/\s+/g, '')
    .replace(/[µμ]s$/, 'us')
    .toLowerCase()
  return WRITTEN.test(squeezed) ? `write '${squeezed}'` : undefined
}

function refused(given: string | number, size: number, where: string): CallerError {
  let problem = 'is not a finite duration'
  if (size < 0) problem = 'is negative'
  else if (Number.isFinite(size)) problem = `is longer than ${MICROS_MAX} microseconds (285 years)`
  return new CallerError(`duration ${show(given)} ${problem}`, { where, expected: EXPECTED })
}

/**
 * Virtual time or a span of it for people to read, exact to the microsecond: `'40us'`, `'250ms'`, `'1.5s'`,
 * `'2m 3s'`, `'1h 0.25s'`; zero parts are left out, zero itself is `'0s'`, a negative span has a leading `-`.
 */
export function formatTime(us: number): string {
  if (us < 0) return `-${formatTime(-us)}`
  if (us === 0) return '0s'
  if (us < 1_000) return `${us}us`
  if (us < 1_000_000) return `${us / 1_000}ms`
  const hours = Math.floor(us / 3_600_000_000)
  const minutes = Math.floor((us % 3_600_000_000) / 60_000_000)
  const rest = us % 60_000_000
  const parts: string[] = []
  if (hours > 0) parts.push(`${hours}h`)
  if (minutes > 0) parts.push(`${minutes}m`)
  // As a fraction of a second a few microseconds would print as 4e-7 or a row of zeros.
  if (rest > 0) parts.push(rest < 1_000 ? `${rest}us` : `${rest / 1_000_000}s`)
  return parts.join(' ')
}
