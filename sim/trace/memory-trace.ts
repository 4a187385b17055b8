/**
 * A whole trace in memory: records packed into byte chunks (about 12 bytes each) instead of objects (about 260), and
 * decoded on demand. Payloads are encoded when they are recorded, because the receiver owns and may change the copy.
 * Hashes are not stored: decoding records everything once more, through a recorder of its own.
 */
import type { Address } from '../kernel/address.ts'
import { invariant } from '../kernel/errors.ts'
import type { ObserverKind, ObserverRecord, RecordKind, TraceRecord } from './records.ts'
import { OBSERVER_KINDS, peerIsSource, RECORD_KINDS } from './records.ts'
import type { RecordSink } from './recorder.ts'
import { NO_DATA, Recorder } from './recorder.ts'
import type { StringTable } from './string-table.ts'
import { ByteReader, ByteWriter, putVarint } from './bytes.ts'

const OBSERVER = 255
/** Set in a record's first byte when a value follows. */
const HAS_DATA = 0x80
/** The most that a record takes without its value. */
const ROW_BYTES = 64

/** Names and addresses of the run's nodes, by id. */
export interface NodeDirectory {
  nodeName(id: number): string
  nodeAddress(id: number): Address
}

/** Collects records; iterate it for all lines, or ask for one record by id. */
export class MemoryTrace implements RecordSink {
  private readonly writer = new ByteWriter()
  private readonly strings: StringTable
  private readonly directory: NodeDirectory
  private lastTime = 0
  private lastId = 0
  /** Number of records (observers' lines not counted). */
  get count(): number {
    return this.lastId
  }

  constructor(strings: StringTable, directory: NodeDirectory) {
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
  ): void {
    const writer = this.writer
    writer.reserve(ROW_BYTES)
    const chunk = writer.chunk
    let at = writer.position
    chunk[at++] = data === NO_DATA ? kind : kind | HAS_DATA
    at = putVarint(chunk, at, time - this.lastTime)
    at = putVarint(chunk, at, node + 1)
    at = putVarint(chunk, at, cause === 0 ? 0 : id - cause)
    at = putVarint(chunk, at, peer + 1)
    writer.position = putVarint(chunk, at, type)
    if (data !== NO_DATA) writer.value(data)
    this.lastTime = time
    this.lastId = id
  }

  observe(time: number, kind: ObserverKind, node: number, cause: number, type: string, data: unknown): void {
    const writer = this.writer
    writer.reserve(ROW_BYTES)
    const chunk = writer.chunk
    let at = writer.position
    chunk[at++] = OBSERVER
    at = putVarint(chunk, at, time - this.lastTime)
    at = putVarint(chunk, at, node + 1)
    at = putVarint(chunk, at, cause)
    writer.position = putVarint(chunk, at, OBSERVER_KINDS.indexOf(kind))
    writer.value(type)
    writer.value(data)
    this.lastTime = time
  }

  /** All lines in order. */
  *lines(): Generator<TraceRecord | ObserverRecord, void, undefined> {
    const reader = new ByteReader(this.writer, (id) => this.directory.nodeAddress(id))
    const recorder = new Recorder(this.strings)
    let time = 0
    let id = 0
    while (reader.more()) {
      const code = reader.byte()
      time += reader.varint()
      const nodeId = reader.varint() - 1
      if (code === OBSERVER) yield this.observer(reader, time, nodeId)
      else {
        id++
        yield this.decode(reader, recorder, time, code, nodeId)
      }
    }
    invariant(id === this.lastId, 'a trace in memory decodes to as many records as were written')
  }

  /** The records that the fingerprint covers, in order. */
  *records(): Generator<TraceRecord, void, undefined> {
    for (const line of this.lines()) if ('id' in line) yield line
  }

  private named(nodeId: number): { readonly node?: string } {
    return nodeId < 0 ? {} : { node: this.directory.nodeName(nodeId) }
  }

  private observer(reader: ByteReader, t: number, nodeId: number): ObserverRecord {
    const cause = reader.varint()
    const kind = OBSERVER_KINDS[reader.byte()] as ObserverKind
    const type = reader.value() as string
    const data = reader.value()
    return {
      t,
      ...this.named(nodeId),
      kind,
      ...(cause === 0 ? {} : { cause }),
      ...(type === '' ? {} : { type }),
      ...(data === undefined ? {} : { data }),
    }
  }

  private decode(
    reader: ByteReader,
    recorder: Recorder,
    t: number,
    code: number,
    nodeId: number,
  ): TraceRecord {
    const hasData = (code & HAS_DATA) !== 0
    const kind = code & ~HAS_DATA
    const name = RECORD_KINDS[kind] as RecordKind
    const back = reader.varint()
    const cause = back === 0 ? 0 : recorder.count + 1 - back
    const peer = reader.varint() - 1
    const type = reader.varint()
    const data = hasData ? reader.value() : undefined
    const id = hasData
      ? recorder.recordData(t, kind, nodeId, cause, peer, type, data)
      : recorder.record(t, kind, nodeId, cause, peer, type)
    return {
      id,
      t,
      ...this.named(nodeId),
      kind: name,
      ...(cause === 0 ? {} : { cause }),
      ...(peer < 0 ? {} : { [peerIsSource(name) ? 'from' : 'to']: this.directory.nodeName(peer) }),
      ...(type === 0 ? {} : { type: this.strings.text(type) }),
      ...(hasData ? { data } : {}),
      hash: recorder.fingerprint,
    }
  }
}
