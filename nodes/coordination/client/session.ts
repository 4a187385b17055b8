/**
 * The client library: usable inside any node kind. It keeps a session with a coordination service (connection, pings,
 * reconnection, watches) while the node's own code uses operations and watch callbacks.
 *
 *     export const worker = defineNode<WorkerMessages, Config>()({
 *       kind: 'worker',
 *       async start(node) {
 *         const zk = await connect(node, node.config.servers, { sessionTimeout: '4s' })
 *         await zk.create('/workers/w-', 'idle', 'ephemeral_sequential')
 *       },
 *     })
 *
 * It has the two threads of the real one: the IO part keeps the session alive, the event part calls watchers, `onState`
 * and the callbacks of asynchronous calls, one after the other. What a synchronous call returns does not pass the event
 * part; but events that came before its reply have been called before, unless a callback that takes long is in the way.
 *
 * Source: ZooKeeper and ClientCnxn of ZooKeeper 3.8; Programmer's Guide, "ZooKeeper Sessions", "ZooKeeper Watches".
 * Left out: authentication and ACLs, read-only mode, changes of the list of servers.
 */
import type { Address, Clock, Duration, Metrics, Node } from 'orrery-sim'
import { CallerError, milliseconds } from 'orrery-sim'
import type {
  AddWatchMode,
  CreateMode,
  EventFrame,
  MultiPart,
  MultiResult,
  Op,
  OpResults,
  Stat,
  WatcherType,
  WatchEventType,
  ZnodeData,
} from '../wire.ts'
import { EventPart } from './event-part.ts'
import type { IoListener } from './io-part.ts'
import { IoPart } from './io-part.ts'
import type { Answer } from './packet.ts'
import { Packet } from './packet.ts'
import { clientPath, pathProblem, serverPath } from './paths.ts'
import type {
  Children,
  Created,
  Data,
  MultiOutcome,
  Result,
  SessionState,
  Watcher,
  WatchEvent,
} from './types.ts'
import type { SetWatchesOp } from './watch-tables.ts'
import { tableFor, WatchTables } from './watch-tables.ts'

export interface ConnectionOptions {
  /** What to ask for; the server grants between 2 and 20 of its ticks. Default 10s. */
  readonly sessionTimeout?: Duration
  /**
   * The default watcher: called when the session's state changes, in order with the watches' callbacks. The last is
   * `Closed` or `Expired`.
   */
  readonly onState?: (state: SessionState, session: CoordinationSession) => void | Promise<void>
  /** Prefix of all paths, as in `server:2181/app`; default none. */
  readonly chroot?: string
  /** A session to attach to, instead of a new one: what `id` and `password` of another object were. */
  readonly attach?: { readonly id: number; readonly password: string }
}

/** Opens a session; resolves once it is connected or, if it was there before, expired: however long that takes. */
export async function connect<P>(
  node: Node,
  servers: Address<P> | readonly Address<P>[],
  options: ConnectionOptions = {},
): Promise<CoordinationSession> {
  const session = open(node, servers, options)
  await node.until(() => session.state !== 'Connecting')
  return session
}

/** Opens a session and does not wait for it, as the constructor of the real client: requests wait for the connection. */
export function open<P>(
  node: Node,
  servers: Address<P> | readonly Address<P>[],
  options: ConnectionOptions = {},
): CoordinationSession {
  const list = Array.isArray(servers) ? (servers as readonly Address<P>[]) : [servers as Address<P>]
  if (list.length === 0) throw new CallerError('connect: no servers', { expected: 'at least one address' })
  return new CoordinationSession(node, list, options)
}

/** The default of the real client's examples. */
const SESSION_TIMEOUT = '10s'

/** A session with the service. Operations never reject: errors are data. */
export class CoordinationSession {
  /** `Expired` and `Closed` are final: connect anew for another session. */
  state: SessionState = 'Connecting'
  /** Milliseconds, as the server granted; 0 before. */
  timeout = 0
  /** The session's number; 0 before it is connected. */
  id: number
  /** With `id` it lets another object attach to the session. */
  password: string
  private readonly node: Node
  private readonly clock: Clock
  private readonly metrics: Metrics
  private readonly onState: ConnectionOptions['onState']
  private readonly chroot: string
  private readonly watches = new WatchTables()
  private readonly events: EventPart
  private readonly io: IoPart<unknown>
  /** What the event part was told last: it is not told again of the state it is in. */
  private told: SessionState = 'Disconnected'

  /** Use {@link connect} or {@link open}. */
  constructor(
    node: Node,
    servers: readonly Address<never>[] | readonly Address[],
    options: ConnectionOptions,
  ) {
    const { chroot = '', attach, sessionTimeout = SESSION_TIMEOUT } = options
    const problem = chroot === '' ? undefined : pathProblem(chroot)
    if (problem !== undefined) throw new CallerError(`connect: chroot: ${problem}`)
    this.node = node
    this.clock = node.clock
    this.metrics = node.metrics
    this.onState = options.onState
    this.chroot = chroot === '/' ? '' : chroot
    this.id = attach?.id ?? 0
    this.password = attach?.password ?? ''
    this.events = new EventPart(node)
    const io = { timeout: milliseconds(sessionTimeout), session: this.id, password: this.password }
    this.io = new IoPart(node, servers as readonly Address[], io, this.listener())
    node.after(0, () => this.io.run())
  }

  /** The server that it is connected to now. */
  get server(): Address | undefined {
    return this.io.peer
  }

  /** The highest zxid seen in a reply: what the client knows of the world. */
  get lastZxid(): number {
    return this.io.lastZxid
  }

  /** `ttl` in milliseconds, for the two modes that have one. */
  async create(
    path: string,
    data: ZnodeData = '',
    mode: CreateMode = 'persistent',
    ttl?: number,
  ): Promise<Result<Created>> {
    const problem = pathProblem(path, mode.endsWith('sequential'))
    if (problem !== undefined) return refused(problem)
    const op = { type: 'create', path: this.absolute(path), data, mode, withStat: true } as const
    const result = await this.ask<'create'>(ttl === undefined ? op : { ...op, ttl })
    if (!result.ok) return result
    const { path: made, stat } = result.value
    return { ok: true, value: { path: clientPath(this.chroot, made), stat: stat as Stat } }
  }

  /** `version` -1 (the default) means: whatever it is. */
  delete(path: string, version = -1): Promise<Result<undefined>> {
    return this.askAt<'delete'>(path, { type: 'delete', path: this.absolute(path), version })
  }

  setData(path: string, data: ZnodeData, version = -1): Promise<Result<{ readonly stat: Stat }>> {
    return this.askAt<'setData'>(path, { type: 'setData', path: this.absolute(path), data, version })
  }

  /** Undefined if there is no such znode; the watch then fires when it is created. */
  async exists(path: string, watcher?: Watcher): Promise<Result<Stat | undefined>> {
    const op = { type: 'exists', path: this.absolute(path), watch: watcher !== undefined } as const
    const result = await this.askAt<'exists'>(path, op, watcher)
    if (result.ok) return { ok: true, value: result.value.stat }
    return result.reason === 'NoNode' ? { ok: true, value: undefined } : result
  }

  getData(path: string, watcher?: Watcher): Promise<Result<Data>> {
    const op = { type: 'getData', path: this.absolute(path), watch: watcher !== undefined } as const
    return this.askAt<'getData'>(path, op, watcher)
  }

  async getChildren(path: string, watcher?: Watcher): Promise<Result<Children>> {
    const watch = watcher !== undefined
    const op = { type: 'getChildren', path: this.absolute(path), watch, withStat: true } as const
    const result = await this.askAt<'getChildren'>(path, op, watcher)
    if (!result.ok) return result
    return { ok: true, value: { children: result.value.children, stat: result.value.stat as Stat } }
  }

  /** Brings the server that this client is connected to up to date with the leader, before whatever is asked next. */
  async sync(path: string): Promise<Result<undefined>> {
    const result = await this.askAt<'sync'>(path, { type: 'sync', path: this.absolute(path) })
    return result.ok ? { ok: true, value: undefined } : result
  }

  /** All of it or nothing, in one transaction. */
  async multi(parts: readonly MultiPart[]): Promise<MultiOutcome> {
    for (const part of parts) {
      const isSequential = part.type === 'create' && part.mode.endsWith('sequential')
      const problem = pathProblem(part.path, isSequential)
      if (problem !== undefined) return refused(problem)
    }
    const ops = parts.map((part) => ({ ...part, path: this.absolute(part.path) }))
    const result = await this.ask<'multi'>({ type: 'multi', ops })
    if (!result.ok) return result
    const results = result.value.results.map((one): MultiResult =>
      one.type === 'create' ? { ...one, path: clientPath(this.chroot, one.path) } : one,
    )
    for (const one of results) {
      if (one.type === 'error' && one.error !== 'OK') return { ok: false, reason: one.error, results }
    }
    return { ok: true, value: results }
  }

  /** A watch that stays when it fires; a recursive one sees everything below, too, and no NodeChildrenChanged. */
  addWatch(path: string, mode: AddWatchMode, watcher: Watcher): Promise<Result<undefined>> {
    return this.askAt<'addWatch'>(path, { type: 'addWatch', path: this.absolute(path), mode }, watcher)
  }

  /** Takes watches away, those of one watcher or all of them; `NoWatcher` if there is none. */
  async removeWatches(path: string, type: WatcherType, watcher?: Watcher): Promise<Result<undefined>> {
    const problem = pathProblem(path)
    if (problem !== undefined) return refused(problem)
    const absolute = this.absolute(path)
    // While others watch the same the server must go on telling us: it is only asked whether it does.
    const opcode = this.watches.isLast(absolute, type, watcher) ? 'removeWatches' : 'checkWatches'
    const result = await this.ask<'removeWatches' | 'checkWatches'>({
      type: opcode,
      path: absolute,
      watcher: type,
    })
    if (!result.ok) return result
    const removed = this.watches.remove(absolute, type, watcher)
    for (const { type: event, watchers } of removed) this.tell(event, path, watchers)
    return removed.length === 0 ? { ok: false, reason: 'NoWatcher' } : { ok: true, value: undefined }
  }

  /** Paths of the session's own ephemeral znodes that begin with `prefix`. */
  async getEphemerals(prefix = '/'): Promise<Result<readonly string[]>> {
    const result = await this.askAt<'getEphemerals'>(prefix, {
      type: 'getEphemerals',
      prefix: this.absolute(prefix),
    })
    if (!result.ok) return result
    return { ok: true, value: result.value.ephemerals.map((path) => clientPath(this.chroot, path)) }
  }

  /** How many znodes there are below a path, at all depths. */
  async getAllChildrenNumber(path: string): Promise<Result<number>> {
    const result = await this.askAt<'getAllChildrenNumber'>(path, {
      type: 'getAllChildrenNumber',
      path: this.absolute(path),
    })
    return result.ok ? { ok: true, value: result.value.totalNumber } : result
  }

  /**
   * An asynchronous call of any operation, with paths as the server knows them: `callback` is called by the event part,
   * in order with all other callbacks. Nothing is waited for, so many may be under way at once at little cost.
   */
  submit<T extends Op['type']>(
    op: Extract<Op, { readonly type: T }>,
    callback: (answer: Result<OpResults[T]>) => void | Promise<void>,
    watcher?: Watcher,
  ): void {
    this.io.submit(
      new Packet(
        op,
        watcher,
        (answer) => callback(resultOf(answer) as Result<OpResults[T]>),
        this.clock.monotonic(),
      ),
    )
  }

  /** Ends the session: the server removes its ephemeral znodes at once. */
  async close(): Promise<Result<undefined>> {
    if (this.state === 'Expired' || this.state === 'Closed') return { ok: true, value: undefined }
    const result = await this.ask<'closeSession'>({ type: 'closeSession' })
    await this.node.until(() => this.io.state === 'ended')
    return result
  }

  /** Breaks the connection, as a failing network would; the session lives on. For tests and for what they teach. */
  dropConnection(): void {
    this.io.drop()
  }

  private absolute(path: string): string {
    return serverPath(this.chroot, path)
  }

  private askAt<T extends Op['type']>(
    path: string,
    op: Extract<Op, { readonly type: T }>,
    watcher?: Watcher,
  ): Promise<Result<OpResults[T]>> {
    const problem = pathProblem(path)
    return problem === undefined ? this.ask<T>(op, watcher) : Promise.resolve(refused(problem))
  }

  /** A synchronous call: the caller waits for the reply. */
  private async ask<T extends Op['type']>(
    op: Extract<Op, { readonly type: T }>,
    watcher?: Watcher,
  ): Promise<Result<OpResults[T]>> {
    const packet = new Packet(op, watcher, undefined, this.clock.monotonic())
    this.io.submit(packet)
    const { events } = this
    await this.node.until(() => packet.answer !== undefined && events.hasBegun(packet.mark))
    return resultOf(packet.answer as Answer) as Result<OpResults[T]>
  }

  private listener(): IoListener {
    return {
      connected: (session, password, timeout) => {
        this.id = session
        this.password = password
        this.timeout = timeout
        this.enter('SyncConnected')
      },
      disconnected: () => {
        // Attempts that fail before the first connection are nobody's business.
        if (this.state !== 'Connecting') this.enter('Disconnected')
      },
      expired: () => {
        this.enter('Expired')
      },
      ended: () => {
        this.enter('Closed')
      },
      event: ({ event }: EventFrame) => {
        const watchers = this.watches.take(event.type, event.path)
        this.tell(event.type, clientPath(this.chroot, event.path), watchers)
      },
      answered: (packet, answer) => {
        this.answered(packet, answer)
      },
      watchesToSetAgain: (zxid): readonly SetWatchesOp[] => this.watches.toSetAgain(zxid),
    }
  }

  private answered(packet: Packet, answer: Answer): void {
    const { op, watcher, callback } = packet
    if (watcher !== undefined) {
      const table = tableFor(op, answer.error)
      if (table !== undefined) this.watches.add(table, (op as { readonly path: string }).path, watcher)
    }
    packet.answer = answer
    packet.mark = this.events.mark
    this.metrics.sample('coordination latency', this.clock.monotonic() - packet.askedAt)
    if (callback !== undefined) this.events.post(() => callback(answer))
  }

  private tell(type: WatchEventType, path: string, watchers: readonly Watcher[]): void {
    const event: WatchEvent = { type, state: 'SyncConnected', path }
    for (const watcher of watchers) this.events.post(() => watcher(event))
  }

  /** A change of the session's state: everybody who watches anything is told, once. */
  private enter(state: Exclude<SessionState, 'Connecting'>): void {
    // The event thread of the real client ends with `Expired`, before its IO thread could tell of the end.
    if (this.state === 'Expired') return
    this.state = state
    if (this.told === state) return
    this.told = state
    const { onState } = this
    if (onState !== undefined) this.events.post(() => onState(state, this))
    const event: WatchEvent = { type: 'None', state, path: null }
    for (const watcher of this.watches.everybody()) this.events.post(() => watcher(event))
  }
}

function refused(message: string): {
  readonly ok: false
  readonly reason: 'BadArguments'
  readonly message: string
} {
  return { ok: false, reason: 'BadArguments', message }
}

function resultOf({ error, result }: Answer): Result<Answer['result']> {
  return error === undefined ? { ok: true, value: result } : { ok: false, reason: error }
}
