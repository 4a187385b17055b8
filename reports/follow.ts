/** Prints records while they happen, one line each. */
import type { ChalkInstance } from 'chalk'
import type { NodeDirectory } from '../sim/trace/memory-trace.ts'
import type { RecordSink } from '../sim/trace/recorder.ts'
import { NO_DATA } from '../sim/trace/recorder.ts'
import { peerIsSource, RECORD_KINDS } from '../sim/trace/records.ts'
import type { ObserverKind, RecordKind } from '../sim/trace/records.ts'
import type { StringTable } from '../sim/trace/string-table.ts'
import { recordText } from './records.ts'

export class FollowSink implements RecordSink {
  private readonly write: (text: string) => void
  private readonly paint: ChalkInstance
  private readonly strings: StringTable
  private readonly directory: NodeDirectory

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
    _cause: number,
    peer: number,
    type: number,
    data: unknown,
  ): void {
    const kind = RECORD_KINDS[kindCode] as RecordKind
    const line = recordText(
      {
        id,
        t,
        kind,
        hash: '',
        ...(node < 0 ? {} : { node: this.directory.nodeName(node) }),
        ...(peer < 0 ? {} : { [peerIsSource(kind) ? 'from' : 'to']: this.directory.nodeName(peer) }),
        ...(type === 0 ? {} : { type: this.strings.text(type) }),
        ...(data === NO_DATA ? {} : { data }),
      },
      this.paint,
    )
    this.write(`${line}\n`)
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
