/**
 * Congestion control: slow start, congestion avoidance, fast retransmit and fast recovery (RFC 5681) with NewReno's
 * treatment of several losses in one window (RFC 6582), limited transmit (RFC 3042), an initial window of ten segments
 * (RFC 6928). All in bytes. Left out: CUBIC, which kernels use today, pacing, SACK, ECN.
 */
import { SEGMENT_BYTES, WINDOW_BYTES } from './tcp-segment.ts'

export const INITIAL_WINDOW = 10 * SEGMENT_BYTES
const DUPLICATES = 3

export class Congestion {
  /** The congestion window. */
  window = INITIAL_WINDOW
  private threshold = Number.MAX_SAFE_INTEGER
  private duplicates = 0
  private recovering = false
  /** Sequence number whose acknowledgement ends the recovery, and below which no other begins (RFC 6582, 3.2). */
  private recover = 0
  private credit = 0

  /** Bytes that may be in flight: a little more after the first duplicate acknowledgements (RFC 3042). */
  get allowance(): number {
    return this.window + (this.recovering ? 0 : Math.min(this.duplicates, DUPLICATES - 1) * SEGMENT_BYTES)
  }

  /** The SYN was lost: one segment to begin with (RFC 5681, 3.1). */
  lostHandshake(): void {
    this.window = SEGMENT_BYTES
  }

  /** Nothing was sent for longer than the retransmission timeout (RFC 5681, 4.1). */
  idle(): void {
    this.window = Math.min(this.window, INITIAL_WINDOW)
  }

  /** `bytes` more were acknowledged, up to `upTo`. True: retransmit the first unacknowledged segment. */
  acknowledged(bytes: number, upTo: number, inFlight: number): boolean {
    this.duplicates = 0
    if (this.recovering) {
      if (upTo < this.recover) {
        const deflated = this.window - bytes + (bytes >= SEGMENT_BYTES ? SEGMENT_BYTES : 0)
        this.window = Math.max(SEGMENT_BYTES, deflated)
        return true
      }
      this.recovering = false
      this.window = Math.min(this.threshold, Math.max(inFlight, SEGMENT_BYTES) + SEGMENT_BYTES)
      return false
    }
    if (this.window < this.threshold) this.window += Math.min(bytes, SEGMENT_BYTES)
    else {
      this.credit += bytes
      if (this.credit >= this.window) {
        this.credit -= this.window
        this.window += SEGMENT_BYTES
      }
    }
    // More than the receiver's window is never in flight: growing beyond it would only be believed, not tested.
    this.window = Math.min(this.window, WINDOW_BYTES)
    return false
  }

  /** An acknowledgement told nothing new. True: enough of them for a fast retransmit. */
  duplicate(upTo: number, sent: number): boolean {
    if (this.recovering) {
      this.window += SEGMENT_BYTES
      return false
    }
    this.duplicates++
    if (this.duplicates !== DUPLICATES || upTo <= this.recover) return false
    this.halve(sent - upTo)
    this.window = this.threshold + DUPLICATES * SEGMENT_BYTES
    this.recover = sent
    this.recovering = true
    return true
  }

  /** The retransmission timer fired; `first`: for the first time for this segment. */
  timedOut(upTo: number, sent: number, first: boolean): void {
    if (first) this.halve(sent - upTo)
    this.window = SEGMENT_BYTES
    this.credit = 0
    this.duplicates = 0
    this.recovering = false
    this.recover = sent
  }

  private halve(inFlight: number): void {
    this.threshold = Math.max(Math.floor(inFlight / 2), 2 * SEGMENT_BYTES)
  }
}
