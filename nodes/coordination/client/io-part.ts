/**
 * The IO part of a client, which the real one has as a thread of its own (SendThread): it keeps the session connected to
 * one of the servers. It connects and connects again, sends requests in order and matches replies to them, pings when
 * nothing else is sent, gives a silent server up, sets watches again, and learns of expiry: from a server only.
 *
 * Times, with T the session timeout that a server granted and n servers: an attempt to connect is given up after T / n,
 * a connection after 2T / 3 of silence, a ping goes out after T / 3 without a request, at the latest after 10 s.
 * Requests wait while there is no connection; when a connection, or an attempt to get one, fails, all that is unanswered
 * fails with ConnectionLoss, whether it was sent or not.
 *
 * Source: ClientCnxn.SendThread and ClientCnxnSocketNIO of ZooKeeper 3.8. Left out: authentication, read-only mode.
 */
import type { Address, Clock, Node, StreamConnection, Timer } from 'orrery-sim'
import type {
  ConnectRequest,
  ConnectResponse,
  EventFrame,
  ReplyFrame,
  RequestFrame,
  ServerFrames,
} from '../wire.ts'
import { framesOf, XID } from '../wire.ts'
import { Fifo } from './fifo.ts'
import { Packet } from './packet.ts'
import type { Answer } from './packet.ts'
import { ServerList } from './server-list.ts'
import type { SetWatchesOp } from './watch-tables.ts'

/** Pause before a server is tried again when all were tried: HostProvider.next(1000). */
const SPIN_DELAY = 1000
/** Every attempt but the first begins after a pause drawn up to this. */
const RECONNECT_PAUSE = 1000
/** A connection that sends nothing pings at least this often: MAX_SEND_PING_INTERVAL (which the real one, asleep, may oversleep). */
const LONGEST_PING_INTERVAL = 10_000
/** A ping goes out this much early if nothing was sent for longer than this. */
const PING_MARGIN = 1000
/** Requests in one write. */
const BATCH = 1024
/** Less than the clock can tell, in milliseconds. */
const INSTANT = 0.001

/** What the IO part tells the session. */
export interface IoListener {
  /** A server has taken the session, new or again. */
  connected(session: number, password: string, timeout: number): void
  disconnected(): void
  expired(): void
  /** The IO part has ended; nothing will be sent or heard any more. */
  ended(): void
  event(frame: EventFrame): void
  answered(packet: Packet, answer: Answer): void
  watchesToSetAgain(zxid: number): readonly SetWatchesOp[]
}

export interface IoOptions {
  /** What to ask for, in milliseconds. */
  readonly timeout: number
  /** The session to attach to; 0 and '' for a new one. */
  readonly session: number
  readonly password: string
}

/** CONNECTED in `ZooKeeper.States` is `connected`; `ended` is CLOSED. */
type IoState = 'connecting' | 'connected' | 'ended'

export class IoPart<P> {
  state: IoState = 'connecting'
  /** Highest zxid of any reply. */
  lastZxid = 0
  private readonly node: Node
  private readonly clock: Clock
  private readonly servers: ServerList<P>
  private readonly listener: IoListener
  private readonly asked: number
  private session: number
  private password: string
  private readTimeout: number
  private connectTimeout: number
  private readonly outgoing = new Fifo<Packet>()
  private readonly pending = new Fifo<Packet>()
  private connection: StreamConnection | undefined
  private xid = 0
  private closing = false
  private isFirstAttempt = true
  private isSending = false
  private lastSend = 0
  private lastHeard = 0
  private guard: Timer | undefined

  constructor(node: Node, servers: readonly Address<P>[], options: IoOptions, listener: IoListener) {
    this.node = node
    this.clock = node.clock
    this.servers = new ServerList(servers, node.random)
    this.listener = listener
    this.asked = options.timeout
    this.session = options.session
    this.password = options.password
    this.readTimeout = (options.timeout * 2) / 3
    this.connectTimeout = options.timeout / this.servers.size
  }

  /** The server that the client is connected to. */
  get peer(): Address | undefined {
    return this.state === 'connected' ? this.connection?.peer : undefined
  }

  /** Runs until the session is over. */
  async run(): Promise<void> {
    while (this.isAlive() && !this.closing) {
      const connection = await this.connect()
      if (connection !== undefined) {
        await this.converse(connection)
        this.guard?.cancel()
        connection.abort()
        this.connection = undefined
      }
      this.lose()
    }
    // A client that closes does not connect again for it: its session is left to expire.
    this.lose()
    this.state = 'ended'
    this.listener.ended()
  }

  /** The connection, or the attempt, is over; all that waits for it fails. */
  private lose(): void {
    if (this.isAlive()) this.state = 'connecting'
    for (const packet of [...this.pending.takeAll(), ...this.outgoing.takeAll()]) this.fail(packet)
    if (this.isAlive()) this.listener.disconnected()
  }

  /** Takes a request; it is answered in any case. */
  submit(packet: Packet): void {
    if (!this.isAlive() || this.closing) {
      this.fail(packet)
      return
    }
    if (packet.op.type === 'closeSession') this.closing = true
    this.outgoing.push(packet)
    this.kick()
  }

  /** Drops the connection as a broken network would; the session lives on. */
  drop(): void {
    this.connection?.abort()
  }

  private isAlive(): boolean {
    return this.state !== 'ended'
  }

  private async connect(): Promise<StreamConnection | undefined> {
    const { node } = this
    const { server, pause } = this.servers.next()
    if (pause) await node.sleep(SPIN_DELAY)
    if (!this.isFirstAttempt) await node.sleep(node.random.int(RECONNECT_PAUSE))
    const opened = await node.streams.connect(server, { timeout: this.connectTimeout })
    return opened.ok ? opened.value : undefined
  }

  /** What goes on on one connection, until it is over. */
  private async converse(connection: StreamConnection): Promise<void> {
    this.connection = connection
    this.isFirstAttempt = false
    this.lastSend = this.lastHeard = this.clock.monotonic()
    const request: ConnectRequest = {
      lastZxidSeen: this.lastZxid,
      timeout: this.asked,
      session: this.session,
      password: this.password,
    }
    connection.post(request)
    this.look()
    const first = await connection.receive<ConnectResponse>()
    if (!first.ok || first.value === undefined || !this.accept(first.value)) return
    for (;;) {
      const received = await connection.receive<ServerFrames>()
      if (!received.ok || received.value === undefined) return
      this.lastHeard = this.clock.monotonic()
      for (const frame of framesOf<ReplyFrame | EventFrame>(received.value)) {
        if (!this.take(frame)) return
      }
    }
  }

  /** The server's answer to the ConnectRequest; false if it says that the session is no more. */
  private accept({ session, password, timeout }: ConnectResponse): boolean {
    this.lastHeard = this.clock.monotonic()
    if (timeout <= 0) {
      this.state = 'ended'
      this.listener.expired()
      return false
    }
    this.session = session
    this.password = password
    this.readTimeout = (timeout * 2) / 3
    this.connectTimeout = timeout / this.servers.size
    this.servers.connected()
    this.state = 'connected'
    this.listener.connected(session, password, timeout)
    // Before all that waits: a request must not be answered before its client watches again what it watched.
    const now = this.lastHeard
    const again = this.listener.watchesToSetAgain(this.lastZxid)
    this.outgoing.prepend(again.map((op) => new Packet(op, undefined, undefined, now)))
    this.look()
    this.kick()
    return true
  }

  /** One frame of the server; false if the connection cannot go on. */
  private take(frame: ReplyFrame | EventFrame): boolean {
    if ('event' in frame) {
      this.listener.event(frame)
      return true
    }
    if (frame.xid === XID.ping) return true
    const packet = this.pending.shift()
    if (packet === undefined) return false
    if (packet.xid !== frame.xid) {
      this.fail(packet)
      return false
    }
    if (frame.zxid > this.lastZxid) this.lastZxid = frame.zxid
    if (packet.op.type === 'closeSession') this.state = 'ended'
    this.listener.answered(packet, frame)
    return this.isAlive()
  }

  /** Sends what waits, in an event of its own, so that what is asked for at one instant goes in one write. */
  private kick(): void {
    if (this.isSending || this.state !== 'connected') return
    this.isSending = true
    this.node.after(0, () => {
      this.sendAll()
    })
  }

  private sendAll(): void {
    this.isSending = false
    const { connection } = this
    if (connection === undefined || this.state !== 'connected') return
    while (this.outgoing.length > 0) {
      const frames: RequestFrame[] = []
      while (frames.length < BATCH) {
        const packet = this.outgoing.shift()
        if (packet === undefined) break
        packet.xid = packet.op.type === 'setWatches' ? XID.setWatches : ++this.xid
        this.pending.push(packet)
        frames.push({ xid: packet.xid, op: packet.op })
      }
      this.lastSend = this.clock.monotonic()
      connection.post(frames.length === 1 ? frames[0] : frames)
    }
  }

  /**
   * Looks whether the server is silent for too long or a ping is due, and when to look again. Requests and replies in
   * between move no timer: it looks anew when it fires.
   */
  private look(wasSilent = false): void {
    const { connection } = this
    if (connection === undefined) return
    const now = this.clock.monotonic()
    const limit = this.state === 'connected' ? this.readTimeout : this.connectTimeout
    let wait = limit - (now - this.lastHeard)
    if (wait < INSTANT) {
      // Woken late (after a pause), what has arrived meanwhile is read before the server is called silent.
      if (wasSilent) connection.abort()
      else this.lookAfter(connection, 0, true)
      return
    }
    if (this.state === 'connected') {
      const idle = now - this.lastSend
      const third = this.readTimeout / 2 - (idle > PING_MARGIN ? PING_MARGIN : 0)
      const toPing = Math.min(third, LONGEST_PING_INTERVAL) - idle
      if (toPing < INSTANT) {
        this.lastSend = now
        const ping: RequestFrame = { xid: XID.ping, op: { type: 'ping' } }
        connection.post(ping)
        wait = Math.min(wait, this.readTimeout / 2, LONGEST_PING_INTERVAL)
      } else wait = Math.min(wait, toPing)
    }
    this.lookAfter(connection, wait, false)
  }

  private lookAfter(connection: StreamConnection, wait: number, wasSilent: boolean): void {
    this.guard?.cancel()
    this.guard = this.node.after(wait, () => {
      if (connection === this.connection) this.look(wasSilent)
    })
  }

  /** Nobody knows whether it took effect; unless the session is over, which is then the reason. */
  private fail(packet: Packet): void {
    this.listener.answered(packet, { error: this.isAlive() ? 'ConnectionLoss' : 'SessionExpired' })
  }
}
