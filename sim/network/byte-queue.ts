/** Bytes in the order in which they came, as the chunks in which they came: nothing is copied until somebody takes it. */
import { invariant } from '../kernel/errors.ts'

export class ByteQueue {
  /** Bytes in the queue. */
  length = 0
  private chunks: Uint8Array[] = []
  /** Chunks before this index have left the queue; of the one at it, so many bytes have. */
  private head = 0
  private skipped = 0

  /** Adds bytes, which must not change any more. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.chunks.push(bytes)
    this.length += bytes.length
  }

  /** Removes the first `count` bytes. */
  drop(count: number): void {
    invariant(count <= this.length, 'no more bytes leave a queue than are in it')
    this.length -= count
    let left = count + this.skipped
    while (this.head < this.chunks.length && left >= this.chunk(this.head).length) {
      left -= this.chunk(this.head).length
      this.head++
    }
    this.skipped = left
    if (this.head > 64 && this.head * 2 > this.chunks.length) {
      this.chunks.splice(0, this.head)
      this.head = 0
    }
  }

  /** `count` bytes from `offset` on, which stay in the queue; not to be changed. */
  view(offset: number, count: number): Uint8Array {
    invariant(offset + count <= this.length, 'what is looked at is in the queue')
    let at = this.head
    let skip = offset + this.skipped
    while (count > 0 && skip >= this.chunk(at).length) skip -= this.chunk(at++).length
    if (count === 0) return new Uint8Array(0)
    const first = this.chunk(at)
    if (skip + count <= first.length) return first.subarray(skip, skip + count)
    const out = new Uint8Array(count)
    for (let filled = 0; filled < count; at++, skip = 0) {
      const part = this.chunk(at).subarray(skip, skip + count - filled)
      out.set(part, filled)
      filled += part.length
    }
    return out
  }

  /** Removes and returns the first `count` bytes; the result is the caller's own. */
  take(count: number): Uint8Array {
    const out = this.view(0, count).slice()
    this.drop(count)
    return out
  }

  /** Removes what is beyond the first `count` bytes. */
  truncate(count: number): void {
    if (this.length <= count) return
    const kept = this.view(0, count)
    this.clear()
    this.push(kept)
  }

  clear(): void {
    this.chunks = []
    this.head = 0
    this.skipped = 0
    this.length = 0
  }

  private chunk(index: number): Uint8Array {
    return this.chunks[index] as Uint8Array
  }
}
