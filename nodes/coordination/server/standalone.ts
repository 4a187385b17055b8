/**
 * A server on its own: it orders the writes itself, and a transaction is committed as soon as its own disk has it.
 *
 * Source: ZooKeeperServer's chain of PrepRequestProcessor, SyncRequestProcessor and FinalRequestProcessor in ZooKeeper 3.8,
 * which takes the requests of all clients in one order.
 */
import type { Duration, Node, StreamConnection } from 'orrery-sim'

import type { Database, Txn } from '../data/transactions.ts'
import type { ConnectRequest } from '../wire.ts'
import { CONTAINER_CHECK_MS } from './containers.ts'
import { TransactionLog } from './log.ts'
import { Orderer } from './orderer.ts'
import { Output } from './output.ts'
import { RequestPipeline } from './pipeline.ts'
import { serveClient } from './serve.ts'

export interface StandaloneConfig {
  /** Granularity of expiry in milliseconds; session timeouts are between 2 and 20 ticks. Default 2000. */
  readonly tick?: number
  /** CPU time for each request, ping and connection. Default 0. */
  readonly requestCost?: Duration
  /** CPU time for each watch event sent. Default 0. */
  readonly notificationCost?: Duration
  /** Transactions between two snapshots. Default 100 000. */
  readonly snapCount?: number
  /** Whether clients may create TTL znodes. Default false, as on a real server. */
  readonly extendedTypesEnabled?: boolean
  /** Longest packet of a client in bytes (jute.maxbuffer). Default 1 048 575. */
  readonly packetMax?: number
}

export class Standalone {
  readonly pipeline: RequestPipeline
  private readonly node: Node
  private readonly config: StandaloneConfig
  private readonly orderer: Orderer
  private zxid: number

  /** Begins to serve what `database` holds; every session has its full timeout from now. */
  constructor(node: Node, database: Database, config: StandaloneConfig) {
    const {
      tick = 2000,
      snapCount = 100_000,
      extendedTypesEnabled = false,
      notificationCost = 0,
      packetMax,
    } = config
    this.node = node
    this.config = config
    this.zxid = database.lastZxid
    const committed = (zxid: number, txn: Txn): void => {
      this.pipeline.deliver(zxid, txn)
      this.orderer.applied(zxid, txn)
    }
    const log = new TransactionLog(node, database, snapCount, committed, () => {
      this.pipeline.flush()
    })
    this.orderer = new Orderer({
      database,
      tick,
      extendedTypesEnabled,
      now: () => node.clock.monotonic(),
      wall: () => node.clock.wall(),
      nextZxid: () => ++this.zxid,
      propose: (zxid, txn) => {
        log.append(zxid, txn)
      },
    })
    const output = new Output(node, notificationCost)
    this.pipeline = new RequestPipeline({
      database,
      tick,
      ordered: true,
      ...(packetMax === undefined ? {} : { packetMax }),
      upstream: {
        submit: (request) => {
          this.orderer.submit(request)
        },
        touch: (session, timeout) => this.orderer.sessions.touch(session, timeout, node.clock.monotonic()),
        validate: (session, timeout) => {
          const valid = this.orderer.sessions.touch(session, timeout, node.clock.monotonic())
          this.pipeline.validated(session, valid)
        },
      },
      newSession: sessionNumbers(node, 0),
      output: output.send,
      metrics: node.metrics,
    })
    this.expireAtNextTick()
    node.every(CONTAINER_CHECK_MS, () => {
      this.orderer.removeSpentContainers()
    })
  }

  serve(stream: StreamConnection, first: ConnectRequest): Promise<void> {
    return serveClient(this.node, this.pipeline, stream, first, this.config.requestCost)
  }

  private expireAtNextTick(): void {
    const { node, orderer } = this
    const wait = orderer.sessions.next - node.clock.monotonic()
    node.after(Math.max(wait, 0), () => {
      const over = orderer.expire()
      if (over > 0) node.metrics.count('sessions expired', over)
      this.expireAtNextTick()
    })
  }
}

/**
 * Numbers for new sessions: the server's own number, then a random start, then a count, in 53 bits. The start differs in
 * every incarnation, so that a number is not given again to somebody else after a crash.
 */
export function sessionNumbers(node: Node, server: number): () => number {
  let last = server * 17592186044416 + node.random.int(2147483648) * 4096
  return () => ++last
}
