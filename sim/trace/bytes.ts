/**
 * A growing byte store in chunks, with varints and tagged values: the encoding of a trace in memory. It never leaves
 * the process, so it has no version.
 */
import { Address } from '../kernel/address.ts'
import { invariant } from '../kernel/errors.ts'

const CHUNK = 1 << 20
/** Ends an object where a key's number would stand. */
const END = 0

const UNDEFINED = 0
const NULL = 1
const TRUE = 2
const FALSE = 3
const INTEGER = 4
const DOUBLE = 5
const STRING = 6
const WIDE_STRING = 7
const ARRAY = 8
const OBJECT = 9
const MAP = 10
const SET = 11
const BYTES = 12
const BIGINT = 13
const ADDRESS = 14

const double = new Float64Array(1)
const doubleBytes = new Uint8Array(double.buffer)

export class ByteWriter {
  readonly chunks: Uint8Array[] = []
  /** Bytes used of each chunk but the last. */
  readonly lengths: number[] = []
  /** Keys of objects by number; 0 ends an object. */
  readonly keys: string[] = ['']
  private readonly keyIds = new Map<string, number>()
  /** The last chunk, and how much of it is used. Whoever writes several numbers at a time does so directly. */
  chunk = new Uint8Array(CHUNK)
  position = 0

  constructor() {
    this.chunks.push(this.chunk)
  }

  /** Makes room for `size` bytes in one piece. */
  reserve(size: number): void {
    if (this.position + size > this.chunk.length) this.next(size)
  }

  private next(size: number): void {
    this.lengths[this.chunks.length - 1] = this.position
    this.chunk = new Uint8Array(Math.max(CHUNK, size))
    this.chunks.push(this.chunk)
    this.position = 0
  }

  /** Writes a value with its tag; makes its own room. */
  value(value: unknown): void {
    switch (typeof value) {
      case 'number':
        this.number(value)
        return
      case 'string':
        this.string(value)
        return
      case 'boolean':
        this.tag(value ? TRUE : FALSE)
        return
      case 'bigint':
        this.tag(BIGINT)
        this.string(value.toString())
        return
      case 'object':
        if (value === null) this.tag(NULL)
        else this.object(value)
        return
      default:
        if (value !== undefined) invariant(false, 'only values reach a trace')
        this.tag(UNDEFINED)
    }
  }

  private tag(tag: number): void {
    this.reserve(1)
    this.chunk[this.position++] = tag
  }

  private tagged(tag: number, count: number): void {
    this.reserve(16)
    this.chunk[this.position++] = tag
    this.position = putVarint(this.chunk, this.position, count)
  }

  private number(value: number): void {
    if ((value | 0) === value && !Object.is(value, -0)) {
      this.tagged(INTEGER, ((value << 1) ^ (value >> 31)) >>> 0)
      return
    }
    this.reserve(16)
    this.chunk[this.position++] = DOUBLE
    double[0] = value
    for (let i = 0; i < 8; i++) this.chunk[this.position++] = doubleBytes[i] as number
  }

  private string(text: string): void {
    const { length } = text
    this.reserve(length * 2 + 16)
    const start = this.position
    const chunk = this.chunk
    chunk[start] = STRING
    let at = putVarint(chunk, start + 1, length)
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code > 255) {
        this.wideString(text)
        return
      }
      chunk[at++] = code
    }
    this.position = at
  }

  private wideString(text: string): void {
    this.tagged(WIDE_STRING, text.length)
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      this.chunk[this.position++] = code & 255
      this.chunk[this.position++] = code >> 8
    }
  }

  private object(value: object): void {
    if (Array.isArray(value)) {
      this.tagged(ARRAY, value.length)
      for (const held of value as readonly unknown[]) this.value(held)
    } else if (value instanceof Address) {
      this.tagged(ADDRESS, value.id)
    } else if (value instanceof Map) {
      this.tagged(MAP, value.size)
      for (const [key, held] of value as ReadonlyMap<unknown, unknown>) {
        this.value(key)
        this.value(held)
      }
    } else if (value instanceof Set) {
      this.tagged(SET, value.size)
      for (const held of value as ReadonlySet<unknown>) this.value(held)
    } else if (value instanceof Uint8Array) {
      this.tagged(BYTES, value.length)
      this.reserve(value.length)
      this.chunk.set(value, this.position)
      this.position += value.length
    } else {
      this.plain(value as Record<string, unknown>)
    }
  }

  private plain(value: Record<string, unknown>): void {
    this.tag(OBJECT)
    for (const key in value) {
      this.reserve(16)
      this.position = putVarint(this.chunk, this.position, this.keyIds.get(key) ?? this.newKey(key))
      this.value(value[key])
    }
    this.tag(END)
  }

  private newKey(text: string): number {
    const id = this.keys.length
    this.keys.push(text)
    this.keyIds.set(text, id)
    return id
  }
}

/** Writes a non-negative integer up to 2^53 (at most 8 bytes); returns the position after it. There must be room. */
export function putVarint(chunk: Uint8Array, position: number, value: number): number {
  let at = position
  let rest = value
  while (rest >= 0x80) {
    chunk[at++] = (rest % 128) | 0x80
    rest = rest < 0x80000000 ? rest >>> 7 : Math.floor(rest / 128)
  }
  chunk[at++] = rest
  return at
}

/** Reads what a writer holds, from the beginning. */
export class ByteReader {
  private readonly writer: ByteWriter
  private readonly address: (id: number) => Address
  private index = 0
  private chunk: Uint8Array
  private end: number
  private position = 0

  constructor(writer: ByteWriter, address: (id: number) => Address) {
    this.writer = writer
    this.address = address
    this.chunk = writer.chunks[0] as Uint8Array
    this.end = this.lengthOf(0)
  }

  private lengthOf(index: number): number {
    return index === this.writer.chunks.length - 1
      ? this.writer.position
      : (this.writer.lengths[index] as number)
  }

  more(): boolean {
    return this.position < this.end || this.index < this.writer.chunks.length - 1
  }

  byte(): number {
    while (this.position >= this.end) {
      this.index++
      this.chunk = this.writer.chunks[this.index] as Uint8Array
      this.end = this.lengthOf(this.index)
      this.position = 0
    }
    return this.chunk[this.position++] as number
  }

  varint(): number {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 128
    }
  }

  value(): unknown {
    const tag = this.byte()
    switch (tag) {
      case UNDEFINED:
        return undefined
      case NULL:
        return null
      case TRUE:
        return true
      case FALSE:
        return false
      case INTEGER: {
        const zigzag = this.varint()
        return (zigzag >>> 1) ^ -(zigzag & 1)
      }
      case DOUBLE:
        for (let i = 0; i < 8; i++) doubleBytes[i] = this.byte()
        return double[0]
      case STRING:
        return this.characters(() => this.byte())
      case WIDE_STRING:
        return this.characters(() => this.byte() | (this.byte() << 8))
      case BIGINT:
        return BigInt(this.value() as string)
      case OBJECT:
        return this.plain()
      case ADDRESS:
        return this.address(this.varint())
      default:
        return this.collection(tag)
    }
  }

  private characters(unit: () => number): string {
    const length = this.varint()
    let text = ''
    for (let i = 0; i < length; i++) text += String.fromCharCode(unit())
    return text
  }

  private collection(tag: number): unknown {
    const count = this.varint()
    switch (tag) {
      case ARRAY:
        return Array.from({ length: count }, () => this.value())
      case SET:
        return new Set(Array.from({ length: count }, () => this.value()))
      case MAP:
        return new Map(Array.from({ length: count }, () => [this.value(), this.value()] as const))
      default:
        invariant(tag === BYTES, `tag ${tag} is known`)
        return Uint8Array.from({ length: count }, () => this.byte())
    }
  }

  private plain(): Record<string, unknown> {
    const out: Record<string, unknown> = {}
    for (let id = this.varint(); id !== END; id = this.varint()) {
      const key = this.writer.keys[id] as string
      const value = this.value()
      if (key === '__proto__')
        Object.defineProperty(out, key, { value, enumerable: true, writable: true, configurable: true })
      else out[key] = value
    }
    return out
  }
}
