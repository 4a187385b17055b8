/**
 * Votes, how they compare, and how many of them decide. After ZooKeeper's `Vote`, `FastLeaderElection` and
 * `QuorumMaj`.
 */

/** What a server takes itself to be; `ServerState` of QuorumPeer. */
export type ServerState = 'looking' | 'following' | 'leading' | 'observing'

/** For whom, and what is known of the one voted for: the last zxid in its log and its current epoch. */
export interface Proposal {
  readonly leader: number
  readonly zxid: number
  readonly peerEpoch: number
}

/** A vote as one server has heard it from another. */
export interface Vote extends Proposal {
  /** Round of the election in which it was cast (the sender's logical clock). */
  readonly electionEpoch: number
  readonly state: ServerState
}

/** A proposal that loses against every real one: what a server that may not be elected starts with. */
export const NOBODY: Proposal = { leader: -1, zxid: -1, peerEpoch: -1 }

/** Whether `a` is the better candidate: the later epoch, then the longer history, then the larger id. */
export function supersedes(a: Proposal, b: Proposal): boolean {
  if (a.peerEpoch !== b.peerEpoch) return a.peerEpoch > b.peerEpoch
  if (a.zxid !== b.zxid) return a.zxid > b.zxid
  return a.leader > b.leader
}

/**
 * Whether two votes support the same outcome. Servers that have left the election may have done so in different rounds
 * and with different histories: among them leader and epoch are what counts.
 */
export function agree(a: Vote, b: Vote): boolean {
  if (a.leader !== b.leader || a.peerEpoch !== b.peerEpoch) return false
  if (a.state !== 'looking' && b.state !== 'looking') return true
  return a.zxid === b.zxid && a.electionEpoch === b.electionEpoch
}

/** How many of so many participants are a majority. */
export function majorityOf(participants: number): number {
  return Math.floor(participants / 2) + 1
}
