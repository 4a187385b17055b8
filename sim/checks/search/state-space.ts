/**
 * States and calls as small integers, and what calls do to states as a table that is filled as it is asked for: a model
 * is asked once for each pair of a state and a kind of call, however often a search comes by.
 */
import { canonical } from '../canonical.ts'
import type { AnyModel, Call } from '../models/model.ts'
import { IntPairMap } from './int-map.ts'

/** What is kept of a state besides its text: an entry in a map and in an array, the value itself. */
const STATE_BYTES = 120

/** No such call is possible. */
export const IMPOSSIBLE = -1
const UNASKED = -2

export class StateSpace {
  readonly initial: number
  /** One state for all that need not be told apart; set before the first call is asked for. */
  merge: ((state: unknown) => unknown) | undefined
  private readonly model: AnyModel
  private readonly ids = new Map<string, number>()
  private readonly states: unknown[] = []
  private readonly kinds = new Map<string, number>()
  private readonly calls: Call[] = []
  private readonly table = new IntPairMap()
  private held = 0

  constructor(model: AnyModel) {
    this.model = model
    this.initial = this.intern(model.initial)
  }

  get bytes(): number {
    return this.held + this.table.bytes
  }

  /** How many states are known. */
  get size(): number {
    return this.states.length
  }

  /** The number of a state. */
  intern(state: unknown): number {
    // Strings that grow by appending would be copied for quotes and escapes each time.
    const text = this.model.key?.(state) ?? (typeof state === 'string' ? `"${state}` : canonical(state))
    const known = this.ids.get(text)
    if (known !== undefined) return known
    this.ids.set(text, this.states.length)
    this.held += STATE_BYTES + 3 * text.length
    return this.states.push(state) - 1
  }

  state(id: number): unknown {
    return this.states[id]
  }

  /** The number of a kind of call: calls that do the same to every state share one. */
  kind(call: Call): number {
    const { name, input, output, known, process } = call
    const who = this.model.asksWho === true ? JSON.stringify(process) : ''
    const text = `${who}${name} ${canonical(input)} ${known ? canonical(output) : '?'}`
    const kind = this.kinds.get(text)
    if (kind !== undefined) return kind
    this.kinds.set(text, this.calls.length)
    return this.calls.push(call) - 1
  }

  /** The state that a kind of call leaves, or {@link IMPOSSIBLE}. */
  next(state: number, kind: number): number {
    const found = this.table.get(state, kind, UNASKED)
    if (found !== UNASKED) return found
    const after = this.model.step(this.states[state], this.calls[kind] as Call)
    const next = after === undefined ? IMPOSSIBLE : this.intern(this.merge?.(after) ?? after)
    this.table.set(state, kind, next)
    return next
  }
}
