/**
 * Every record of a run passes here: it is counted, hashed into the running fingerprint, and handed to sinks if any.
 *
 * The fingerprint is always on, so it must be cheap: two 32-bit lanes, eight words a record, no allocation. Sinks
 * (a trace in memory, a JSON Lines writer, checks) see the record after it was hashed and can change nothing.
 */
import { hex64 } from '../kernel/hash.ts'
import type { ObserverKind } from './records.ts'
import type { StringTable } from './string-table.ts'
import { ValueWalker } from './value-walker.ts'

/** Where records go. `peer`, `type`, `cause`: -1, 0 and 0 stand for none. `data` must not be kept, only encoded. */
export interface RecordSink {
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
  ): void
  observe(time: number, kind: ObserverKind, node: number, cause: number, type: string, data: unknown): void
}

export const NO_DATA: unique symbol = Symbol('no data')

/** Fans one stream of records out to several sinks. */
class SinkList implements RecordSink {
  private readonly sinks: readonly RecordSink[]

  constructor(sinks: readonly RecordSink[]) {
    this.sinks = sinks
  }

  record(...args: Parameters<RecordSink['record']>): void {
    for (const sink of this.sinks) sink.record(...args)
  }

  observe(...args: Parameters<RecordSink['observe']>): void {
    for (const sink of this.sinks) sink.observe(...args)
  }
}

export class Recorder {
  readonly strings: StringTable
  readonly walker = new ValueWalker()
  /** Records so far; the id of the last one. */
  count = 0
  private h1 = 0x6a09e667
  private h2 = 0xbb67ae85 | 0
  private sink: RecordSink | null = null

  constructor(strings: StringTable) {
    this.strings = strings
  }

  /** Adds a sink; sinks are called in the order in which they were added. */
  attach(sink: RecordSink): void {
    this.sink = this.sink === null ? sink : new SinkList([this.sink, sink])
  }

  /** Whether anyone looks at records: lets a caller skip building data that is not hashed. */
  get watched(): boolean {
    return this.sink !== null
  }

  /** The fingerprint of all records so far: 16 hexadecimal digits. */
  get fingerprint(): string {
    return hex64(this.h1, this.h2)
  }

  /** Records what has no data; returns the record's id. */
  record(time: number, kind: number, node: number, cause: number, peer: number, type: number): number {
    return this.recordHashed(time, kind, node, cause, peer, type, 0, 0, NO_DATA)
  }

  /** Records with data, which is hashed here. */
  recordData(
    time: number,
    kind: number,
    node: number,
    cause: number,
    peer: number,
    type: number,
    data: unknown,
  ): number {
    this.walker.hash(data, 'record data')
    return this.recordHashed(time, kind, node, cause, peer, type, this.walker.h1, this.walker.h2, data)
  }

  /** Records a message whose content the walker has just copied; none is recorded as no data. */
  recordMessage(
    time: number,
    kind: number,
    node: number,
    cause: number,
    peer: number,
    type: number,
    content: unknown,
  ): number {
    if (content === undefined) return this.recordHashed(time, kind, node, cause, peer, type, 0, 0, NO_DATA)
    return this.recordHashed(time, kind, node, cause, peer, type, this.walker.h1, this.walker.h2, content)
  }

  private recordHashed(
    time: number,
    kind: number,
    node: number,
    cause: number,
    peer: number,
    type: number,
    dataHash1: number,
    dataHash2: number,
    data: unknown,
  ): number {
    const id = ++this.count
    const typeHash = this.strings.hash(type)
    // Most runs stay below 2^32 in both; two divisions a record would be seen.
    const high =
      time < 4294967296 && cause < 4294967296
        ? 0
        : ((time / 4294967296) | 0) ^ (((cause / 4294967296) | 0) << 16)
    let a = this.h1
    let b = this.h2
    a = Math.imul(a ^ (kind + Math.imul(node + 1, 64)), 0x9e3779b1)
    b = Math.imul(b + (time | 0), 0x85ebca77)
    a = (a << 13) | (a >>> 19)
    b = (b << 15) | (b >>> 17)
    a = Math.imul(a ^ (cause | 0), 0xc2b2ae3d)
    b = Math.imul(b + (typeHash ^ high), 0x27d4eb2f)
    a = (a << 11) | (a >>> 21)
    b = (b << 13) | (b >>> 19)
    a = Math.imul(a ^ (peer + (dataHash1 ^ high)), 0x165667b1)
    b = Math.imul(b + dataHash2 + a, 0x9e3779b1)
    this.h1 = a ^ (b >>> 15)
    this.h2 = b ^ (a >>> 13)
    if (this.sink !== null) {
      this.sink.record(id, time, kind, node, cause, peer, type, data, this.h1, this.h2)
    }
    return id
  }

  /** An observer's line: seen by sinks, not hashed. */
  observe(time: number, kind: ObserverKind, node: number, cause: number, type: string, data: unknown): void {
    if (this.sink !== null) this.sink.observe(time, kind, node, cause, type, data)
  }
}
