/**
 * Values as JSON text and back. JSON has no undefined, Map, Set, bytes, bigint, NaN, -0 or addresses: each is written as
 * an object with one key that begins with `$`; a user's own key that begins with `$` gets a second one.
 */
import { Address } from '../kernel/address.ts'

/** The JSON-able form of a value; plain JSON values come back as they are (not copied). */
export function toJson(value: unknown): unknown {
  switch (typeof value) {
    case 'undefined':
      return { $undefined: true }
    case 'bigint':
      return { $bigint: value.toString() }
    case 'number':
      if (Object.is(value, -0)) return { $number: '-0' }
      return Number.isFinite(value) ? value : { $number: String(value) }
    case 'object':
      return value === null ? null : objectToJson(value)
    default:
      return value
  }
}

function objectToJson(value: object): unknown {
  if (Array.isArray(value)) return value.map(toJson)
  if (value instanceof Address) return value.toJSON()
  if (value instanceof Map) return { $map: [...value].map(([key, held]) => [toJson(key), toJson(held)]) }
  if (value instanceof Set) return { $set: [...value].map(toJson) }
  if (value instanceof Uint8Array) return { $bytes: Array.from(value, hexByte).join('') }
  // Not by assignment, here and below: a key may be `__proto__`.
  return Object.fromEntries(
    Object.entries(value).map(([key, held]) => [key.startsWith('$') ? `$${key}` : key, toJson(held)]),
  )
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}

/** The inverse of {@link toJson}; addresses stay `{$node: name}` unless `resolve` knows them. */
export function fromJson(json: unknown, resolve?: (name: string) => Address | undefined): unknown {
  if (typeof json !== 'object' || json === null) return json
  if (Array.isArray(json)) return json.map((held) => fromJson(held, resolve))
  const entries = Object.entries(json as Record<string, unknown>)
  const [first] = entries
  if (entries.length === 1 && first !== undefined) {
    const [key, held] = first
    if (key === '$undefined') return undefined
    if (key === '$bigint' && typeof held === 'string') return BigInt(held)
    if (key === '$number' && typeof held === 'string') return Number(held)
    if (key === '$node' && typeof held === 'string') return resolve?.(held) ?? { $node: held }
    if (key === '$set' && Array.isArray(held)) return new Set(held.map((item) => fromJson(item, resolve)))
    if (key === '$bytes' && typeof held === 'string') return bytesFromHex(held)
    if (key === '$map' && Array.isArray(held)) {
      return new Map(
        (held as readonly (readonly [unknown, unknown])[]).map(([k, v]) => [
          fromJson(k, resolve),
          fromJson(v, resolve),
        ]),
      )
    }
  }
  return Object.fromEntries(
    entries.map(([key, held]) => [key.startsWith('$$') ? key.slice(1) : key, fromJson(held, resolve)]),
  )
}

function bytesFromHex(text: string): Uint8Array {
  const out = new Uint8Array(text.length >> 1)
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(text.slice(i * 2, i * 2 + 2), 16)
  return out
}
