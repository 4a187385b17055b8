// A server that does the least that a client needs: sessions, a flat map of znodes, one-shot watches. Several of them
// share one world, like an ensemble without any delay inside. It notes what is said, and can be told to misbehave.
import type {
  Address,
  Duration,
  Node,
  NetworkOptions,
  Plan,
  RunResult,
  SimulateOptions,
  StreamConnection,
} from '../../../../index.ts'
import { defineNode, scenario, simulate } from '../../../../index.ts'
import type { ConnectionOptions, CoordinationSession } from '../../../../nodes/coordination/client/index.ts'
import { open } from '../../../../nodes/coordination/client/index.ts'
import type {
  ClientFrames,
  ConnectRequest,
  ErrorName,
  EventFrame,
  ReplyFrame,
  RequestFrame,
  WatchEventType,
} from '../../../../nodes/coordination/wire.ts'
import { framesOf } from '../../../../nodes/coordination/wire.ts'

/** What a server gets wrong. */
export interface Misbehaviour {
  /** Replies of one read are sent in the opposite order. */
  readonly swapsReplies?: boolean
  /** A watch event is now and then not sent. */
  readonly losesEvents?: boolean
  /** Each watch event is sent twice, once late. */
  readonly keepsWatches?: boolean
  /** Nothing is answered from this virtual time on, in ms. */
  readonly silentFrom?: number
  /** Sessions are refused from this virtual time on, in ms. */
  readonly expiresFrom?: number
}

interface Znode {
  data: string | null
  version: number
  mzxid: number
}

/** What all servers know; a test looks at it afterwards. */
export class World {
  readonly lines: string[] = []
  readonly pings: number[] = []
  readonly znodes = new Map<string, Znode>()
  readonly wrong: Misbehaviour
  readonly connections = new Set<ServerSide>()
  zxid = 0
  sessions = 0

  constructor(wrong: Misbehaviour = {}) {
    this.wrong = wrong
  }
}

/** One connection as the server holds it. */
class ServerSide {
  readonly watched = new Set<string>()
  readonly connection: StreamConnection
  private readonly world: World
  private readonly node: Node

  constructor(world: World, node: Node, connection: StreamConnection) {
    this.world = world
    this.node = node
    this.connection = connection
  }

  async serve(): Promise<void> {
    const { world, connection, node } = this
    const first = await connection.receive<ConnectRequest>()
    if (!first.ok || first.value === undefined) return
    this.note('<', first.value)
    const { session, timeout } = first.value
    if (this.isSilent()) return
    const isExpired = session !== 0 && node.clock.monotonic() >= (world.wrong.expiresFrom ?? Infinity)
    const answer = isExpired
      ? { session: 0, password: '', timeout: 0 }
      : { session: session === 0 ? ++world.sessions : session, password: 'secret', timeout }
    this.note('>', answer)
    void connection.send(answer)
    if (isExpired) {
      connection.end()
      return
    }
    world.connections.add(this)
    for (;;) {
      const received = await connection.receive<ClientFrames>()
      if (!received.ok || received.value === undefined) break
      const replies = framesOf(received.value).flatMap((frame) => this.perform(frame))
      if (this.isSilent()) continue
      if (world.wrong.swapsReplies === true) replies.reverse()
      for (const reply of replies) this.send(reply)
    }
    world.connections.delete(this)
    connection.end()
  }

  private isSilent(): boolean {
    return this.node.clock.monotonic() >= (this.world.wrong.silentFrom ?? Infinity)
  }

  private perform(frame: RequestFrame): ReplyFrame[] {
    this.note('<', frame)
    if (frame.op.type === 'ping') this.world.pings.push(this.node.clock.monotonic())
    const { error, ...rest } = this.apply(frame)
    const { zxid } = this.world
    return [{ xid: frame.xid, zxid, ...(error === undefined ? rest : { error }) }]
  }

  private apply({ op }: RequestFrame): { error?: ErrorName; result?: ReplyFrame['result'] } {
    const { world } = this
    const { znodes } = world
    switch (op.type) {
      case 'create': {
        world.zxid++
        if (znodes.has(op.path)) return { error: 'NodeExists' }
        znodes.set(op.path, { data: op.data, version: 0, mzxid: world.zxid })
        this.fire(op.path, 'NodeCreated')
        return { result: { path: op.path, stat: this.stat(op.path) } }
      }
      case 'setData': {
        world.zxid++
        const znode = znodes.get(op.path)
        if (znode === undefined) return { error: 'NoNode' }
        znode.data = op.data
        znode.version++
        znode.mzxid = world.zxid
        this.fire(op.path, 'NodeDataChanged')
        return { result: { stat: this.stat(op.path) } }
      }
      case 'exists':
      case 'getData': {
        const znode = znodes.get(op.path)
        if (op.watch && (znode !== undefined || op.type === 'exists')) this.watched.add(op.path)
        if (znode === undefined) return { error: 'NoNode' }
        return { result: { data: znode.data, stat: this.stat(op.path) } }
      }
      case 'setWatches': {
        for (const path of op.data) {
          if ((znodes.get(path)?.mzxid ?? 0) > op.zxid) this.tell(path, 'NodeDataChanged')
          else this.watched.add(path)
        }
        for (const path of op.exist) {
          if (znodes.has(path)) this.tell(path, 'NodeCreated')
          else this.watched.add(path)
        }
        return {}
      }
      default:
        return {}
    }
  }

  private stat(path: string): never {
    const { version = 0, mzxid = 0 } = this.world.znodes.get(path) ?? {}
    return { version, mzxid } as never
  }

  private fire(path: string, type: WatchEventType): void {
    const { wrong, connections, zxid } = this.world
    for (const side of connections) {
      if (!side.watched.delete(path)) continue
      if (wrong.keepsWatches === true) side.tell(path, type)
      if (wrong.losesEvents !== true || zxid % 7 !== 0) side.tell(path, type)
    }
  }

  private tell(path: string, type: WatchEventType): void {
    this.send({ xid: -1, zxid: -1, event: { type, state: 'SyncConnected', path } })
  }

  private send(frame: ReplyFrame | EventFrame): void {
    this.note('>', frame)
    // Sent by whichever node performs the write, in its own events: only one fake server may have watchers elsewhere.
    void this.connection.send(frame)
  }

  private note(direction: '<' | '>', value: unknown): void {
    const at = this.node.clock.monotonic()
    this.world.lines.push(
      `${at.toFixed(1).padStart(8)} ${this.node.name} ${direction} ${JSON.stringify(value)}`,
    )
  }
}

export interface Scripted {
  readonly world: World
  /** What each client does; it gets the session before it is connected. */
  readonly scripts: readonly ((session: CoordinationSession, node: Node) => Promise<void> | void)[]
  readonly servers?: number
  readonly options?: ConnectionOptions
  readonly network?: NetworkOptions
  readonly plan?: Plan
  readonly until?: Duration
  readonly run?: SimulateOptions
}

interface ClientConfig {
  readonly servers: readonly Address[]
  readonly script: (session: CoordinationSession, node: Node) => Promise<void> | void
  readonly options: ConnectionOptions
}

const client = defineNode<object, ClientConfig>()({
  kind: 'client',
  async start(node) {
    const { servers, script, options } = node.config
    await script(open(node, servers, options), node)
  },
})

/** Runs one client for each script against fake servers; throws if anything went wrong apart from what is simulated. */
export async function runScripts(setup: Scripted): Promise<RunResult> {
  const {
    world,
    scripts,
    servers = 1,
    options = {},
    network = { delay: '2ms' },
    plan = [],
    until = '60s',
  } = setup
  const server = defineNode()({
    kind: 'server',
    accept: (node, connection) => new ServerSide(world, node, connection).serve(),
  })
  const result = await simulate(
    scenario({
      name: 'fake',
      summary: 'clients and fake servers',
      cluster(cluster) {
        cluster.network(network)
        const addresses = cluster.add(server, servers)
        cluster.add(client, scripts.length, (index) => ({
          servers: addresses,
          script: scripts[index] as ClientConfig['script'],
          options: { sessionTimeout: '6s', ...options },
        }))
      },
      faults: () => plan,
      checks: [],
      until,
    }),
    setup.run,
  )
  const [failure] = result.failures
  if (failure !== undefined)
    throw new Error(`${failure.where ?? ''}: ${failure.message}\n${failure.stack ?? ''}`)
  return result
}
