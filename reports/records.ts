/**
 * Records as lines of text for people, at most so many columns wide: time, node, what happened, with whom, and as much
 * of the data as fits.
 */
import type { ChalkInstance } from 'chalk'
import type { ObserverRecord, TraceRecord } from '../sim/trace/records.ts'
import { toJson } from '../sim/trace/values.ts'
import { fit, LINE_WIDTH } from './text.ts'

const NODE_WIDTH = 14
const COLOURS = [
  'cyan',
  'green',
  'yellow',
  'magenta',
  'blue',
  'cyanBright',
  'greenBright',
  'magentaBright',
] as const

/** A colour for each node, the same in every report. */
export function nodePaint(paint: ChalkInstance, node: string): ChalkInstance {
  let sum = 0
  for (let i = 0; i < node.length; i++) sum = (sum * 31 + node.charCodeAt(i)) % 65_521
  return paint[COLOURS[sum % COLOURS.length] ?? 'cyan']
}

/** Microseconds as seconds with six digits, right-aligned: columns of times can be compared by eye. */
export function clockText(us: number): string {
  return `${(us / 1_000_000).toFixed(6)}s`.padStart(12)
}

/** A name as wide as its column at most; which one of its kind it is stays readable: `coordina...[0]`. */
function nodeText(node: string): string {
  const index = /\[\d+\]$/.exec(node)?.[0] ?? ''
  if (node.length <= NODE_WIDTH || index.length > NODE_WIDTH - 5) return fit(node, NODE_WIDTH)
  return `${fit(node.slice(0, -index.length || undefined), NODE_WIDTH - index.length)}${index}`
}

/** One line, without its newline. `indent`: how much of the width is taken already; `about`: words in place of the data. */
export function recordText(
  record: TraceRecord | ObserverRecord,
  paint: ChalkInstance,
  indent = 0,
  about?: string,
): string {
  const { t, node = 'world', kind } = record
  const name = nodeText(node).padEnd(NODE_WIDTH)
  const said: string[] = []
  if (record.type !== undefined) said.push(record.type)
  if ('from' in record && record.from !== undefined) said.push(`<- ${record.from}`)
  if ('to' in record && record.to !== undefined) said.push(`-> ${record.to}`)
  if (about !== undefined) said.push(about)
  else if ('data' in record) said.push(dataText(record.data))
  const start = `${clockText(t)} ${name} ${kind.padEnd(9)} `
  const rest = fit(said.join(' '), LINE_WIDTH - indent - start.length)
  const colour = nodePaint(paint, node)
  const head = `${paint.dim(clockText(t))} ${colour(name)}`
  const painted = kindPaint(paint, kind)
  return rest === '' ? `${head} ${painted(kind)}` : `${head} ${painted(kind.padEnd(9))} ${rest}`
}

function kindPaint(paint: ChalkInstance, kind: (TraceRecord | ObserverRecord)['kind']): ChalkInstance {
  switch (kind) {
    case 'crash':
    case 'error':
    case 'fault':
      return paint.red
    case 'drop':
    case 'timeout':
      return paint.yellow
    case 'role':
    case 'heal':
      return paint.bold
    default:
      return paint.reset
  }
}

/** A value as short text: like JSON, without the quotes of keys. */
export function dataText(value: unknown): string {
  return JSON.stringify(toJson(value)).replace(/"([A-Za-z_$][\w$]*)":/g, '$1:')
}
