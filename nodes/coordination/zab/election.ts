/**
 * Leader election after ZooKeeper's `FastLeaderElection` (3.8): servers tell each other whom they would have lead, adopt
 * a better candidate (later epoch, longer log, larger id) when they hear of one, and are done when a quorum agrees and
 * nothing better comes within 200 ms. Rounds are numbered by a logical clock; who hears of a later round joins it. A
 * server that comes when the others have a leader learns it from a quorum of their votes and the leader's own.
 *
 * Notifications are datagrams. In life a `QuorumCnxManager` keeps one TCP connection for each pair and of what is to be
 * sent only the newest vote: each notification stands for itself, so order and retransmission of older ones are worth
 * nothing, and the algorithm repeats itself anyway (after 200 ms, then twice as long, up to a minute). What a lost
 * segment's retransmission would do in life, the next repetition does here.
 *
 * Left out: weights and groups of servers, reconfiguration, the oracle for two servers.
 */
import type { Node, Timer } from 'orrery-sim'

import type { Notification } from './messages.ts'
import type { Member } from './types.ts'
import type { Proposal, ServerState, Vote } from './vote.ts'
import { agree, majorityOf, NOBODY, supersedes } from './vote.ts'

/** How long a quorum's candidate must stay unchallenged, and the first pause before votes are repeated. */
const FINALIZE_WAIT = 200

/** What the election knows of its server. */
export interface Candidate {
  readonly id: number
  readonly members: readonly Member[]
  readonly maxNotificationInterval: number
  /** The server's state now. */
  state(): ServerState
  /** Its standing vote while it is not looking. */
  vote(): Vote
  /** What it can offer: its last logged zxid and its current epoch. */
  offer(): Proposal
}

export class Election {
  /** Number of the round; volatile, as in life. */
  logicalClock = 0
  /** The outcome of the current election; undefined while it goes on. */
  outcome: Vote | undefined
  private readonly node: Node
  private readonly self: Candidate
  private readonly voters: ReadonlySet<number>
  private proposed: Proposal = NOBODY
  private received = new Map<number, Vote>()
  private settled = new Map<number, Vote>()
  private queue: Notification[] = []
  private isOpen = false
  private isDraining = false
  private isFinalizing = false
  private pause = FINALIZE_WAIT
  private timer: Timer | undefined

  constructor(node: Node, self: Candidate) {
    this.node = node
    this.self = self
    this.voters = new Set(self.members.filter(({ observer }) => observer !== true).map(({ id }) => id))
  }

  /** Begins a new round (`lookForLeader`); `outcome` has its result as soon as there is one. */
  begin(): void {
    this.outcome = undefined
    this.isOpen = true
    this.received = new Map()
    this.settled = new Map()
    this.isFinalizing = false
    this.pause = FINALIZE_WAIT
    this.logicalClock++
    this.proposed = this.own()
    this.notifyAll()
    this.drain()
    this.waitOn()
  }

  /** A notification has arrived (`WorkerReceiver`): whoever is behind is told what this server knows. */
  receive(notification: Notification): void {
    const { from, state, electionEpoch } = notification
    const mine = this.self.state()
    if (mine !== 'looking') {
      if (state === 'looking') this.notify(from, this.self.vote())
      return
    }
    if (!this.voters.has(from)) {
      this.notify(from, this.current())
      return
    }
    this.queue.push(notification)
    // Observers correct nobody: to their votes, which do not count, they would get an answer each time, without end.
    const isBehind = state === 'looking' && electionEpoch < this.logicalClock
    if (isBehind && this.voters.has(this.self.id)) this.notify(from, this.current())
    this.drain()
  }

  /** Whether a candidate is better than another; the total order of votes. */
  protected supersedes(a: Proposal, b: Proposal): boolean {
    return supersedes(a, b)
  }

  private current(): Vote {
    return { ...this.proposed, electionEpoch: this.logicalClock, state: 'looking' }
  }

  private own(): Proposal {
    return this.voters.has(this.self.id) ? this.self.offer() : NOBODY
  }

  private notifyAll(): void {
    const vote = this.current()
    for (const id of this.voters) this.notify(id, vote)
  }

  private notify(to: number, vote: Vote): void {
    const { leader, zxid, peerEpoch, electionEpoch, state } = vote
    const notification = { from: this.self.id, leader, zxid, peerEpoch, electionEpoch, state }
    if (to === this.self.id) {
      this.queue.push(notification)
      return
    }
    const member = this.self.members.find(({ id }) => id === to)
    if (member !== undefined) this.node.send(member.address, 'zabNotification', notification)
  }

  private drain(): void {
    if (!this.isOpen || this.isDraining) return
    this.isDraining = true
    for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) this.take(next)
    this.isDraining = false
  }

  private take(heard: Notification): void {
    if (!this.voters.has(heard.from) || !this.voters.has(heard.leader)) {
      this.waitOn()
      return
    }
    if (this.isFinalizing) {
      if (!this.supersedes(heard, this.proposed)) {
        this.waitOn()
        return
      }
      this.isFinalizing = false
    }
    switch (heard.state) {
      case 'looking':
        this.takeVote(heard)
        break
      case 'following':
      case 'leading':
        this.takeStanding(heard)
        break
      case 'observing':
        break
      default:
        heard.state satisfies never
    }
    this.waitOn()
  }

  /** From a server that is looking as well. */
  private takeVote(heard: Notification): void {
    if (heard.electionEpoch > this.logicalClock) {
      this.logicalClock = heard.electionEpoch
      this.received.clear()
      const own = this.own()
      this.proposed = this.supersedes(heard, own) ? proposalOf(heard) : own
      this.notifyAll()
    } else if (heard.electionEpoch < this.logicalClock) return
    else if (this.supersedes(heard, this.proposed)) {
      this.proposed = proposalOf(heard)
      this.notifyAll()
    }
    this.received.set(heard.from, heard)
    if (this.hasQuorum(this.received, this.current())) this.isFinalizing = true
  }

  /** From a server that has a leader, or is it: first within this round, then in whichever round that was. */
  private takeStanding(heard: Notification): void {
    if (heard.electionEpoch === this.logicalClock) {
      this.received.set(heard.from, heard)
      if (this.isEstablished(this.received, heard)) {
        this.decide(heard)
        return
      }
    }
    this.settled.set(heard.from, heard)
    if (this.isEstablished(this.settled, heard)) {
      this.logicalClock = heard.electionEpoch
      this.decide(heard)
    }
  }

  /** A quorum stands behind the leader, and the leader itself says so (`checkLeader`). */
  private isEstablished(votes: ReadonlyMap<number, Vote>, vote: Vote): boolean {
    if (!this.hasQuorum(votes, vote)) return false
    if (vote.leader === this.self.id) return this.logicalClock === vote.electionEpoch
    return votes.get(vote.leader)?.state === 'leading'
  }

  private hasQuorum(votes: ReadonlyMap<number, Vote>, vote: Vote): boolean {
    let supporters = 0
    for (const held of votes.values()) if (agree(held, vote)) supporters++
    return supporters >= majorityOf(this.voters.size)
  }

  private decide(vote: Vote): void {
    this.timer?.cancel()
    this.queue = []
    this.isOpen = false
    this.outcome = vote
  }

  /** Each notification begins the wait anew, as each poll of the queue does. */
  private waitOn(): void {
    this.timer?.cancel()
    if (!this.isOpen) return
    this.timer = this.node.after(this.isFinalizing ? FINALIZE_WAIT : this.pause, () => {
      if (this.isFinalizing) {
        this.decide(this.current())
        return
      }
      this.pause = Math.min(this.pause * 2, this.self.maxNotificationInterval)
      this.notifyAll()
      this.drain()
      this.waitOn()
    })
  }
}

function proposalOf({ leader, zxid, peerEpoch }: Proposal): Proposal {
  return { leader, zxid, peerEpoch }
}
