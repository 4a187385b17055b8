/** Durations as numbers, where one has to reckon with them. */
import type { Duration } from 'orrery-sim'

const UNITS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** A duration in milliseconds. */
export function milliseconds(duration: Duration): number {
  if (typeof duration === 'number') return duration
  const [, amount, unit = ''] = /^([\d.]+)([a-z]+)$/.exec(duration) ?? []
  return Number(amount) * (UNITS[unit] ?? NaN)
}
