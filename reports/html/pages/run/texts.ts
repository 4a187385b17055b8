/** Records in words. */
import { formatTime } from '../../../../sim/kernel/time.ts'
import { frameText, writtenValue } from '../../../segments.ts'
import { writeRow } from '../../model/messages.ts'
import type { OperationData } from '../../run/data.ts'
import type { Records } from '../../run/record-columns.ts'
import type { RunStore } from './store.ts'

/** What a record says in one line, without its time: `client[1]: request write → replica[0]`. */
export function rowText(store: RunStore, row: number): string {
  const { records, data } = store
  const kind = records.kindOf(row)
  const node = data.nodes[records.node[row] as number]?.name
  const peer = data.nodes[records.peer[row] as number]?.name
  const type = records.typeOf(row)
  const isFrom = kind === 'deliver' || kind === 'handle'
  const carried = carriedText(records, row)
  return [
    `${node ?? 'world'}: ${kind}`,
    ...(type === '' ? [] : [type]),
    ...(peer === undefined ? [] : [`${isFrom ? '←' : '→'} ${peer}`]),
    ...(carried === '' ? [] : [`(${carried})`]),
  ].join(' ')
}

/** What a segment carries, or a node puts into a stream, by name: `ping`, `create /election/n-`. Empty if not known. */
function carriedText(records: Records, row: number): string {
  const type = records.typeOf(row)
  const isWrite = records.kindOf(row) === 'stream' && (type === 'send' || type === 'write')
  const write = isWrite ? row : writeRow(records, row)
  return write < 0 ? '' : frameText(writtenValue(records.content(write)))
}

/** The row whose content a record is about: its own, or that of the departure of what arrives; -1 if there is none. */
export function contentRow(records: Records, row: number): number {
  if (records.data[row] !== 0) return row
  const kind = records.kindOf(row)
  if (kind !== 'deliver' && kind !== 'drop' && kind !== 'handle' && kind !== 'duplicate') return -1
  let at = records.cause[row] as number
  for (let step = 0; at >= 0 && step < 3; step++) {
    if (records.data[at] !== 0) return at
    at = records.cause[at] as number
  }
  return -1
}

/** An operation in one line: `write {key:"a"} → ok by client[1], 1.2s to 1.3s`. */
export function operationText(store: RunStore, operation: OperationData): string {
  const { id, name, input, status, answer, node, from, to } = operation
  const end = status === 'ok' ? (answer ?? 'ok') : `${status}${answer === undefined ? '' : `: ${answer}`}`
  const client = store.data.nodes[node]?.name ?? ''
  const time = to === undefined ? `since ${formatTime(from)}` : `${formatTime(from)} to ${formatTime(to)}`
  return `operation ${id}: ${name}${input === '' ? '' : ` ${input}`} → ${end} by ${client}, ${time}`
}

/** Without names of fields and quotes: `write key-0 3 → ok`. */
export function briefText({ name, input, status, answer }: OperationData): string {
  const end = status === 'ok' ? (answer === undefined ? '' : ` → ${bare(answer)}`) : ` (${status})`
  return `${name}${input === '' ? '' : ` ${bare(input)}`}${end}`
}

function bare(text: string): string {
  if (!text.startsWith('{')) return text
  return text
    .slice(1, -1)
    .replace(/(^|,)[\w$-]+:/g, '$1')
    .replace(/"([^"\\]*)"/g, '$1')
    .replaceAll(',', ' ')
}
