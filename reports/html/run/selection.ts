/**
 * Which records of a run a page shows. All of them up to a limit; of longer runs one stretch, most of it before the
 * record that matters (where a violation was seen, else the end), and beside it what gives the whole run its shape:
 * lives and roles of nodes, faults, errors, and the causes of that record.
 */
import type { RecordKind, TraceRecord } from '../../../sim/trace/records.ts'

/** Records that a page shows unless more are asked for. */
export const RECORD_LIMIT = 200_000

/** The share of the limit for records outside the stretch, and the share of the stretch that lies before its focus. */
const OUTSIDE = 0.2
const BEFORE = 0.85

const SHAPING: ReadonlySet<RecordKind> = new Set([
  'start',
  'stop',
  'crash',
  'pause',
  'resume',
  'role',
  'fault',
  'heal',
  'error',
])

/** A stretch of records, both ends included. */
export interface Stretch {
  readonly from: number
  readonly to: number
}

/** The stretch that is shown whole. `focus`: the record that matters; undefined: the last. */
export function stretchOf(total: number, focus: number | undefined, limit: number): Stretch {
  if (total <= limit) return { from: 1, to: total }
  const length = Math.floor(limit * (1 - OUTSIDE))
  const middle = focus ?? total
  const from = Math.max(1, Math.min(Math.floor(middle - length * BEFORE), total - length + 1))
  return { from, to: from + length - 1 }
}

/** Numbers of the records outside the stretch that are shown as well. */
export function outsideOf(
  records: Iterable<TraceRecord>,
  stretch: Stretch,
  focus: number | undefined,
  limit: number,
): ReadonlySet<number> {
  const room = Math.floor(limit * OUTSIDE)
  const causes: number[] = []
  const shaping: number[] = []
  for (const { id, cause, kind } of records) {
    if (focus !== undefined && id <= focus) causes[id] = cause ?? 0
    if ((id < stretch.from || id > stretch.to) && SHAPING.has(kind)) shaping.push(id)
  }
  const chosen = new Set<number>()
  for (let at = focus ?? 0; at > 0 && chosen.size < room; at = causes[at] ?? 0) {
    if (at < stretch.from || at > stretch.to) chosen.add(at)
  }
  // Of too many the latest: what led to the end is nearer to it.
  for (const id of shaping.slice(-Math.max(0, room - chosen.size))) chosen.add(id)
  return chosen
}
