/**
 * Prints records while they happen, one line each. Segments of streams say what they carry; those that carry nothing are
 * half of all and are left out, as samples of metrics are: a trace has them.
 */
import type { ChalkInstance } from 'chalk'
import type { NodeDirectory } from '../sim/trace/memory-trace.ts'
import type { RecordSink } from '../sim/trace/recorder.ts'
import { NO_DATA } from '../sim/trace/recorder.ts'
import { peerIsSource, RECORD_KINDS } from '../sim/trace/records.ts'
import type { ObserverKind, RecordKind } from '../sim/trace/records.ts'
import type { StringTable } from '../sim/trace/string-table.ts'
import { recordText } from './records.ts'
import {
  frameText,
  isAcknowledgement,
  isSegment,
  isStreamWrite,
  StreamWrites,
  writtenValue,
} from './segments.ts'

/** A record that is left out. */
const HIDDEN = Symbol('hidden')

export class FollowSink implements RecordSink {
  private readonly write: (text: string) => void
  private readonly paint: ChalkInstance
  private readonly strings: StringTable
  private readonly directory: NodeDirectory
  private readonly written = new StreamWrites()
  /** Departures of segments that are under way, by record: what they carry, undefined if nothing. */
  private readonly underWay = new Map<number, string | undefined>()

  constructor(
    write: (text: string) => void,
    paint: ChalkInstance,
    strings: StringTable,
    directory: NodeDirectory,
  ) {
    this.write = write
    this.paint = paint
    this.strings = strings
    this.directory = directory
  }

  record(
    id: number,
    t: number,
    kindCode: number,
    node: number,
    cause: number,
    peer: number,
    type: number,
    data: unknown,
  ): void {
    const kind = RECORD_KINDS[kindCode] as RecordKind
    const typeText = type === 0 ? '' : this.strings.text(type)
    const said = this.streamText(id, kind, typeText, cause, peer, data)
    if (said === HIDDEN) return
    const line = recordText(
      {
        id,
        t,
        kind,
        hash: '',
        ...(node < 0 ? {} : { node: this.directory.nodeName(node) }),
        ...(peer < 0 ? {} : { [peerIsSource(kind) ? 'from' : 'to']: this.directory.nodeName(peer) }),
        ...(typeText === '' ? {} : { type: typeText }),
        ...(data === NO_DATA ? {} : { data }),
      },
      this.paint,
      0,
      said,
    )
    this.write(`${line}\n`)
  }

  /** What a record of a stream is about in a few words; undefined for any other. */
  private streamText(
    id: number,
    kind: RecordKind,
    type: string,
    cause: number,
    peer: number,
    data: unknown,
  ): string | typeof HIDDEN | undefined {
    if (isStreamWrite(kind, type)) {
      this.written.add(id, data)
      return frameText(writtenValue(data))
    }
    if (isSegment(kind) && peer >= 0) {
      if (isAcknowledgement(kind, type)) {
        this.underWay.set(id, undefined)
        return HIDDEN
      }
      const carried = this.written.carriedBy(kind, type, cause)
      if (carried === undefined) return undefined
      const text = frameText(carried)
      this.underWay.set(id, text)
      return text
    }
    if ((kind !== 'deliver' && kind !== 'drop') || !this.underWay.has(cause)) return undefined
    const text = this.underWay.get(cause)
    this.underWay.delete(cause)
    return text ?? HIDDEN
  }

  observe(t: number, kind: ObserverKind, node: number, _cause: number, type: string, data: unknown): void {
    // Every sample of every metric would drown what happens; the summary has them.
    if (kind === 'metric') return
    const line = recordText(
      {
        t,
        kind,
        ...(node < 0 ? {} : { node: this.directory.nodeName(node) }),
        ...(type === '' ? {} : { type }),
        ...(data === undefined ? {} : { data }),
      },
      this.paint,
    )
    this.write(`${line}\n`)
  }
}
