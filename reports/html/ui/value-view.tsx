/** A value of a node or a message as a tree that opens and closes; text is shown as text, whatever it looks like. */
import { Address } from '../../../sim/kernel/address.ts'
import { keyText, valueText } from '../../values.ts'

/** Values whose one line is longer are broken into their parts. */
const ONE_LINE = 68
const PARTS = 200

export interface ValueViewProps {
  readonly value: unknown
  readonly name?: string
  /** How many levels are open at first. */
  readonly open?: number
}

export function ValueView({ value, name, open = 1 }: ValueViewProps) {
  return (
    <div class="value">
      <Part value={value} name={name} open={open} />
    </div>
  )
}

function Part({ value, name, open }: { value: unknown; name: string | undefined; open: number }) {
  const text = valueText(value)
  const parts = text.length > ONE_LINE ? partsOf(value) : []
  const label = name === undefined ? null : <span class="key">{name}: </span>
  if (parts.length === 0) {
    return (
      <div>
        {label}
        {text}
      </div>
    )
  }
  const rest = parts.length - PARTS
  return (
    <details open={open > 0}>
      <summary>
        {label}
        {summaryOf(value, parts.length)}
      </summary>
      <ul>
        {parts.slice(0, PARTS).map(([key, held]) => (
          <li key={key}>
            <Part value={held} name={key} open={open - 1} />
          </li>
        ))}
        {rest > 0 ? <li>and {rest} more</li> : null}
      </ul>
    </details>
  )
}

function summaryOf(value: unknown, count: number): string {
  const what = Array.isArray(value)
    ? 'list'
    : value instanceof Map
      ? 'map'
      : value instanceof Set
        ? 'set'
        : 'object'
  return `${what} of ${count}`
}

function partsOf(value: unknown): readonly (readonly [string, unknown])[] {
  if (typeof value !== 'object' || value === null) return []
  if (value instanceof Address || value instanceof Uint8Array) return []
  if (Array.isArray(value)) return value.map((held, index) => [String(index), held as unknown] as const)
  if (value instanceof Set) return [...value].map((held, index) => [String(index), held as unknown] as const)
  if (value instanceof Map) return [...value].map(([key, held]) => [keyText(key), held as unknown] as const)
  return Object.entries(value).map(([key, held]) => [keyText(key), held as unknown] as const)
}
