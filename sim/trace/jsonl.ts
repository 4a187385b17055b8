/**
 * A trace as JSON Lines: a header with the run spec, one line a record, a footer with verdict, counts and fingerprint.
 *
 * Each record's line carries `hash`, the running fingerprint after it; every line carries `sum`, a checksum over its
 * bytes and all before it, so that an edited, removed or inserted line is found at the line, without a re-run.
 */
import { Address } from '../kernel/address.ts'
import type { LineWriter } from './line-writer.ts'
import type { NodeDirectory } from './memory-trace.ts'
import type { RecordSink } from './recorder.ts'
import { NO_DATA } from './recorder.ts'
import type { ObserverKind } from './records.ts'
import { peerIsSource, RECORD_KINDS } from './records.ts'
import type { StringTable } from './string-table.ts'
import { utf8 } from './utf8.ts'
import { toJson } from './values.ts'

export { addToSum, LineWriter, SUM_START, sumText } from './line-writer.ts'
export type { ByteSink } from './line-writer.ts'

/** Version of the format; a change that older programs cannot read raises it. */
export const TRACE_FORMAT = 1

const ID = utf8('{"id":')
const TIME = utf8(',"t":')
const FIRST_TIME = utf8('{"t":')
const CAUSE = utf8(',"cause":')
const DATA = utf8(',"data":')
const HASH = utf8(',"hash":"')
const TRUE = utf8('true')
const FALSE = utf8('false')
const NULL = utf8('null')
const KINDS = RECORD_KINDS.map((kind) => utf8(`,"kind":"${kind}"`))
const FROM_PEER = RECORD_KINDS.map(peerIsSource)

/** Writes the records of a run as they happen. The caller writes header and footer through `writer`. */
export class JsonlTrace implements RecordSink {
  readonly writer: LineWriter
  private readonly strings: StringTable
  private readonly directory: NodeDirectory
  private readonly nodes: Uint8Array[] = []
  private readonly sources: Uint8Array[] = []
  private readonly targets: Uint8Array[] = []
  private readonly types: Uint8Array[] = []
  private readonly keys = new Map<string, Uint8Array>()

  constructor(writer: LineWriter, strings: StringTable, directory: NodeDirectory) {
    this.writer = writer
    this.strings = strings
    this.directory = directory
  }

  record(
    id: number,
    time: number,
    kind: number,
    node: number,
    cause: number,
    peer: number,
    type: number,
    data: unknown,
    h1: number,
    h2: number,
  ): void {
    const writer = this.writer
    writer.bytes(ID)
    writer.integer(id)
    writer.bytes(TIME)
    writer.integer(time)
    if (node >= 0) writer.bytes(this.nodes[node] ?? this.fragment(this.nodes, node, 'node'))
    writer.bytes(KINDS[kind] as Uint8Array)
    if (cause !== 0) {
      writer.bytes(CAUSE)
      writer.integer(cause)
    }
    if (peer >= 0) {
      if (FROM_PEER[kind] === true)
        writer.bytes(this.sources[peer] ?? this.fragment(this.sources, peer, 'from'))
      else writer.bytes(this.targets[peer] ?? this.fragment(this.targets, peer, 'to'))
    }
    if (type !== 0) writer.bytes(this.types[type] ?? this.typeFragment(type))
    if (data !== NO_DATA) {
      writer.bytes(DATA)
      this.value(data)
    }
    writer.bytes(HASH)
    writer.hex(h1)
    writer.hex(h2)
    writer.character(0x22)
    writer.endLine()
  }

  observe(time: number, kind: ObserverKind, node: number, cause: number, type: string, data: unknown): void {
    const writer = this.writer
    writer.bytes(FIRST_TIME)
    writer.integer(time)
    if (node >= 0) writer.bytes(this.nodes[node] ?? this.fragment(this.nodes, node, 'node'))
    writer.bytes(utf8(`,"kind":"${kind}"`))
    if (cause !== 0) {
      writer.bytes(CAUSE)
      writer.integer(cause)
    }
    if (type !== '') writer.bytes(utf8(`,"type":${JSON.stringify(type)}`))
    if (data !== undefined) {
      writer.bytes(DATA)
      this.value(data)
    }
    writer.endLine()
  }

  private fragment(cache: Uint8Array[], node: number, key: string): Uint8Array {
    return (cache[node] = utf8(`,"${key}":${JSON.stringify(this.directory.nodeName(node))}`))
  }

  private typeFragment(type: number): Uint8Array {
    return (this.types[type] = utf8(`,"type":${JSON.stringify(this.strings.text(type))}`))
  }

  /** The common values directly; the rest as values.ts says. The result is the same text either way. */
  private value(value: unknown): void {
    const writer = this.writer
    switch (typeof value) {
      case 'number':
        if ((value | 0) === value && (value !== 0 || 1 / value > 0)) writer.integer(value)
        else this.json(value)
        return
      case 'string':
        writer.string(value)
        return
      case 'boolean':
        writer.bytes(value ? TRUE : FALSE)
        return
      case 'object':
        if (value === null) writer.bytes(NULL)
        else if (Array.isArray(value)) this.array(value)
        else if (isPlain(value)) this.object(value as Record<string, unknown>)
        else this.json(value)
        return
      default:
        this.json(value)
    }
  }

  private json(value: unknown): void {
    this.writer.bytes(utf8(JSON.stringify(toJson(value))))
  }

  private array(values: readonly unknown[]): void {
    const writer = this.writer
    writer.character(0x5b)
    for (let i = 0; i < values.length; i++) {
      if (i > 0) writer.character(0x2c)
      this.value(values[i])
    }
    writer.character(0x5d)
  }

  private object(value: Record<string, unknown>): void {
    const writer = this.writer
    let separator = 0x7b
    for (const key in value) {
      writer.character(separator)
      separator = 0x2c
      writer.bytes(this.keys.get(key) ?? this.keyFragment(key))
      this.value(value[key])
    }
    if (separator === 0x7b) writer.character(0x7b)
    writer.character(0x7d)
  }

  private keyFragment(key: string): Uint8Array {
    const made = utf8(`${JSON.stringify(key.startsWith('$') ? `$${key}` : key)}:`)
    // Programs that use keys as data must not fill memory.
    if (this.keys.size < 10_000) this.keys.set(key, made)
    return made
  }
}

function isPlain(value: object): boolean {
  if (value instanceof Address) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
