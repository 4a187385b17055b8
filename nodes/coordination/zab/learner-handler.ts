/**
 * The leader's side of one learner, after ZooKeeper's `LearnerHandler` (3.8): takes its accepted epoch, tells the new
 * one, brings its history in line (DIFF, TRUNC or SNAP), waits for the answer to NEWLEADER, and from then on forwards
 * proposals and commits in order.
 *
 * Left out: DIFF from log files (a learner further behind than the transactions in memory gets a snapshot), limits on
 * how many learners load a snapshot at a time, learners below other learners.
 */
import type { Leader } from './leader.ts'
import type { Channel } from './channel.ts'
import type { Entry } from './database.ts'
import { runsOf } from './database.ts'
import type { LeaderMessage, LearnerMessage } from './messages.ts'
import { counterOf, epochOf, makeZxid } from './zxid.ts'

export type LearnerConnection<T, A, B, P> = Channel<LeaderMessage<T, B>, LearnerMessage<A, P>>

interface Sent {
  readonly zxid: number
  /** By the monotonic clock, in milliseconds. */
  readonly at: number
}

export class LearnerHandler<T, A, B, P> {
  id = -1
  isObserver = false
  /** Has got UPTODATE. */
  isServed = false
  private readonly leader: Leader<T, A, B, P>
  private readonly channel: LearnerConnection<T, A, B, P>
  /** Synchronisation has begun to be sent: pings may follow. */
  private isSending = false
  /** When it was last heard, by the leader's monotonic clock in milliseconds. */
  heardAt = -Infinity
  /** The leader's tick until which it counts as heard. */
  private deadline: number
  /** A proposal that it has not acknowledged yet, and the latest one: what `SyncLimitCheck` watches. */
  private current: Sent | undefined
  private latest: Sent | undefined

  constructor(leader: Leader<T, A, B, P>, channel: LearnerConnection<T, A, B, P>) {
    const { settings } = leader.context
    this.leader = leader
    this.channel = channel
    this.deadline = leader.tick + settings.initLimit + settings.syncLimit
    channel.setTimeout(settings.initTimeout)
  }

  /** Whether the leader may count on it. */
  isSynchronised(tick: number): boolean {
    return !this.channel.closed && tick <= this.deadline
  }

  /** Goes through all phases until the connection ends. */
  async run(): Promise<void> {
    if (await this.discover()) await this.serve()
    this.close()
  }

  close(): void {
    this.channel.close()
  }

  /** Discovery and synchronisation; whether the learner is in step then. */
  private async discover(): Promise<boolean> {
    const { leader, channel } = this
    const { context } = leader
    const info = await channel.next()
    if (info?.type !== 'followerInfo' && info?.type !== 'observerInfo') return false
    this.id = info.id
    this.isObserver = info.type === 'observerInfo'
    if (!(await leader.epochToPropose(info.id, info.acceptedEpoch))) return false
    channel.post({ type: 'leaderInfo', epoch: leader.epoch })
    const answer = await channel.next()
    if (answer?.type !== 'ackEpoch') return false
    const { currentEpoch, lastZxid } = answer
    if (!(await leader.epochAcknowledged(info.id, { currentEpoch, lastZxid }))) return false
    if (!this.alive) return false

    this.synchronise(lastZxid)
    channel.post({ type: 'newLeader', epoch: leader.epoch })
    this.isSending = true
    const ack = await channel.next()
    if (ack?.type !== 'ack' || ack.zxid !== makeZxid(leader.epoch, 0)) return false
    leader.newLeaderAcknowledged(info.id)
    channel.setTimeout(context.settings.syncTimeout)
    this.deadline = leader.tick + context.settings.syncLimit
    await context.node.until(() => leader.isBroadcasting || !this.alive)
    if (!this.alive) return false
    channel.post({ type: 'upToDate' })
    this.isServed = true
    return true
  }

  private get alive(): boolean {
    return this.leader.running && !this.channel.closed
  }

  /** What the learner must do to have the leader's history, and whatever it misses (`syncFollower`). */
  private synchronise(peerLast: number): void {
    const { database } = this.leader.context
    const { committed, lastZxid } = database
    const oldest = committed[0]?.zxid ?? lastZxid
    const newest = committed[committed.length - 1]?.zxid ?? lastZxid
    if (peerLast === lastZxid) {
      this.channel.post({ type: 'diff' })
      this.leader.startForwarding(this, peerLast)
    } else if (peerLast > newest && counterOf(peerLast) !== 0) {
      this.channel.post({ type: 'trunc', zxid: newest })
      this.leader.startForwarding(this, newest)
    } else if (!(peerLast >= oldest && peerLast <= newest && this.sendDifference(committed, peerLast))) {
      this.channel.post({ type: 'snap', zxid: lastZxid, snapshot: database.machine.snapshot() })
      this.leader.startForwarding(this, lastZxid)
    }
  }

  /** DIFF, or TRUNC to the last common transaction, and what comes after it; false if only a snapshot will do. */
  private sendDifference(committed: readonly Entry<T>[], peerLast: number): boolean {
    const next = committed.findIndex(({ zxid }) => zxid > peerLast)
    const common = committed[(next < 0 ? committed.length : next) - 1]
    const missing = next < 0 ? [] : committed.slice(next)
    if (common?.zxid === peerLast || counterOf(peerLast) === 0) this.channel.post({ type: 'diff' })
    // It has something that the leader has not. A cut must not reach over the end of an epoch.
    else if (
      common !== undefined &&
      missing[0] !== undefined &&
      epochOf(missing[0].zxid) === epochOf(peerLast)
    ) {
      this.channel.post({ type: 'trunc', zxid: common.zxid })
    } else return false
    for (const run of runsOf(missing)) {
      this.channel.post({ type: 'proposal', ...run })
      this.channel.post({ type: 'commit', zxid: run.zxid + run.txns.length - 1 })
    }
    this.leader.startForwarding(this, missing[missing.length - 1]?.zxid ?? peerLast)
    return true
  }

  private async serve(): Promise<void> {
    const { leader, channel } = this
    const { node, settings, hooks } = leader.context
    for (let batch = await channel.batch(); batch !== undefined; batch = await channel.batch()) {
      if (!this.alive) return
      this.deadline = leader.tick + settings.syncLimit
      this.heardAt = node.clock.monotonic()
      for (const message of batch) {
        switch (message.type) {
          case 'ack':
            this.forget(message.zxid)
            leader.acknowledged(this.id, message.zxid)
            break
          case 'ping':
            if (message.payload !== undefined) hooks.pinged(this.id, message.payload)
            break
          case 'app':
            hooks.fromLearner(this.id, message.message)
            break
          case 'followerInfo':
          case 'observerInfo':
          case 'ackEpoch':
            return
          default:
            message satisfies never
        }
        if (!this.alive) return
      }
    }
  }

  // What the leader sends.

  post(message: B): void {
    this.channel.post({ type: 'app', message })
  }

  postProposal(zxid: number, txn: T): void {
    const sent: Sent = { zxid, at: this.leader.context.node.clock.monotonic() }
    if (this.current === undefined) this.current = sent
    else this.latest = sent
    this.postTransaction('proposal', zxid, txn)
  }

  postInform(zxid: number, txn: T): void {
    this.postTransaction('inform', zxid, txn)
  }

  postCommit(zxid: number): void {
    this.channel.post({ type: 'commit', zxid })
  }

  /** Pings it, unless it has left a proposal unanswered for too long: then it is given up (`SyncLimitCheck`). */
  ping(): void {
    if (!this.isSending) return
    const { node, settings } = this.leader.context
    const { current } = this
    if (current !== undefined && node.clock.monotonic() - current.at >= settings.syncTimeout) this.close()
    else this.channel.post({ type: 'ping' })
  }

  private postTransaction(type: 'proposal' | 'inform', zxid: number, txn: T): void {
    const last = this.channel.lastPosted
    if (last?.type === type && last.zxid + last.txns.length === zxid) (last.txns as T[]).push(txn)
    else this.channel.post({ type, zxid, txns: [txn] })
  }

  private forget(zxid: number): void {
    if (this.current === undefined || zxid < this.current.zxid) return
    this.current = this.latest !== undefined && zxid < this.latest.zxid ? this.latest : undefined
    this.latest = undefined
  }
}
