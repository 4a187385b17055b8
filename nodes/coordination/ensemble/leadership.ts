/**
 * What only the leader of an ensemble does: it orders the writes of all servers' clients, tracks all sessions by what its
 * learners hear of them, closes those that were silent for too long, and removes spent containers. It begins with every
 * session's full timeout: nobody is to blame for the time without a leader. And it closes no session while it hears no
 * quorum, where the real leader goes on doing so until it steps down (up to `syncLimit` ticks): what it logs then may come
 * true in a later epoch, and sessions would have expired for want of a quorum.
 *
 * Source: LeaderZooKeeperServer, LearnerHandler (PING, REQUEST, REVALIDATE), SessionTrackerImpl of ZooKeeper 3.8.
 */
import type { Node, Timer } from 'orrery-sim'

import type { WriteRequest } from '../data/prepare.ts'
import type { Database, Txn } from '../data/transactions.ts'
import { CONTAINER_CHECK_MS } from '../server/containers.ts'
import { Orderer } from '../server/orderer.ts'
import { Owners } from './owners.ts'

export interface LeadershipOptions {
  readonly database: Database
  /** Milliseconds. */
  readonly tick: number
  readonly extendedTypesEnabled: boolean
  /** Whether this server still leads. */
  readonly leads: () => boolean
  /** Whether it leads and a quorum has answered within the last tick. */
  readonly hearsQuorum: () => boolean
  readonly lastProposed: () => number
  readonly propose: (txn: Txn) => void
}

export class Leadership {
  private readonly node: Node
  private readonly options: LeadershipOptions
  private readonly owners = new Owners()
  private readonly orderer: Orderer
  private readonly timers: Timer[] = []
  private expiryTimer: Timer | undefined

  constructor(node: Node, options: LeadershipOptions) {
    const { database, tick, extendedTypesEnabled, lastProposed, propose } = options
    this.node = node
    this.options = options
    this.orderer = new Orderer({
      database,
      tick,
      extendedTypesEnabled,
      now: () => node.clock.monotonic(),
      wall: () => node.clock.wall(),
      nextZxid: () => lastProposed() + 1,
      propose: (_, txn) => {
        propose(txn)
      },
      ownerError: this.owners.error,
    })
    this.expireAtNextTick()
    this.timers.push(
      node.every(CONTAINER_CHECK_MS, () => {
        if (options.leads()) this.orderer.removeSpentContainers()
      }),
    )
  }

  /** A request that came through this server. */
  submit(server: number, request: WriteRequest): void {
    if (!this.options.leads()) return
    if (request.op.type === 'createSession') this.owners.set(request.session, server)
    this.owners.as(server, () => {
      this.orderer.submit(request)
    })
  }

  touch(session: number, timeout: number): boolean {
    return this.orderer.sessions.touch(session, timeout, this.node.clock.monotonic())
  }

  /** A client has come to this server with a session; whether it may be taken up. */
  validate(server: number, session: number, timeout: number): boolean {
    const isValid = this.touch(session, timeout)
    if (isValid) this.owners.set(session, server)
    return isValid
  }

  applied(zxid: number, txn: Txn): void {
    this.orderer.applied(zxid, txn)
    if (txn.body.type === 'closeSession') this.owners.remove(txn.session)
  }

  /** It leads no more. */
  end(): void {
    for (const timer of this.timers) timer.cancel()
    this.expiryTimer?.cancel()
  }

  private expireAtNextTick(): void {
    const { node, orderer } = this
    this.expireIn(Math.max(orderer.sessions.next - node.clock.monotonic(), 0))
  }

  private expireIn(wait: number): void {
    const { node, orderer } = this
    this.expiryTimer = node.after(wait, () => {
      if (!this.options.leads()) return
      // Who has lost its quorum, and may not know it yet, must not judge: it looks again a tick later.
      if (!this.options.hearsQuorum()) {
        this.expireIn(this.options.tick)
        return
      }
      const over = orderer.expire()
      if (over > 0) node.metrics.count('sessions expired', over)
      this.expireAtNextTick()
    })
  }
}
