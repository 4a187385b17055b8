/**
 * One server of an ensemble that keeps a replicated state in agreement, after ZooKeeper's `QuorumPeer` (3.8): it looks
 * for a leader, leads or learns until that fails, and looks again. What it wrote to its log in between and never heard
 * to be committed it applies before the next election, as the real server does (`fastForwardDataBase`): the election
 * goes by the log, and a leader that has not got it makes the server cut it off again.
 *
 * All timeouts are on the monotonic clock. A failing disk ends the process.
 */
import type { Node, StreamConnection } from 'orrery-sim'

import { Channel } from './channel.ts'
import { Database } from './database.ts'
import { Election } from './election.ts'
import type { Context } from './leader.ts'
import { Leader } from './leader.ts'
import { Learner } from './learner.ts'
import type { LeaderMessage, LearnerMessage, Notification } from './messages.ts'
import type { Settings } from './settings.ts'
import { settingsOf } from './settings.ts'
import { Storage } from './storage.ts'
import type { Hooks, Machine, ZabConfig } from './types.ts'
import type { ServerState, Vote } from './vote.ts'

/** `T`: transactions; `A`, `B`: the application's messages to the leader and back; `P`: answers to pings. */
export class Peer<T, A = never, B = never, P = undefined> {
  readonly settings: Settings
  state: ServerState = 'looking'
  /** The vote that stands while it does not look for a leader. */
  vote: Vote = { leader: -1, zxid: -1, peerEpoch: -1, electionEpoch: 0, state: 'looking' }
  private readonly context: Context<T, A, B, P>
  private readonly election: Election
  private leader: Leader<T, A, B, P> | undefined
  private learner: Learner<T, A, B, P> | undefined

  constructor(node: Node, config: ZabConfig, machine: Machine<T>, hooks: Hooks<A, B, P>) {
    this.settings = settingsOf(config)
    const database = new Database(machine, this.settings.commitLogCount)
    const storage = this.makeStorage(node, database)
    this.context = { node, settings: this.settings, storage, database, hooks }
    this.election = this.makeElection(node)
  }

  /** Whether `propose` works. */
  get leading(): boolean {
    return this.leader?.isBroadcasting === true
  }

  /** Whether it leads and has heard a quorum within the last tick. */
  get hearsQuorum(): boolean {
    return this.leading && this.leader?.hearsQuorum() === true
  }

  /** The last zxid proposed in this leader's epoch, committed or not; only while it leads. */
  get lastProposed(): number {
    return this.leader?.lastProposed ?? 0
  }

  /** Rebuilds the state from disk; to be awaited in the kind's `recover`. */
  async recover(): Promise<void> {
    await this.context.storage.recover()
  }

  /** Takes part in the ensemble; to be called once, in the kind's `start`. */
  start(): void {
    this.context.storage.start()
    this.context.node.after(0, () => this.live())
  }

  /** A datagram of the election. */
  notified(notification: Notification): void {
    this.election.receive(notification)
  }

  /** A connection that begins with this frame of a learner (`isLearnerFrame`); to be awaited in the kind's `accept`. */
  async accept(connection: StreamConnection, frame: unknown): Promise<void> {
    const { leader } = this
    if (leader?.running !== true) {
      connection.abort()
      return
    }
    const { machine } = this.context.database
    const channel = new Channel<LeaderMessage<T, B>, LearnerMessage<A, P>>(
      this.context.node,
      connection,
      (message) => weigh(machine, message),
      frame as readonly LearnerMessage<A, P>[],
    )
    await leader.serve(channel)
  }

  /** Proposes a transaction; its zxid, or undefined if this server does not lead (any more). */
  propose(txn: T): number | undefined {
    return this.leader?.isBroadcasting === true ? this.leader.propose(txn) : undefined
  }

  /** Runs something behind the commits of all that this leader has proposed so far. */
  afterCommits(run: () => void): void {
    this.leader?.afterCommits(run)
  }

  /** From a learner to its leader, in order with everything on their connection. */
  toLeader(message: A): void {
    this.learner?.toLeader(message)
  }

  /** From the leader to one of its learners, in order with proposals and commits. */
  toLearner(id: number, message: B): void {
    this.leader?.toLearner(id, message)
  }

  protected makeStorage(node: Node, database: Database<T>): Storage<T> {
    return new Storage(node, database, this.settings.snapCount)
  }

  protected makeElection(node: Node): Election {
    return new Election(node, this.candidate())
  }

  protected makeLeader(context: Context<T, A, B, P>, inStep: () => void): Leader<T, A, B, P> {
    return new Leader(context, inStep)
  }

  protected candidate(): ConstructorParameters<typeof Election>[1] {
    const { id, members, maxNotificationInterval } = this.settings
    return {
      id,
      members,
      maxNotificationInterval,
      state: () => this.state,
      vote: () => this.vote,
      offer: () => ({
        leader: id,
        zxid: this.context.storage.lastLogged,
        peerEpoch: this.context.storage.currentEpoch,
      }),
    }
  }

  private async live(): Promise<void> {
    const { node, settings, storage, database, hooks } = this.context
    for (;;) {
      this.state = 'looking'
      node.role('looking')
      hooks.looking()
      await storage.idle()
      for (const { zxid, txn } of this.takeUncommitted()) database.apply(zxid, txn)

      this.election.begin()
      await node.until(() => this.election.outcome !== undefined)
      const outcome = this.election.outcome as Vote
      const isLeader = outcome.leader === settings.id
      this.state = isLeader ? 'leading' : settings.isObserver ? 'observing' : 'following'
      this.vote = { ...outcome, state: this.state }

      const reason = isLeader ? await this.lead() : await this.learn(outcome.leader)
      node.log.info(`${this.state} no more: ${reason}`)
    }
  }

  private async lead(): Promise<string> {
    this.leader = this.makeLeader(this.context, () => {
      this.confirmVote()
    })
    return this.leader.run()
  }

  private async learn(id: number): Promise<string> {
    const leader = this.settings.members.find((member) => member.id === id)
    if (leader === undefined) return `nobody has id ${id}`
    this.learner = new Learner(this.context, leader, () => {
      this.confirmVote()
    })
    return this.learner.run()
  }

  /** Once an epoch is established the vote names it, so that latecomers find all votes alike (`updateElectionVote`). */
  private confirmVote(): void {
    this.vote = { ...this.vote, peerEpoch: this.context.storage.currentEpoch }
  }

  /** What this server logged in the phase that is over without knowing it to be committed. */
  private takeUncommitted(): readonly { readonly zxid: number; readonly txn: T }[] {
    const { leader, learner } = this
    this.leader = undefined
    this.learner = undefined
    if (leader !== undefined) return [...leader.outstanding].map(([zxid, txn]) => ({ zxid, txn }))
    return learner?.takePending() ?? []
  }
}

const MESSAGE_BYTES = 200

function weigh<T, B>(machine: Machine<T>, message: LeaderMessage<T, B>): number {
  switch (message.type) {
    case 'proposal':
    case 'inform':
      return message.txns.reduce((sum, txn) => sum + (machine.weight?.(txn) ?? MESSAGE_BYTES), MESSAGE_BYTES)
    case 'snap':
      return Infinity
    case 'leaderInfo':
    case 'diff':
    case 'trunc':
    case 'newLeader':
    case 'upToDate':
    case 'commit':
    case 'ping':
    case 'app':
      return MESSAGE_BYTES
    default:
      return message satisfies never
  }
}
