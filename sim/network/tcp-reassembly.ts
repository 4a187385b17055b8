/**
 * The receiving half of a connection: puts bytes in order, drops what it has already, and says how much more it can
 * take. The window's right edge never moves back (RFC 9293, 3.8.6) and moves on only by whole segments, lest the sender
 * dribble (silly window syndrome, RFC 1122, 4.2.3.3).
 */
import { ByteQueue } from './byte-queue.ts'
import type { Payload } from './payload.ts'
import { SEGMENT_BYTES, WINDOW_BYTES } from './tcp-segment.ts'

interface Part {
  readonly seq: number
  readonly payload: Payload
}

export class Reassembly {
  /** Bytes in order that nobody has read. */
  readonly ready = new ByteQueue()
  /** Sequence number of the next byte in order. */
  next = 0
  /** First sequence number beyond the advertised window. */
  edge = WINDOW_BYTES
  /** Whether the peer's FIN has been reached. */
  ended = false
  private finAt = -1
  /** What came too early, by sequence number; parts may overlap. */
  private early: Part[] = []

  /** The peer's SYN: what follows it is expected now. */
  begin(next: number): void {
    this.next = next
    this.edge = next + WINDOW_BYTES
  }

  /** Takes a payload, and the FIN after it if there is one. */
  accept(seq: number, payload: Payload, fin: boolean): void {
    if (this.ended) return
    const end = seq + payload.length
    if (fin && end <= this.edge) this.finAt = end
    const from = Math.max(seq, this.next)
    const to = Math.min(end, this.edge)
    if (to > from) this.keep({ seq: from, payload: payload.slice(from - seq, to - seq) })
    if (this.next === this.finAt) {
      this.next++
      this.ended = true
    }
  }

  /** The window to advertise; `fresh`: move the edge if there is room (not in a duplicate acknowledgement). */
  window(fresh: boolean): number {
    if (fresh && !this.ended) {
      const gained = this.next + WINDOW_BYTES - this.ready.length - this.edge
      this.edge += gained - (gained % SEGMENT_BYTES)
    }
    return Math.max(0, this.edge - this.next)
  }

  /**
   * Whether reading has made so much room that the sender should be told without being asked: at least a segment, and
   * the window it knows of is at most half of what it could be.
   */
  get updateDue(): boolean {
    if (this.ended) return false
    const room = WINDOW_BYTES - this.ready.length
    const known = this.edge - this.next
    return room - known >= SEGMENT_BYTES && room >= 2 * known
  }

  /** Forgets all bytes (a reset, RFC 9293, 3.10.7.4). */
  clear(): void {
    this.ready.clear()
    this.early = []
  }

  private keep(part: Part): void {
    if (part.seq > this.next) {
      this.keepEarly(part)
      return
    }
    this.append(part)
    let used = 0
    for (const waiting of this.early) {
      if (waiting.seq > this.next) break
      this.append(waiting)
      used++
    }
    if (used > 0) this.early.splice(0, used)
  }

  private append({ seq, payload }: Part): void {
    const skip = Math.max(0, this.next - seq)
    if (skip >= payload.length) return
    const fresh = payload.slice(skip, payload.length)
    this.ready.push(fresh)
    this.next += fresh.length
  }

  private keepEarly(part: Part): void {
    const { early } = this
    let at = early.length
    while (at > 0 && (early[at - 1] as Part).seq > part.seq) at--
    const before = early[at - 1]
    const known = before !== undefined && before.seq + before.payload.length >= part.seq + part.payload.length
    if (!known) early.splice(at, 0, part)
  }
}
