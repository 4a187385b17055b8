/** Records as columns, and back. */
import type { RecordKind, TraceRecord } from '../../../sim/trace/records.ts'
import { kindCode, RECORD_KINDS } from '../../../sim/trace/records.ts'
import { fromJson, toJson } from '../../../sim/trace/values.ts'
import type { RecordColumns } from './data.ts'
import type { Stretch } from './selection.ts'

/** Texts by number, in the order of their coming. */
class Texts {
  readonly list: string[] = []
  private readonly ids = new Map<string, number>()

  id(text: string): number {
    const known = this.ids.get(text)
    if (known !== undefined) return known
    const id = this.list.push(text) - 1
    this.ids.set(text, id)
    return id
  }
}

type Columns = Record<'id' | 't' | 'kind' | 'node' | 'cause' | 'peer' | 'type' | 'data', number[]>

/** Takes records one by one, in order. */
export class RecordPacker {
  private readonly columns: Columns = {
    id: [],
    t: [],
    kind: [],
    node: [],
    cause: [],
    peer: [],
    type: [],
    data: [],
  }
  private readonly types = new Texts()
  private readonly contents = new Texts()
  private readonly nodes: ReadonlyMap<string, number>
  private lastId = 0
  private lastTime = 0

  /** `nodes`: positions by name. */
  constructor(nodes: ReadonlyMap<string, number>) {
    this.nodes = nodes
    this.types.id('')
  }

  add(record: TraceRecord): void {
    const { id, t, kind, cause, node, to, from, type = '' } = record
    const columns = this.columns
    columns.id.push(id - this.lastId)
    columns.t.push(t - this.lastTime)
    columns.kind.push(kindCode(kind))
    columns.node.push(this.node(node))
    columns.cause.push(cause === undefined ? 0 : id - cause)
    columns.peer.push(this.node(to ?? from))
    columns.type.push(this.types.id(type))
    columns.data.push('data' in record ? this.contents.id(JSON.stringify(toJson(record.data))) + 1 : 0)
    this.lastId = id
    this.lastTime = t
  }

  finish({ from, to }: Stretch, total: number): RecordColumns {
    const omitted = total - this.columns.id.length
    return { ...this.columns, types: this.types.list, contents: this.contents.list, from, to, omitted }
  }

  private node(name: string | undefined): number {
    return name === undefined ? 0 : (this.nodes.get(name) ?? -1) + 1
  }
}

/** Records to be read by row: positions in the columns, from 0. */
export class Records {
  readonly count: number
  readonly id: Float64Array
  readonly t: Float64Array
  readonly kind: Uint8Array
  /** Position in the nodes; -1: the world. */
  readonly node: Int32Array
  /** Row of the cause; -1: a root, or one whose cause is left out. */
  readonly cause: Int32Array
  /** Number of the cause; 0: a root. */
  readonly causeId: Float64Array
  readonly peer: Int32Array
  readonly type: Uint32Array
  readonly data: Uint32Array
  readonly types: readonly string[]
  readonly contents: readonly string[]

  constructor(columns: RecordColumns) {
    const count = columns.id.length
    this.count = count
    this.id = new Float64Array(count)
    this.t = new Float64Array(count)
    this.kind = Uint8Array.from(columns.kind)
    this.node = Int32Array.from(columns.node, (node) => node - 1)
    this.cause = new Int32Array(count)
    this.causeId = new Float64Array(count)
    this.peer = Int32Array.from(columns.peer, (peer) => peer - 1)
    this.type = Uint32Array.from(columns.type)
    this.data = Uint32Array.from(columns.data)
    this.types = columns.types
    this.contents = columns.contents
    let id = 0
    let t = 0
    for (let row = 0; row < count; row++) {
      id += columns.id[row] as number
      t += columns.t[row] as number
      this.id[row] = id
      this.t[row] = t
      const back = columns.cause[row] as number
      this.causeId[row] = back === 0 ? 0 : id - back
      this.cause[row] = back === 0 ? -1 : this.rowOf(id - back, row)
    }
  }

  /** The row of record number `id`; -1 if it is not there. `count`: rows to look at. */
  rowOf(id: number, count = this.count): number {
    const at = lastAtMost(this.id, id, count)
    return at >= 0 && this.id[at] === id ? at : -1
  }

  /** The last row at or before a time; -1 if none is. */
  rowAt(t: number): number {
    return lastAtMost(this.t, t, this.count)
  }

  kindOf(row: number): RecordKind {
    return RECORD_KINDS[this.kind[row] as number] as RecordKind
  }

  typeOf(row: number): string {
    return this.types[this.type[row] as number] ?? ''
  }

  /** JSON text of the content; undefined if the record has none. */
  contentText(row: number): string | undefined {
    return this.contents[(this.data[row] as number) - 1]
  }

  content(row: number): unknown {
    const text = this.contentText(row)
    return text === undefined ? undefined : fromJson(JSON.parse(text))
  }
}

/** Position of the last of the first `count` numbers, which ascend, that is at most `most`; -1 if there is none. */
export function lastAtMost(numbers: Float64Array, most: number, count: number): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >> 1
    if ((numbers[middle] as number) <= most) low = middle + 1
    else high = middle
  }
  return low - 1
}
