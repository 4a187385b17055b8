/**
 * A lock: `acquire` is possible when nobody holds it, `release` when the caller does. It is not reentrant. An attempt
 * that did not get the lock is a failed operation, which is not part of the model.
 */
import type { Model } from './model.ts'

/** Who holds it. */
type Holder = string | null

const ACQUIRE: ReadonlySet<string> = new Set(['acquire', 'lock'])

export function mutex(): Model<Holder> {
  return {
    name: 'mutex',
    operations: ['acquire', 'lock', 'release', 'unlock'],
    initial: null,
    asksWho: true,
    step(state, { name, process, known }) {
      const [from, to] = ACQUIRE.has(name) ? [null, process] : [process, null]
      if (state === from) return to
      return known ? undefined : state
    },
    hint: ({ name, process }) =>
      ACQUIRE.has(name) ? { from: null, to: process } : { from: process, to: null },
  }
}
