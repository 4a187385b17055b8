/**
 * A server that leads, after ZooKeeper's `Leader` (3.8) and the ZAB paper (Junqueira, Reed, Serafini: "Zab:
 * High-performance broadcast for primary-backup systems", DSN 2011; Medeiros: "ZooKeeper's atomic broadcast protocol:
 * theory and practice", 2012):
 *
 * 1. Discovery: from a quorum it learns the largest accepted epoch and proposes the next one; a quorum acknowledges it.
 *    Nobody among them may have a later history than the leader.
 * 2. Synchronisation: each learner is brought to the leader's history (learner-handler.ts); a quorum acknowledges
 *    NEWLEADER.
 * 3. Broadcast: proposals in order, committed in order once a quorum, the leader included, has them on disk.
 *
 * Every half tick it pings its learners, and gives up when no quorum of participants has been heard for `syncLimit`
 * ticks. Acknowledgements are cumulative: each learner logs in order, so that one zxid stands for all before it.
 */
import type { Node, Timer } from 'orrery-sim'

import type { Database } from './database.ts'
import { LearnerHandler } from './learner-handler.ts'
import type { LearnerConnection } from './learner-handler.ts'
import type { Settings } from './settings.ts'
import type { Storage } from './storage.ts'
import type { Hooks } from './types.ts'
import { majorityOf } from './vote.ts'
import { within } from './wait.ts'
import { makeZxid } from './zxid.ts'

/** What a learner or a leader works with on its server. */
export interface Context<T, A, B, P> {
  readonly node: Node
  readonly settings: Settings
  readonly storage: Storage<T>
  readonly database: Database<T>
  readonly hooks: Hooks<A, B, P>
}

/** How recent a history is: the epoch in which it was last confirmed, then its last zxid. */
export interface StateSummary {
  readonly currentEpoch: number
  readonly lastZxid: number
}

export class Leader<T, A, B, P> {
  readonly context: Context<T, A, B, P>
  /** The epoch proposed, final once a quorum has told its accepted epochs. */
  epoch = -1
  isEpochChosen = false
  isEpochAcknowledged = false
  isBroadcasting = false
  /** Why it does not lead any more; undefined while it does. */
  ended: string | undefined
  lastProposed = 0
  lastCommitted = 0
  tick = 0
  readonly outstanding = new Map<number, T>()
  private readonly inStep: () => void
  private readonly summary: StateSummary
  private isChoosing = false
  private readonly participants: ReadonlySet<number>
  private readonly connecting = new Set<number>()
  private readonly electing = new Set<number>()
  private readonly synchronised = new Set<number>()
  private readonly handlers = new Set<LearnerHandler<T, A, B, P>>()
  /** Learners that get what is proposed or committed from now on. */
  private readonly forwarding = new Set<LearnerHandler<T, A, B, P>>()
  /** Of each participant, the zxid up to which its log is on disk. */
  private readonly logged = new Map<number, number>()
  private readonly behindCommits: { readonly zxid: number; readonly run: () => void }[] = []
  private timer: Timer | undefined

  /** `inStep` is called when a quorum has the history, before the application is told. */
  constructor(context: Context<T, A, B, P>, inStep: () => void) {
    this.context = context
    this.inStep = inStep
    const { storage, settings, database } = context
    this.participants = new Set(settings.participants.map(({ id }) => id))
    this.summary = { currentEpoch: storage.currentEpoch, lastZxid: database.lastZxid }
  }

  get running(): boolean {
    return this.ended === undefined
  }

  /** Leads until it must give up; the reason. */
  async run(): Promise<string> {
    const { node, settings, storage, hooks } = this.context
    const { id, initTimeout } = settings
    await this.epochToPropose(id, storage.acceptedEpoch)
    if (!this.isEpochChosen) return this.end('no quorum told its accepted epoch in time')
    this.lastProposed = makeZxid(this.epoch, 0)
    await this.epochAcknowledged(id, this.summary)
    if (!this.isEpochAcknowledged) return this.end('no quorum acknowledged the epoch in time')
    await storage.setCurrentEpoch(this.epoch)
    this.newLeaderAcknowledged(id)
    await within(node, initTimeout, () => this.hasSynchronisedQuorum() || !this.running)
    if (!this.running) return this.ended ?? ''
    if (!this.hasSynchronisedQuorum()) return this.end('no quorum synchronised in time')

    this.lastCommitted = this.lastProposed
    storage.onSynced = (zxid) => {
      this.acknowledged(id, zxid)
    }
    this.isBroadcasting = true
    this.inStep()
    node.role('leader', { epoch: this.epoch })
    hooks.leading(this.epoch)
    this.superviseFromNowOn()
    await node.until(() => !this.running)
    return this.ended ?? ''
  }

  /** Gives up: at once nothing is proposed or committed any more, and all learners are let go. */
  end(reason: string): string {
    if (!this.running) return this.ended ?? ''
    this.ended = reason
    this.isBroadcasting = false
    this.timer?.cancel()
    this.context.storage.onSynced = () => undefined
    for (const handler of [...this.handlers]) handler.close()
    return reason
  }

  /** Takes a learner's connection, from its first message on. */
  async serve(connection: LearnerConnection<T, A, B, P>): Promise<void> {
    const handler = new LearnerHandler(this, connection)
    this.handlers.add(handler)
    await handler.run()
    this.handlers.delete(handler)
    this.forwarding.delete(handler)
  }

  // Discovery.

  /**
   * Takes a server's accepted epoch and waits until a quorum has told theirs; whether that was in time
   * (`getEpochToPropose`).
   */
  async epochToPropose(id: number, acceptedEpoch: number): Promise<boolean> {
    const { node, settings, storage } = this.context
    if (this.isEpochChosen) return true
    if (!this.isChoosing && acceptedEpoch >= this.epoch) this.epoch = acceptedEpoch + 1
    if (this.participants.has(id)) this.connecting.add(id)
    if (this.isQuorumWithSelf(this.connecting) && !this.isChoosing) {
      this.isChoosing = true
      await storage.setAcceptedEpoch(this.epoch)
      this.isEpochChosen = true
      return true
    }
    return within(node, settings.initTimeout, () => this.isEpochChosen || !this.running)
  }

  /** Takes a server's answer to the epoch and waits for a quorum of them (`waitForEpochAck`). */
  async epochAcknowledged(id: number, summary: StateSummary): Promise<boolean> {
    if (this.isEpochAcknowledged) return true
    if (summary.currentEpoch !== -1) {
      // Whoever has a later history must not lose it to this leader: it does not count, and the election is repeated.
      if (this.isBehind(summary)) return false
      if (this.participants.has(id)) this.electing.add(id)
    }
    if (this.isQuorumWithSelf(this.electing)) {
      this.isEpochAcknowledged = true
      return true
    }
    const { node, settings } = this.context
    return within(node, settings.initTimeout, () => this.isEpochAcknowledged || !this.running)
  }

  // Synchronisation.

  newLeaderAcknowledged(id: number): void {
    if (!this.participants.has(id)) return
    this.synchronised.add(id)
    this.logged.set(id, Math.max(this.logged.get(id) ?? 0, makeZxid(this.epoch, 0)))
  }

  hasSynchronisedQuorum(): boolean {
    return this.isQuorumWithSelf(this.synchronised)
  }

  /**
   * From now on this learner gets what is proposed (or, an observer, what is committed); first what it has not seen of
   * what is under way.
   */
  startForwarding(handler: LearnerHandler<T, A, B, P>, lastSeen: number): void {
    if (!handler.isObserver) {
      for (const [zxid, txn] of this.outstanding) if (zxid > lastSeen) handler.postProposal(zxid, txn)
    }
    this.forwarding.add(handler)
  }

  // Broadcast.

  /** Proposes a transaction; its zxid. Only while broadcasting. */
  propose(txn: T): number {
    const { storage, settings } = this.context
    const zxid = ++this.lastProposed
    this.outstanding.set(zxid, txn)
    storage.append(zxid, txn)
    for (const handler of this.forwarding) if (!handler.isObserver) handler.postProposal(zxid, txn)
    // The counter is used up: the epoch must end with it.
    if (zxid >= makeZxid(this.epoch, settings.counterMax)) this.end('the counter of the epoch is used up')
    return zxid
  }

  /** Runs something behind the commits of all that has been proposed so far; at once if nothing is under way. */
  afterCommits(run: () => void): void {
    if (this.outstanding.size === 0) run()
    else this.behindCommits.push({ zxid: this.lastProposed, run })
  }

  /** A participant has everything up to this zxid on disk. */
  acknowledged(id: number, zxid: number): void {
    if (!this.running || !this.participants.has(id)) return
    if (zxid <= (this.logged.get(id) ?? 0)) return
    this.logged.set(id, zxid)
    if (this.isBroadcasting) this.commitUpTo(this.loggedByQuorum())
  }

  toLearner(id: number, message: B): void {
    for (const handler of this.handlers) if (handler.id === id && handler.isServed) handler.post(message)
  }

  /** The zxid up to which a quorum has the log on disk. */
  protected loggedByQuorum(): number {
    const logged = [...this.logged.values()].sort((a, b) => b - a)
    return logged[this.quorumSize() - 1] ?? 0
  }

  /** How many participants decide. */
  protected quorumSize(): number {
    return majorityOf(this.participants.size)
  }

  /** Commits in the order of zxids. What waits behind a commit comes before the next one: a write may stand behind a sync. */
  protected commitUpTo(zxid: number): void {
    const { behindCommits } = this
    for (;;) {
      const waiting = behindCommits[0]
      const isDue = waiting !== undefined && waiting.zxid <= zxid
      this.commit(isDue ? waiting.zxid : zxid)
      if (!isDue) break
      behindCommits.shift()
      waiting.run()
    }
    this.context.database.machine.settled?.()
  }

  /** First to the learners, then here. */
  private commit(zxid: number): void {
    const committed = this.outstandingUpTo(zxid)
    const last = committed[committed.length - 1]
    if (last === undefined) return
    this.lastCommitted = last[0]
    for (const handler of this.forwarding) {
      if (handler.isObserver) for (const [id, txn] of committed) handler.postInform(id, txn)
      else handler.postCommit(last[0])
    }
    for (const [id, txn] of committed) {
      this.outstanding.delete(id)
      this.context.database.apply(id, txn)
    }
  }

  /** What is under way up to a zxid, in order. */
  protected outstandingUpTo(zxid: number): readonly (readonly [number, T])[] {
    const entries: (readonly [number, T])[] = []
    for (const entry of this.outstanding) {
      if (entry[0] > zxid) break
      entries.push(entry)
    }
    return entries
  }

  // Supervision.

  /** Whether a quorum has been heard within the last tick; its learners answer pings twice a tick. */
  hearsQuorum(): boolean {
    const { node, settings } = this.context
    const since = node.clock.monotonic() - settings.tick
    const heard = [...this.handlers].filter(({ heardAt }) => heardAt >= since).map(({ id }) => id)
    return this.isQuorumWithSelf(new Set([...heard, settings.id]))
  }

  /** Every half tick: is there still a quorum that answers? Every second time counts as a tick. */
  private superviseFromNowOn(): void {
    const { node, settings } = this.context
    let isHalf = true
    this.timer = node.every(settings.tick / 2, () => {
      if (!this.running) return
      if (!isHalf) {
        this.tick++
        const heard = [...this.handlers]
          .filter((handler) => handler.isSynchronised(this.tick))
          .map(({ id }) => id)
        if (!this.isQuorumWithSelf(new Set([...heard, settings.id]))) {
          this.end('not enough followers are synchronised')
          return
        }
      }
      isHalf = !isHalf
      for (const handler of this.handlers) handler.ping()
    })
  }

  private isQuorumWithSelf(ids: ReadonlySet<number>): boolean {
    if (!ids.has(this.context.settings.id)) return false
    let count = 0
    for (const id of ids) if (this.participants.has(id)) count++
    return count >= majorityOf(this.participants.size)
  }

  /** Whether another server has a later history than this one. */
  protected isBehind({ currentEpoch, lastZxid }: StateSummary): boolean {
    const own = this.summary
    return currentEpoch > own.currentEpoch || (currentEpoch === own.currentEpoch && lastZxid > own.lastZxid)
  }
}
