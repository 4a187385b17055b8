/**
 * What a diagram shows of a trace: the lives and roles of nodes, messages with their fates, operations, faults, and
 * what is marked at a point. Segments of streams that carry nothing are left out unless the cut asks for them. One pass over the records; records of a node's inner doings (timers, disk, CPU) are left
 * out.
 */
import type { TraceRecord } from '../../sim/trace/records.ts'
import { frameName, isAcknowledgement, isStreamWrite, StreamWrites } from '../segments.ts'
import type { Cut, TraceSource } from './source.ts'

/** A stretch of a node's life; `to` is the end of the run where it never ended. Virtual microseconds. */
export interface Span {
  readonly node: string
  readonly kind: 'down' | 'paused' | 'role'
  /** The role, or what brought the node down. */
  readonly label: string
  readonly term: number | undefined
  readonly from: number
  readonly to: number
}

export type Fate =
  | { readonly kind: 'delivered'; readonly at: number }
  | { readonly kind: 'lost'; readonly at: number; readonly reason: string }
  | { readonly kind: 'under-way' }

export interface Message {
  /** The record of its departure. */
  readonly id: number
  readonly kind: 'send' | 'request' | 'reply' | 'connect' | 'stream' | 'reset'
  readonly from: string
  readonly to: string
  /** Of a segment of a stream what it carries, if that is known. */
  readonly type: string
  readonly data: unknown
  readonly sent: number
  /** A second copy that the network made. */
  readonly isCopy: boolean
  fate: Fate
}

export interface Operation {
  readonly id: number
  readonly node: string
  readonly type: string
  readonly input: unknown
  readonly from: number
  to: number
  outcome: 'ok' | 'fail' | 'unknown' | 'pending'
  output: unknown
}

export interface FaultSpan {
  readonly id: number
  readonly type: string
  /** The fault as the plan states it, without its position and time. */
  readonly fields: Readonly<Record<string, unknown>>
  readonly from: number
  /** Absent for a fault that has no end, or did not end within the run. */
  to: number | undefined
}

export type MarkKind = 'start' | 'crash' | 'stop' | 'pause' | 'resume' | 'role' | 'error'

export interface Mark {
  readonly id: number
  readonly node: string
  readonly kind: MarkKind
  readonly at: number
  readonly label: string
}

/** Everything is in the order in which it began. */
export interface Activity {
  /** All roles of the run, in the order in which they were first taken: the same in every part of it. */
  readonly roles: readonly string[]
  readonly spans: readonly Span[]
  readonly messages: readonly Message[]
  readonly operations: readonly Operation[]
  readonly faults: readonly FaultSpan[]
  readonly marks: readonly Mark[]
}

/** What happened within a cut; a message or an operation is in it if its beginning or its end is. */
export function activityOf(source: TraceSource, cut: Cut): Activity {
  const collector = new Collector(source.footer.endedAt, cut.acknowledgements === true)
  for (const { record } of source.lines()) if (record !== undefined) collector.take(record)
  return collector.finish(cut)
}

interface OpenSpan {
  readonly label: string
  readonly term: number | undefined
  readonly from: number
}

class Collector {
  private readonly end: number
  private readonly acknowledgements: boolean
  private readonly written = new StreamWrites()
  private readonly spans: Span[] = []
  private readonly open = new Map<string, OpenSpan>()
  private readonly messages = new Map<number, Message>()
  private readonly operations = new Map<number, Operation>()
  private readonly faults = new Map<number, FaultSpan>()
  private readonly marks: Mark[] = []

  constructor(end: number, acknowledgements: boolean) {
    this.end = end
    this.acknowledgements = acknowledgements
  }

  take(record: TraceRecord): void {
    const { id, t, node = '', kind, type = '', cause = 0 } = record
    switch (kind) {
      case 'send':
      case 'request':
      case 'reply':
      case 'connect':
      case 'stream':
      case 'reset':
        if (record.to !== undefined) this.depart(record, kind, record.to)
        else if (isStreamWrite(kind, type)) this.written.add(id, record.data)
        return
      case 'duplicate':
        this.copy(record)
        return
      case 'deliver':
        this.arrive(cause, { kind: 'delivered', at: t })
        return
      case 'drop':
        this.arrive(cause, { kind: 'lost', at: t, reason: type })
        return
      case 'invoke':
        this.operations.set(id, {
          ...{ id, node, type, input: record.data, from: t, to: this.end },
          ...{ outcome: 'pending', output: undefined },
        })
        return
      case 'ok':
      case 'fail':
      case 'unknown':
        this.endOperation(record, kind)
        return
      case 'fault': {
        const { index: _, at: __, kind: ___, ...fields } = fieldsOf(record.data)
        this.faults.set(id, { id, type, fields, from: t, to: undefined })
        return
      }
      case 'heal': {
        const fault = this.faults.get(cause)
        if (fault !== undefined) fault.to = t
        return
      }
      case 'start':
        this.close(node, 'down', t)
        // Every node starts once; only what follows a crash or a stop is news.
        if (fieldsOf(record.data).incarnation !== 1) this.mark(record, 'start', 'restart')
        return
      case 'crash':
      case 'stop':
        this.close(node, 'role', t)
        this.close(node, 'paused', t)
        this.begin(node, 'down', { label: kind, term: undefined, from: t })
        this.mark(record, kind, kind)
        return
      case 'pause':
        this.begin(node, 'paused', { label: 'paused', term: undefined, from: t })
        this.mark(record, kind, kind)
        return
      case 'resume':
        this.close(node, 'paused', t)
        this.mark(record, kind, kind)
        return
      case 'role': {
        const { term } = fieldsOf(record.data)
        this.close(node, 'role', t)
        this.begin(node, 'role', { label: type, term: typeof term === 'number' ? term : undefined, from: t })
        this.mark(record, kind, typeof term === 'number' ? `${type}, term ${term}` : type)
        return
      }
      case 'error':
        this.mark(record, kind, type === '' ? 'error' : `error in ${type}`)
        return
      case 'handle':
      case 'timer':
      case 'timeout':
      case 'work':
      case 'disk':
      case 'condition':
      case 'hook':
      case 'action':
        return
    }
  }

  private depart(record: TraceRecord, kind: Message['kind'], to: string): void {
    const { id, t, node = '', type = '', data, cause = 0 } = record
    if (!this.acknowledgements && isAcknowledgement(kind, type)) return
    const value = this.written.carriedBy(kind, type, cause)
    const said = value === undefined ? { type, data } : { type: frameName(value) ?? type, data: value }
    const fate: Fate = { kind: 'under-way' }
    this.messages.set(id, { id, kind, from: node, to, ...said, sent: t, isCopy: false, fate })
  }

  private copy({ id, t, cause = 0 }: TraceRecord): void {
    const original = this.messages.get(cause)
    if (original === undefined) return
    this.messages.set(id, { ...original, id, sent: t, isCopy: true, fate: { kind: 'under-way' } })
  }

  /** Also of what is no message: a reply that came too late is dropped after it arrived. */
  private arrive(departure: number, fate: Fate): void {
    const message = this.messages.get(departure)
    if (message?.fate.kind === 'under-way') message.fate = fate
  }

  private endOperation({ t, data }: TraceRecord, outcome: 'ok' | 'fail' | 'unknown'): void {
    const { operation: id, output, reason } = fieldsOf(data)
    const operation = typeof id === 'number' ? this.operations.get(id) : undefined
    if (operation === undefined) return
    operation.to = t
    operation.outcome = outcome
    operation.output = outcome === 'ok' ? output : reason
  }

  private mark({ id, node = '', t }: TraceRecord, kind: MarkKind, label: string): void {
    this.marks.push({ id, node, kind, at: t, label })
  }

  private begin(node: string, kind: Span['kind'], span: OpenSpan): void {
    this.open.set(`${kind} ${node}`, span)
  }

  private close(node: string, kind: Span['kind'], to: number): void {
    const span = this.open.get(`${kind} ${node}`)
    if (span === undefined) return
    this.open.delete(`${kind} ${node}`)
    this.spans.push({ node, kind, ...span, to })
  }

  finish({ from, to, nodes }: Cut): Activity {
    for (const key of [...this.open.keys()]) {
      const at = key.indexOf(' ')
      this.close(key.slice(at + 1), key.slice(0, at) as Span['kind'], this.end)
    }
    const shown = new Set(nodes)
    const meets = (begin: number, end: number): boolean => begin <= to && end >= from
    const within = (at: number): boolean => at >= from && at <= to
    const roles = this.spans.filter(({ kind }) => kind === 'role').sort((a, b) => a.from - b.from)
    return {
      roles: [...new Set(roles.map(({ label }) => label))],
      spans: this.spans
        .filter((span) => shown.has(span.node) && meets(span.from, span.to))
        .sort((a, b) => a.from - b.from),
      messages: [...this.messages.values()].filter(
        (message) =>
          shown.has(message.from) &&
          shown.has(message.to) &&
          (within(message.sent) || within(endOf(message, this.end))),
      ),
      operations: [...this.operations.values()].filter(
        (operation) => shown.has(operation.node) && meets(operation.from, operation.to),
      ),
      faults: [...this.faults.values()].filter((fault) => meets(fault.from, fault.to ?? fault.from)),
      marks: this.marks.filter((mark) => shown.has(mark.node) && within(mark.at)),
    }
  }
}

/** When a message was not under way any more. */
export function endOf({ fate }: Message, endOfRun: number): number {
  return fate.kind === 'under-way' ? endOfRun : fate.at
}

function fieldsOf(data: unknown): Readonly<Record<string, unknown>> {
  return typeof data === 'object' && data !== null ? (data as Readonly<Record<string, unknown>>) : {}
}
