/** What the service's servers say to each other on top of atomic broadcast, in order with proposals and commits. */
import type { WriteRequest } from '../data/prepare.ts'

/** From a learner to its leader (REQUEST, REVALIDATE, and SYNC as a request). */
export type ToLeader =
  | { readonly type: 'request'; readonly request: WriteRequest }
  | { readonly type: 'revalidate'; readonly session: number; readonly timeout: number }
  | { readonly type: 'sync'; readonly session: number; readonly xid: number }

/** Back. */
export type ToLearner =
  | { readonly type: 'revalidated'; readonly session: number; readonly valid: boolean }
  | { readonly type: 'synced'; readonly session: number; readonly xid: number }

/** Sessions that a learner has heard of since its last answer to a ping, with their timeouts in milliseconds. */
export type Touches = readonly (readonly [session: number, timeout: number])[]
