/**
 * One key of a store: `get`, `put`, `append`, `delete`. Several keys are several objects, told apart by the checker.
 *
 * A key that was never put is absent: `get` answers null, or '' as stores of strings do. `append` to a string joins the
 * two; to a list, or to an absent key of which something else is appended, it adds an element.
 */
import { canonical, sameValue } from '../canonical.ts'
import type { Foresight, Model, TimedCall } from './model.ts'
import { targets } from './targets.ts'

const GET: ReadonlySet<string> = new Set(['get', 'read'])
const PUT: ReadonlySet<string> = new Set(['put', 'write'])

export interface KeyValueModelOptions {
  /** What a key holds at first. Default null: it is absent. */
  readonly initial?: unknown
}

/** Any string that no `get` has seen, nor the beginning of one that it has: only a `put` or `delete` leads out of it. */
const UNSEEN: unique symbol = Symbol('unseen')

export function keyValue({ initial = null }: KeyValueModelOptions = {}): Model {
  return {
    name: 'key-value',
    operations: ['get', 'read', 'put', 'write', 'append', 'delete'],
    initial,
    step(state, { name, input, output, known }) {
      if (GET.has(name)) {
        if (!known) return state
        if (state === UNSEEN) return undefined
        return sameValue(state, output ?? null) || (state === null && output === '') ? state : undefined
      }
      if (PUT.has(name)) return input ?? null
      return name === 'append' ? appended(state, input) : null
    },
    key: (state) =>
      state === UNSEEN ? 'unseen' : typeof state === 'string' ? `"${state}` : canonical(state),
    hint({ name, input, output, known }) {
      if (GET.has(name))
        return known && output !== '' ? { from: output ?? null, reads: true } : { reads: true }
      if (PUT.has(name)) return { to: input ?? null, always: true }
      return name === 'append' ? {} : { to: null, always: true }
    },
    foresee,
  }
}

function appended(state: unknown, input: unknown): unknown {
  if (state === UNSEEN) return state
  if (typeof input === 'string' && (state === null || typeof state === 'string'))
    return `${state ?? ''}${input}`
  if (Array.isArray(state)) return [...(state as readonly unknown[]), input]
  return state === null ? [input] : undefined
}

/** The value that a `get` has seen; '' may also stand for an absent key. */
function seenBy({ name, output, known }: TimedCall): unknown {
  return known && GET.has(name) && output !== '' ? (output ?? null) : undefined
}

function foresee(calls: readonly TimedCall[]): Foresight<unknown> {
  const seen = calls.map(seenBy).filter((value) => typeof value === 'string')
  seen.sort()
  const isSeen = (state: string): boolean => seen[firstFrom(seen, state)]?.startsWith(state) === true
  return {
    ...targets<unknown>(calls, {
      target: seenBy,
      reset({ name, input }) {
        if (PUT.has(name)) return input ?? null
        return name === 'delete' ? null : undefined
      },
      within(state, target) {
        if (typeof state === 'string') return typeof target === 'string' && target.startsWith(state)
        return state !== UNSEEN
      },
    }),
    merge: (state) => (typeof state === 'string' && state !== '' && !isSeen(state) ? UNSEEN : state),
  }
}

/** The first position in a sorted list whose text is not below `text`. */
function firstFrom(sorted: readonly string[], text: string): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] as string) < text) low = middle + 1
    else high = middle
  }
  return low
}
