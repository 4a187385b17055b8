/**
 * Snapshots of a node's state: immutable, sharing structure with the one before (immer), made from a live value that
 * changes in place. What is not plain data (timers, functions) is named in a snapshot, not copied.
 */
import type { Patch } from 'immer'
import { enableMapSet, enablePatches, Immer, isDraftable, original } from 'immer'
import { Address } from '../kernel/address.ts'
import { toJson } from '../trace/values.ts'

enableMapSet()
enablePatches()

// Freezing every new snapshot would cost several times more than making it; consumers get them as readonly types.
const immer = new Immer({ autoFreeze: false })

/**
 * The state after an event, sharing structure with the one before, and what changed.
 *
 * @param before the state before: what this function returned, or undefined
 * @param live the node's state, which it changes in place; undefined while it is down
 */
export function snapshot(before: unknown, live: unknown): readonly [unknown, readonly Patch[]] {
  if (!isDraftable(before) || !isDraftable(live) || shape(before) !== shape(live)) {
    if (before === undefined && live === undefined) return [before, []]
    const state = copy(live)
    return [state, [{ op: 'replace', path: [], value: state }]]
  }
  if (unchanged(before, live)) return [before, []]
  const [state, patches] = immer.produceWithPatches(before as object, (draft) => {
    reconcile(draft, before as object, live as object)
  })
  return [state, patches]
}

function shape(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (value instanceof Map) return 'map'
  return value instanceof Set ? 'set' : 'object'
}

/**
 * Whether a snapshot still says what the live value says. Most of a state is as it was after most events, and to compare
 * plain values costs a tenth of what drafting them does.
 */
function unchanged(held: unknown, live: unknown): boolean {
  if (typeof live !== 'object' || live === null || live instanceof Address) {
    return Object.is(held, typeof live === 'function' ? copy(live) : live)
  }
  if (Array.isArray(live)) {
    if (!Array.isArray(held) || held.length !== live.length) return false
    for (let i = 0; i < live.length; i++) if (!unchanged(held[i], live[i])) return false
    return true
  }
  if (live instanceof Map) {
    if (!(held instanceof Map) || held.size !== live.size) return false
    for (const [key, value] of live as ReadonlyMap<unknown, unknown>) {
      const old: unknown = held.get(key)
      if (!unchanged(old, value) || (old === undefined && !held.has(key))) return false
    }
    return true
  }
  if (live instanceof Set) {
    if (!(held instanceof Set) || held.size !== live.size) return false
    for (const member of live as ReadonlySet<unknown>) {
      if (isHeldByValue(member)) return text(held) === text(live)
      if (!held.has(member)) return false
    }
    return true
  }
  if (!isPlain(live)) return live instanceof Uint8Array ? same(held, live) : Object.is(held, copy(live))
  if (!isPlain(held)) return false
  let count = 0
  for (const key in live) {
    if (!Object.hasOwn(live, key)) continue
    if (!unchanged(held[key], live[key]) || !Object.hasOwn(held, key)) return false
    count++
  }
  for (const _ in held) count--
  return count === 0
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Writes into the draft exactly what differs between what it is a draft of and the live value. */
function reconcile(draft: object, held: object, live: object): void {
  if (Array.isArray(draft) && Array.isArray(held) && Array.isArray(live)) {
    if (draft.length > live.length) draft.length = live.length
    live.forEach((value: unknown, index) => {
      if (index < held.length && unchanged(held[index], value)) return
      reconcileChild(
        draft[index] as unknown,
        held[index] as unknown,
        value,
        (next) => {
          draft[index] = next
        },
        index < held.length,
      )
    })
  } else if (draft instanceof Map && held instanceof Map && live instanceof Map) {
    for (const key of held.keys() as Iterable<unknown>) if (!live.has(key)) draft.delete(key)
    for (const [key, value] of live as ReadonlyMap<unknown, unknown>) {
      const old: unknown = held.get(key)
      const isThere = old !== undefined || held.has(key)
      if (isThere && unchanged(old, value)) continue
      reconcileChild(draft.get(key) as unknown, old, value, (next) => draft.set(key, next), isThere)
    }
  } else if (draft instanceof Set && live instanceof Set) reconcileSet(draft, live)
  else reconcileObject(draft as Fields, held as Fields, live as Fields)
}

type Fields = Record<string, unknown>

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

function reconcileObject(draft: Fields, held: Fields, live: Fields): void {
  for (const key of Object.keys(held)) if (!Object.hasOwn(live, key)) Reflect.deleteProperty(draft, key)
  for (const [key, value] of Object.entries(live)) {
    const isThere = Object.hasOwn(held, key)
    if (isThere && unchanged(held[key], value)) continue
    reconcileChild(
      draft[key],
      held[key],
      value,
      (next) => {
        draft[key] = next
      },
      isThere,
    )
  }
}

function reconcileChild(
  draft: unknown,
  held: unknown,
  live: unknown,
  set: (next: unknown) => void,
  present: boolean,
): void {
  const bothDraftable = isDraftable(held) && isDraftable(live)
  if (bothDraftable && shape(held) === shape(live)) reconcile(draft as object, held as object, live as object)
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
  if (!isPlain(value)) return `[${value.constructor.name}]`
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, copy(held)]))
}
