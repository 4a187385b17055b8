/**
 * The event loop: virtual time, pending events, and the order in which they happen.
 *
 * An event is a row of small integers plus one reference, in typed arrays: objects that survive a garbage collection
 * while they wait are what makes a textbook simulator slow. What an event means is known to the handler registered
 * for its operation code; the kernel knows only order: (time, priority, serial). Time jumps to the next event.
 *
 * Left out: any notion of nodes, messages or traces; they are built on top.
 */
import { invariant } from './errors.ts'
import { mix32 } from './hash.ts'
import { EventQueue } from './queue.ts'

/** At an instant nodes are switched on first, then come faults, what nodes do, and probes (checks) last. */
export const PRIORITY_START = 0
export const PRIORITY_CONTROL = 1
export const PRIORITY_ORDINARY = 2
export const PRIORITY_PROBE = 3

/** Handles the events of one operation code. `a`, `b`, `c`: signed 32-bit integers; `cause`: a record's id, or 0. */
export type EventHandler = (a: number, b: number, c: number, cause: number, ref: unknown) => void

/** Why a run loop stopped. */
export type StopReason =
  | { readonly kind: 'idle' }
  | { readonly kind: 'until' }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'event-limit'; readonly limit: number }
  | { readonly kind: 'instant-limit'; readonly limit: number }

/** What `step` says: there is more, continuations wait to be drained before the next event, or the end. */
export type StepOutcome = 'more' | 'drain' | 'end'

export interface KernelOptions {
  /** Last instant that is executed, in microseconds; events later than it stay pending. */
  readonly until: number
  /** Events after which the run stops (counted without cancelled ones). */
  readonly maxEvents: number
  /** Events at one instant after which the run stops: an endless loop of zero delays. */
  readonly maxEventsAtInstant: number
  /** When given, events at one instant and priority come in an order drawn from this key instead of first in, first out. */
  readonly tieKey?: number | undefined
}

/** No run lasts longer: microseconds, about 35 years. Keys (time * 4 + priority) stay exact up to there. */
export const LAST_TIME = 1125899906842624

const DEAD = 0
const INITIAL_SLOTS = 1024

export class Kernel {
  /** Virtual time in microseconds. */
  now = 0
  /** Record that the current event is about: the cause of whatever happens now. */
  cause = 0
  /** Events executed. */
  events = 0
  /** Set by whoever resumed a continuation; the driver drains before the next event. */
  drain = false
  stopReason: StopReason | undefined

  private readonly queue = new EventQueue()
  private readonly handlers: EventHandler[] = [() => undefined]
  private readonly options: KernelOptions
  private instantLimit: number
  private capacity = INITIAL_SLOTS
  private rows = new Int32Array(INITIAL_SLOTS * 4)
  private causes = new Float64Array(INITIAL_SLOTS)
  private readonly refs: unknown[] = []
  private free = new Int32Array(INITIAL_SLOTS)
  private freeCount = 0
  private used = 0
  private serial = 0
  private atInstant = 0
  private afterEvent: (() => void) | null = null
  private finishPending = false

  constructor(options: KernelOptions) {
    this.options = options
    this.instantLimit = options.maxEventsAtInstant
  }

  /** Changes the limit of events at one instant (a larger cluster may need more at time 0). */
  limitInstant(limit: number): void {
    this.instantLimit = limit
  }

  /** Registers what happens for a kind of event; returns its operation code. */
  register(handler: EventHandler): number {
    this.handlers.push(handler)
    return this.handlers.length - 1
  }

  /** Called after each event, once every continuation that it released has run; null for nothing to do. */
  set onEventFinished(hook: (() => void) | null) {
    this.afterEvent = hook
  }

  /** Whether events at one instant and priority come in an order that is drawn. */
  get shuffles(): boolean {
    return this.options.tieKey !== undefined
  }

  /** Pending events, cancelled ones included. */
  get pending(): number {
    return this.queue.size
  }

  /**
   * Schedules an event at virtual time `time` (integer microseconds, not before now) with the current cause unless
   * another is given; returns its slot, valid for `cancel` until the event has happened.
   */
  schedule(
    time: number,
    priority: number,
    op: number,
    a: number,
    b: number,
    c: number,
    cause: number,
    ref: unknown,
  ): number {
    let slot: number
    if (this.freeCount > 0) slot = this.free[--this.freeCount] as number
    else {
      slot = this.used++
      if (slot === this.capacity) this.grow()
      this.refs.push(undefined)
    }
    const row = slot << 2
    const rows = this.rows
    rows[row] = op
    rows[row + 1] = a
    rows[row + 2] = b
    rows[row + 3] = c
    this.causes[slot] = cause
    if (ref !== undefined) this.refs[slot] = ref
    // What nodes do may come in any order; starts, faults and checks keep theirs, which somebody wrote down.
    const key = priority === PRIORITY_ORDINARY ? this.options.tieKey : undefined
    this.queue.push(
      (time > LAST_TIME ? LAST_TIME : time) * 4 + priority,
      key === undefined ? 0 : mix32(key ^ this.serial++) >>> 0,
      slot,
    )
    return slot
  }

  /** Cancels a pending event. The slot must be one whose event has not happened yet. */
  cancel(slot: number): void {
    this.rows[slot << 2] = DEAD
    this.refs[slot] = undefined
  }

  /** What is pending under an operation code for one `a`, in order of slots: a scan of all, for rare occasions. */
  pendingOf(op: number, a: number): { readonly ref: unknown; readonly cause: number }[] {
    const out: { readonly ref: unknown; readonly cause: number }[] = []
    for (let slot = 0; slot < this.used; slot++) {
      if (this.rows[slot << 2] !== op || this.rows[(slot << 2) + 1] !== a) continue
      // Rows of free slots keep their numbers; only pending ones have a reference.
      const ref = this.refs[slot]
      if (ref !== undefined) out.push({ ref, cause: this.causes[slot] as number })
    }
    return out
  }

  private grow(): void {
    this.capacity *= 2
    const rows = new Int32Array(this.capacity * 4)
    rows.set(this.rows)
    this.rows = rows
    const causes = new Float64Array(this.capacity)
    causes.set(this.causes)
    this.causes = causes
    const free = new Int32Array(this.capacity)
    free.set(this.free.subarray(0, this.freeCount))
    this.free = free
  }

  /** Ends the run after the current event. */
  stop(): void {
    this.stopReason ??= { kind: 'stopped' }
  }

  /** Runs events until continuations must be drained, `budget` events have run, or the end. */
  step(budget: number): StepOutcome {
    if (this.finishPending) {
      this.finishPending = false
      this.drain = false
      this.afterEvent?.()
    }
    const queue = this.queue
    for (let left = budget; left > 0; left--) {
      if (this.stopReason !== undefined) return 'end'
      const slot = queue.pop()
      if (slot < 0) {
        this.stopReason = { kind: 'idle' }
        return 'end'
      }
      const row = slot << 2
      const op = this.rows[row] as number
      if (op === DEAD) {
        this.free[this.freeCount++] = slot
        continue
      }
      const time = Math.floor(queue.lastKey / 4)
      if (time !== this.now) {
        if (time < this.now) invariant(false, `time does not run backwards (${this.now} -> ${time})`)
        if (time > this.options.until) {
          this.now = this.options.until
          this.stopReason = { kind: 'until' }
          return 'end'
        }
        this.now = time
        this.atInstant = 0
      } else if (++this.atInstant > this.instantLimit) {
        this.stopReason = { kind: 'instant-limit', limit: this.instantLimit }
        return 'end'
      }
      if (this.events === this.options.maxEvents) {
        this.stopReason = { kind: 'event-limit', limit: this.options.maxEvents }
        return 'end'
      }
      this.events++
      this.execute(slot, row, op)
      if (this.drain) {
        this.finishPending = true
        return 'drain'
      }
      if (this.afterEvent !== null) this.afterEvent()
    }
    return 'more'
  }

  private execute(slot: number, row: number, op: number): void {
    const a = this.rows[row + 1] as number
    const b = this.rows[row + 2] as number
    const c = this.rows[row + 3] as number
    const cause = this.causes[slot] as number
    const ref = this.refs[slot]
    if (ref !== undefined) this.refs[slot] = undefined
    this.free[this.freeCount++] = slot
    this.cause = cause
    ;(this.handlers[op] as EventHandler)(a, b, c, cause, ref)
  }
}
