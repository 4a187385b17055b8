/**
 * Copies a value and hashes it in one walk: messages are values, so what a node sends is never what it holds.
 *
 * Values are: undefined, null, booleans, numbers, strings, bigints, plain objects, arrays, Map, Set, Uint8Array and
 * node addresses. Functions, symbols, class instances and cycles are a caller's mistake. The walk also estimates the
 * size in bytes (what a compact binary encoding would take), which bandwidth and the datagram limit use.
 */
import { Address } from '../kernel/address.ts'
import { CallerError } from '../kernel/errors.ts'

const MAX_DEPTH = 64

const TAG_UNDEFINED = 1
const TAG_NULL = 2
const TAG_TRUE = 3
const TAG_FALSE = 4
const TAG_INTEGER = 5
const TAG_DOUBLE = 6
const TAG_STRING = 7
const TAG_BIGINT = 8
const TAG_OBJECT = 9
const TAG_ARRAY = 10
const TAG_MAP = 11
const TAG_SET = 12
const TAG_BYTES = 13
const TAG_ADDRESS = 14
const TAG_NAN = 15
/** Added to one lane where an object ends: without it {a: {b: 1}, c: 2} and {a: {b: 1, c: 2}} would hash alike. */
const OBJECT_END = 0x3c6ef372

const double = new Float64Array(1)
const doubleWords = new Int32Array(double.buffer)
// The word order of a double is the platform's; the hash must not be.
const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1
const LOW = LITTLE_ENDIAN ? 0 : 1
const HIGH = 1 - LOW

/** One instance serves a whole run; results of the last walk stand in its fields. */
export class ValueWalker {
  /** Hash of the last value, two lanes of 32 bits. */
  h1 = 0
  h2 = 0
  /** Estimated size of the last value in bytes. */
  size = 0

  /** A deep copy of the value; sets the fields. `where` completes the error "... in <where>". */
  copy<T>(value: T, where: string): T {
    this.begin()
    if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
      return this.walkPlain(value, 1, where) as T
    }
    return this.walk(value, 0, where) as T
  }

  /** Walks without keeping the copy, for values that nobody else holds. */
  hash(value: unknown, where: string): void {
    this.begin()
    this.walk(value, 0, where)
  }

  private begin(): void {
    this.h1 = 0x243f6a88
    this.h2 = 0x13198a2e
    this.size = 0
  }

  private mix(word: number): void {
    const a = Math.imul(this.h1 ^ word, 0x9e3779b1)
    this.h1 = (a << 13) | (a >>> 19)
    const b = Math.imul(this.h2 + word, 0x85ebca77)
    this.h2 = b ^ (b >>> 15)
  }

  private mixString(tag: number, text: string): void {
    const length = text.length
    let h1 = this.h1 ^ tag
    let h2 = (this.h2 + length) | 0
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      h1 = Math.imul(h1 ^ code, 0x01000193)
      h2 = Math.imul(h2 + code, 0x85ebca6b)
    }
    this.h1 = (h1 << 13) | (h1 >>> 19)
    this.h2 = h2 ^ (h2 >>> 15)
  }

  private walk(value: unknown, depth: number, where: string): unknown {
    switch (typeof value) {
      case 'number':
        return this.walkNumber(value)
      case 'string':
        this.size += value.length + 1
        this.mixString(TAG_STRING, value)
        return value
      case 'boolean':
        this.size += 1
        this.mix(value ? TAG_TRUE : TAG_FALSE)
        return value
      case 'undefined':
        this.size += 1
        this.mix(TAG_UNDEFINED)
        return value
      case 'bigint':
        this.size += 9
        this.mixString(TAG_BIGINT, value.toString())
        return value
      case 'object':
        if (value === null) {
          this.size += 1
          this.mix(TAG_NULL)
          return value
        }
        if (depth > MAX_DEPTH) {
          throw new CallerError(`a value nested deeper than ${MAX_DEPTH} levels (or a cycle) in ${where}`)
        }
        return this.walkObject(value, depth + 1, where)
      default:
        throw new CallerError(`a ${typeof value} in ${where}`, { expected: 'a value that can be copied' })
    }
  }

  private walkNumber(value: number): number {
    if ((value | 0) === value) {
      this.size += 4
      this.mix(TAG_INTEGER)
      this.mix(value | 0)
    } else if (value !== value) {
      this.size += 8
      this.mix(TAG_NAN)
    } else {
      this.size += 8
      double[0] = value
      this.mix(TAG_DOUBLE)
      this.mix(doubleWords[LOW] as number)
      this.mix(doubleWords[HIGH] as number)
    }
    return value
  }

  private walkObject(value: object, depth: number, where: string): unknown {
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype === Object.prototype || prototype === null) return this.walkPlain(value, depth, where)
    if (Array.isArray(value)) return this.walkArray(value as readonly unknown[], depth, where)
    if (value instanceof Address) {
      this.size += 4
      this.mix(TAG_ADDRESS)
      this.mix(value.id)
      return value
    }
    if (value instanceof Map) return this.walkMap(value as ReadonlyMap<unknown, unknown>, depth, where)
    if (value instanceof Set) return this.walkSet(value as ReadonlySet<unknown>, depth, where)
    if (value instanceof Uint8Array) return this.walkBytes(value)
    const name = (value.constructor as { name?: string } | undefined)?.name ?? 'an unknown class'
    throw new CallerError(`an instance of ${name} in ${where}`, {
      expected: 'plain objects, arrays, Map, Set, Uint8Array, addresses and primitives (messages are values)',
    })
  }

  private walkPlain(value: object, depth: number, where: string): unknown {
    // A spread clones by hidden class, which is several times faster than building the copy key by key. Hash and size
    // are kept in locals meanwhile, since most messages are one such object of numbers and short strings.
    const copy = { ...value } as Record<string, unknown>
    let h1 = Math.imul(this.h1 ^ TAG_OBJECT, 0x9e3779b1)
    let h2 = (this.h2 + TAG_OBJECT) | 0
    let size = this.size + 2
    for (const key in copy) {
      let name = key.length
      for (let i = 0; i < key.length; i++) name = Math.imul(name ^ key.charCodeAt(i), 0x01000193)
      size += 1
      h1 = Math.imul(h1 ^ name, 0x9e3779b1)
      h2 = Math.imul(h2 + name, 0x85ebca77)
      const held = copy[key]
      if (typeof held === 'number' && (held | 0) === held) {
        size += 4
        h1 = Math.imul(((h1 << 13) | (h1 >>> 19)) ^ held, 0x9e3779b1)
        h2 = Math.imul((h2 ^ (h2 >>> 15)) + held + TAG_INTEGER, 0x85ebca77)
        continue
      }
      this.h1 = h1
      this.h2 = h2
      this.size = size
      const walked = this.walk(held, depth, where)
      if (walked !== held) copy[key] = walked
      h1 = this.h1
      h2 = this.h2
      size = this.size
    }
    this.h1 = Math.imul(((h1 << 13) | (h1 >>> 19)) ^ OBJECT_END, 0x9e3779b1)
    this.h2 = Math.imul((h2 ^ (h2 >>> 15)) + OBJECT_END, 0x85ebca77)
    this.size = size
    return copy
  }

  private walkArray(value: readonly unknown[], depth: number, where: string): unknown[] {
    this.size += 2
    this.mix(TAG_ARRAY)
    this.mix(value.length)
    const copy = value.slice()
    for (let i = 0; i < copy.length; i++) {
      const held = copy[i]
      const walked = this.walk(held, depth, where)
      if (walked !== held) copy[i] = walked
    }
    return copy
  }

  private walkMap(value: ReadonlyMap<unknown, unknown>, depth: number, where: string): Map<unknown, unknown> {
    this.size += 2
    this.mix(TAG_MAP)
    this.mix(value.size)
    const copy = new Map<unknown, unknown>()
    for (const [key, held] of value) copy.set(this.walk(key, depth, where), this.walk(held, depth, where))
    return copy
  }

  private walkSet(value: ReadonlySet<unknown>, depth: number, where: string): Set<unknown> {
    this.size += 2
    this.mix(TAG_SET)
    this.mix(value.size)
    const copy = new Set<unknown>()
    for (const held of value) copy.add(this.walk(held, depth, where))
    return copy
  }

  private walkBytes(value: Uint8Array): Uint8Array {
    this.size += value.length + 2
    this.mix(TAG_BYTES)
    this.mix(value.length)
    for (const byte of value) this.mix(byte)
    // Not `slice`: that of a Buffer is a view of the same bytes.
    return new Uint8Array(value)
  }
}
