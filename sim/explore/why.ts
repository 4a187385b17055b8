/**
 * Why a record happened: the chain of causes from a record back to its root, with what each step waited for.
 *
 * A record names the one that led to it, so the chain is exact. What did *not* happen leaves no cause, and yet is often
 * the reason: a timeout is caused by its request. So beside the chain stand circumstances that are found in the same
 * pass: what became of a request that timed out, which pauses and crashes held a step up, which faults had begun.
 * Whether a fault that was in force touched a given message is not known from a trace; faults are listed, not blamed.
 *
 * Memory: five bytes a record for the index of causes, and the records of the chain (its middle is left out if it is
 * very long). The records are read twice, one by one.
 */
import { CallerError, invariant } from '../kernel/errors.ts'
import type { RecordKind, TraceRecord } from '../trace/records.ts'
import { kindCode, RECORD_KINDS } from '../trace/records.ts'

/** What a step waited for. `none`: it was done in the event of its cause, or at the same instant. */
export type Waiting =
  'none' | 'wire' | 'cpu' | 'work' | 'timer' | 'timeout' | 'disk' | 'fault' | 'hold-up' | 'other'

/** What became of a request until its time was over. */
export type RequestFate =
  | { readonly kind: 'lost' | 'answer-lost'; readonly by: TraceRecord }
  | { readonly kind: 'delivered' | 'answered'; readonly by: TraceRecord }
  | { readonly kind: 'under-way' }

/** What the chain itself does not show of a step. */
export type Circumstance =
  | { readonly kind: 'request'; readonly request: number; readonly fate: RequestFate }
  /** The node was paused within the step; `until` is absent while it still is. */
  | { readonly kind: 'paused'; readonly node: string; readonly pause: TraceRecord; readonly until?: number }
  /** The node that a message did not reach had crashed or stopped. */
  | { readonly kind: 'down'; readonly node: string; readonly end: TraceRecord }

export interface Step {
  readonly record: TraceRecord
  /** Virtual microseconds since its cause; 0 for a root. */
  readonly took: number
  readonly waiting: Waiting
  readonly circumstances: readonly Circumstance[]
}

/** A fault that had begun before the record. */
export interface EarlierFault {
  readonly fault: TraceRecord
  /** Virtual microseconds at which it was over; absent if it was in force, or has no end. */
  readonly until?: number
}

export interface Explanation {
  /** From the root to the record. */
  readonly steps: readonly Step[]
  /** Steps that were left out of the middle, to save memory. */
  readonly omitted: number
  /** Position in `steps` at which they are missing. */
  readonly omittedAt: number
  /** Faults that began before the record, the latest first. */
  readonly faults: readonly EarlierFault[]
}

/** Steps kept at most, and how many of them next to the root. */
const KEPT = 10_000
const KEPT_AT_ROOT = 1_000
const FAULTS_KEPT = 20

/** Causes and kinds of all records: what must be known before a chain can be followed. */
export class CauseIndex {
  private causes = new Uint32Array(1 << 12)
  private kinds = new Uint8Array(1 << 12)
  private size = 0
  private error = 0

  /** Number of records. */
  get count(): number {
    return this.size
  }

  /** The last record in which code threw; 0 if there is none. */
  get lastError(): number {
    return this.error
  }

  /** Takes the next record, in order. */
  add({ id, cause = 0, kind }: TraceRecord): void {
    invariant(id === this.size + 1, `record ${id} follows record ${this.size}`)
    if (id >= this.causes.length) this.grow()
    this.causes[id] = cause
    this.kinds[id] = kindCode(kind)
    this.size = id
    if (kind === 'error') this.error = id
  }

  private grow(): void {
    const causes = new Uint32Array(this.causes.length * 2)
    causes.set(this.causes)
    this.causes = causes
    const kinds = new Uint8Array(this.kinds.length * 2)
    kinds.set(this.kinds)
    this.kinds = kinds
  }

  kind(id: number): RecordKind {
    return RECORD_KINDS[this.kinds[id] as number] as RecordKind
  }

  /**
   * The ids from the root to the record.
   *
   * @throws CallerError if there is no such record
   */
  chain(id: number): number[] {
    if (!Number.isSafeInteger(id) || id < 1 || id > this.size) {
      const expected = this.size === 0 ? 'a trace with records' : `a record from 1 to ${this.size}`
      throw new CallerError(`there is no record ${id}`, { expected })
    }
    const ids: number[] = []
    for (let at = id; at !== 0; at = this.causes[at] as number) ids.push(at)
    return ids.reverse()
  }
}

/**
 * Explains a record.
 *
 * @param records gives all records in order; asked twice
 * @throws CallerError if there is no such record
 */
export function explain(records: () => Iterable<TraceRecord>, id: number): Explanation {
  const index = new CauseIndex()
  for (const record of records()) index.add(record)
  return explainIndexed(index, records(), id)
}

/** As {@link explain}, when the index was made already. */
export function explainIndexed(index: CauseIndex, records: Iterable<TraceRecord>, id: number): Explanation {
  const ids = index.chain(id)
  const omitted = Math.max(0, ids.length - KEPT)
  if (omitted > 0) ids.splice(KEPT_AT_ROOT, omitted)
  const collector = new Collector(index, ids)
  for (const record of records) {
    collector.take(record)
    if (record.id === id) break
  }
  return {
    steps: collector.steps,
    omitted,
    omittedAt: omitted > 0 ? KEPT_AT_ROOT : 0,
    faults: collector.earlierFaults,
  }
}

interface Pause {
  readonly record: TraceRecord
  until?: number
}

/** The second pass: collects the chain's records and what else is worth knowing about its steps. */
class Collector {
  readonly steps: Step[] = []
  private readonly index: CauseIndex
  private readonly ids: readonly number[]
  /** Which of `ids` comes next. */
  private next = 0
  private readonly faults = new Map<number, EarlierFault>()
  private readonly pauses = new Map<string, Pause>()
  private readonly ends = new Map<string, TraceRecord>()
  private watched: RequestWatch | undefined

  constructor(index: CauseIndex, ids: readonly number[]) {
    this.index = index
    this.ids = ids
  }

  get earlierFaults(): readonly EarlierFault[] {
    return [...this.faults.values()].reverse()
  }

  take(record: TraceRecord): void {
    this.watched?.take(record)
    this.noteWorld(record)
    if (record.id !== this.ids[this.next]) return
    this.next++
    this.addStep(record)
    const following = this.ids[this.next]
    if (record.kind === 'request' && following !== undefined && this.index.kind(following) === 'timeout')
      this.watched = new RequestWatch(record)
  }

  private noteWorld(record: TraceRecord): void {
    const { kind, node = '', cause, t, id } = record
    switch (kind) {
      case 'fault':
        this.faults.set(id, { fault: record })
        if (this.faults.size > FAULTS_KEPT) this.forgetFault()
        return
      case 'heal': {
        const begun = cause === undefined ? undefined : this.faults.get(cause)
        if (begun !== undefined) this.faults.set(begun.fault.id, { ...begun, until: t })
        return
      }
      case 'pause':
        this.pauses.set(node, { record })
        return
      case 'resume': {
        const pause = this.pauses.get(node)
        if (pause !== undefined) pause.until = t
        return
      }
      case 'crash':
      case 'stop':
        this.ends.set(node, record)
        this.pauses.delete(node)
        return
      default:
    }
  }

  /** The oldest that is over goes first, else the oldest. */
  private forgetFault(): void {
    const over = [...this.faults.values()].find(({ until }) => until !== undefined)
    const [oldest] = this.faults.keys()
    const id = over?.fault.id ?? oldest
    if (id !== undefined) this.faults.delete(id)
  }

  private addStep(record: TraceRecord): void {
    const before = this.steps.at(-1)?.record
    const isNext = before !== undefined && record.cause === before.id
    // Where the middle is left out, the step before is not the cause.
    const took = isNext ? record.t - before.t : 0
    const circumstances: Circumstance[] = []
    if (isNext && took > 0) {
      const paused = this.pausedDuring(record, before.t)
      if (paused !== undefined) circumstances.push(paused)
    }
    if (record.kind === 'timeout' && this.watched !== undefined && record.cause === this.watched.request) {
      circumstances.push({ kind: 'request', request: this.watched.request, fate: this.watched.fate })
      const held = this.heldUp(this.watched)
      if (held !== undefined) circumstances.push(held)
    }
    if (record.kind === 'drop' && record.type === 'down') {
      const down = this.downAt(record.node ?? '')
      if (down !== undefined) circumstances.push(down)
    }
    this.watched = undefined
    const waiting = took === 0 ? 'none' : waitingOf(record, before)
    this.steps.push({ record, took, waiting, circumstances })
  }

  private pausedDuring({ node, t, kind }: TraceRecord, since: number): Circumstance | undefined {
    if (node === undefined || kind === 'pause' || kind === 'resume' || kind === 'crash') return undefined
    const pause = this.pauses.get(node)
    if (pause === undefined || pause.record.t >= t || (pause.until ?? t) <= since) return undefined
    const { record, until } = pause
    return { kind: 'paused', node, pause: record, ...(until === undefined ? {} : { until }) }
  }

  /** What kept the node that was asked from answering, if that is known. */
  private heldUp({ to, sent, fate }: RequestWatch): Circumstance | undefined {
    if (fate.kind === 'lost') return fate.by.type === 'down' ? this.downAt(to) : undefined
    if (fate.kind === 'answer-lost' || fate.kind === 'answered') return undefined
    const pause = this.pauses.get(to)
    if (pause !== undefined && (pause.until ?? Infinity) > sent) {
      const { record, until } = pause
      return { kind: 'paused', node: to, pause: record, ...(until === undefined ? {} : { until }) }
    }
    const end = this.ends.get(to)
    return end !== undefined && end.t >= sent ? { kind: 'down', node: to, end } : undefined
  }

  private downAt(node: string): Circumstance | undefined {
    const end = this.ends.get(node)
    return end === undefined ? undefined : { kind: 'down', node, end }
  }
}

function waitingOf({ kind, type }: TraceRecord, cause: TraceRecord | undefined): Waiting {
  switch (kind) {
    case 'deliver':
    case 'drop':
      return 'wire'
    case 'handle':
      return 'cpu'
    case 'work':
      return 'work'
    case 'timer':
      return 'timer'
    case 'timeout':
      return 'timeout'
    case 'disk':
      return 'disk'
    case 'heal':
      return 'fault'
    case 'connect':
    case 'stream':
      return type === 'timer' ? 'timer' : 'other'
    default:
      return cause?.kind === 'pause' ? 'hold-up' : 'other'
  }
}

/** Follows one request from its departure until its timeout. */
class RequestWatch {
  readonly request: number
  readonly to: string
  readonly sent: number
  fate: RequestFate = { kind: 'under-way' }
  private readonly from: string | undefined
  private readonly type: string | undefined
  /** Everything that the request led to so far. */
  private readonly descendants: Set<number>
  /** The request and its copies. */
  private readonly questions: Set<number>
  private readonly answers = new Set<number>()

  constructor(request: TraceRecord) {
    this.request = request.id
    this.to = request.to ?? ''
    this.from = request.node
    this.type = request.type
    this.sent = request.t
    this.descendants = new Set([request.id])
    this.questions = new Set([request.id])
  }

  take(record: TraceRecord): void {
    const { id, cause, kind } = record
    if (cause === undefined || !this.descendants.has(cause)) return
    this.descendants.add(id)
    const isAnswer = this.answers.has(cause)
    if (kind === 'duplicate') {
      if (this.questions.has(cause)) this.questions.add(id)
      if (isAnswer) this.answers.add(id)
    } else if (kind === 'reply' && record.node === this.to && record.to === this.from) {
      if (record.type !== this.type) return
      this.answers.add(id)
      this.fate = { kind: 'answered', by: record }
    } else if (kind === 'drop' && isAnswer) this.fate = { kind: 'answer-lost', by: record }
    else if (this.questions.has(cause)) {
      const known = this.fate.kind === 'under-way' || this.fate.kind === 'lost'
      if (kind === 'drop' && this.fate.kind === 'under-way') this.fate = { kind: 'lost', by: record }
      if (kind === 'deliver' && known) this.fate = { kind: 'delivered', by: record }
    }
  }
}
