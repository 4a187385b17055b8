/**
 * The retransmission timeout (RFC 6298): a smoothed round-trip time plus four times its variation, doubled with every
 * retransmission. As in Linux, the variation counts for at least 200 ms, so a link without jitter times out 200 ms
 * after the answer was due (the RFC would have 1 s at least). All times in microseconds.
 */

/** Before anything is measured (RFC 6298, 2.1). */
export const RTO_INITIAL = 1_000_000
/** What is added to the smoothed round-trip time at least. */
export const RTO_MARGIN = 200_000
/** RFC 6298, 2.5. */
export const RTO_MAX = 60_000_000
/** Used for data after a SYN was retransmitted (RFC 6298, 5.7). */
export const RTO_AFTER_LOST_SYN = 3_000_000

export class RetransmissionTimeout {
  /** The timeout as it stands, backed off or not. */
  micros = RTO_INITIAL
  private smoothed = 0
  private variation = 0
  private measured = false

  /** A round trip was measured, on a segment that was sent once only (Karn's algorithm is the caller's). */
  sample(roundTrip: number): void {
    if (this.measured) {
      this.variation += (Math.abs(this.smoothed - roundTrip) - this.variation) / 4
      this.smoothed += (roundTrip - this.smoothed) / 8
    } else {
      this.measured = true
      this.smoothed = roundTrip
      this.variation = roundTrip / 2
    }
    const timeout = Math.round(this.smoothed + Math.max(RTO_MARGIN, 4 * this.variation))
    this.micros = Math.min(timeout, RTO_MAX)
  }

  /** The timer has fired (RFC 6298, 5.5); the next measurement ends the backing off. */
  backOff(): void {
    this.micros = Math.min(this.micros * 2, RTO_MAX)
  }

  /** The handshake took more than one SYN: its measurements say nothing. */
  restart(): void {
    if (!this.measured) this.micros = RTO_AFTER_LOST_SYN
  }
}
