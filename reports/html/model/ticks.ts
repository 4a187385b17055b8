/** A time axis: round times, as many as fit, written with as many digits as tell them apart. */
import { formatTime } from '../../../sim/kernel/time.ts'

/** The smallest of 1, 2, 5, 10, 20 ... that is not below the given number. */
export function roundStep(least: number): number {
  let unit = 1
  while (unit * 10 < least) unit *= 10
  return [1, 2, 5, 10].map((factor) => factor * unit).find((step) => step >= least) ?? unit * 10
}

/** Round times from `from` to `to` (microseconds), at most `most` of them. */
export function timeTicks(from: number, to: number, most: number): readonly number[] {
  const step = roundStep(Math.max(1, (to - from) / Math.max(1, most)))
  const ticks: number[] = []
  for (let tick = Math.ceil(from / step) * step; tick <= to; tick += step) ticks.push(tick)
  return ticks
}

/** A time as short as it can be where `step` microseconds make a difference: `1.25s`, `812.3ms`. */
export function shortTime(us: number, step = 1): string {
  const unit = step >= 1_000_000 ? 100_000 : step >= 1000 ? 1000 : step >= 100 ? 100 : 1
  return formatTime(Math.round(us / unit) * unit)
}

/** A span in words: three digits that matter. */
export function spanText(us: number): string {
  const rounded =
    us >= 1_000_000 ? Math.round(us / 10_000) * 10_000 : us >= 10_000 ? Math.round(us / 100) * 100 : us
  return formatTime(rounded)
}

/** A count with commas. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}
