/**
 * A TCP segment (RFC 9293, 3.1) as far as the model needs it: sequence numbers count from 0 in each direction (so they
 * are relative, as tcpdump prints them) and do not wrap; ports are outside, in what the network is handed.
 */

import { Payload } from './payload.ts'

export const SYN = 1
export const ACK = 2
export const FIN = 4
export const RST = 8

/** Largest payload of a segment: an Ethernet frame of 1500 bytes less the IPv4 and TCP headers (RFC 9293, 3.7.1). */
export const SEGMENT_BYTES = 1460

/** Largest window without the window scaling of RFC 7323; also the size of the receive buffer. */
export const WINDOW_BYTES = 65535

/** Immutable: a duplicate on the network is the same object, and its payload is shared with the sender's buffer. */
export class Segment {
  /** What people call it: `SYN`, `SYN-ACK`, `data`, `data+FIN`, `ACK`, `probe` ... */
  readonly label: string
  readonly flags: number
  readonly seq: number
  /** Next byte expected from the peer; meaningful with the flag ACK only. */
  readonly ack: number
  /** Bytes from `ack` on that the sender of this segment can take. */
  readonly window: number
  readonly payload: Payload
  /** Whether all of it was sent before. */
  readonly again: boolean

  constructor(
    label: string,
    flags: number,
    seq: number,
    ack: number,
    window: number,
    payload = Payload.empty,
    again = false,
  ) {
    this.label = label
    this.flags = flags
    this.seq = seq
    this.ack = ack
    this.window = window
    this.payload = payload
    this.again = again
  }

  /** Sequence numbers it takes: SYN and FIN count like a byte. */
  get length(): number {
    return this.payload.length + (this.has(SYN) ? 1 : 0) + (this.has(FIN) ? 1 : 0)
  }

  has(flag: number): boolean {
    return (this.flags & flag) !== 0
  }

  /** The same segment with another payload of the same length. */
  withPayload(payload: Payload): Segment {
    return new Segment(this.label, this.flags, this.seq, this.ack, this.window, payload, this.again)
  }
}

/** The RST that answers a segment for which there is no connection (RFC 9293, 3.10.7.1). */
export function resetFor(segment: Segment): Segment {
  if (segment.has(ACK)) return new Segment('RST', RST, segment.ack, 0, 0)
  return new Segment('RST', RST | ACK, 0, segment.seq + segment.length, 0)
}
