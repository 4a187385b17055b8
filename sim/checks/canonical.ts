/**
 * One text for equal values, so that values can be compared, counted and kept in tables by what they hold: the order of
 * an object's fields, of a map's entries and of a set's elements does not matter, -0 is 0. Values are trees, as all
 * recorded ones are.
 */
import { Address } from '../kernel/address.ts'

/** Two values have the same text exactly if they hold the same. */
export function canonical(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'bigint':
      return `${value}n`
    case 'object':
      return value === null ? 'null' : ofObject(value)
    default:
      return String(value)
  }
}

function ofObject(value: object): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (value instanceof Address) return `node(${JSON.stringify(value.name)})`
  if (value instanceof Map) return `map{${pairs(value, canonical)}}`
  if (value instanceof Set) return `set{${[...value].map(canonical).sort().join(',')}}`
  if (value instanceof Uint8Array) return `bytes(${value.join(',')})`
  return `{${pairs(Object.entries(value), (name) => JSON.stringify(name))}}`
}

function pairs<K>(entries: Iterable<readonly [K, unknown]>, name: (key: K) => string): string {
  return Array.from(entries, ([key, held]) => `${name(key)}:${canonical(held)}`)
    .sort()
    .join(',')
}

/** Whether two values hold the same. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' && typeof b !== 'object') return Number.isNaN(a) && Number.isNaN(b)
  return canonical(a) === canonical(b)
}
