/**
 * The client library: usable inside any node kind. It keeps a session with a coordination server (connection, pings,
 * reconnection, watches) while the node's own code uses operations and watch callbacks.
 *
 *     export const worker = defineNode<WorkerMessages & CoordinationEvents, Config>()({
 *       kind: 'worker',
 *       on: { ...coordinationClient.on },
 *       async start(node) {
 *         const zk = await connect(node, node.config.service, { sessionTimeout: '4s' })
 *         await zk.create('/workers/w-', 'idle', 'ephemeral_sequential')
 *       },
 *     })
 *
 * Source: ZooKeeper Programmer's Guide, "ZooKeeper Sessions" (states, pings at a third of the timeout, a connection
 * given up after two thirds, expiry told by the server only) and "Handling Errors" (connection loss). Left out: lists of
 * servers, chroots, default watchers; calls made while disconnected fail at once instead of waiting for an attempt.
 */
import type { Address, Duration, Node, Timer } from 'orrery-sim'
import { milliseconds } from 'orrery-sim'

import type { Watcher, WatchTable } from './client-watches.ts'
import { ClientWatches } from './client-watches.ts'
import { Link } from './link.ts'
import type { Arrival } from './link.ts'
import type { CoordinationServer, EventFrame, SessionKey } from './protocol.ts'
import type {
  Children,
  CoordinationError,
  Created,
  CreateMode,
  Data,
  Op,
  OpValues,
  Result,
  SessionState,
  Stat,
} from './types.ts'

export interface ConnectionOptions {
  /** What to ask for; the server grants between 2 and 20 of its ticks. Default 10s. */
  readonly sessionTimeout?: Duration
  /** Called when the session's state changes, in order with the watches' callbacks. */
  readonly onState?: (state: SessionState, session: CoordinationSession) => void | Promise<void>
}

/** A call that was not answered is repeated after this long, then after twice as long and so on (as in RFC 6298). */
const RETRANSMIT = 1000
/** Longest wait before another attempt to connect, drawn anew each time. */
const RECONNECT_PAUSE = 200

/** Sessions by the incarnation that has them: how messages find them without a place in the node's own state. */
const sessions = new WeakMap<object, Map<number, CoordinationSession>>()

/** What a kind needs in order to use {@link connect}: handlers to be spread into its own. */
export const coordinationClient = {
  on: {
    coordinationEvent(
      node: Node,
      { connection, frame }: { readonly connection: number; readonly frame: EventFrame },
    ): void {
      sessions.get(node)?.get(connection)?.receive(connection, frame)
    },
  },
}

/** Opens a session; resolves once it is connected, however long that takes. */
export async function connect(
  node: Node,
  server: Address<CoordinationServer>,
  options: ConnectionOptions = {},
): Promise<CoordinationSession> {
  const session = new CoordinationSession(node, server, options)
  await session.attach()
  return session
}

/** A session with the service. Operations never reject: errors are data. */
export class CoordinationSession {
  /** `Expired` and `Closed` are final: connect anew for another session. */
  state: SessionState = 'Connecting'
  /** Milliseconds, as the server granted. */
  timeout = 0
  private readonly node: Node
  private readonly server: Address<CoordinationServer>
  private readonly options: ConnectionOptions
  private readonly watches = new ClientWatches()
  /** Callbacks that wait for their turn: they run strictly in order. */
  private readonly callbacks: (() => void | Promise<void>)[] = []
  private key: SessionKey | undefined
  private link: Link | undefined
  private timers: Timer[] = []
  private zxid = 0

  /** Use {@link connect}. */
  constructor(node: Node, server: Address<CoordinationServer>, options: ConnectionOptions) {
    this.node = node
    this.server = server
    this.options = options
  }

  /** The session's number; 0 before it is connected. */
  get id(): number {
    return this.key?.id ?? 0
  }

  create(path: string, data = '', mode: CreateMode = 'persistent'): Promise<Result<Created>> {
    return this.call({ type: 'create', path, data, mode })
  }

  /** `version` -1 (the default) means: whatever it is. */
  delete(path: string, version = -1): Promise<Result<undefined>> {
    return this.call({ type: 'delete', path, version })
  }

  setData(path: string, data: string, version = -1): Promise<Result<{ readonly stat: Stat }>> {
    return this.call({ type: 'setData', path, data, version })
  }

  /** Undefined if there is no such znode; the watch then fires when it is created. */
  async exists(path: string, watcher?: Watcher): Promise<Result<Stat | undefined>> {
    const result = await this.call({ type: 'exists', path, watch: watcher !== undefined }, watcher)
    if (result.ok) return { ok: true, value: result.value.stat }
    return result.reason === 'NoNode' ? { ok: true, value: undefined } : result
  }

  getData(path: string, watcher?: Watcher): Promise<Result<Data>> {
    return this.call({ type: 'getData', path, watch: watcher !== undefined }, watcher)
  }

  getChildren(path: string, watcher?: Watcher): Promise<Result<Children>> {
    return this.call({ type: 'getChildren', path, watch: watcher !== undefined }, watcher)
  }

  /** Ends the session: the server removes its ephemeral znodes at once. */
  async close(): Promise<Result<undefined>> {
    const result = await this.call({ type: 'closeSession' })
    this.drop('Closed')
    return result
  }

  private async call<T extends Op['type']>(
    op: Extract<Op, { readonly type: T }>,
    watcher?: Watcher,
  ): Promise<Result<OpValues[T]>> {
    const { link, node } = this
    if (link === undefined) return this.notConnected()
    const sequence = ++link.calls
    // By then the connection is given up if the server is silent; a slow one should not be asked more often.
    const longest = (this.timeout * 2) / 3
    for (let patience = Math.min(RETRANSMIT, longest); ; patience = Math.min(2 * patience, longest)) {
      const message = { connection: link.id, sequence, seen: link.delivered, op: op as Op }
      const asked = node.clock.monotonic()
      const answer = await node.request(this.server, 'coordinationCall', message, { timeout: patience })
      if (link.dropped) return this.notConnected()
      if (!answer.ok) continue
      const { reply } = answer
      if (reply.type === 'closed') {
        this.lose(link)
        return this.notConnected()
      }
      const { position, events, result } = reply
      const deliver = (): void => {
        this.zxid = Math.max(this.zxid, reply.zxid)
        const table = tableFor(op, result)
        if (watcher !== undefined && table !== undefined) this.watches.add(table.name, table.path, watcher)
      }
      this.take(link, [...events.map((frame) => this.arrival(frame)), { position, deliver }])
      if (link.delivered < position) await node.until(() => link.delivered >= position || link.dropped)
      // What came before the reply is called before whoever waits for the reply goes on.
      if (this.callbacks.length > 0) await node.until(() => this.callbacks.length === 0)
      if (link.delivered < position) return this.notConnected()
      node.metrics.sample('coordination latency', node.clock.monotonic() - asked)
      return result as Result<OpValues[T]>
    }
  }

  private notConnected(): { readonly ok: false; readonly reason: CoordinationError } {
    return {
      ok: false,
      reason: this.state === 'Expired' || this.state === 'Closed' ? 'SessionExpired' : 'ConnectionLoss',
    }
  }

  /** An event arrived by itself. */
  receive(connection: number, frame: EventFrame): void {
    if (this.link?.id === connection) this.take(this.link, [this.arrival(frame)])
  }

  private take(link: Link, arrivals: readonly Arrival[]): void {
    link.heardAt = this.node.clock.monotonic()
    link.take(arrivals)
  }

  private arrival({ position, event }: EventFrame): Arrival {
    return {
      position,
      deliver: () => {
        for (const watcher of this.watches.take(event)) this.enqueue(() => watcher(event))
      },
    }
  }

  private enqueue(callback: () => void | Promise<void>): void {
    this.callbacks.push(callback)
    this.node.after(0, () => this.callbacks.shift()?.())
  }

  private enter(state: SessionState): void {
    this.state = state
    const { onState } = this.options
    if (onState !== undefined) this.enqueue(() => onState(state, this))
  }

  /** Connects, for the first time or again. The library calls it; it ends when connected, or when the session is over. */
  async attach(): Promise<void> {
    const { node, key } = this
    const link = new Link(node.random.int(4294967296), node.clock.monotonic())
    const timeout = this.timeout || 10_000
    const asked = this.options.sessionTimeout ?? timeout
    for (;;) {
      const message = { connection: link.id, session: key, timeout: milliseconds(asked) }
      const answer = await node.request(this.server, 'coordinationOpen', message, { timeout: RETRANSMIT })
      if (this.state === 'Closed') return
      if (!answer.ok) {
        await node.sleep(node.random.int(RECONNECT_PAUSE * 1000) / 1000)
        continue
      }
      if (answer.reply.type === 'expired') {
        this.drop('Expired')
        return
      }
      this.key = answer.reply.session
      this.timeout = answer.reply.timeout
      break
    }
    link.heardAt = node.clock.monotonic()
    this.link = link
    this.register(link)
    this.timers = [node.every(this.timeout / 3, () => this.ping(link))]
    this.guard(link)
    this.enter('SyncConnected')
    const again = this.watches.toSetAgain(this.zxid)
    if (again !== undefined) await this.call(again as Extract<Op, { type: 'setWatches' }>)
  }

  private register(link: Link): void {
    const own = sessions.get(this.node)
    if (own === undefined) sessions.set(this.node, new Map([[link.id, this]]))
    else own.set(link.id, this)
  }

  /** Shows that the client lives; repeated until it is answered, as a lost segment would be. */
  private async ping(link: Link): Promise<void> {
    if (link.pinging) return
    link.pinging = true
    const timeout = Math.min(RETRANSMIT, this.timeout / 3)
    while (!link.dropped) {
      const message = { connection: link.id, seen: link.delivered }
      const answer = await this.node.request(this.server, 'coordinationPing', message, { timeout })
      if (link.dropped) return
      if (!answer.ok) continue
      if (answer.reply.type === 'closed') this.lose(link)
      else
        this.take(
          link,
          answer.reply.events.map((frame) => this.arrival(frame)),
        )
      break
    }
    link.pinging = false
  }

  /** Gives the connection up when nothing was heard for two thirds of the timeout: early enough to know before others. */
  private guard(link: Link): void {
    const left = link.heardAt + (this.timeout * 2) / 3 - this.node.clock.monotonic()
    // Less than the clock can tell is over.
    if (left < 0.001) this.lose(link)
    else this.timers[1] = this.node.after(left, () => this.guard(link))
  }

  /** The connection is lost, the session perhaps not: try again. */
  private lose(link: Link): void {
    if (link.dropped) return
    this.drop('Disconnected')
    this.node.after(0, () => this.attach())
  }

  private drop(state: 'Disconnected' | 'Expired' | 'Closed'): void {
    for (const timer of this.timers) timer.cancel()
    this.timers = []
    if (this.link !== undefined) {
      this.link.dropped = true
      sessions.get(this.node)?.delete(this.link.id)
      this.link = undefined
    }
    if (state !== 'Disconnected') this.watches.clear()
    this.enter(state)
  }
}

/** Which watch an answered read leaves, as the server sees it too. */
function tableFor(
  op: Op,
  result: { readonly ok: boolean },
): { readonly name: WatchTable; readonly path: string } | undefined {
  switch (op.type) {
    case 'exists':
      return { name: result.ok ? 'data' : 'exist', path: op.path }
    case 'getData':
      return result.ok ? { name: 'data', path: op.path } : undefined
    case 'getChildren':
      return result.ok ? { name: 'child', path: op.path } : undefined
    case 'create':
    case 'delete':
    case 'setData':
    case 'setWatches':
    case 'closeSession':
      return undefined
  }
}
