/**
 * A trace in the Trace Event Format (JSON object form), which Perfetto and chrome://tracing open.
 *
 * | trace | trace events |
 * |---|---|
 * | node | process with the threads `life` and `events` |
 * | incarnation, role, pause | nested slices on `life` (`B`, `E`) |
 * | event on a node (delivery, timer ...) | complete slice on `events` (`X`) |
 * | message | flow from the slice of its departure to that of its arrival (`s`, `f`); a lost one has no end |
 * | operation, time in the CPU's queue, fault | asynchronous slices (`b`, `e`), since they overlap |
 * | metric | counter (`C`): counts add up, samples and gauges as they come |
 * | log line, lost message, thrown error, violation | instants (`i`) |
 *
 * Timestamps are virtual microseconds. What takes no virtual time is drawn one microsecond wide, the least that the
 * clock knows: nothing else would be seen, and flows bind to slices. So what happens on a node within one microsecond
 * is nested, in its order.
 *
 * Source: "Trace Event Format", Chromium project (Nat Duca, Dan Sinclair), sections on duration, complete, async,
 * flow, counter, instant and metadata events.
 */
import type { ObserverRecord, TraceRecord } from '../../sim/trace/records.ts'
import { toJson } from '../../sim/trace/values.ts'
import { frameName, isStreamWrite, StreamWrites } from '../segments.ts'
import type { Cut, TraceSource } from './source.ts'

/** Process of what happens to no single node. */
const WORLD = 1
const LIFE = 1
const EVENTS = 2

/** One trace event, before it is text. Keys are the format's. */
export interface TraceEvent {
  readonly name: string
  readonly ph: 'B' | 'E' | 'X' | 'b' | 'e' | 's' | 'f' | 'C' | 'i' | 'M'
  readonly pid: number
  readonly tid: number
  readonly ts: number
  readonly cat?: string
  readonly dur?: number
  readonly id?: number
  readonly bp?: 'e'
  readonly s?: 'g' | 'p' | 't'
  readonly args?: Readonly<Record<string, unknown>>
}

/** The text of the file, in pieces. */
export function* perfettoText(source: TraceSource, cut: Cut): Generator<string, void, undefined> {
  const { version, spec } = source.header
  const { verdict, fingerprint } = source.footer
  const other = { scenario: spec.scenario, seed: spec.seed, verdict, fingerprint, orrery: version }
  yield `{"displayTimeUnit":"ms","otherData":${JSON.stringify(toJson(other))},"traceEvents":[`
  let separator = '\n'
  for (const event of traceEvents(source, cut)) {
    yield separator + JSON.stringify(event)
    separator = ',\n'
  }
  yield '\n]}\n'
}

/** The events, metadata first. */
export function* traceEvents(source: TraceSource, cut: Cut): Generator<TraceEvent, void, undefined> {
  const pids = new Map(cut.nodes.map((name, index) => [name, WORLD + 1 + index]))
  yield* metadata(WORLD, 'world', 0, [[LIFE, 'checks']])
  for (const [name, pid] of pids) {
    yield* metadata(pid, name, pid, [
      [LIFE, 'life'],
      [EVENTS, 'events'],
    ])
  }
  const writer = new Writer(pids, cut)
  for (const { record, observer } of source.lines()) {
    if (record !== undefined) yield* writer.record(record)
    else yield* writer.observe(observer)
  }
  yield* writer.end()
  for (const { name, time, observed, expected, record } of source.footer.violations ?? []) {
    if (time < cut.from || time > cut.to) continue
    const args = { observed, ...(expected === undefined ? {} : { expected }), record }
    yield {
      ...{ name: `violated: ${name}`, cat: 'check', ph: 'i', s: 'g' },
      ...{ pid: WORLD, tid: LIFE, ts: time, args },
    }
  }
}

function* metadata(
  pid: number,
  name: string,
  order: number,
  threads: readonly (readonly [number, string])[],
): Generator<TraceEvent, void, undefined> {
  yield { name: 'process_name', ph: 'M', pid, tid: 0, ts: 0, args: { name } }
  yield { name: 'process_sort_index', ph: 'M', pid, tid: 0, ts: 0, args: { sort_index: order } }
  for (const [tid, thread] of threads) {
    yield { name: 'thread_name', ph: 'M', pid, tid, ts: 0, args: { name: thread } }
    yield { name: 'thread_sort_index', ph: 'M', pid, tid, ts: 0, args: { sort_index: tid } }
  }
}

/** What is open on a node's `life`, the innermost last. */
type Level = 'incarnation' | 'role' | 'paused'
const LEVELS: readonly Level[] = ['incarnation', 'role', 'paused']

interface OpenSlice {
  readonly level: Level
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
}

interface NodeState {
  readonly pid: number
  readonly open: OpenSlice[]
  /** Time of the last slice on `events`. */
  lastSlice: number
}

/** A departure whose arrival is still to come. */
interface Departure {
  readonly type: string
  readonly t: number
}

interface OpenOperation {
  readonly name: string
  readonly pid: number
}

class Writer {
  private readonly cut: Cut
  private readonly nodes: ReadonlyMap<string, NodeState>
  private readonly departures = new Map<number, Departure>()
  private readonly operations = new Map<number, OpenOperation>()
  private readonly faults = new Map<number, string>()
  private readonly counters = new Map<string, number>()
  /** Times of records, by id, for spans that begin at a cause. */
  private readonly times: number[] = []
  private readonly written = new StreamWrites()
  private hasBegun = false

  constructor(pids: ReadonlyMap<string, number>, cut: Cut) {
    this.cut = cut
    this.nodes = new Map([...pids].map(([name, pid]) => [name, { pid, open: [], lastSlice: -1 }]))
  }

  *record(record: TraceRecord): Generator<TraceEvent, void, undefined> {
    const { id, t, kind } = record
    if (t > this.cut.to) return
    this.times[id] = t
    if (!this.hasBegun && t >= this.cut.from) yield* this.openAll()
    const node = record.node === undefined ? undefined : this.nodes.get(record.node)
    if (kind === 'fault' || kind === 'heal') yield* this.world(record)
    if (node === undefined) return
    yield* this.life(record, node)
    if (this.hasBegun) yield* this.slice(record, node)
    yield* this.message(record, node)
    yield* this.operation(record, node)
  }

  /** At the beginning of the cut: what is the case already. */
  private *openAll(): Generator<TraceEvent, void, undefined> {
    this.hasBegun = true
    const ts = this.cut.from
    for (const { pid, open } of this.nodes.values()) {
      for (const { level, name, args } of open) {
        yield { name, cat: level, ph: 'B', pid, tid: LIFE, ts, args }
      }
    }
    for (const [id, { name, pid }] of this.operations) {
      yield { name, cat: 'operation', ph: 'b', id, pid, tid: EVENTS, ts }
    }
    for (const [id, name] of this.faults) {
      yield { name, cat: 'fault', ph: 'b', id, pid: WORLD, tid: LIFE, ts }
    }
  }

  private *life(record: TraceRecord, node: NodeState): Generator<TraceEvent, void, undefined> {
    const { kind, type = '' } = record
    switch (kind) {
      case 'start':
        yield* this.enter(record, node, 'incarnation', 'up')
        return
      case 'role':
        yield* this.enter(record, node, 'role', type)
        return
      case 'pause':
        yield* this.enter(record, node, 'paused', 'paused')
        return
      case 'resume':
        yield* this.leave(record.t, node, 'paused')
        return
      case 'crash':
      case 'stop':
        yield* this.leave(record.t, node, 'incarnation')
        return
      default:
    }
  }

  /** A new slice takes the place of one of the same level, and of those within it. */
  private *enter(
    record: TraceRecord,
    node: NodeState,
    level: Level,
    name: string,
  ): Generator<TraceEvent, void, undefined> {
    const { id, t } = record
    yield* this.leave(t, node, level)
    const args = { record: id, ...('data' in record ? { data: toJson(record.data) } : {}) }
    node.open.push({ level, name, args })
    if (this.hasBegun) yield { name, cat: level, ph: 'B', pid: node.pid, tid: LIFE, ts: t, args }
  }

  private *leave(ts: number, node: NodeState, level: Level): Generator<TraceEvent, void, undefined> {
    const { open, pid } = node
    while (open.length > 0) {
      const last = open.at(-1) as OpenSlice
      if (LEVELS.indexOf(last.level) < LEVELS.indexOf(level)) return
      open.pop()
      if (this.hasBegun) yield { name: last.name, cat: last.level, ph: 'E', pid, tid: LIFE, ts }
    }
  }

  /** A slice for what begins an event on a node, and for what else has none to stand in. */
  private *slice(record: TraceRecord, node: NodeState): Generator<TraceEvent, void, undefined> {
    const { id, t, kind, type = '', cause } = record
    const { pid } = node
    if (!BEGINS_EVENT.has(kind) && node.lastSlice === t) return
    node.lastSlice = t
    const name = type === '' ? kind : `${kind} ${type}`
    yield { name, cat: kind, ph: 'X', pid, tid: EVENTS, ts: t, dur: 1, args: argsOf(record) }
    if (kind === 'error' || kind === 'drop') {
      yield { name, cat: kind, ph: 'i', s: 't', pid, tid: EVENTS, ts: t }
    }
    const begun = cause === undefined ? undefined : this.times[cause]
    if ((kind === 'handle' || kind === 'work') && begun !== undefined && begun < t) {
      const span = { name: `CPU: ${type || kind}`, cat: 'cpu', id, pid, tid: EVENTS }
      yield { ...span, ph: 'b', ts: Math.max(begun, this.cut.from) }
      yield { ...span, ph: 'e', ts: t }
    }
  }

  private *message(record: TraceRecord, { pid }: NodeState): Generator<TraceEvent, void, undefined> {
    const { id, t, kind, type = kind, cause = 0, to } = record
    switch (kind) {
      case 'send':
      case 'request':
      case 'reply':
      case 'connect':
      case 'stream':
      case 'reset': {
        if (isStreamWrite(kind, type)) this.written.add(id, record.data)
        if (to === undefined || !this.nodes.has(to)) return
        const carried = this.written.carriedBy(kind, type, cause)
        yield* this.depart(id, { type: frameName(carried) ?? type, t }, pid)
        return
      }
      case 'duplicate': {
        const original = this.departures.get(cause)
        if (original !== undefined) yield* this.depart(id, { type: original.type, t }, pid)
        return
      }
      case 'drop':
        this.departures.delete(cause)
        return
      case 'deliver': {
        const departure = this.departures.get(cause)
        if (departure === undefined) return
        this.departures.delete(cause)
        if (departure.t < this.cut.from || !this.hasBegun) return
        const { type: name } = departure
        yield { name, cat: 'message', ph: 'f', bp: 'e', id: cause, pid, tid: EVENTS, ts: t }
        return
      }
      default:
    }
  }

  private *depart(id: number, departure: Departure, pid: number): Generator<TraceEvent, void, undefined> {
    this.departures.set(id, departure)
    if (!this.hasBegun) return
    yield { name: departure.type, cat: 'message', ph: 's', id, pid, tid: EVENTS, ts: departure.t }
  }

  private *operation(record: TraceRecord, { pid }: NodeState): Generator<TraceEvent, void, undefined> {
    const { id, t, kind, type = '' } = record
    if (kind === 'invoke') {
      this.operations.set(id, { name: type, pid })
      if (!this.hasBegun) return
      yield {
        ...{ name: type, cat: 'operation', ph: 'b', id, pid, tid: EVENTS, ts: t },
        args: { input: toJson(record.data) },
      }
      return
    }
    if (kind !== 'ok' && kind !== 'fail' && kind !== 'unknown') return
    const { operation } = record.data as { readonly operation: number }
    const open = this.operations.get(operation)
    if (open === undefined) return
    this.operations.delete(operation)
    if (!this.hasBegun) return
    const args = { outcome: kind, ...(toJson(record.data) as object) }
    yield { name: open.name, cat: 'operation', ph: 'e', id: operation, pid, tid: EVENTS, ts: t, args }
  }

  private *world(record: TraceRecord): Generator<TraceEvent, void, undefined> {
    const { id, t, kind, type = '', cause = 0 } = record
    const at = { cat: 'fault', pid: WORLD, tid: LIFE, ts: t } as const
    if (kind === 'fault') {
      this.faults.set(id, type)
      if (this.hasBegun) yield { name: type, ph: 'b', id, ...at, args: argsOf(record) }
      return
    }
    const name = this.faults.get(cause)
    if (name === undefined) return
    this.faults.delete(cause)
    if (this.hasBegun) yield { name, ph: 'e', id: cause, ...at }
  }

  *observe({ t, node, kind, type = '', data }: ObserverRecord): Generator<TraceEvent, void, undefined> {
    if (t > this.cut.to) return
    const state = node === undefined ? undefined : this.nodes.get(node)
    if (node !== undefined && state === undefined) return
    const pid = state?.pid ?? WORLD
    if (kind === 'metric') {
      const value = this.counterValue(pid, type, data)
      if (value === undefined || t < this.cut.from) return
      yield { name: type, ph: 'C', pid, tid: 0, ts: t, args: { value } }
    } else if (t >= this.cut.from) {
      const tid = state === undefined ? LIFE : EVENTS
      const args = { data: toJson(data) }
      yield { name: `${kind} ${type}`.trimEnd(), cat: kind, ph: 'i', s: 't', pid, tid, ts: t, args }
    }
  }

  private counterValue(pid: number, name: string, data: unknown): number | undefined {
    const { count, sample, gauge } = data as Readonly<Record<string, number | undefined>>
    if (count === undefined) return sample ?? gauge
    const key = `${pid} ${name}`
    const sum = (this.counters.get(key) ?? 0) + count
    this.counters.set(key, sum)
    return sum
  }

  /** Closes what is still open, at the end of the cut. */
  *end(): Generator<TraceEvent, void, undefined> {
    if (!this.hasBegun) yield* this.openAll()
    const ts = this.cut.to
    for (const node of this.nodes.values()) yield* this.leave(ts, node, 'incarnation')
    for (const [id, { name, pid }] of this.operations) {
      const args = { outcome: 'pending' }
      yield { name, cat: 'operation', ph: 'e', id, pid, tid: EVENTS, ts, args }
    }
    for (const [id, name] of this.faults) {
      yield { name, cat: 'fault', ph: 'e', id, pid: WORLD, tid: LIFE, ts }
    }
  }
}

const BEGINS_EVENT: ReadonlySet<string> = new Set([
  ...['start', 'stop', 'crash', 'pause', 'resume', 'deliver', 'drop', 'handle', 'timer', 'timeout'],
  ...['work', 'disk', 'condition', 'error'],
])

function argsOf(record: TraceRecord): Readonly<Record<string, unknown>> {
  const { id, cause, from, to } = record
  return {
    record: id,
    ...(cause === undefined ? {} : { cause }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...('data' in record ? { data: toJson(record.data) } : {}),
  }
}
