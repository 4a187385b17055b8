/**
 * Time travel: the states of all nodes at an instant of a run, and what the last event before it changed.
 *
 * The run is executed twice, watched by one more check. The first pass finds the event in question, as a number of
 * events; the second takes immutable snapshots just before and just after it. So a long run costs no memory, and no
 * state is copied that nobody asked for; a run is a function of its spec, so both passes see the same.
 */
import type { Patch } from 'immer'
import type { Check, RunningCheck } from '../checks/check.ts'
import type { NodeView, World } from '../checks/world.ts'
import { StateHistory } from '../host/inspector.ts'
import { hex64 } from '../kernel/hash.ts'
import type { Scenario } from '../scenario/scenario.ts'
import type { RunSpec, SinkFactory } from '../scenario/simulate.ts'
import type { NodeDirectory } from '../trace/memory-trace.ts'
import type { RecordSink } from '../trace/recorder.ts'
import { NO_DATA } from '../trace/recorder.ts'
import type { RecordKind, TraceRecord } from '../trace/records.ts'
import { peerIsSource, RECORD_KINDS } from '../trace/records.ts'
import type { StringTable } from '../trace/string-table.ts'
import { fromJson, toJson } from '../trace/values.ts'

/** Runs a spec with more sinks than the run itself needs. */
export type ExecuteWatched = (
  scenario: Scenario,
  spec: RunSpec,
  sinks: readonly SinkFactory[],
) => Promise<unknown>

/** After the event that made a record; or at a virtual time in microseconds, when all that is due then has happened. */
export type When = { readonly record: number } | { readonly time: number }

export interface NodeAtInstant {
  readonly name: string
  readonly kind: string
  readonly up: boolean
  readonly paused: boolean
  readonly incarnation: number
  readonly role?: string
  /** An immutable snapshot; undefined while the node is down. */
  readonly state: unknown
}

export interface NodeChange {
  readonly node: string
  readonly before: unknown
  readonly after: unknown
  readonly patches: readonly Patch[]
}

export interface Instant {
  /** Virtual microseconds of the event. */
  readonly time: number
  /** First and last record of the last event that made any. */
  readonly first: number
  readonly last: number
  /** The event's records; of very many the first and the last. */
  readonly records: readonly TraceRecord[]
  /** The running fingerprint after record `last`. */
  readonly hash: string
  readonly nodes: readonly NodeAtInstant[]
  /** What the event changed, by node. */
  readonly changes: readonly NodeChange[]
}

/** Undefined if the run ends before the instant. */
export async function instantOf(
  execute: ExecuteWatched,
  scenario: Scenario,
  spec: RunSpec,
  when: When,
): Promise<Instant | undefined> {
  const until = 'time' in when ? Math.min(spec.until, when.time) : spec.until
  const shortened = { ...spec, until }
  const target = 'record' in when ? when.record : Infinity
  const scout = new Scout(target)
  await execute(watchedBy(scenario, scout), shortened, [])
  if (scout.last === 0 || ('record' in when && scout.last < target)) return undefined
  const photographer = new Photographer(scout.event, 'record' in when)
  let event: EventRecords | undefined
  await execute(watchedBy(scenario, photographer), shortened, [
    (strings, directory) => (event = new EventRecords(scout, strings, directory)),
  ])
  const { time, first, last } = scout
  const { nodes, changes } = photographer
  return { time, first, last, records: event?.records ?? [], hash: event?.hash ?? '', nodes, changes }
}

interface Watcher {
  afterEvent(world: World, stop: () => void): void
  finish(world: World): void
}

/** The scenario with one more check, that changes nothing: it holds, and may end the run where its work is done. */
function watchedBy(scenario: Scenario, watcher: Watcher): Scenario {
  const check: Check = {
    name: 'an instant of the run',
    begin({ world, stop }): RunningCheck {
      return {
        afterEvent: () => {
          watcher.afterEvent(world, stop)
        },
        finish() {
          watcher.finish(world)
          return { name: 'an instant of the run', verdict: 'held', observations: 1 }
        },
      }
    },
  }
  const own = scenario.checks
  return {
    ...scenario,
    // The scenario's own checks stay: one that ends the run is part of what happens.
    checks: (params) => [...(typeof own === 'function' ? own(params) : own), check],
  }
}

/** Finds the last event that made a record, up to the one that makes the target. */
class Scout implements Watcher {
  /** Number of that event, from 1, as checks count. */
  event = 0
  time = 0
  first = 0
  last = 0
  private events = 0
  private readonly target: number

  constructor(target: number) {
    this.target = target
  }

  afterEvent(world: World, stop: () => void): void {
    this.events++
    const { lastRecord } = world
    if (lastRecord === this.last) return
    this.event = this.events
    this.time = Math.round(world.now * 1000)
    this.first = this.last + 1
    this.last = lastRecord
    if (lastRecord >= this.target) stop()
  }

  finish(): void {
    // What it looked for has been seen, or does not come.
  }
}

/** Takes snapshots before an event and at the end. */
class Photographer implements Watcher {
  nodes: readonly NodeAtInstant[] = []
  changes: readonly NodeChange[] = []
  private readonly history = new StateHistory()
  private readonly event: number
  /** Else what comes after it and makes no record belongs to the instant too. */
  private readonly stopsThere: boolean
  private events = 0

  constructor(event: number, stopsThere: boolean) {
    this.event = event
    this.stopsThere = stopsThere
  }

  afterEvent(world: World, stop: () => void): void {
    this.events++
    if (this.events === this.event - 1) this.note(world)
    if (this.stopsThere && this.events === this.event) stop()
  }

  finish(world: World): void {
    const before = new Map(this.history.at({ record: Infinity }))
    const seen = this.history.changes.length
    this.note(world)
    const after = this.history.at({ record: Infinity })
    this.changes = this.history.changes
      .slice(seen)
      .map(({ node, state, patches }) => ({ node, before: before.get(node), after: state, patches }))
    this.nodes = world.nodes.map((node) => viewOf(node, after.get(node.name)))
  }

  private note({ nodes, lastRecord, now }: World): void {
    for (const { name, state } of nodes) {
      this.history.note(name, state, lastRecord, Math.round(now * 1000))
    }
  }
}

function viewOf({ name, kind, up, paused, incarnation, role }: NodeView, state: unknown): NodeAtInstant {
  return { name, kind, up, paused, incarnation, ...(role === undefined ? {} : { role }), state }
}

/** Records of one event that are kept. */
const RECORDS = 50

/** Keeps the records of one event, and the running fingerprint after it. */
class EventRecords implements RecordSink {
  hash = ''
  readonly records: TraceRecord[] = []
  private readonly first: number
  private readonly last: number
  private readonly strings: StringTable
  private readonly directory: NodeDirectory

  constructor({ first, last }: Scout, strings: StringTable, directory: NodeDirectory) {
    this.first = first
    this.last = last
    this.strings = strings
    this.directory = directory
  }

  record(...[id, t, code, node, cause, peer, type, data, h1, h2]: Parameters<RecordSink['record']>): void {
    if (id < this.first || id > this.last) return
    const hash = hex64(h1, h2)
    if (id === this.last) this.hash = hash
    else if (this.records.length >= RECORDS) return
    const kind = RECORD_KINDS[code] as RecordKind
    this.records.push({
      id,
      t,
      ...(node < 0 ? {} : { node: this.directory.nodeName(node) }),
      kind,
      ...(cause === 0 ? {} : { cause }),
      ...(peer < 0 ? {} : { [peerIsSource(kind) ? 'from' : 'to']: this.directory.nodeName(peer) }),
      ...(type === 0 ? {} : { type: this.strings.text(type) }),
      // The receiver owns the data and may change it.
      ...(data === NO_DATA ? {} : { data: fromJson(structuredCopy(toJson(data))) }),
      hash,
    })
  }

  observe(): void {
    // Observers' lines have no part in what happened.
  }
}

function structuredCopy(json: unknown): unknown {
  return JSON.parse(JSON.stringify(json))
}
