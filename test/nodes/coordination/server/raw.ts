// A standalone server and raw clients that speak the wire, for tests.
import type { Node, Plan, RunResult, StreamConnection } from '../../../../index.ts'
import { defineNode, scenario, simulate } from '../../../../index.ts'
import type { Address } from '../../../../index.ts'
import type { CoordinationConfig, CoordinationServer } from '../../../../nodes/coordination/index.ts'
import { coordinationServer } from '../../../../nodes/coordination/index.ts'
import type {
  ConnectRequest,
  ConnectResponse,
  EventFrame,
  Op,
  ReplyFrame,
  ServerFrames,
} from '../../../../nodes/coordination/wire.ts'
import { framesOf } from '../../../../nodes/coordination/wire.ts'

/** One connection; everything is in the order of arrival. */
export class Raw {
  readonly node: Node
  readonly arrived: (ReplyFrame | EventFrame)[] = []
  opened: ConnectResponse | undefined
  ended = false
  private readonly stream: StreamConnection
  private xid = 0

  constructor(node: Node, stream: StreamConnection) {
    this.node = node
    this.stream = stream
  }

  /** Opens a connection and, unless the server refuses, a session. */
  static async open(
    node: Node,
    server: Address<CoordinationServer>,
    request: Partial<ConnectRequest> = {},
  ): Promise<Raw> {
    const stream = await node.streams.connect(server)
    if (!stream.ok) throw new Error(stream.reason)
    const raw = new Raw(node, stream.value)
    void stream.value.send({ lastZxidSeen: 0, timeout: 4000, session: 0, password: '', ...request })
    const first = await stream.value.receive<ConnectResponse>()
    raw.opened = first.ok ? first.value : undefined
    raw.ended = raw.opened === undefined
    if (!raw.ended) node.after(0, () => raw.listen())
    return raw
  }

  /** Sends a request and waits for its reply. */
  async ask(op: Op): Promise<ReplyFrame> {
    const xid = this.tell(op)
    const reply = (): ReplyFrame | undefined =>
      this.arrived.find((frame): frame is ReplyFrame => !('event' in frame) && frame.xid === xid)
    await this.node.until(() => reply() !== undefined || this.ended)
    return reply() ?? { xid, zxid: -1, error: 'ConnectionLoss' }
  }

  tell(op: Op): number {
    const xid = op.type === 'ping' ? -2 : ++this.xid
    void this.stream.send({ xid, op })
    return xid
  }

  abort(): void {
    this.stream.abort()
  }

  /** Events so far, as `type path`. */
  get events(): readonly string[] {
    return this.arrived.flatMap((frame) =>
      'event' in frame ? [`${frame.event.type} ${frame.event.path}`] : [],
    )
  }

  private async listen(): Promise<void> {
    for (;;) {
      const frames = await this.stream.receive<ServerFrames>()
      if (!frames.ok || frames.value === undefined) break
      this.arrived.push(...framesOf(frames.value))
    }
    this.ended = true
  }
}

export type RawScript = (node: Node, server: Address<CoordinationServer>) => Promise<void>

/** Runs scripts, one node each, against a standalone server with a tick of 500 ms; fails on anything that threw. */
export async function runRaw(
  scripts: readonly RawScript[],
  server: CoordinationConfig = {},
  plan: Plan = [],
  seed = 1,
): Promise<RunResult> {
  let done = 0
  const client = defineNode<
    object,
    { readonly server: Address<CoordinationServer>; readonly script: RawScript }
  >()({
    kind: 'raw',
    async start(node) {
      await node.config.script(node, node.config.server)
      done++
    },
  })
  const result = await simulate(
    scenario({
      name: 'raw',
      summary: 'scripts',
      cluster({ add, addOne, network }) {
        network({ delay: '1ms' })
        const service = addOne(coordinationServer, { tick: 500, ...server })
        add(client, scripts.length, (index) => ({ server: service, script: scripts[index]! }))
      },
      faults: () => plan,
      checks: [],
      until: '200s',
    }),
    { seed, records: true },
  )
  if (result.failures.length > 0) throw new Error(JSON.stringify(result.failures))
  if (done < scripts.length) throw new Error(`${scripts.length - done} scripts did not end`)
  return result
}

export const create = (path: string, more: Partial<Extract<Op, { type: 'create' }>> = {}): Op => ({
  type: 'create',
  path,
  data: '',
  mode: 'persistent',
  withStat: true,
  ...more,
})
export const exists = (path: string, watch = false): Op => ({ type: 'exists', path, watch })
