/**
 * A client that measures whether the coordination service is there: at fixed intervals it asks for a read and for a write,
 * and each counts as available if it is answered in time. So the share of those that were is the share of time.
 *
 * It writes 1, 2, 3 ... to a znode of its own, and so notices when a write that was acknowledged is gone. With a new session
 * it may have come to a server that is behind; it asks for a `sync` before it believes what it reads.
 */
import type { Duration, Node } from 'orrery-sim'
import { defineNode } from 'orrery-sim'
import type { CoordinationSession, Result } from 'orrery-sim/nodes/coordination'
import { connect } from 'orrery-sim/nodes/coordination'
import type { Servers } from 'orrery-sim/nodes/recipes'
import { ensurePath } from 'orrery-sim/nodes/recipes'

export interface ClientConfig {
  readonly servers: Servers
  readonly sessionTimeout: Duration
  /** Time between two reads, and between two writes. */
  readonly interval: Duration
  /** How long an answer may take. */
  readonly deadline: Duration
}

export interface ClientState {
  session: CoordinationSession | undefined
  /** Whether a new session has been brought up to date. */
  isCurrent: boolean
  /** The value written last, and the highest that was acknowledged. */
  written: number
  acknowledged: number
}

type Client = Node<object, ClientState, ClientConfig>

/** Samples `reads available` and `writes available` (1 or 0 each); counts `acknowledged writes lost`. */
export const client = defineNode<object, ClientConfig>()({
  kind: 'client',
  state: (): ClientState => ({ session: undefined, isCurrent: false, written: 0, acknowledged: 0 }),
  async start(node) {
    await open(node)
    const { session } = node.state
    if (session !== undefined) await ensurePath(node, session, pathOf(node))
    node.every(node.config.interval, () => measure(node, 'reads available', read))
    node.every(node.config.interval, () => measure(node, 'writes available', write))
  },
})

function pathOf(node: Client): string {
  return `/registers/${node.self.index}`
}

async function open(node: Client): Promise<void> {
  const { servers, sessionTimeout } = node.config
  const onState = (state: string): Promise<void> | undefined => (state === 'Expired' ? open(node) : undefined)
  node.state.isCurrent = false
  node.state.session = await connect(node, servers, { sessionTimeout, onState })
}

/** One sample: whether there was an answer in time. What comes later is not waited for. */
async function measure(
  node: Client,
  metric: string,
  ask: (node: Client, session: CoordinationSession) => Promise<Result<unknown>>,
): Promise<void> {
  const { session } = node.state
  let answer: Result<unknown> | undefined
  let isLate = false
  const timer = node.after(node.config.deadline, () => {
    isLate = true
  })
  if (session !== undefined) {
    node.after(0, async () => {
      answer = await ask(node, session)
    })
  }
  await node.until(() => answer !== undefined || isLate)
  timer.cancel()
  node.metrics.sample(metric, answer?.ok === true ? 1 : 0)
}

async function read(node: Client, session: CoordinationSession): Promise<Result<unknown>> {
  const { state } = node
  if (!state.isCurrent) {
    const synced = await session.sync(pathOf(node))
    if (!synced.ok) return synced
    state.isCurrent = true
  }
  const { acknowledged } = state
  const result = await session.getData(pathOf(node))
  if (result.ok && Number(result.value.data) < acknowledged) node.metrics.count('acknowledged writes lost')
  return result
}

async function write(node: Client, session: CoordinationSession): Promise<Result<unknown>> {
  const value = ++node.state.written
  const result = await session.setData(pathOf(node), String(value))
  if (result.ok) node.state.acknowledged = Math.max(node.state.acknowledged, value)
  return result
}
