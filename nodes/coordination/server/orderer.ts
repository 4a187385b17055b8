/**
 * Ordering the writes: what a standalone server does, and the leader of an ensemble. A request becomes a transaction with
 * the next zxid and is proposed; sessions are tracked, and those that were silent for too long are closed; spent container
 * znodes are removed. Who proposes it and tells when it is committed is handed in.
 *
 * Source: PrepRequestProcessor, SessionTrackerImpl, ContainerManager of ZooKeeper 3.8.
 */
import { Preparation } from '../data/prepare.ts'
import type { WriteRequest } from '../data/prepare.ts'
import type { Database, Txn } from '../data/transactions.ts'
import type { ErrorName } from '../wire.ts'
import { spentContainers } from './containers.ts'
import { SessionTracker } from './sessions.ts'

export interface OrdererOptions {
  readonly database: Database
  /** Milliseconds. */
  readonly tick: number
  readonly extendedTypesEnabled: boolean
  /** Monotonic and wall clock of the server, in milliseconds. */
  readonly now: () => number
  readonly wall: () => number
  /** Has a transaction replicated under the next zxid, which must be the one that `nextZxid` gave. */
  readonly propose: (zxid: number, txn: Txn) => void
  readonly nextZxid: () => number
  /** Why a session may not use the server that the request came through; default: it may. */
  readonly ownerError?: (session: number) => ErrorName | undefined
}

export class Orderer {
  readonly sessions: SessionTracker
  private readonly options: OrdererOptions
  private readonly preparation: Preparation

  /** All sessions of the database have their full timeout from now: nobody is to blame for what was before. */
  constructor(options: OrdererOptions) {
    this.options = options
    const { database, tick, extendedTypesEnabled, ownerError } = options
    const now = options.now()
    this.sessions = new SessionTracker(tick, now)
    for (const [session, timeout] of database.sessions) this.sessions.track(session, timeout, now)
    this.preparation = new Preparation(database, {
      extendedTypesEnabled,
      sessionError: (session) => this.sessions.error(session) ?? ownerError?.(session),
    })
  }

  submit(request: WriteRequest): void {
    const { session, op } = request
    const zxid = this.options.nextZxid()
    const txn = this.preparation.prepare(request, zxid, this.options.wall())
    if (op.type === 'createSession') this.sessions.track(session, op.timeout, this.options.now())
    else if (op.type === 'closeSession') this.sessions.close(session)
    this.options.propose(zxid, txn)
  }

  /** A transaction was applied to the database, also one that another leader had proposed. */
  applied(zxid: number, txn: Txn): void {
    this.preparation.applied(zxid)
    if (txn.body.type === 'closeSession') this.sessions.remove(txn.session)
    else if (txn.body.type === 'createSession' && this.sessions.error(txn.session) !== undefined)
      this.sessions.track(txn.session, txn.body.timeout, this.options.now())
  }

  /** Closes the sessions whose time is over, and says how many. To be called at `sessions.next` (monotonic). */
  expire(): number {
    const over = this.sessions.expire(this.options.now())
    for (const session of over) this.submit({ session, cxid: 0, op: { type: 'closeSession' } })
    return over.length
  }

  removeSpentContainers(): void {
    for (const path of spentContainers(this.options.database.tree, this.options.wall()))
      this.submit({ session: 0, cxid: 0, op: { type: 'deleteContainer', path } })
  }
}
