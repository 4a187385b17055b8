/**
 * A register, and one that can compare and set. Values are compared by what they hold.
 *
 * `read` answers the value, `write` takes one, `cas` takes the pair of the value expected and the new one, as
 * `[from, to]` or `{from, to}`, and answers false if it observed another value; any other answer means that it set it.
 */
import { sameValue } from '../canonical.ts'
import type { Call, Hint, Model } from './model.ts'

export interface RegisterModelOptions {
  /** The first value. Default null. */
  readonly initial?: unknown
}

const READ: ReadonlySet<string> = new Set(['read', 'get'])

/** Reads (`read`, `get`) answer what the last write (`write`, `put`) wrote. */
export function register({ initial = null }: RegisterModelOptions = {}): Model {
  return {
    name: 'register',
    operations: ['read', 'get', 'write', 'put'],
    initial,
    step: (state, call) => {
      if (!READ.has(call.name)) return valueOf(call.input)
      return !call.known || sameValue(state, valueOf(call.output)) ? state : undefined
    },
    hint: plainHint,
  }
}

/** A register with `cas`. */
export function casRegister({ initial = null }: RegisterModelOptions = {}): Model {
  return {
    name: 'cas-register',
    operations: ['read', 'get', 'write', 'put', 'cas'],
    initial,
    step(state, call) {
      if (call.name !== 'cas') {
        if (!READ.has(call.name)) return valueOf(call.input)
        return !call.known || sameValue(state, valueOf(call.output)) ? state : undefined
      }
      const [from, to] = pairOf(call.input) as Pair
      const fits = sameValue(state, from)
      if (!call.known) return fits ? to : state
      if (call.output === false) return fits ? undefined : state
      return fits ? to : undefined
    },
    hint(call) {
      if (call.name !== 'cas') return plainHint(call)
      if (call.known && call.output === false) return { reads: true }
      const [from, to] = pairOf(call.input) as Pair
      return { from, to }
    },
    refuse: (call) =>
      call.name === 'cas' && pairOf(call.input) === undefined
        ? 'a pair of the value expected and the new one'
        : undefined,
  }
}

type Pair = readonly [from: unknown, to: unknown]

function plainHint(call: Call): Hint<unknown> {
  if (!READ.has(call.name)) return { to: valueOf(call.input), always: true }
  return call.known ? { from: valueOf(call.output), reads: true } : { reads: true }
}

/** States are never undefined. */
function valueOf(value: unknown): unknown {
  return value === undefined ? null : value
}

function pairOf(input: unknown): Pair | undefined {
  if (Array.isArray(input)) return input.length === 2 ? [valueOf(input[0]), valueOf(input[1])] : undefined
  if (typeof input !== 'object' || input === null || !('from' in input) || !('to' in input)) return undefined
  return [valueOf(input.from), valueOf(input.to)]
}
