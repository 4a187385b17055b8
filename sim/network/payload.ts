/**
 * Bytes on their way, as ranges of what was written. A stream carries mostly values (frames), and what a value is as
 * bytes matters only to somebody who looks at bytes; so a range remembers where it comes from, and its bytes are made
 * when they are asked for. Ranges are immutable and may be shared: by a send buffer, segments, their duplicates.
 */

/** Something that was written: how long it is, and its bytes, which must not be changed. */
export interface Source {
  readonly length: number
  bytes(): Uint8Array
}

/** Bytes that were written as bytes; they must not change any more. */
export class RawSource implements Source {
  readonly length: number
  private readonly content: Uint8Array

  constructor(content: Uint8Array) {
    this.content = content
    this.length = content.length
  }

  bytes(): Uint8Array {
    return this.content
  }
}

/** Bytes `from` (inclusive) to `to` (exclusive) of a source; never empty. */
export class Piece {
  readonly source: Source
  readonly from: number
  readonly to: number

  constructor(source: Source, from: number, to: number) {
    this.source = source
    this.from = from
    this.to = to
  }

  get length(): number {
    return this.to - this.from
  }

  /** Bytes `from` to `to` of this piece. */
  slice(from: number, to: number): Piece {
    if (from === 0 && to === this.length) return this
    return new Piece(this.source, this.from + from, this.from + to)
  }
}

/** A sequence of pieces. */
export class Payload {
  static readonly empty = new Payload([], 0)
  readonly pieces: readonly Piece[]
  readonly length: number

  constructor(pieces: readonly Piece[], length: number) {
    this.pieces = pieces
    this.length = length
  }

  /** A payload of bytes, which must not change any more. */
  static of(bytes: Uint8Array): Payload {
    if (bytes.length === 0) return Payload.empty
    return new Payload([new Piece(new RawSource(bytes), 0, bytes.length)], bytes.length)
  }

  /** Bytes `from` (inclusive) to `to` (exclusive). */
  slice(from: number, to: number): Payload {
    if (from === 0 && to === this.length) return this
    const pieces: Piece[] = []
    let at = 0
    for (const piece of this.pieces) {
      const first = Math.max(from - at, 0)
      const last = Math.min(to - at, piece.length)
      if (first < last) pieces.push(piece.slice(first, last))
      at += piece.length
      if (at >= to) break
    }
    return new Payload(pieces, to - from)
  }

  /** A copy of all bytes; the caller's own. */
  bytes(): Uint8Array {
    const out = new Uint8Array(this.length)
    let filled = 0
    for (const { source, from, to } of this.pieces) {
      out.set(source.bytes().subarray(from, to), filled)
      filled += to - from
    }
    return out
  }
}
