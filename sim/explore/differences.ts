/**
 * Where two values differ, as a list of paths. For states of nodes: what an event changed, or how two runs differ.
 *
 * Objects and maps are compared by key, sets by member, arrays by position after their common beginning and end, so that
 * an element taken from the front of a queue is one difference. Values that share structure are not walked.
 */
import { Address } from '../kernel/address.ts'
import { toJson } from '../trace/values.ts'

/** Stands for "nothing there". */
export const ABSENT: unique symbol = Symbol('absent')

/** One step into a value: a key of an object, of a map, or a stretch of an array. */
export type PathStep =
  | { readonly key: unknown }
  | { readonly index: number }
  /** From, included, to, excluded. */
  | { readonly from: number; readonly to: number }
  | { readonly member: unknown }

export interface Difference {
  readonly path: readonly PathStep[]
  /** {@link ABSENT} where one side has nothing. */
  readonly a: unknown
  readonly b: unknown
}

/** All differences, in the order of the first value's keys, then the second's. */
export function differences(a: unknown, b: unknown): readonly Difference[] {
  const out: Difference[] = []
  collect(a, b, [], out)
  return out
}

function collect(a: unknown, b: unknown, path: readonly PathStep[], out: Difference[]): void {
  if (Object.is(a, b)) return
  if (Array.isArray(a) && Array.isArray(b)) collectArrays(a, b, path, out)
  else if (a instanceof Map && b instanceof Map) collectKeyed(byText(a), byText(b), path, out)
  else if (a instanceof Set && b instanceof Set) collectSets(a, b, path, out)
  else if (isPlain(a) && isPlain(b)) collectKeyed(properties(a), properties(b), path, out)
  else if (!sameLeaf(a, b)) out.push({ path, a, b })
}

type Keyed = ReadonlyMap<string, readonly [unknown, unknown]>

function properties(value: object): Keyed {
  return new Map(Object.entries(value).map(([key, held]) => [key, [key, held] as const]))
}

/** Keys that are objects (addresses) are the same key when they say the same. */
function byText(map: ReadonlyMap<unknown, unknown>): Keyed {
  return new Map([...map].map(([key, held]) => [text(key), [key, held] as const]))
}

function collectKeyed(a: Keyed, b: Keyed, path: readonly PathStep[], out: Difference[]): void {
  for (const [name, [key, left]] of a) {
    const other = b.get(name)
    const next = [...path, { key }]
    if (other === undefined) out.push({ path: next, a: left, b: ABSENT })
    else collect(left, other[1], next, out)
  }
  for (const [name, [key, right]] of b) {
    if (!a.has(name)) out.push({ path: [...path, { key }], a: ABSENT, b: right })
  }
}

function collectSets(
  a: ReadonlySet<unknown>,
  b: ReadonlySet<unknown>,
  path: readonly PathStep[],
  out: Difference[],
): void {
  const left = new Map([...a].map((member) => [text(member), member]))
  const right = new Map([...b].map((member) => [text(member), member]))
  for (const [name, member] of left) {
    if (!right.has(name)) out.push({ path: [...path, { member }], a: member, b: ABSENT })
  }
  for (const [name, member] of right) {
    if (!left.has(name)) out.push({ path: [...path, { member }], a: ABSENT, b: member })
  }
}

function collectArrays(
  a: readonly unknown[],
  b: readonly unknown[],
  path: readonly PathStep[],
  out: Difference[],
): void {
  if (a.length === b.length) {
    for (let index = 0; index < a.length; index++) collect(a[index], b[index], [...path, { index }], out)
    return
  }
  const most = Math.min(a.length, b.length)
  let start = 0
  while (start < most && equal(a[start], b[start])) start++
  let end = 0
  while (end < most - start && equal(a[a.length - 1 - end], b[b.length - 1 - end])) end++
  const left = a.slice(start, a.length - end)
  const right = b.slice(start, b.length - end)
  const to = start + Math.max(left.length, right.length)
  out.push({
    path: [...path, { from: start, to }],
    a: left.length === 0 ? ABSENT : left,
    b: right.length === 0 ? ABSENT : right,
  })
}

function equal(a: unknown, b: unknown): boolean {
  return Object.is(a, b) || differences(a, b).length === 0
}

function isPlain(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Map) &&
    !(value instanceof Set) &&
    !(value instanceof Uint8Array) &&
    !(value instanceof Address)
  )
}

function sameLeaf(a: unknown, b: unknown): boolean {
  return typeof a === 'object' && typeof b === 'object' && text(a) === text(b)
}

function text(value: unknown): string {
  return JSON.stringify(toJson(value))
}
