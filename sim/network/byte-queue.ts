/** Bytes in the order in which they came, as the pieces in which they came: none is copied until somebody looks at it. */
import { invariant } from '../kernel/errors.ts'
import type { Source } from './payload.ts'
import { Payload, Piece } from './payload.ts'

export class ByteQueue {
  /** Bytes in the queue. */
  length = 0
  private pieces: Piece[] = []
  /** Pieces before this index have left the queue; of the one at it, so many bytes have. */
  private head = 0
  private skipped = 0

  /** Adds all of a source. */
  write(source: Source): void {
    if (source.length === 0) return
    this.pieces.push(new Piece(source, 0, source.length))
    this.length += source.length
  }

  /** Adds bytes that have been on their way. */
  push(payload: Payload): void {
    for (const piece of payload.pieces) this.pieces.push(piece)
    this.length += payload.length
  }

  /** Removes the first `count` bytes. */
  drop(count: number): void {
    invariant(count <= this.length, 'no more bytes leave a queue than are in it')
    this.length -= count
    let left = count + this.skipped
    while (this.head < this.pieces.length && left >= this.piece(this.head).length) {
      left -= this.piece(this.head).length
      this.head++
    }
    this.skipped = left
    if (this.head === this.pieces.length) {
      this.pieces = []
      this.head = 0
    } else if (this.head > 64 && this.head * 2 > this.pieces.length) {
      this.pieces.splice(0, this.head)
      this.head = 0
    }
  }

  /** `count` bytes from `offset` on, which stay in the queue. */
  view(offset: number, count: number): Payload {
    invariant(offset + count <= this.length, 'what is looked at is in the queue')
    if (count === 0) return Payload.empty
    let at = this.head
    let skip = offset + this.skipped
    while (skip >= this.piece(at).length) skip -= this.piece(at++).length
    const pieces: Piece[] = []
    for (let left = count; left > 0; at++, skip = 0) {
      const piece = this.piece(at)
      const last = Math.min(piece.length, skip + left)
      pieces.push(piece.slice(skip, last))
      left -= last - skip
    }
    return new Payload(pieces, count)
  }

  /** Removes and returns the first `count` bytes. */
  take(count: number): Payload {
    const out = this.view(0, count)
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
    this.pieces = []
    this.head = 0
    this.skipped = 0
    this.length = 0
  }

  private piece(index: number): Piece {
    return this.pieces[index] as Piece
  }
}
