/**
 * Lines of JSON built by hand in a byte buffer, each with a checksum over its bytes and all before it.
 *
 * Strings are the slow part of a JSON Lines trace: concatenating and stringifying take two to four times what the
 * simulation of the record takes. So numbers, keys and names go into the buffer digit by digit, and what never changes
 * is encoded once.
 */
import { utf8 } from './utf8.ts'

const BUFFER = 1 << 16
/** Longest piece that `room` may be asked for. */
const ROOM = BUFFER >> 1
const HEX_DIGITS = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))
const DIGITS = new Uint8Array(20)
const SUM_KEY = utf8(',"sum":"')
const LINE_END = utf8('"}\n')
const PRIME = 0x01000193

/** Where bytes go; the buffer is reused after the call. */
export type ByteSink = (bytes: Uint8Array, length: number) => void

/** The checksum before the first line. */
export const SUM_START: number = 0x811c9dc5 | 0

/** The checksum after some more bytes: four interleaved FNV-1a lanes, since one would wait for its own product. */
export function addBytesToSum(sum: number, bytes: Uint8Array, from: number, to: number): number {
  let a = sum
  let b = sum ^ 0x2545f491
  let c = sum ^ 0x4f6cdd1d
  let d = sum ^ 0x6c078965
  let i = from
  for (; i + 3 < to; i += 4) {
    a = Math.imul(a ^ (bytes[i] as number), PRIME)
    b = Math.imul(b ^ (bytes[i + 1] as number), PRIME)
    c = Math.imul(c ^ (bytes[i + 2] as number), PRIME)
    d = Math.imul(d ^ (bytes[i + 3] as number), PRIME)
  }
  for (; i < to; i++) a = Math.imul(a ^ (bytes[i] as number), PRIME)
  a = Math.imul(a ^ (b >>> 15) ^ (to - from), 0x85ebca6b)
  a = Math.imul(a ^ b ^ (a >>> 13), 0xc2b2ae35)
  a = Math.imul(a ^ c ^ (a >>> 16), 0x85ebca6b)
  a = Math.imul(a ^ d ^ (a >>> 13), 0xc2b2ae35)
  return a ^ (a >>> 16)
}

/** The checksum after a line, given its text before `,"sum"`. */
export function addToSum(sum: number, text: string): number {
  const bytes = utf8(text)
  return addBytesToSum(sum, bytes, 0, bytes.length)
}

/** A checksum as it stands in a line: 8 hexadecimal digits. */
export function sumText(sum: number): string {
  return (sum >>> 0).toString(16).padStart(8, '0')
}

/** Builds lines piece by piece and hands the buffer over when it is full. */
export class LineWriter {
  private readonly sink: ByteSink
  private readonly buffer = new Uint8Array(BUFFER)
  private used = 0
  /** Where the part of the current line begins that is not in the checksum yet. */
  private lineStart = 0
  private sum = SUM_START
  /** A line too long for the buffer is put together here. */
  private pieces: Uint8Array[] | null = null

  constructor(sink: ByteSink) {
    this.sink = sink
  }

  /** A whole line from its text: a JSON object without its closing brace. */
  line(open: string): void {
    this.bytes(utf8(open))
    this.endLine()
  }

  private room(size: number): void {
    if (this.used + size <= BUFFER) return
    this.flushLines()
    if (this.used + size > BUFFER) {
      this.pieces ??= []
      this.pieces.push(this.buffer.slice(0, this.used))
      this.used = 0
    }
  }

  bytes(piece: Uint8Array): void {
    const { length } = piece
    if (length > ROOM) {
      for (let i = 0; i < length; i += ROOM) this.bytes(piece.subarray(i, i + ROOM))
      return
    }
    this.room(length)
    const buffer = this.buffer
    const at = this.used
    if (length > 48) buffer.set(piece, at)
    else for (let i = 0; i < length; i++) buffer[at + i] = piece[i] as number
    this.used = at + length
  }

  /** One ASCII character, by code. */
  character(code: number): void {
    this.room(1)
    this.buffer[this.used++] = code
  }

  /** An integer of any sign below 2^53. */
  integer(value: number): void {
    this.room(24)
    let rest = value
    if (rest < 0) {
      this.buffer[this.used++] = 0x2d
      rest = -rest
    }
    let count = 0
    while (rest >= 0x40000000) {
      const quotient = Math.floor(rest / 10)
      DIGITS[count++] = 48 + (rest - quotient * 10)
      rest = quotient
    }
    let small = rest | 0
    do {
      const quotient = (small / 10) | 0
      DIGITS[count++] = 48 + (small - quotient * 10)
      small = quotient
    } while (small > 0)
    const buffer = this.buffer
    let at = this.used
    while (count > 0) buffer[at++] = DIGITS[--count] as number
    this.used = at
  }

  /** A 32-bit word as 8 hexadecimal digits. */
  hex(word: number): void {
    this.room(8)
    const buffer = this.buffer
    let at = this.used
    for (let shift = 28; shift >= 0; shift -= 4) buffer[at++] = HEX_DIGITS[(word >>> shift) & 15] as number
    this.used = at
  }

  /** A string in quotes. */
  string(text: string): void {
    const { length } = text
    if (length > 256) {
      this.bytes(utf8(JSON.stringify(text)))
      return
    }
    this.room(length + 2)
    const buffer = this.buffer
    let at = this.used
    buffer[at++] = 0x22
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code < 0x20 || code === 0x22 || code === 0x5c || code > 0x7e) {
        this.bytes(utf8(JSON.stringify(text)))
        return
      }
      buffer[at++] = code
    }
    buffer[at++] = 0x22
    this.used = at
  }

  /** Ends the line with its checksum and a closing brace. */
  endLine(): void {
    if (this.pieces === null) this.sum = addBytesToSum(this.sum, this.buffer, this.lineStart, this.used)
    else {
      const whole = concat([...this.pieces, this.buffer.subarray(0, this.used)])
      this.sum = addBytesToSum(this.sum, whole, 0, whole.length)
      this.sink(whole, whole.length)
      this.pieces = null
      this.used = 0
    }
    this.lineStart = this.used
    this.room(SUM_KEY.length + 8 + LINE_END.length)
    this.bytes(SUM_KEY)
    this.hex(this.sum)
    this.bytes(LINE_END)
    this.lineStart = this.used
  }

  /** Hands over whole lines, keeping the beginning of an unfinished one. */
  private flushLines(): void {
    if (this.lineStart === 0) return
    this.sink(this.buffer, this.lineStart)
    this.buffer.copyWithin(0, this.lineStart, this.used)
    this.used -= this.lineStart
    this.lineStart = 0
  }

  /** Hands over what is there; to be called at the end. */
  flush(): void {
    this.flushLines()
  }
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    out.set(piece, at)
    at += piece.length
  }
  return out
}
