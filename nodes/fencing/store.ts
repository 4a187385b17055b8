/**
 * What a leader writes to: a ledger of which it keeps the total. The leader reads the total once, when it opens the store,
 * and then writes what it has become. That is right as long as nobody else writes, and the store can see to it: with
 * fencing it remembers the highest token it was shown and refuses lower ones.
 *
 * A leader shows its token already when it opens the store. If it did so only with its first write, the old leader could
 * still write after the new one had read.
 *
 * Source: M. Kleppmann, "How to do distributed locking" (2016), "Making the lock safe with fencing". As there, the store
 * has to take part: no service can do it for it. Left out: the store's disk and its crashes.
 */
import { defineNode } from 'orrery-sim'

export interface StoreMessages {
  /** A leader begins. Answered with the total so far, or refused. */
  open(message: { readonly token: number }): { readonly total: number } | Refused
  /** The total after one more entry. */
  write(message: { readonly token: number; readonly total: number }): { readonly total: number } | Refused
}

export interface Refused {
  /** The token of a later leader. */
  readonly refusedFor: number
}

export interface StoreConfig {
  /** Whether older tokens are refused. */
  readonly fencing: boolean
}

export interface StoreState {
  total: number
  /** Highest token seen. */
  token: number
}

/** Counts `entries overwritten`, `writes of deposed leaders` (those that were done) and `writes refused`. */
export const store = defineNode<StoreMessages, StoreConfig>()({
  kind: 'store',
  state: (): StoreState => ({ total: 0, token: -1 }),
  on: {
    open({ state, config }, { token }) {
      if (config.fencing && token < state.token) return { refusedFor: state.token }
      state.token = Math.max(state.token, token)
      return { total: state.total }
    },
    write({ state, config, metrics }, { token, total }) {
      if (token < state.token) {
        metrics.count(config.fencing ? 'writes refused' : 'writes of deposed leaders')
        if (config.fencing) return { refusedFor: state.token }
      }
      state.token = Math.max(state.token, token)
      if (total < state.total) metrics.count('entries overwritten', state.total - total)
      state.total = total
      return { total }
    },
  },
})
