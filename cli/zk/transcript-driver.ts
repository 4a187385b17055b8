/**
 * Performs a recording's actions against a standalone server: one raw stream connection for each session, no checks of
 * paths, no watches of its own. What arrives is noted in its order.
 *
 * Time is virtual: a step with `tMs` is performed when that much time has passed, so that sessions expire as they did. A
 * session that the recording shows alive later is kept alive by pings, which recordings do not show.
 */
import type { Address, Node, StreamConnection } from '../../index.ts'
import { CallerError } from '../../index.ts'
import type { CoordinationServer } from '../../nodes/coordination/index.ts'
import type {
  ClientFrames,
  ConnectRequest,
  ConnectResponse,
  EventFrame,
  Op,
  ReplyFrame,
  ServerFrames,
} from '../../nodes/coordination/wire.ts'
import { framesOf, XID } from '../../nodes/coordination/wire.ts'
import { isWrongPassword, NOBODY, usualTimeout } from './transcript-connect.ts'
import { endsByMove, firstExpiry, isCausedByNext } from './transcript-ends.ts'
import type { JsonObject } from './transcript-ops.ts'
import { Arguments, isObject, readOp } from './transcript-ops.ts'
import type { Action, CallAction, ConnectAction, DropAction, Recording } from './transcript-read.ts'
import { isEndByServer, UNKNOWN_SESSION } from './transcript-read.ts'
import { isLost, tellsRefusal } from './transcript-shape.ts'

/** What arrived, in order; `at` in milliseconds since the beginning. */
export type Arrival = { readonly at: number } & (
  | { readonly type: 'reply'; readonly step: number; readonly frame: ReplyFrame | undefined }
  | { readonly type: 'event'; readonly connection: string; readonly frame: EventFrame }
  /** `response` undefined: the server closed the connection instead. */
  | { readonly type: 'connected'; readonly step: number; readonly response: ConnectResponse | undefined }
  | { readonly type: 'closed'; readonly connection: string }
  | { readonly type: 'done'; readonly step: number }
)

export interface Played {
  readonly arrivals: readonly Arrival[]
  /** Names of sessions by number. */
  readonly sessions: ReadonlyMap<number, string>
  readonly firstWrite: number
}

interface Unanswered {
  readonly step: number
  readonly xid: number
  readonly isWrite: boolean
  /** The recorded client ended the connection before the answer. */
  readonly lost: boolean
}

interface Link {
  readonly name: string
  readonly stream: StreamConnection
  session: number
  timeout: number
  unanswered: Unanswered[]
  /** Answered, but not to the recorded client. */
  readonly lost: Unanswered[]
  closed: boolean
  sentAt: number
}

/** How long to wait for an answer, in milliseconds: no server takes that long. */
const PATIENCE = 30_000
/** How long to wait for what spent containers cause, beyond its time: a server looks for them once a minute. */
const CONTAINER_PATIENCE = 62_000
/** An upper bound of the virtual time that one step may take. */
export const STEP_LIMIT = CONTAINER_PATIENCE + 2 * PATIENCE
/** How long to wait for what is not known to be on its way. */
const AT_ONCE = 20
/** Time for everything that was caused to arrive. */
const QUIET = 1
/** How long after its tick the end of a session is seen, on a busy machine. */
const EXPIRY_LAG = 5

export class Driver {
  readonly arrivals: Arrival[] = []
  readonly sessions = new Map<number, string>()
  finished = false
  private readonly node: Node
  private readonly server: Address<CoordinationServer>
  private readonly recording: Recording
  private readonly file: string
  private readonly links = new Map<string, Link>()
  /** Number, password and timeout by the name under which a session was opened. */
  private readonly keys = new Map<string, ConnectResponse>()
  private begun: number
  private lastZxid = 0
  /** By session: the zxid of the last reply. */
  private readonly lastSeen = new Map<number, number>()
  private firstWriteZxid: number | undefined
  private xid = 0
  /** Steps up to this one have begun. */
  private lastDone = -1

  constructor(node: Node, server: Address<CoordinationServer>, recording: Recording, file: string) {
    this.node = node
    this.server = server
    this.recording = recording
    this.file = file
    this.begun = node.clock.monotonic()
  }

  /** The step that the driver is at. */
  get at(): number {
    return this.lastDone + 1
  }

  get firstWrite(): number {
    return this.firstWriteZxid ?? this.lastZxid + 1
  }

  async play(): Promise<void> {
    await this.alignTicks()
    for (const action of this.recording.actions) await this.perform(action)
    await this.waitFor(() => this.countUnanswered(Infinity) === 0, PATIENCE)
    await this.node.sleep(50)
    this.finished = true
  }

  /** Begins when the server's ticks fall as those of the recorded server did, as far as the end of a session shows them. */
  private async alignTicks(): Promise<void> {
    const { tick } = this.recording
    const expiry = firstExpiry(this.recording.steps)
    if (expiry === undefined) return
    const before = expiry - EXPIRY_LAG + this.begun
    await this.node.sleep((tick - (before % tick)) % tick)
    this.begun = this.node.clock.monotonic()
  }

  private async perform(action: Action): Promise<void> {
    const { step } = action
    if (action.type !== 'call' || action.behind === 0) {
      await this.waitFor(() => this.countUnanswered(step) === 0, PATIENCE)
      if (action.type !== 'note') await this.node.sleep(QUIET)
      await this.passTime(step)
    }
    switch (action.type) {
      case 'call':
        await this.call(action)
        return
      case 'connect':
        await this.connect(action)
        return
      case 'drop':
        this.drop(action)
        return
      case 'note':
        this.note({ type: 'done', step })
        return
      case 'seen':
        await this.see(step)
    }
  }

  /** Ends a connection. What was sent just before has reached the server, but its answer finds nobody. */
  private drop({ step, connection }: DropAction): void {
    const link = this.links.get(connection)
    this.note({ type: 'done', step })
    if (link === undefined || link.closed) return
    link.closed = true
    link.stream.abort()
    for (const { step: request } of [...link.lost.splice(0), ...link.unanswered.splice(0)])
      this.note({ type: 'reply', step: request, frame: undefined })
  }

  private async call(action: CallAction): Promise<void> {
    const { step, connection, op: name, behind } = action
    const content = this.step(step)
    const where = `${this.file}: step ${step}`
    const args = new Arguments(content.args, where)
    const link = this.links.get(connection)
    const seen = this.lastSeen.get(link?.session ?? 0) ?? 0
    const op = readOp(name, args, where, (offset) => (offset === undefined ? seen : this.firstWrite + offset))
    if (link === undefined || link.closed) {
      this.note({ type: 'reply', step, frame: undefined })
      return
    }
    if (behind > 0) await this.waitFor(() => link.unanswered.length <= behind, PATIENCE)
    const xid = op.type === 'ping' ? XID.ping : op.type === 'setWatches' ? XID.setWatches : ++this.xid
    link.unanswered.push({ step, xid, isWrite: isWrite(op), lost: action.lost })
    this.send(link, { xid, op })
  }

  private async connect({ step, connection, again }: ConnectAction): Promise<void> {
    const content = this.step(step)
    const where = `${this.file}: step ${step}`
    const details = content.reconnected ?? content.connect
    const args = new Arguments(isObject(details) ? details : {}, where)
    const key = again === undefined ? undefined : again === UNKNOWN_SESSION ? NOBODY : this.keys.get(again)
    if (again !== undefined && key === undefined)
      throw new CallerError(`session '${again}'`, { where, expected: 'a session that was opened before' })
    const zxid = args.find('lastZxidSeen', 'lastZxid', 'zxid')
    const request: ConnectRequest = {
      lastZxidSeen: typeof zxid === 'number' ? this.firstWrite + zxid : 0,
      timeout: args.integer(
        usualTimeout(args, key?.timeout),
        'requestedTimeout',
        'timeout',
        'sessionTimeout',
      ),
      session: key?.session ?? 0,
      password: key === undefined ? '' : isWrongPassword(details ?? null) ? 'wrong' : key.password,
    }
    const held =
      again === undefined ? [] : [...this.links.values()].filter(({ session }) => session === key?.session)
    const isOld = request.password === key?.password && request.lastZxidSeen <= this.lastZxid
    if (isOld && tellsRefusal(content)) await this.outlive(held)
    const opened = await this.node.streams.connect(this.server)
    if (!opened.ok) throw new CallerError(`connecting: ${opened.reason}`, { where })
    const stream = opened.value
    const { timeout } = request
    const sentAt = this.now()
    const link: Link = {
      name: connection,
      stream,
      session: 0,
      timeout,
      unanswered: [],
      lost: [],
      closed: false,
      sentAt,
    }
    this.links.set(connection, link)
    void stream.send(request)
    const answer = await stream.receive<ConnectResponse>()
    const response = answer.ok ? answer.value : undefined
    // Which is seen first is left open: the answer, or the end of the connection that had the session before.
    const previous = this.recording.steps.slice(0, step).findLast(({ session }) => session === connection)
    if (previous !== undefined && isEndByServer(previous))
      await this.waitFor(() => held.every(({ closed }) => closed), QUIET)
    this.note({ type: 'connected', step, response })
    if (response === undefined && !this.showsEnd(connection, step)) {
      link.closed = true
      stream.end()
      return
    }
    if (response !== undefined) {
      link.session = response.session
      link.timeout = response.timeout
      if (response.session !== 0 && key === undefined) {
        this.sessions.set(response.session, connection)
        this.keys.set(connection, response)
        this.lastZxid++
      }
    }
    this.node.after(0, () => this.listen(link))
  }

  /** Whether the recording tells separately that the connection of a step ended, which was closed instead of an answer. */
  private showsEnd(connection: string, step: number): boolean {
    const next = this.recording.steps.slice(step + 1).find(({ session }) => session === connection)
    return next !== undefined && isEndByServer(next)
  }

  /** Waits until sessions that nobody keeps alive have expired, which the recording shows. */
  private async outlive(links: readonly Link[]): Promise<void> {
    if (links.some(({ closed }) => !closed)) return
    const over = links.map(({ sentAt, timeout }) => sentAt + timeout + this.recording.tick + QUIET)
    const until = Math.max(0, ...over)
    while (this.now() < until) await this.node.sleep(Math.min(until - this.now(), this.keepAlive(0)))
  }

  private async listen(link: Link): Promise<void> {
    for (;;) {
      const arrived = await link.stream.receive<ServerFrames>()
      if (link.closed) return
      if (!arrived.ok || arrived.value === undefined) break
      for (const frame of framesOf(arrived.value)) this.take(link, frame)
    }
    link.closed = true
    this.note({ type: 'closed', connection: link.name })
    for (const { step } of link.unanswered) this.note({ type: 'reply', step, frame: undefined })
    link.unanswered = []
    link.stream.end()
  }

  private take(link: Link, frame: ReplyFrame | EventFrame): void {
    if ('event' in frame) {
      this.note({ type: 'event', connection: link.name, frame })
      return
    }
    const [first] = link.unanswered
    this.lastZxid = Math.max(this.lastZxid, frame.zxid)
    this.lastSeen.set(link.session, frame.zxid)
    // The answer to a ping of ours.
    if (first?.xid !== frame.xid) return
    link.unanswered.shift()
    if (first.isWrite) this.firstWriteZxid ??= frame.zxid
    if (first.lost) link.lost.push(first)
    else this.note({ type: 'reply', step: first.step, frame })
  }

  /** Waits until this server has done what the recording shows here. */
  private async see(step: number): Promise<void> {
    const content = this.step(step)
    const event = isObject(content.event) ? content.event : undefined
    const matches = (arrival: Arrival): boolean =>
      event === undefined
        ? arrival.type === 'closed' && arrival.connection === content.session
        : arrival.type === 'event' &&
          arrival.connection === content.session &&
          arrival.frame.event.type === event.type &&
          arrival.frame.event.path === event.path
    const wanted = this.recording.steps.slice(0, step + 1).filter((each) => isSameSight(each, content)).length
    const happened = (): boolean => this.arrivals.filter(matches).length >= wanted
    await this.waitFor(happened, this.patience(step))
  }

  /** How long to wait for what was seen at a step. */
  private patience(step: number): number {
    const { tMs } = this.step(step)
    // What has no time happens at once or not at all.
    if (typeof tMs !== 'number') return AT_ONCE
    const until = Math.max(tMs - this.now(), 0)
    if (isCausedByNext(this.recording.steps, step)) return until + AT_ONCE
    return until + (tMs > 20_000 ? CONTAINER_PATIENCE : 3 * this.recording.tick + 1000)
  }

  /** Lets time pass until a step's own time. */
  private async passTime(step: number): Promise<void> {
    const { tMs } = this.step(step)
    // What was seen came about by itself; it is waited for otherwise.
    if (typeof tMs !== 'number' || this.step(step).event !== undefined) return
    for (let left = tMs - 2 - this.now(); left > 0; left = tMs - 2 - this.now()) {
      await this.node.sleep(Math.min(left, this.keepAlive(step)))
    }
  }

  private async waitFor(condition: () => boolean, limit: number): Promise<void> {
    const until = this.now() + limit
    while (!condition() && this.now() < until) {
      let late = false
      const timer = this.node.after(Math.min(until - this.now(), this.keepAlive(0)), () => {
        late = true
      })
      await this.node.until(() => condition() || late)
      timer.cancel()
    }
  }

  /** Pings for the sessions that must live on; returns how long until the next ping. */
  private keepAlive(step: number): number {
    const now = this.now()
    let next = 1000
    for (const link of this.links.values()) {
      if (link.closed || link.timeout === 0 || !this.livesOn(link, step)) continue
      const due = link.sentAt + link.timeout / 3
      if (due <= now) this.send(link, { xid: XID.ping, op: { type: 'ping' } })
      next = Math.min(next, Math.max(link.sentAt + link.timeout / 3 - now, 1))
    }
    return next
  }

  /** Whether the recording shows the connection alive at a step or later, before it ends. */
  private livesOn({ name, timeout }: Link, step: number): boolean {
    for (let i = Math.max(step, this.progress); i < this.recording.steps.length; i++) {
      const content = this.step(i)
      if (content.session !== name || content.event !== undefined) continue
      if (content.op !== undefined) return !isLost(content)
      if (!isEndByServer(content) || endsByMove(this.recording, i)) return true
      // It was silent for its timeout, or for a tick more, when the server ended it.
      const { tMs } = content
      return typeof tMs === 'number' && this.now() < tMs - timeout - this.recording.tick
    }
    // Nothing tells of its end.
    return true
  }

  /** Steps before this one are over. */
  private get progress(): number {
    let first = this.recording.steps.length
    for (const link of this.links.values())
      for (const { step } of link.unanswered) first = Math.min(first, step)
    return Math.min(first, this.lastDone + 1)
  }

  private countUnanswered(before: number): number {
    let count = 0
    for (const link of this.links.values()) {
      for (const { step } of link.unanswered) if (step < before) count++
    }
    return count
  }

  private send(link: Link, frame: ClientFrames): void {
    link.sentAt = this.now()
    void link.stream.send(frame)
  }

  private note(arrival: ArrivalBody): void {
    if (this.finished) return
    this.arrivals.push({ ...arrival, at: this.now() })
    if ('step' in arrival) this.lastDone = Math.max(this.lastDone, arrival.step)
  }

  private now(): number {
    return this.node.clock.monotonic() - this.begun
  }

  private step(index: number): JsonObject {
    return this.recording.steps[index] as JsonObject
  }
}

type ArrivalBody = Arrival extends infer A ? (A extends Arrival ? Omit<A, 'at'> : never) : never

function isWrite(op: Op): boolean {
  return op.type === 'create' || op.type === 'delete' || op.type === 'setData' || op.type === 'multi'
}

function isSameSight(a: JsonObject, b: JsonObject): boolean {
  if (a.session !== b.session) return false
  if (b.event !== undefined) return JSON.stringify(a.event) === JSON.stringify(b.event)
  return isEndByServer(a)
}
