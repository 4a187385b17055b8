/**
 * One server of an ensemble: serves its own clients by itself as long as it follows, observes or leads, has their writes
 * ordered by the leader, and applies what is committed. Without a leader it drops all clients and serves nobody.
 *
 * Source: QuorumZooKeeperServer and its kinds (Leader-, Follower-, ObserverZooKeeperServer), LearnerSessionTracker,
 * UpgradeableSessionTracker, CommitProcessor of ZooKeeper 3.8; see README.md.
 */
import type { Node, StreamConnection } from 'orrery-sim'

import { restore, snapshotOf } from '../data/snapshot.ts'
import type { Snapshot } from '../data/snapshot.ts'
import type { Database, Txn } from '../data/transactions.ts'
import { emptyDatabase } from '../data/transactions.ts'
import { Output } from '../server/output.ts'
import type { Upstream } from '../server/pipeline.ts'
import { RequestPipeline } from '../server/pipeline.ts'
import { serveClient } from '../server/serve.ts'
import type { StandaloneConfig } from '../server/standalone.ts'
import { sessionNumbers } from '../server/standalone.ts'
import type { ConnectRequest } from '../wire.ts'
import type { Hooks, Machine, Notification, ZabConfig } from '../zab/index.ts'
import { makeZxid, Peer } from '../zab/index.ts'
import { Leadership } from './leadership.ts'
import type { ToLeader, ToLearner, Touches } from './messages.ts'

export type EnsemblePeer = Peer<Txn, ToLeader, ToLearner, Touches>

/** What the machine of an ensemble's server is to atomic broadcast; for those who make a peer of their own. */
export type MakeEnsemblePeer = (
  node: Node,
  config: ZabConfig,
  machine: Machine<Txn>,
  hooks: Hooks<ToLeader, ToLearner, Touches>,
) => EnsemblePeer

const makeRealPeer: MakeEnsemblePeer = (...all) => new Peer(...all)

export class EnsembleServer {
  database: Database = emptyDatabase()
  /** Called when another database takes its place: at the start, and when the leader sends a snapshot. */
  onRestored: (database: Database) => void = () => undefined
  readonly pipeline: RequestPipeline
  protected readonly node: Node
  protected readonly peer: EnsemblePeer
  private readonly config: StandaloneConfig
  private readonly id: number
  private readonly tick: number
  private isServing = false
  /** The last transaction applied; a leader shows its clients more than that (`leading`). */
  private lastApplied = 0
  private leadership: Leadership | undefined
  /** On a learner: sessions heard of since the last answer to a ping. */
  private touched = new Map<number, number>()

  constructor(
    node: Node,
    config: StandaloneConfig,
    zab: ZabConfig,
    makePeer: MakeEnsemblePeer = makeRealPeer,
  ) {
    const { tick = 2000, notificationCost = 0, packetMax } = config
    this.node = node
    this.config = config
    this.id = zab.id
    this.tick = tick
    this.peer = makePeer(node, { ...zab, tick }, this.machine(), this.hooks())
    this.pipeline = new RequestPipeline({
      database: this.database,
      tick,
      ordered: false,
      ...(packetMax === undefined ? {} : { packetMax }),
      upstream: this.upstream(),
      newSession: sessionNumbers(node, zab.id),
      output: new Output(node, notificationCost).send,
      metrics: node.metrics,
    })
  }

  recover(): Promise<void> {
    return this.peer.recover()
  }

  start(): void {
    this.peer.start()
  }

  notified(notification: Notification): void {
    this.peer.notified(notification)
  }

  /** A learner's connection, from its first frame on. */
  accept(stream: StreamConnection, frame: unknown): Promise<void> {
    return this.peer.accept(stream, frame)
  }

  /** A client's connection. A server that is in step with no leader ends it at once. */
  async serve(stream: StreamConnection, first: ConnectRequest): Promise<void> {
    if (this.isServing) await serveClient(this.node, this.pipeline, stream, first, this.config.requestCost)
    else stream.end()
  }

  private machine(): Machine<Txn> {
    const lastApplied = (): number => this.lastApplied
    return {
      get lastZxid() {
        return lastApplied()
      },
      apply: (zxid, txn) => {
        this.lastApplied = zxid
        this.pipeline.deliver(zxid, txn)
        this.leadership?.applied(zxid, txn)
      },
      settled: () => {
        this.pipeline.flush()
      },
      snapshot: () => snapshotOf(this.database),
      restore: (snapshot, zxid) => {
        this.lastApplied = zxid
        this.database = snapshot === undefined ? emptyDatabase() : restore(snapshot as Snapshot)
        this.pipeline.useDatabase(this.database)
        this.onRestored(this.database)
      },
      weight: weightOf,
    }
  }

  private upstream(): Upstream {
    const { peer, id } = this
    return {
      submit: (request) => {
        if (this.leadership !== undefined) this.leadership.submit(id, request)
        else peer.toLeader({ type: 'request', request })
      },
      touch: (session, timeout) => {
        if (this.leadership !== undefined) return this.leadership.touch(session, timeout)
        this.touched.set(session, timeout)
        return true
      },
      validate: (session, timeout) => {
        const { leadership } = this
        if (leadership === undefined) {
          peer.toLeader({ type: 'revalidate', session, timeout })
          return
        }
        this.answerValidation(leadership.validate(id, session, timeout), (isValid) => {
          this.pipeline.validated(session, isValid)
        })
      },
      sync: (session, xid) => {
        if (this.leadership === undefined) peer.toLeader({ type: 'sync', session, xid })
        else peer.afterCommits(() => this.pipeline.synced(session, xid))
      },
    }
  }

  private hooks(): Hooks<ToLeader, ToLearner, Touches> {
    return {
      leading: (epoch) => {
        // The first zxid of the epoch, which no transaction bears: what a leader tells its clients from now on, and whom
        // it tells finds no way back to a follower before the next write (`Leader.startZkServer`).
        this.database.lastZxid = makeZxid(epoch, 0)
        this.leadership = this.makeLeadership()
        this.isServing = true
      },
      following: () => {
        this.isServing = true
      },
      observing: () => {
        this.isServing = true
      },
      looking: () => {
        this.isServing = false
        this.leadership?.end()
        this.leadership = undefined
        this.touched = new Map()
        this.pipeline.closeAll()
        this.pipeline.flush()
      },
      fromLearner: (learner, message) => {
        this.takeFromLearner(learner, message)
      },
      pinged: (_, touches) => {
        for (const [session, timeout] of touches) this.leadership?.touch(session, timeout)
      },
      fromLeader: (message) => {
        if (message.type === 'revalidated') this.pipeline.validated(message.session, message.valid)
        else this.pipeline.synced(message.session, message.xid)
        this.pipeline.flush()
      },
      pingPayload: () => {
        const touches = [...this.touched]
        this.touched = new Map()
        return touches
      },
    }
  }

  private takeFromLearner(learner: number, message: ToLeader): void {
    const { leadership, peer } = this
    if (leadership === undefined) return
    switch (message.type) {
      case 'request':
        leadership.submit(learner, message.request)
        return
      case 'revalidate': {
        const { session, timeout } = message
        this.answerValidation(leadership.validate(learner, session, timeout), (valid) => {
          peer.toLearner(learner, { type: 'revalidated', session, valid })
        })
        return
      }
      case 'sync': {
        const { session, xid } = message
        peer.afterCommits(() => {
          peer.toLearner(learner, { type: 'synced', session, xid })
        })
        return
      }
      default:
        message satisfies never
    }
  }

  /**
   * A client learns that its session is over only behind the commit that ends it. The real leader tells it at once; one
   * that has lost its quorum and does not know it yet would announce an end that never happens.
   */
  private answerValidation(isValid: boolean, answer: (isValid: boolean) => void): void {
    if (isValid) answer(true)
    else {
      this.peer.afterCommits(() => {
        answer(false)
      })
    }
  }

  private makeLeadership(): Leadership {
    const { peer } = this
    return new Leadership(this.node, {
      database: this.database,
      tick: this.tick,
      extendedTypesEnabled: this.config.extendedTypesEnabled ?? false,
      leads: () => peer.leading,
      hearsQuorum: () => peer.hearsQuorum,
      lastProposed: () => peer.lastProposed,
      propose: (txn) => {
        peer.propose(txn)
      },
    })
  }
}

/** About how many bytes a transaction takes. */
function weightOf({ body }: Txn): number {
  switch (body.type) {
    case 'create':
    case 'setData':
      return 200 + body.path.length + (body.data?.length ?? 0)
    case 'multi':
      return body.parts.reduce(
        (sum, part) => sum + 200 + ('data' in part ? (part.data?.length ?? 0) : 0),
        200,
      )
    case 'closeSession':
      return body.paths.reduce((sum, path) => sum + path.length, 200)
    case 'delete':
    case 'error':
    case 'createSession':
      return 200
    default:
      return body satisfies never
  }
}
