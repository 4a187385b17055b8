/**
 * Random draws keyed by message: (sender, receiver, send time, ordinal among the sender's sends at that instant) and
 * the purpose give the number, whatever else happens in the run. So links need no state, and a fault that is removed
 * disturbs only the messages that it touched.
 *
 * A counter-based generator: each draw is a hash of key and counter (32 bits of resolution). Each purpose has a counter
 * of its own, so switching loss on does not shift delays.
 */
import { mix32 } from '../kernel/hash.ts'

export const DRAW_LOSS = 0
export const DRAW_DUPLICATION = 1
export const DRAW_REORDERING = 2
export const DRAW_CORRUPTION = 3
/** First of the draws that a delay distribution may take; each copy of a message has its own range. */
export const DRAW_DELAY = 16
export const DRAW_EXTRA_DELAY = 1 << 16
export const DRAW_COPY_DELAY = 1 << 17

const TWO_POW_MINUS_32 = 1 / 4294967296

/** Set a key, then draw; one object serves all messages. */
export class MessageDraws {
  private readonly k0: number
  private readonly k1: number
  private base = 0
  private counter = 0

  constructor(key: Int32Array) {
    this.k0 = key[0] as number
    this.k1 = key[1] as number
  }

  key(from: number, to: number, time: number, ordinal: number): void {
    let h = Math.imul(this.k0 ^ from, 0x9e3779b1)
    h = Math.imul(h ^ (h >>> 15) ^ to, 0x85ebca6b)
    h = Math.imul(h ^ (h >>> 13) ^ (time | 0), 0xc2b2ae35)
    const high = time < 4294967296 ? 0 : (time / 4294967296) << 20
    h = Math.imul(h ^ (h >>> 16) ^ (ordinal + high), 0x27d4eb2f)
    this.base = h ^ (h >>> 15) ^ this.k1
  }

  /** The next draws are those of this purpose. */
  purpose(purpose: number): this {
    this.counter = purpose
    return this
  }

  /** Uniform in [0, 1). */
  next(): number {
    return (mix32(this.base + Math.imul(++this.counter, 0x9e3779b9)) >>> 0) * TWO_POW_MINUS_32
  }

  /** 32 random bits, for choosing what to corrupt. */
  bits(): number {
    return mix32(this.base + Math.imul(++this.counter, 0x9e3779b9)) >>> 0
  }
}
