/**
 * Transaction ids: an epoch in the upper half, a counter within the epoch in the lower (ZxidUtils). One number, epoch *
 * 2^32 + counter, exact up to epoch 2^21.
 */

const EPOCH = 0x1_0000_0000

/** The counter's largest value; a leader that has used it must give way to a new epoch. */
export const COUNTER_MAX = 0xffff_ffff

export function makeZxid(epoch: number, counter: number): number {
  return epoch * EPOCH + counter
}

export function epochOf(zxid: number): number {
  return Math.floor(zxid / EPOCH)
}

export function counterOf(zxid: number): number {
  return zxid % EPOCH
}

/** Sixteen hexadecimal digits, so that names sort as zxids do. */
export function hexZxid(zxid: number): string {
  return half(epochOf(zxid)) + half(counterOf(zxid))
}

function half(value: number): string {
  return value.toString(16).padStart(8, '0')
}
