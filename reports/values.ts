/**
 * Values of nodes and messages for people: like JSON, without the quotes of simple keys, with Map, Set, bytes and nodes
 * written as such; in one line, or broken where it is too long for one.
 */
import { Address } from '../sim/kernel/address.ts'
import { fit, LINE_WIDTH } from './text.ts'

/** A value in one line. */
export function valueText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'bigint':
      return `${value}n`
    case 'object':
      return value === null ? 'null' : objectText(value)
    default:
      return String(value)
  }
}

function objectText(value: object): string {
  if (value instanceof Address) return value.name
  if (value instanceof Uint8Array) return bytesText(value)
  if (Array.isArray(value)) return `[${value.map(valueText).join(',')}]`
  if (value instanceof Set) return `Set{${[...value].map(valueText).join(',')}}`
  const entries = entriesOf(value) ?? []
  const only = entries.length === 1 ? entries[0] : undefined
  // A node in a trace that was read from a file.
  if (only?.[0] === '$node' && typeof only[1] === 'string') return only[1]
  const inside = entries.map(([key, held]) => `${key}:${valueText(held)}`).join(',')
  return value instanceof Map ? `Map{${inside}}` : `{${inside}}`
}

const BYTES_SHOWN = 8

function bytesText(bytes: Uint8Array): string {
  const shown = Array.from(bytes.subarray(0, BYTES_SHOWN), (byte) => byte.toString(16).padStart(2, '0'))
  return `bytes(${bytes.length})<${shown.join('')}${bytes.length > BYTES_SHOWN ? '...' : ''}>`
}

/** A key as it is written in values and in paths. */
export function keyText(key: unknown): string {
  if (typeof key === 'string') return /^[\w$][\w$-]*$/.test(key) ? key : JSON.stringify(key)
  return valueText(key)
}

/** Keys as text and what they hold; undefined for what has no keys to show. */
function entriesOf(value: object): readonly (readonly [string, unknown])[] | undefined {
  if (value instanceof Address || value instanceof Uint8Array || value instanceof Set) return undefined
  if (value instanceof Map) return [...value].map(([key, held]) => [keyText(key), held as unknown] as const)
  if (Array.isArray(value)) return value.map((held, index) => [String(index), held as unknown] as const)
  return Object.entries(value).map(([key, held]) => [keyText(key), held as unknown] as const)
}

/**
 * A value in lines of at most 80 columns, each beginning with `indent`: `name: value`, where it does not fit broken by
 * keys. At most `most` lines; the last one then says how many are missing.
 */
export function valueLines(name: string, value: unknown, indent: string, most: number): readonly string[] {
  const lines = broken(name, value, indent)
  if (lines.length <= most) return lines
  return [...lines.slice(0, most - 1), `${indent}... ${lines.length - most + 1} more lines`]
}

function broken(name: string, value: unknown, indent: string): readonly string[] {
  const start = name === '' ? indent : `${indent}${name}: `
  const text = valueText(value)
  if (start.length + text.length <= LINE_WIDTH || start.length > LINE_WIDTH / 2) {
    return [start + fit(text, Math.max(8, LINE_WIDTH - start.length))]
  }
  const entries = typeof value === 'object' && value !== null ? entriesOf(value) : undefined
  if (entries === undefined || entries.length === 0) return [start + fit(text, LINE_WIDTH - start.length)]
  const inner = name === '' ? indent : `${indent}  `
  const count = value instanceof Map || Array.isArray(value) ? ` ${entries.length} entries` : ''
  return [...(name === '' ? [] : [`${indent}${name}:${count}`]), ...filled(entries, inner)]
}

/** An entry that is longer gets lines of its own. */
const SHORT = 36

/** Short entries stand side by side. */
function filled(entries: readonly (readonly [string, unknown])[], indent: string): readonly string[] {
  const lines: string[] = []
  let line = ''
  const flush = (): void => {
    if (line !== '') lines.push(line)
    line = ''
  }
  for (const [key, held] of entries) {
    const text = `${key}: ${valueText(held)}`
    if (text.length > SHORT) {
      flush()
      lines.push(...broken(key, held, indent))
    } else if (line !== '' && line.length + 2 + text.length <= LINE_WIDTH) line += `, ${text}`
    else {
      flush()
      line = indent + text
    }
  }
  flush()
  return lines
}
