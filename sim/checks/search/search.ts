/**
 * The search for an order in which every call fits: depth first over what may come next, entering no configuration
 * twice. It can be run in pieces, so that several go on side by side.
 *
 * Five rules cut branches that cannot be needed; each leaves the verdict as it is.
 *  - A call that changes nothing and fits is placed at once, without an alternative: in any order that it has a later
 *    place in, it can be moved here.
 *  - A state is not left while a call that can only be placed in it remains and nothing that remains leads back.
 *  - A call of unknown outcome is placed only if it changes the state, and, where all others either name the state they
 *    need or fit in every state, only if one that remains needs what it leaves.
 *  - Of two calls that do the same, one that began and ended no later comes first (in the frontier).
 *  - What the model's own foresight calls in vain is.
 */
import { ConfigSet, mix } from './config-set.ts'
import type { Frontier } from './frontier.ts'
import { IntPairMap } from './int-map.ts'
import { IMPOSSIBLE } from './state-space.ts'
import type { StateSpace } from './state-space.ts'

/** What the search knows of a call. States are numbers of the state space; -1: none is known. */
export interface SearchCall {
  /** The object that it is about. */
  readonly object: number
  /** Number of its kind in the state space. */
  readonly kind: number
  readonly required: boolean
  readonly reads: boolean
  readonly always: boolean
  readonly from: number
  readonly to: number
}

/** Whether a call that was just placed was placed in vain, as the model's foresight says. */
export type IsInVain = (call: number, state: unknown, isPlaced: (call: number) => boolean) => boolean

/** What is held for each call, here and in the frontier, about. */
const CALL_BYTES = 160

export type SearchStatus = 'running' | 'found' | 'none'

export class Search {
  status: SearchStatus = 'running'
  private readonly calls: readonly SearchCall[]
  private readonly frontier: Frontier
  private readonly space: StateSpace
  /** The state of each object. */
  private readonly states: Int32Array
  private readonly configs = new ConfigSet()
  private readonly row: Int32Array
  private readonly counts: Counts
  private readonly foreseen: IsInVain | undefined
  private readonly isPlaced: (call: number) => boolean
  private readonly flags: Uint8Array
  private hash = 0
  /** Required calls that are not placed. */
  private missing: number
  /** Placed calls, in order; `was`: the state of its object before; `forced`: no alternative is to be tried. */
  private readonly placed: Int32Array
  private readonly was: Int32Array
  private readonly forced: Uint8Array
  private depth = 0
  /** The next candidate to be tried; -1: there are no more. */
  private candidate = ENTERED

  /** `foreseen` is asked first about call -1: nothing is placed yet. */
  constructor(
    calls: readonly SearchCall[],
    objects: number,
    frontier: Frontier,
    space: StateSpace,
    foreseen?: IsInVain,
  ) {
    this.calls = calls
    this.frontier = frontier
    this.space = space
    this.states = new Int32Array(objects).fill(space.initial)
    this.row = new Int32Array(frontier.width + objects)
    this.missing = calls.filter(({ required }) => required).length
    this.placed = new Int32Array(calls.length)
    this.was = new Int32Array(calls.length)
    this.forced = new Uint8Array(calls.length)
    this.counts = new Counts(calls, objects, space.initial)
    this.foreseen = foreseen
    this.flags = new Uint8Array(calls.length)
    this.isPlaced = (call) => this.flags[call] === 1
    const isInVain = foreseen?.(-1, space.state(space.initial), this.isPlaced) === true
    if (this.counts.isHopeless || isInVain) this.status = 'none'
  }

  /** What it holds in memory, about. */
  get bytes(): number {
    return this.configs.bytes + this.space.bytes + this.counts.bytes + CALL_BYTES * this.calls.length
  }

  /** Placed calls in order: the order that was found, or the branch that the search is in. */
  get order(): readonly number[] {
    return Array.from(this.placed.subarray(0, this.depth))
  }

  /** The states of all objects after {@link order}. */
  get finalStates(): readonly unknown[] {
    return Array.from(this.states, (state) => this.space.state(state))
  }

  /** Goes on for about `limit` steps (calls tried in a state); returns how many it took. */
  run(limit: number): number {
    let steps = 0
    while (this.status === 'running' && steps < limit) {
      if (this.candidate === ENTERED) {
        steps += this.enter()
        continue
      }
      if (this.candidate < 0) {
        this.back()
        continue
      }
      steps++
      const call = this.candidate
      if (this.place(call, false)) this.candidate = ENTERED
      else this.candidate = this.frontier.after(call)
    }
    return steps
  }

  /** In a new configuration: places what changes nothing, then looks whether it is done or has been here before. */
  private enter(): number {
    const { frontier, calls } = this
    let steps = 1
    for (let call = frontier.first(); call >= 0; call = frontier.after(call)) {
      const { required, reads } = calls[call] as SearchCall
      // Optional ones come last, and none of them reads.
      if (!required) break
      if (!reads) continue
      steps++
      this.place(call, true)
    }
    if (this.missing === 0) {
      this.status = 'found'
      return steps
    }
    let length = this.frontier.encode(this.row, 0)
    for (let object = 0; object < this.states.length; object++)
      this.row[length++] = this.states[object] as number
    this.candidate = this.configs.add(this.hash, this.row, length) ? frontier.first() : -1
    return steps
  }

  /** Places a call, if it can be placed here and should. */
  private place(call: number, forced: boolean): boolean {
    const { object, kind, required, reads } = this.calls[call] as SearchCall
    // What changes nothing was placed on entering if it fits.
    if (reads !== forced) return false
    const state = this.states[object] as number
    const next = this.space.next(state, kind)
    if (next === IMPOSSIBLE) return false
    if (!required && (next === state || this.counts.isUseless(call))) return false
    this.counts.add(call, -1)
    this.flags[call] = 1
    if (!reads && this.isInVain(call, object, state, next)) {
      this.counts.add(call, 1)
      this.flags[call] = 0
      return false
    }
    this.frontier.take(call)
    if (required) this.missing--
    this.placed[this.depth] = call
    this.was[this.depth] = state
    this.forced[this.depth++] = forced ? 1 : 0
    this.hash ^= mix(call + 1) ^ this.stateHash(object, state) ^ this.stateHash(object, next)
    this.states[object] = next
    return true
  }

  private isInVain(call: number, object: number, state: number, next: number): boolean {
    if (next !== state && this.counts.isLost(object, state)) return true
    return this.foreseen?.(call, this.space.state(next), this.isPlaced) === true
  }

  /** Back to the last call that has alternatives. */
  private back(): void {
    for (;;) {
      if (this.depth === 0) {
        this.status = 'none'
        return
      }
      const at = --this.depth
      const call = this.placed[at] as number
      const { object, required } = this.calls[call] as SearchCall
      const was = this.was[at] as number
      this.hash ^=
        mix(call + 1) ^ this.stateHash(object, was) ^ this.stateHash(object, this.states[object] as number)
      this.states[object] = was
      if (required) this.missing++
      this.counts.add(call, 1)
      this.flags[call] = 0
      this.frontier.undo(call)
      if (this.forced[at] === 1) continue
      this.candidate = this.frontier.after(call)
      return
    }
  }

  private stateHash(object: number, state: number): number {
    return mix(Math.imul(object + 1, 0x9e3779b1) + state)
  }
}

const ENTERED = -2

/** How many of the calls that are not placed need a state, and lead to it. */
class Counts {
  private readonly calls: readonly SearchCall[]
  /** Pairs of object and state that some call names, numbered. */
  private readonly places = new IntPairMap()
  /** The places of a call's two states; -1: it does not name one. */
  private readonly fromPlace: Int32Array
  private readonly toPlace: Int32Array
  /** By place: required calls that fit only there; all calls that do; calls that can lead there. */
  private readonly needed: Int32Array
  private readonly wanted: Int32Array
  private readonly led: Int32Array
  /** By object: calls that may lead anywhere. */
  private readonly wild: Int32Array
  /** By object: whether every call names the state it needs, or fits in every state. */
  private readonly plain: Uint8Array
  /** Whether a call names a state that nothing leads to: then there is no order. */
  readonly isHopeless: boolean

  constructor(calls: readonly SearchCall[], objects: number, initial: number) {
    this.calls = calls
    const named: (readonly [object: number, state: number])[] = []
    const place = (object: number, state: number): number => {
      if (state < 0) return -1
      const known = this.places.get(object, state, -1)
      if (known >= 0) return known
      this.places.set(object, state, named.length)
      return named.push([object, state]) - 1
    }
    this.fromPlace = Int32Array.from(calls, ({ object, from }) => place(object, from))
    this.toPlace = Int32Array.from(calls, ({ object, to }) => place(object, to))
    this.needed = new Int32Array(named.length)
    this.wanted = new Int32Array(named.length)
    this.led = new Int32Array(named.length)
    this.wild = new Int32Array(objects)
    this.plain = new Uint8Array(objects).fill(1)
    calls.forEach(({ object, from, always }, call) => {
      this.add(call, 1)
      if (from < 0 && !always) this.plain[object] = 0
    })
    this.isHopeless = named.some(([object, state]) => state !== initial && this.isLost(object, state))
  }

  get bytes(): number {
    return this.places.bytes + 4 * (this.needed.length * 3 + this.fromPlace.length * 2)
  }

  /** Adds a call to what remains, or (-1) takes it out. */
  add(call: number, by: 1 | -1): void {
    const { object, required, reads } = this.calls[call] as SearchCall
    const from = this.fromPlace[call] as number
    const to = this.toPlace[call] as number
    if (from >= 0) {
      this.wanted[from] = (this.wanted[from] as number) + by
      if (required) this.needed[from] = (this.needed[from] as number) + by
    }
    if (reads) return
    if (to >= 0) this.led[to] = (this.led[to] as number) + by
    else this.wild[object] = (this.wild[object] as number) + by
  }

  /** Whether something that remains can be placed only in this state, and nothing that remains leads there. */
  isLost(object: number, state: number): boolean {
    if ((this.wild[object] as number) > 0) return false
    const place = this.places.get(object, state, -1)
    return place >= 0 && (this.needed[place] as number) > 0 && this.led[place] === 0
  }

  /** Whether nothing that remains needs the state that a call of unknown outcome would leave. */
  isUseless(call: number): boolean {
    const to = this.toPlace[call] as number
    return to >= 0 && this.plain[(this.calls[call] as SearchCall).object] === 1 && this.wanted[to] === 0
  }
}
