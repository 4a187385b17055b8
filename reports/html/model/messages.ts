/**
 * Messages as pairs of records: where one left and where it arrived or ended, with what is unusual about it. A message
 * under way when the run ends has no second record and is left out.
 *
 * `reordered`: something that the same sender sent later to the same receiver had arrived before. `delayed`: it took
 * more than eight times the median of the run, which of exponential delays one in 250 does. Segments of streams are put in order by their receiver before
 * anybody sees them, so that they are never marked as reordered.
 */
import { isAcknowledgement, isDataSegment, isSegment, isStreamWrite } from '../../segments.ts'
import type { Records } from '../run/record-columns.ts'

export const LOST = 1
export const DUPLICATE = 2
export const REORDERED = 4
export const DELAYED = 8

const DELAYED_FACTOR = 8

/** Columns of equal length, in the order of arrivals. */
export interface Messages {
  readonly count: number
  /** Rows of departure and of arrival. */
  readonly from: Int32Array
  readonly to: Int32Array
  /** Node at which it ends, or to which it was under way when it was lost. */
  readonly receiver: Int32Array
  readonly flags: Uint8Array
  /** Median of the time between departure and arrival, in microseconds; 0 without messages. */
  readonly median: number
  /** The longest such time. */
  readonly longest: number
}

/** Finds the messages of a run. */
export function messagesOf(records: Records): Messages {
  const from: number[] = []
  const to: number[] = []
  const receiver: number[] = []
  const flags: number[] = []
  const latest = new Map<number, number>()
  const spans: number[] = []
  let longest = 0
  for (let row = 0; row < records.count; row++) {
    const cause = records.cause[row] as number
    if (cause < 0) continue
    const kind = records.kindOf(row)
    const isCopy = records.kindOf(cause) === 'duplicate'
    const departure = isCopy ? (records.cause[cause] as number) : cause
    if (departure < 0) continue
    const node = records.node[row] as number
    const sender = records.node[departure] as number
    if (kind === 'deliver') {
      const pair = sender * 65_536 + node
      const isOrdered = isSegment(records.kindOf(departure))
      const isReordered = !isOrdered && departure < (latest.get(pair) ?? -1)
      if (!isOrdered && !isReordered) latest.set(pair, departure)
      flags.push((isCopy ? DUPLICATE : 0) | (isReordered ? REORDERED : 0))
      receiver.push(node)
      const span = (records.t[row] as number) - (records.t[departure] as number)
      spans.push(span)
      longest = Math.max(longest, span)
    } else if (kind === 'drop') {
      flags.push(LOST | (isCopy ? DUPLICATE : 0))
      receiver.push(node === sender ? (records.peer[row] as number) : node)
    } else if (sender >= 0 && node >= 0 && sender !== node) {
      // Steps of stream connections.
      flags.push(0)
      receiver.push(node)
    } else continue
    from.push(departure)
    to.push(row)
  }
  const median = medianOf(spans)
  const marks = Uint8Array.from(flags)
  for (let i = 0; i < marks.length; i++) {
    const span = (records.t[to[i] as number] as number) - (records.t[from[i] as number] as number)
    if (median > 0 && span > DELAYED_FACTOR * median && ((marks[i] as number) & LOST) === 0)
      marks[i] = (marks[i] as number) | DELAYED
  }
  return {
    count: from.length,
    from: Int32Array.from(from),
    to: Int32Array.from(to),
    receiver: Int32Array.from(receiver),
    flags: marks,
    median,
    longest,
  }
}

/**
 * 1 for each row that is the departure or the end of a segment without content: half of what streams send, and nothing
 * that a node sees.
 */
export function acknowledgementsOf(records: Records): Uint8Array {
  const rows = new Uint8Array(records.count)
  for (let row = 0; row < records.count; row++) {
    const kind = records.kindOf(row)
    const cause = records.cause[row] as number
    if (kind === 'stream' || kind === 'connect')
      rows[row] = isAcknowledgement(kind, records.typeOf(row)) ? 1 : 0
    else if ((kind === 'deliver' || kind === 'drop' || kind === 'duplicate') && cause >= 0)
      rows[row] = rows[cause] as number
  }
  return rows
}

/** The row of the write whose beginning a segment carries, for its departure or its arrival; -1 if that is not known. */
export function writeRow(records: Records, row: number): number {
  let at = row
  for (let step = 0; step < 2 && at >= 0 && !isSegment(records.kindOf(at)); step++) {
    const kind = records.kindOf(at)
    if (kind !== 'deliver' && kind !== 'drop' && kind !== 'duplicate') return -1
    at = records.cause[at] as number
  }
  if (at < 0 || !isDataSegment(records.kindOf(at), records.typeOf(at))) return -1
  const cause = records.cause[at] as number
  return cause >= 0 && isStreamWrite(records.kindOf(cause), records.typeOf(cause)) ? cause : -1
}

function medianOf(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[sorted.length >> 1] ?? 0
}
