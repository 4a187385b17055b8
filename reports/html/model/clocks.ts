/** What a node's own clocks show at a true time. */
import type { ClockData } from '../run/data.ts'

export interface ClockReading {
  /** Microseconds that the wall clock shows, and how far that is ahead of true time. */
  readonly wall: number
  readonly error: number
  readonly monotonic: number
  /** Parts per million by which both run fast. */
  readonly ppm: number
}

/** `t`: true microseconds. Nodes without an entry have clocks that are right. */
export function clockAt(clocks: readonly ClockData[], node: number, t: number): ClockReading {
  const last = clocks.findLast((one) => one.node === node && one.t <= t)
  if (last === undefined) return { wall: t, error: 0, monotonic: t, ppm: 0 }
  const gained = Math.floor(((t - last.t) * last.ppm) / 1_000_000)
  const error = last.wall + gained
  return { wall: t + error, error, monotonic: t + last.monotonic + gained, ppm: last.ppm }
}
