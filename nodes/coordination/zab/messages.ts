/**
 * What servers of an ensemble say to each other: notifications of the election as datagrams, everything else in frames
 * on one stream connection from learner to leader. Names are those of `Leader` in ZooKeeper (FOLLOWERINFO, LEADERINFO,
 * ACKEPOCH, DIFF, TRUNC, SNAP, NEWLEADER, UPTODATE, PROPOSAL, ACK, COMMIT, INFORM, PING).
 *
 * A frame holds a list of messages, and PROPOSAL, COMMIT, INFORM and ACK stand for several transactions each, where the
 * real protocol has one packet for each of them in the same order: one write to a socket may carry many packets.
 */
import type { Vote } from './vote.ts'

/** A vote, its sender, and what the sender is. */
export interface Notification extends Vote {
  readonly from: number
}

/** The protocol that a kind of node must handle: `zabNotification: (node, n) => node.state.peer.notified(n)`. */
export interface ZabProtocol {
  zabNotification(notification: Notification): void
}

/** Consecutive transactions; the first has this zxid. */
export interface Run<T> {
  readonly zxid: number
  readonly txns: readonly T[]
}

/** From a learner. `A`: forwarded by the application; `P`: what the application adds to the answers to pings. */
export type LearnerMessage<A, P> =
  | { readonly type: 'followerInfo' | 'observerInfo'; readonly id: number; readonly acceptedEpoch: number }
  /** `currentEpoch` -1: this epoch was accepted before, so that the answer is none for a new one. */
  | { readonly type: 'ackEpoch'; readonly currentEpoch: number; readonly lastZxid: number }
  /** Everything up to this zxid is on disk; with counter 0 it answers NEWLEADER. */
  | { readonly type: 'ack'; readonly zxid: number }
  | { readonly type: 'ping'; readonly payload: P | undefined }
  | { readonly type: 'app'; readonly message: A }

/** From the leader. `T`: transactions; `B`: the application's messages. */
export type LeaderMessage<T, B> =
  | { readonly type: 'leaderInfo'; readonly epoch: number }
  | { readonly type: 'diff' }
  | { readonly type: 'trunc'; readonly zxid: number }
  | { readonly type: 'snap'; readonly zxid: number; readonly snapshot: unknown }
  | { readonly type: 'newLeader'; readonly epoch: number }
  | { readonly type: 'upToDate' }
  | ({ readonly type: 'proposal' } & Run<T>)
  /** Everything proposed up to this zxid is committed. */
  | { readonly type: 'commit'; readonly zxid: number }
  | ({ readonly type: 'inform' } & Run<T>)
  | { readonly type: 'ping' }
  | { readonly type: 'app'; readonly message: B }

/** Whether the first frame on a connection is a learner's: clients send objects, peers send lists. */
export function isLearnerFrame(frame: unknown): boolean {
  if (!Array.isArray(frame)) return false
  const first: unknown = frame[0]
  if (typeof first !== 'object' || first === null) return false
  const { type } = first as { readonly type?: unknown }
  return type === 'followerInfo' || type === 'observerInfo'
}
