/** What atomic broadcast needs to know, and what it is used through. */
import type { Address } from 'orrery-sim'

import type { ZabProtocol } from './messages.ts'

export interface Member {
  /** `myid`: a whole number, 1 or more, of its own. */
  readonly id: number
  readonly address: Address<ZabProtocol>
  /** Observers learn what was committed; they neither vote nor count. Default false. */
  readonly observer?: boolean
}

export interface ZabConfig {
  readonly id: number
  /** All servers of the ensemble, this one included. */
  readonly members: readonly Member[]
  /** Milliseconds; the unit of the two limits. Default 2000. */
  readonly tick?: number
  /** Ticks for connecting to a leader and synchronising with it. Default 10. */
  readonly initLimit?: number
  /** Ticks without a word after which leader and learner give each other up. Default 5. */
  readonly syncLimit?: number
  /** Transactions between two snapshots. Default 100 000. */
  readonly snapCount?: number
  /** Committed transactions kept in memory for servers that fell behind. Default 500. */
  readonly commitLogCount?: number
  /** Longest pause between two rounds of notifications, in milliseconds. Default 60 000. */
  readonly maxNotificationInterval?: number
  /** The last counter in an epoch. Default 2^32 - 1. */
  readonly counterMax?: number
}

/** The replicated state: what is the same on all servers after the same transactions. */
export interface Machine<T> {
  /** The last transaction that it reflects; 0: none. */
  readonly lastZxid: number
  /** Transactions come in the order of their zxids, each once. */
  apply(zxid: number, txn: T): void
  /** A value (in the sense of messages) from which `restore` makes the same state. */
  snapshot(): unknown
  /** Back to a snapshot; to the beginning, if there is none. */
  restore(snapshot: unknown, zxid: number): void
  /** Called after each group of transactions that was applied because it was committed. */
  settled?(): void
  /** About how many bytes a transaction takes in a frame. Default 200. */
  weight?(txn: T): number
}

/**
 * What the application is told. `A`: its messages from learner to leader, `B`: back; both are in order with COMMITs on
 * the same connection. `P`: what its learners add to their answers to pings.
 */
export interface Hooks<A, B, P> {
  /** A quorum has the history and the epoch: `propose` works from now on. */
  leading(epoch: number): void
  /** In step with the leader: clients may be served. */
  following(leader: number, epoch: number): void
  observing(leader: number, epoch: number): void
  /** Neither leads nor follows any more: nobody may be served. Called at every start too. */
  looking(): void
  /** On the leader: from a learner. */
  fromLearner(learner: number, message: A): void
  /** On the leader: with a learner's answer to a ping. */
  pinged(learner: number, payload: P): void
  /** On a learner: from the leader. */
  fromLeader(message: B): void
  /** On a learner: what to add to the answer to a ping. */
  pingPayload(): P
}
