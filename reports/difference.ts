/** Two lines of two traces that should be the same, shown against each other. */
import type { ChalkInstance } from 'chalk'
import type { TraceRecord } from '../sim/trace/records.ts'
import { clockText, dataText, recordText } from './records.ts'
import { fit, LINE_WIDTH } from './text.ts'

/** What the two sides are called, e.g. two file names. */
export type Sides = readonly [string, string]

const FIELDS = ['t', 'node', 'kind', 'cause', 'from', 'to', 'type', 'data'] as const

/** The first record that differs, after what happened just before; undefined stands for the end of a trace. */
export function differenceText(
  before: readonly TraceRecord[],
  pair: readonly [TraceRecord | undefined, TraceRecord | undefined],
  sides: Sides,
  paint: ChalkInstance,
): readonly string[] {
  const [a, b] = pair
  const lines: string[] = []
  for (const record of before) lines.push(`  ${idText(record)}${recordText(record, paint)}`)
  lines.push(side('<', a, sides[0], paint), side('>', b, sides[1], paint), '')
  const width = Math.max(sides[0].length, sides[1].length)
  if (a === undefined || b === undefined) {
    lines.push(`${a === undefined ? sides[0] : sides[1]} ends here`)
    return lines
  }
  let differs = false
  for (const field of FIELDS) {
    const left = fieldText(a, field)
    const right = fieldText(b, field)
    if (left === right) continue
    differs = true
    lines.push(`${field}:`, `  ${sides[0].padEnd(width)}  ${paint.red(left)}`)
    lines.push(`  ${sides[1].padEnd(width)}  ${paint.green(right)}`)
  }
  if (!differs) lines.push(`only the running hash: ${a.hash} and ${b.hash}`)
  return lines
}

function idText({ id }: TraceRecord): string {
  return `#${id} `
}

function side(mark: string, record: TraceRecord | undefined, name: string, paint: ChalkInstance): string {
  if (record === undefined) return `${mark} (${name} ends)`
  return `${mark} ${idText(record)}${recordText(record, paint)}`
}

function fieldText(record: TraceRecord, field: (typeof FIELDS)[number]): string {
  if (field === 't') return clockText(record.t).trim()
  const value = record[field]
  if (value === undefined) return field === 'data' && 'data' in record ? 'undefined' : '(none)'
  return typeof value === 'string' ? fit(value, LINE_WIDTH) : dataText(value)
}
