/** Which records are shown: by node, kind, type, key and text, all of which must fit. */
import type { RecordKind } from '../../../sim/trace/records.ts'
import type { NodeData } from '../run/data.ts'
import type { Records } from '../run/record-columns.ts'
import { writeRow } from './messages.ts'

/** Empty texts let everything through. */
export interface Filter {
  /** A node's name, or a kind of nodes; also what such a node is the peer of. */
  readonly node: string
  readonly kind: RecordKind | ''
  readonly type: string
  /** A text that stands as a value of its own in the content, such as a register's key. */
  readonly key: string
  /** A piece of the content, the type or the names, upper or lower case. */
  readonly text: string
}

export const NO_FILTER: Filter = { node: '', kind: '', type: '', key: '', text: '' }

export function isEmpty({ node, kind, type, key, text }: Filter): boolean {
  return node === '' && kind === '' && type === '' && key === '' && text === ''
}

/** 1 for each row that fits; undefined if all do. */
export function matching(
  records: Records,
  nodes: readonly NodeData[],
  filter: Filter,
): Uint8Array | undefined {
  if (isEmpty(filter)) return undefined
  const { node, kind, type } = filter
  const key = filter.key === '' ? '' : JSON.stringify(filter.key)
  const text = filter.text.toLowerCase()
  const fitsNode = nodes.map(({ name, kind: of }) => node === '' || name === node || of === node)
  const namesText = nodes.map(({ name }) => text === '' || name.toLowerCase().includes(text))
  const fitsType = records.types.map((one) => type === '' || one === type)
  const typeHasText = records.types.map((one) => text === '' || one.toLowerCase().includes(text))
  // Contents are fewer than records, and may be long.
  const contents = records.contents.map(
    (content) =>
      (key === '' || content.includes(key)) && (text === '' || content.toLowerCase().includes(text)),
  )
  const hasKey = records.contents.map((content) => key === '' || content.includes(key))
  const out = new Uint8Array(records.count)
  for (let row = 0; row < records.count; row++) {
    const own = records.node[row] as number
    const peer = records.peer[row] as number
    if (node !== '' && fitsNode[own] !== true && fitsNode[peer] !== true) continue
    if (kind !== '' && records.kindOf(row) !== kind) continue
    const of = records.type[row] as number
    if (fitsType[of] !== true) continue
    // What arrives is told by what was sent, a segment by what it carries.
    const write = writeRow(records, row)
    const direct = (records.data[row] as number) || departureContent(records, row)
    const content = (write < 0 ? direct : (records.data[write] as number)) - 1
    if (key !== '' && hasKey[content] !== true) continue
    if (text !== '' && contents[content] !== true && typeHasText[of] !== true) {
      if (namesText[own] !== true && namesText[peer] !== true) continue
    }
    out[row] = 1
  }
  return out
}

function departureContent(records: Records, row: number): number {
  const kind = records.kindOf(row)
  if (kind !== 'deliver' && kind !== 'drop' && kind !== 'handle' && kind !== 'duplicate') return 0
  let at = records.cause[row] as number
  for (let step = 0; at >= 0 && step < 4; step++) {
    const data = records.data[at] as number
    if (data !== 0) return data
    at = records.cause[at] as number
  }
  return 0
}

const KEYS = /"(?:key|path|topic|object|account|item)":"((?:[^"\\]|\\.)*)"/g
const MOST_KEYS = 200

/** Texts that look like keys, for suggestions: values of fields by that name. */
export function keysOf(records: Records): readonly string[] {
  const keys = new Set<string>()
  for (const content of records.contents) {
    for (const [, key] of content.matchAll(KEYS)) keys.add(JSON.parse(`"${key ?? ''}"`) as string)
    if (keys.size >= MOST_KEYS) break
  }
  return [...keys].sort()
}
