/**
 * Time travel: after each event the state of the node that ran is reconciled into an immutable snapshot that shares
 * structure with the one before (immer), so any node's state at any instant can be shown and compared.
 *
 * Nodes change their state in place and never see a snapshot; an inspected run differs from a plain one in speed only.
 */
import type { Patch } from 'immer'
import { enableMapSet, enablePatches, Immer, isDraftable, original } from 'immer'
import { Address } from '../kernel/address.ts'
import { toJson } from '../trace/values.ts'
import type { Machine } from './machine.ts'
import type { Simulation } from './simulation.ts'

enableMapSet()
enablePatches()

// Freezing every new snapshot would cost several times more than making it; consumers get them as readonly types.
const immer = new Immer({ autoFreeze: false })

/** One change of one node's state. */
export interface StateChange {
  /** The first record of the event; one more than `record` if the event made none. */
  readonly first: number
  /** The last record when the event was over: the state is the one after it. */
  readonly record: number
  /** Virtual microseconds. */
  readonly time: number
  readonly node: string
  /** The whole state, sharing structure with earlier ones; undefined while the node is down. */
  readonly state: unknown
  /** What changed against the node's previous state. */
  readonly patches: readonly Patch[]
}

/** All changes of state of a run, in order. */
export class StateHistory {
  private readonly list: StateChange[] = []
  private readonly latest = new Map<string, unknown>()

  get changes(): readonly StateChange[] {
    return this.list
  }

  /**
   * Takes a look at a node's live state; notes a change if there is one.
   *
   * @param record the last record
   * @param first the first record of the event that may have changed it
   */
  note(node: string, live: unknown, record: number, time: number, first = record): void {
    const before = this.latest.get(node)
    const [state, patches] = snapshot(before, live)
    if (state === before) return
    this.latest.set(node, state)
    this.list.push({ first, record, time, node, state, patches })
  }

  /** States by node after everything that happened up to an instant: a record's id, or a virtual time in microseconds. */
  at(instant: { readonly record: number } | { readonly time: number }): ReadonlyMap<string, unknown> {
    const out = new Map<string, unknown>()
    for (const change of this.list) {
      if ('record' in instant ? change.record > instant.record : change.time > instant.time) break
      out.set(change.node, change.state)
    }
    return out
  }
}

/** A stretch of records, both ends included. */
export interface RecordWindow {
  readonly from: number
  readonly to: number
}

/** Watches a run; with a window only from the event that makes its first record to the one that makes its last. */
export function inspect(sim: Simulation, { from, to }: RecordWindow = ALL): StateHistory {
  const history = new StateHistory()
  const seen = new Map<number, number>()
  const { recorder, kernel } = sim
  /** The last record before the current event. */
  let before = 0
  let begun = from <= 1
  const note = (machine: Machine): void => {
    seen.set(machine.id, machine.node === null ? -1 : machine.incarnation)
    history.note(machine.name, machine.node?.state, recorder.count, kernel.now, before + 1)
  }
  const noteAll = (): void => {
    for (const machine of sim.machines) {
      const incarnation = machine.node === null ? -1 : machine.incarnation
      if (seen.get(machine.id) !== incarnation) note(machine)
    }
  }
  sim.addProbe((machine) => {
    if (recorder.count >= from && before < to) {
      if (machine === null || !begun) noteAll()
      if (machine !== null) note(machine)
      begun = true
    }
    before = recorder.count
  })
  return history
}

const ALL: RecordWindow = { from: 1, to: Infinity }

function snapshot(before: unknown, live: unknown): readonly [unknown, readonly Patch[]] {
  if (!isDraftable(before) || !isDraftable(live) || shape(before) !== shape(live)) {
    if (before === undefined && live === undefined) return [before, []]
    const state = copy(live)
    return [state, [{ op: 'replace', path: [], value: state }]]
  }
  const [state, patches] = immer.produceWithPatches(before as object, (draft) => {
    reconcile(draft, live as object)
  })
  return [state, patches]
}

function shape(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (value instanceof Map) return 'map'
  return value instanceof Set ? 'set' : 'object'
}

/** Writes into the draft exactly what differs from the live value. */
function reconcile(draft: object, live: object): void {
  if (Array.isArray(draft) && Array.isArray(live)) {
    if (draft.length > live.length) draft.length = live.length
    live.forEach((value: unknown, index) => {
      reconcileChild(
        draft[index] as unknown,
        value,
        (next) => {
          draft[index] = next
        },
        index < draft.length,
      )
    })
  } else if (draft instanceof Map && live instanceof Map) {
    for (const key of [...draft.keys()] as unknown[]) if (!live.has(key)) draft.delete(key)
    for (const [key, value] of live as ReadonlyMap<unknown, unknown>) {
      reconcileChild(draft.get(key) as unknown, value, (next) => draft.set(key, next), draft.has(key))
    }
  } else if (draft instanceof Set && live instanceof Set) {
    reconcileSet(draft, live)
  } else reconcileObject(draft as Record<string, unknown>, live as Record<string, unknown>)
}

/** Objects in a set have no key by which to find their old selves: if one changed, the set is filled anew. */
function reconcileSet(draft: Set<unknown>, live: ReadonlySet<unknown>): void {
  if ([...live].some(isHeldByValue)) {
    if (text(original(draft)) === text(live)) return
    draft.clear()
    for (const value of live) draft.add(copy(value))
    return
  }
  for (const value of [...draft]) if (!live.has(value)) draft.delete(value)
  for (const value of live) if (!draft.has(value)) draft.add(value)
}

function text(members: ReadonlySet<unknown>): string {
  return JSON.stringify([...members].map((member) => toJson(copy(member))))
}

function isHeldByValue(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !(value instanceof Address)
}

function reconcileObject(draft: Record<string, unknown>, live: Record<string, unknown>): void {
  for (const key of Object.keys(draft)) if (!Object.hasOwn(live, key)) Reflect.deleteProperty(draft, key)
  for (const [key, value] of Object.entries(live)) {
    reconcileChild(
      draft[key],
      value,
      (next) => {
        draft[key] = next
      },
      Object.hasOwn(draft, key),
    )
  }
}

function reconcileChild(held: unknown, live: unknown, set: (next: unknown) => void, present: boolean): void {
  const bothDraftable = isDraftable(held) && isDraftable(live)
  if (bothDraftable && shape(held) === shape(live)) reconcile(held as object, live as object)
  else if (!present || !same(held, live)) set(copy(live))
}

/** Whether nothing changed between what is neither plain data nor a collection. */
function same(held: unknown, live: unknown): boolean {
  if (!(held instanceof Uint8Array && live instanceof Uint8Array)) return Object.is(held, live)
  return held.length === live.length && held.every((byte, index) => byte === live[index])
}

/** A copy that later changes in place do not reach; what is not plain data (timers, functions) is named, not copied. */
function copy(value: unknown): unknown {
  if (typeof value === 'function') return `[function ${value.name}]`
  if (typeof value !== 'object' || value === null || value instanceof Address) return value
  if (Array.isArray(value)) return value.map(copy)
  if (value instanceof Map) return new Map([...value].map(([key, held]) => [key as unknown, copy(held)]))
  if (value instanceof Set) return new Set([...value].map(copy))
  if (value instanceof Uint8Array) return new Uint8Array(value)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return `[${value.constructor.name}]`
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, copy(held)]))
}
