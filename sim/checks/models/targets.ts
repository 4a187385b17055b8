/**
 * Foresight for objects whose states grow, such as a value that is appended to: a state that was read later must still
 * be within reach, or an order of appends that no read saw would be noticed only at the next read.
 */
import { canonical } from '../canonical.ts'
import type { Foresight, TimedCall } from './model.ts'

/** How the states of an object grow; states are never undefined. */
export interface Growth<S> {
  /** The state that a call has seen; undefined: it saw none, or not all of it. */
  readonly target: (call: TimedCall) => S | undefined
  /** The state that a call begins anew with; undefined: it only lets the state grow. */
  readonly reset: (call: TimedCall) => S | undefined
  /** Whether `state` can grow into `target`. */
  readonly within: (state: S, target: S) => boolean
}

/** A state that was seen. */
interface Target<S> {
  readonly state: S
  readonly seenBy: number[]
  /** Calls from whose state it can grow. */
  readonly resets: readonly number[]
}

/** Targets that are looked at: the next ones, and the last one, which says most. */
const NEXT = 4

export function targets<S>(calls: readonly TimedCall[], growth: Growth<S>): Pick<Foresight<S>, 'isInVain'> {
  const resets = calls.flatMap((call, index) => {
    const state = growth.reset(call)
    return state === undefined ? [] : [{ state, index }]
  })
  const found = new Map<string, Target<S>>()
  const byEnd = Array.from(calls.keys()).sort(
    (a, b) => (calls[a] as TimedCall).to - (calls[b] as TimedCall).to,
  )
  for (const index of byEnd) {
    const state = growth.target(calls[index] as TimedCall)
    if (state === undefined) continue
    const key = canonical(state)
    const known = found.get(key)
    if (known !== undefined) known.seenBy.push(index)
    else {
      const able = resets.filter((reset) => growth.within(reset.state, state)).map((reset) => reset.index)
      found.set(key, { state, seenBy: [index], resets: able })
    }
  }
  const list = [...found.values()]

  return {
    isInVain(_call, state, isPlaced) {
      const mustGrowInto = ({ seenBy, resets: able }: Target<S>): boolean =>
        !seenBy.every(isPlaced) && able.every(isPlaced)
      let looked = 0
      for (let i = 0; i < list.length && looked < NEXT; i++) {
        const target = list[i] as Target<S>
        if (!mustGrowInto(target)) continue
        if (!growth.within(state, target.state)) return true
        looked++
      }
      for (let i = list.length - 1; looked === NEXT && i >= 0; i--) {
        const target = list[i] as Target<S>
        if (mustGrowInto(target)) return !growth.within(state, target.state)
      }
      return false
    },
  }
}
