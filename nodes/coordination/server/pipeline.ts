/**
 * What one server does for its clients: sessions are opened and taken up again, requests performed and answered in the
 * order of each session, watch events sent before the reply that shows the change. Writes go upstream, to whoever orders
 * them, and come back as committed transactions through `deliver`, on every server alike.
 *
 * A read that comes behind a write of its session waits for it; otherwise it is answered at once (CommitProcessor). A
 * standalone server takes the requests of all its clients in one order (`ordered`).
 *
 * Source: ZooKeeperServer (processConnectRequest, reopenSession), FinalRequestProcessor, NIOServerCnxn of ZooKeeper 3.8.
 * Left out: authentication, throttling (globalOutstandingLimit and RequestThrottler), four-letter words. Requests that
 * follow closeSession on a connection are dropped; on a real server it is a race whether they are looked at.
 */
import type { StreamConnection } from 'orrery-sim'

import type { WriteRequest } from '../data/prepare.ts'
import { isTooLong, PACKET_MAX } from '../data/packet.ts'
import type { ReadOp, Reader } from '../data/reads.ts'
import { read } from '../data/reads.ts'
import type { Database, Txn } from '../data/transactions.ts'
import { apply } from '../data/transactions.ts'
import { Watches } from '../data/watches.ts'
import type {
  ConnectRequest,
  ErrorName,
  OpResults,
  ReplyFrame,
  RequestFrame,
  WatchEventType,
} from '../wire.ts'
import { ClientConnection, Lane } from './connection.ts'
import { negotiate, passwordOf } from './sessions.ts'

/** Where a server's writes go, and who knows the sessions. */
export interface Upstream {
  /** Has a request ordered; its transaction comes back through `deliver`. */
  submit(request: WriteRequest): void
  /** A session was heard of; false if it is known to be over: what it asked for is dropped. */
  touch(session: number, timeout: number): boolean
  /** Asks whether a session may be taken up on this server; the answer comes through `validated`. */
  validate(session: number, timeout: number): void
  /**
   * Has everything that was committed before reach this server; the answer comes through `synced`. Absent: it has.
   */
  sync?(session: number, xid: number): void
}

export interface PipelineOptions {
  readonly database: Database
  readonly upstream: Upstream
  /** Milliseconds. */
  readonly tick: number
  /** One order for the requests of all clients. */
  readonly ordered: boolean
  /** Longest packet in bytes; default jute.maxbuffer's, 1 048 575. */
  readonly packetMax?: number
  /** A number for a new session, never given before. */
  readonly newSession: () => number
  /** There is something to send on this connection, or it is to be ended; called once until `takeOutput`. */
  readonly output: (connection: ClientConnection) => void
  readonly metrics: Counters
}

/** Where numbers for people go. */
export interface Counters {
  count(name: string, by?: number): void
  sample(name: string, value: number): void
}

export class RequestPipeline {
  readonly watches = new Watches()
  private readonly options: PipelineOptions
  private database: Database
  private readonly shared: Lane | undefined
  private readonly connections = new Map<number, ClientConnection>()
  /** By session. */
  private readonly attached = new Map<number, ClientConnection>()
  private readonly dirty = new Set<ClientConnection>()
  private lastConnection = 0
  private notified = 0

  constructor(options: PipelineOptions) {
    this.options = options
    this.database = options.database
    this.shared = options.ordered ? new Lane() : undefined
  }

  /** Sessions that have a connection to this server. */
  get sessions(): Iterable<number> {
    return this.attached.keys()
  }

  /** Another database, from a snapshot; there are no connections then. */
  useDatabase(database: Database): void {
    this.database = database
  }

  open(stream: StreamConnection): ClientConnection {
    const connection = new ClientConnection(++this.lastConnection, stream, this.shared ?? new Lane())
    this.connections.set(connection.id, connection)
    return connection
  }

  /** The client's end is gone. Its session lives on. */
  lost(connection: ClientConnection): void {
    this.forget(connection)
    connection.outbox = []
    this.dirty.delete(connection)
  }

  /** Ends a connection after what is in its outbox. */
  close(connection: ClientConnection): void {
    if (connection.closed) return
    this.forget(connection)
    this.touchOutput(connection)
  }

  /** Nobody may be served any more. */
  closeAll(): void {
    for (const connection of [...this.connections.values()]) this.close(connection)
    this.shared?.clear()
  }

  /** The first frame of a client. */
  connect(connection: ClientConnection, { lastZxidSeen, timeout, session, password }: ConnectRequest): void {
    const { tick, upstream, newSession } = this.options
    this.options.metrics.count('coordination requests')
    // A client that has seen more than this server would see time run backwards.
    if (lastZxidSeen > this.database.lastZxid) {
      this.close(connection)
      return
    }
    connection.timeout = negotiate(timeout, tick)
    if (session === 0) {
      connection.session = newSession()
      this.attached.set(connection.session, connection)
      connection.lane.push({ connection, xid: 0, read: undefined })
      upstream.submit({
        session: connection.session,
        cxid: 0,
        op: { type: 'createSession', timeout: connection.timeout },
      })
      return
    }
    const before = this.attached.get(session)
    if (before !== undefined) this.close(before)
    connection.session = session
    this.attached.set(session, connection)
    if (password === passwordOf(session)) upstream.validate(session, connection.timeout)
    else this.established(connection, false)
    if (before === undefined) return
    // The new connection hears first; the other way round a client would take the old one's end for news.
    this.dirty.delete(before)
    this.dirty.add(before)
  }

  /** The answer to `validate`. */
  validated(session: number, valid: boolean): void {
    const connection = this.attached.get(session)
    if (connection !== undefined && !connection.established) this.established(connection, valid)
  }

  /** A request of an established session. */
  receive(connection: ClientConnection, { xid, op }: RequestFrame): void {
    if (connection.closed || !connection.established) return
    const { upstream, metrics, packetMax = PACKET_MAX } = this.options
    const { session } = connection
    if (isTooLong(op, packetMax)) {
      this.close(connection)
      return
    }
    if (!upstream.touch(session, connection.timeout)) return
    metrics.count(op.type === 'ping' ? 'coordination pings' : 'coordination requests')
    switch (op.type) {
      case 'create':
      case 'delete':
      case 'setData':
      case 'multi':
        connection.lane.push({ connection, xid, read: undefined })
        upstream.submit({ session, cxid: xid, op })
        return
      case 'closeSession':
        connection.lane.push({ connection, xid, read: undefined })
        connection.established = false
        upstream.submit({ session, cxid: xid, op })
        return
      default:
        if (op.type === 'sync' && upstream.sync !== undefined) {
          connection.lane.push({ connection, xid, read: undefined, syncPath: op.path })
          upstream.sync(session, xid)
        } else if (connection.lane.head === undefined) this.perform(connection, xid, op)
        else connection.lane.push({ connection, xid, read: op })
    }
  }

  /** A committed transaction, in the order of zxids. */
  deliver(zxid: number, txn: Txn): void {
    const { changes, error, result } = apply(this.database, zxid, txn)
    for (const change of changes) {
      this.notified = 0
      this.watches.fire(change, this.tell)
      if (this.notified > 0) this.options.metrics.sample('notifications per change', this.notified)
    }
    const lane = this.shared ?? this.attached.get(txn.session)?.lane
    const head = lane?.head
    const own = head?.read === undefined && head?.connection.session === txn.session && head.xid === txn.cxid
    if (own && lane !== undefined) {
      lane.shift()
      const { connection } = head
      if (!connection.closed) {
        if (head.xid === 0) this.established(connection, true)
        // The client is attached elsewhere by now; this connection is of no use to anybody.
        else if (isMoved(error, result)) this.close(connection)
        else this.reply(connection, head.xid, error, result)
      }
    }
    if (txn.body.type === 'closeSession') {
      const connection = this.attached.get(txn.session)
      if (connection !== undefined) this.close(connection)
    }
    if (own && lane !== undefined) this.drain(lane)
  }

  /** The answer to `sync`. */
  synced(session: number, xid: number): void {
    const connection = this.attached.get(session)
    const head = connection?.lane.head
    if (connection === undefined || head?.xid !== xid || head.syncPath === undefined) return
    connection.lane.shift()
    this.reply(connection, xid, undefined, { path: head.syncPath })
    this.drain(connection.lane)
  }

  /** Hands over what is to be sent, once for each connection that has something or is to be ended. */
  flush(): void {
    for (const connection of this.dirty) this.options.output(connection)
    this.dirty.clear()
  }

  private drain(lane: Lane): void {
    for (let head = lane.head; head?.read !== undefined; head = lane.head) {
      lane.shift()
      if (!head.connection.closed) this.perform(head.connection, head.xid, head.read)
    }
  }

  private perform(connection: ClientConnection, xid: number, op: ReadOp): void {
    const reader: Reader = { connection: connection.id, session: connection.session, tell: this.tell }
    const outcome = read(this.database, this.watches, op, reader)
    if (outcome.error === undefined) this.reply(connection, xid, undefined, outcome.result)
    else this.reply(connection, xid, outcome.error, undefined)
  }

  private established(connection: ClientConnection, valid: boolean): void {
    connection.established = valid
    const { session, timeout } = connection
    connection.outbox.push(
      valid ? { timeout, session, password: passwordOf(session) } : { timeout: 0, session: 0, password: '' },
    )
    if (valid) this.touchOutput(connection)
    else this.close(connection)
  }

  private reply(
    connection: ClientConnection,
    xid: number,
    error: ErrorName | undefined,
    result: OpResults[keyof OpResults],
  ): void {
    const zxid = this.database.lastZxid
    const frame: ReplyFrame =
      error !== undefined
        ? { xid, zxid, error }
        : result === undefined
          ? { xid, zxid }
          : { xid, zxid, result }
    connection.outbox.push(frame)
    this.touchOutput(connection)
  }

  private readonly tell = (id: number, type: WatchEventType, path: string): void => {
    const connection = this.connections.get(id)
    if (connection === undefined) return
    this.notified++
    this.options.metrics.count('coordination notifications')
    connection.addEvent(type, path)
    this.touchOutput(connection)
  }

  private forget(connection: ClientConnection): void {
    connection.closed = true
    connection.established = false
    this.connections.delete(connection.id)
    this.watches.drop(connection.id)
    if (this.attached.get(connection.session) === connection) this.attached.delete(connection.session)
  }

  private touchOutput(connection: ClientConnection): void {
    this.dirty.add(connection)
  }
}

function isMoved(error: ErrorName | undefined, result: OpResults[keyof OpResults]): boolean {
  if (error !== undefined) return error === 'SessionMoved'
  if (result === undefined || !('results' in result)) return false
  return result.results.some((part) => part.type === 'error' && part.error === 'SessionMoved')
}
