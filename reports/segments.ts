/**
 * Segments of stream connections as people read them: what a segment carries instead of where its bytes stand, and which
 * segments carry nothing.
 *
 * A segment is caused by what was sent, if it left at once; then that is what it carries (or the first of it). Of what had
 * to wait for an acknowledgement, and of what is sent again, only the position in the stream is known.
 */
import { valueText } from './values.ts'
import { fit } from './text.ts'

/** Whether a departure tells only how far the other side has come. */
export function isAcknowledgement(kind: string, type: string): boolean {
  if (kind === 'stream') return type === 'ACK' || type === 'probe'
  return kind === 'connect' && type === 'handshake-ACK'
}

/** Whether a departure is part of a stream connection: what it meets on the way, the receiver never sees. */
export function isSegment(kind: string): boolean {
  return kind === 'stream' || kind === 'connect' || kind === 'reset'
}

/** Whether a departure is a segment with bytes of the stream. */
export function isDataSegment(kind: string, type: string): boolean {
  return kind === 'stream' && (type === 'data' || type === 'data+FIN')
}

/** Whether a record is that of a node that puts something into a stream. */
export function isStreamWrite(kind: string, type: string): boolean {
  return kind === 'stream' && (type === 'send' || type === 'write')
}

/** What a node put into a stream, from the data of that record; undefined if it does not say. */
export function writtenValue(data: unknown): unknown {
  if (typeof data !== 'object' || data === null) return undefined
  const { value, text, bytes } = data as Readonly<Record<string, unknown>>
  return value ?? text ?? bytes
}

/** Writes that are remembered: a segment with the beginning of one follows it at once, if at all. */
const WRITES = 256

/** What segments carry, for whoever reads records in order. */
export class StreamWrites {
  private readonly values = new Map<number, unknown>()

  /** Takes the record of a write. */
  add(id: number, data: unknown): void {
    this.values.set(id, writtenValue(data))
    if (this.values.size <= WRITES) return
    for (const oldest of this.values.keys()) {
      this.values.delete(oldest)
      break
    }
  }

  /** What the segment with this cause begins with; undefined if that is not known, or it is not one of bytes. */
  carriedBy(kind: string, type: string, cause: number): unknown {
    return isDataSegment(kind, type) ? this.values.get(cause) : undefined
  }
}

/** Frames of one write that are named. */
const FRAMES = 3
const LONGEST = 40

/** Its frames by name: `ping`, `create /election/n-`, `proposal, commit and 2 more`; undefined if they have no names. */
export function frameName(value: unknown): string | undefined {
  if (!Array.isArray(value)) return nameOf(value)
  const names = value.slice(0, FRAMES).map((one) => nameOf(one) ?? 'data')
  if (names.every((name) => name === 'data')) return undefined
  const more = value.length - names.length
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ')
}

function nameOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { type, path, op } = value as Readonly<Record<string, unknown>>
  if (typeof type === 'string') return fit(typeof path === 'string' ? `${type} ${path}` : type, LONGEST)
  return op === undefined ? undefined : nameOf(op)
}

/** By name, or else the value itself, cut to a few words. */
export function frameText(value: unknown): string {
  return frameName(value) ?? fit(valueText(value), LONGEST)
}
