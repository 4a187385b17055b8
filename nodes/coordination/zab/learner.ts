/**
 * A server that follows or observes, after ZooKeeper's `Learner`, `Follower` and `Observer` (3.8): connects to the
 * leader, agrees on the epoch, takes over the leader's history, and then logs proposals, acknowledges them once they are
 * on disk, and applies them as they are committed.
 *
 * Where releases of 3.8 differ in the order of the steps of NEWLEADER, the paper's order is followed: the history is on
 * disk first, then `currentEpoch`, then the acknowledgement (the real one was mended in ZOOKEEPER-4643, 4646, 4785).
 */
import type { Channel } from './channel.ts'
import { Channel as OpenChannel } from './channel.ts'
import type { Entry } from './database.ts'
import type { Context } from './leader.ts'
import type { LeaderMessage, LearnerMessage, Run } from './messages.ts'
import type { Member } from './types.ts'
import { hexZxid, makeZxid } from './zxid.ts'

type LeaderConnection<T, A, B, P> = Channel<LearnerMessage<A, P>, LeaderMessage<T, B>>

/** How often and at which interval a leader that does not listen yet is tried again. */
const ATTEMPTS = 5
const RETRY_DELAY = 100

const MESSAGE_BYTES = 100

export class Learner<T, A, B, P> {
  private readonly context: Context<T, A, B, P>
  private readonly leader: Member
  private readonly inStep: () => void
  private channel: LeaderConnection<T, A, B, P> | undefined
  /** Transactions on their way to or on the disk, not applied yet, oldest first. */
  private readonly pending: Entry<T>[] = []
  /** Up to where the leader has committed. */
  private committed = 0
  /** The log is in line with the leader's: what comes now can be added to it. */
  private isLogging = false
  private isServing = false

  /** `inStep` is called when the leader's history has been taken over, before the application is told. */
  constructor(context: Context<T, A, B, P>, leader: Member, inStep: () => void) {
    this.context = context
    this.inStep = inStep
    this.leader = leader
  }

  /** Follows until it must not any more; the reason. */
  async run(): Promise<string> {
    const epoch = await this.register()
    if (typeof epoch === 'string') return this.end(epoch)
    const refused = await this.synchronise(epoch)
    if (refused !== undefined) return this.end(refused)
    this.announce(epoch)
    return this.end(await this.follow())
  }

  /** What is on disk and was not committed as far as this server knows; empties the list. */
  takePending(): readonly Entry<T>[] {
    return this.isLogging ? this.pending.splice(0) : []
  }

  toLeader(message: A): void {
    this.channel?.post({ type: 'app', message })
  }

  private end(reason: string): string {
    this.isServing = false
    this.context.storage.onSynced = () => undefined
    this.channel?.close()
    return reason
  }

  /** Connects and agrees on the epoch (`registerWithLeader`); the epoch, or why not. */
  private async register(): Promise<number | string> {
    const { node, settings, storage } = this.context
    const deadline = node.clock.monotonic() + settings.initTimeout
    for (let attempt = 1; ; attempt++) {
      const answer = await this.connect(deadline - node.clock.monotonic())
      if (answer === undefined) {
        const isLate = node.clock.monotonic() + RETRY_DELAY >= deadline
        if (attempt === ATTEMPTS || isLate) return 'the leader cannot be reached'
        await node.sleep(RETRY_DELAY)
        continue
      }
      if (answer.type !== 'leaderInfo') return `expected the new epoch, got ${answer.type}`
      const { epoch } = answer
      if (epoch < storage.acceptedEpoch) return `epoch ${epoch} is older than ${storage.acceptedEpoch}`
      const isNew = epoch > storage.acceptedEpoch
      if (isNew) await storage.setAcceptedEpoch(epoch)
      this.channel?.post({
        type: 'ackEpoch',
        // An epoch that was accepted before must not be acknowledged twice: it may have had another leader.
        currentEpoch: isNew ? storage.currentEpoch : -1,
        lastZxid: storage.lastLogged,
      })
      this.channel?.setTimeout(settings.initTimeout)
      return epoch
    }
  }

  /** A new connection, and what the leader says first on it; undefined if there is no such leader (yet). */
  private async connect(timeout: number): Promise<LeaderMessage<T, B> | undefined> {
    const { node, settings, storage } = this.context
    const opened = await node.streams.connect(this.leader.address, { timeout })
    if (!opened.ok) return undefined
    const channel: LeaderConnection<T, A, B, P> = new OpenChannel(node, opened.value, () => MESSAGE_BYTES)
    this.channel = channel
    channel.setTimeout(settings.initTimeout)
    channel.post({
      type: settings.isObserver ? 'observerInfo' : 'followerInfo',
      id: settings.id,
      acceptedEpoch: storage.acceptedEpoch,
    })
    return channel.next()
  }

  /** Takes over the leader's history (`syncWithLeader`), until UPTODATE; undefined, or why not. */
  private async synchronise(epoch: number): Promise<string | undefined> {
    const { storage, settings, database } = this.context
    const channel = this.channel as LeaderConnection<T, A, B, P>
    const first = await channel.next()
    let snapshot: { readonly zxid: number; readonly state: unknown } | undefined
    switch (first?.type) {
      case 'diff':
        break
      case 'trunc':
        await storage.truncate(first.zxid)
        if (storage.lastLogged !== first.zxid) {
          // Going on would leave a gap in the history; the real server exits as well.
          this.context.node.log.warn(`cannot truncate to ${hexZxid(first.zxid)}`)
          this.context.node.stop()
          return 'the log cannot be truncated'
        }
        break
      case 'snap':
        snapshot = { zxid: first.zxid, state: first.snapshot }
        break
      case undefined:
        return 'the connection to the leader is lost'
      default:
        return `expected DIFF, TRUNC or SNAP, got ${first?.type}`
    }
    for (let message = await channel.next(); message !== undefined; message = await channel.next()) {
      switch (message.type) {
        case 'proposal':
          this.take(message)
          break
        case 'inform':
          this.take(message)
          this.committed = message.zxid + message.txns.length - 1
          break
        case 'commit':
          this.committed = message.zxid
          break
        case 'newLeader':
          if (snapshot !== undefined) {
            database.restore(snapshot.state, snapshot.zxid)
            this.applyCommitted()
            await storage.install()
          }
          for (const { zxid, txn } of this.pending) storage.append(zxid, txn)
          this.isLogging = true
          await storage.idle()
          await storage.setCurrentEpoch(epoch)
          channel.setTimeout(settings.syncTimeout)
          channel.post({ type: 'ack', zxid: makeZxid(epoch, 0) })
          this.acknowledge(storage.syncedZxid)
          storage.onSynced = (zxid) => {
            this.acknowledge(zxid)
          }
          break
        case 'ping':
          this.answerPing()
          break
        case 'upToDate':
          this.applyCommitted()
          return undefined
        case 'app':
        case 'leaderInfo':
        case 'diff':
        case 'trunc':
        case 'snap':
          return `expected the leader's history, got ${message.type}`
        default:
          message satisfies never
      }
    }
    return 'the connection to the leader is lost'
  }

  private announce(epoch: number): void {
    const { node, settings, hooks } = this.context
    this.isServing = true
    this.inStep()
    if (settings.isObserver) {
      node.role('observer', { epoch })
      hooks.observing(this.leader.id, epoch)
    } else {
      node.role('follower', { epoch })
      hooks.following(this.leader.id, epoch)
    }
  }

  private async follow(): Promise<string> {
    const channel = this.channel as LeaderConnection<T, A, B, P>
    for (let batch = await channel.batch(); batch !== undefined; batch = await channel.batch()) {
      for (const message of batch) {
        switch (message.type) {
          case 'proposal':
            this.take(message)
            break
          case 'commit':
            this.committed = message.zxid
            this.applyCommitted()
            break
          case 'inform':
            this.take(message)
            this.committed = message.zxid + message.txns.length - 1
            this.applyCommitted()
            break
          case 'ping':
            this.answerPing()
            break
          case 'app':
            this.context.hooks.fromLeader(message.message)
            break
          case 'leaderInfo':
          case 'diff':
          case 'trunc':
          case 'snap':
          case 'newLeader':
          case 'upToDate':
            return `unexpected ${message.type}`
          default:
            message satisfies never
        }
      }
    }
    return 'the connection to the leader is lost'
  }

  /** Transactions have come: into the log, if it is in line with the leader's by now, and onto the list. */
  private take({ zxid, txns }: Run<T>): void {
    txns.forEach((txn, index) => {
      this.pending.push({ zxid: zxid + index, txn })
      if (this.isLogging) this.context.storage.append(zxid + index, txn)
    })
  }

  private applyCommitted(): void {
    const { pending, committed } = this
    let count = 0
    for (const { zxid, txn } of pending) {
      if (zxid > committed) break
      count++
      this.context.database.apply(zxid, txn)
    }
    if (count === 0) return
    pending.splice(0, count)
    this.context.database.machine.settled?.()
  }

  private acknowledge(zxid: number): void {
    if (!this.context.settings.isObserver) this.channel?.post({ type: 'ack', zxid })
  }

  private answerPing(): void {
    // Sessions are not touched before the server serves clients.
    const payload = this.isServing ? this.context.hooks.pingPayload() : undefined
    this.channel?.post({ type: 'ping', payload })
  }
}
