/** A client: submits tasks, waits for all results, and adds up what they came to. */
import type { Duration, Node } from 'orrery-sim'
import { defineNode } from 'orrery-sim'
import type { CoordinationSession } from 'orrery-sim/nodes/coordination'
import { connect } from 'orrery-sim/nodes/coordination'
import type { Servers } from 'orrery-sim/nodes/recipes'
import { Change, ensurePath, persist } from 'orrery-sim/nodes/recipes'
import type { Recording } from './tree.ts'
import { STATUS, TASKS, TOTAL } from './tree.ts'

export interface ClientConfig {
  readonly servers: Servers
  readonly sessionTimeout: Duration
  readonly recording: Recording
  readonly tasks: number
  /** Time between two tasks. */
  readonly interval: Duration
}

export interface ClientState {
  /** When each task was submitted, by name. */
  readonly submitted: Map<string, number>
  readonly finished: Set<string>
  /** Sum of the amounts of all tasks. */
  expected: number
  /** What their results came to; undefined: not all are in. */
  total: number | undefined
}

type Client = Node<object, ClientState, ClientConfig>

/** Samples `task latency` (ms). */
export const client = defineNode<object, ClientConfig>()({
  kind: 'client',
  state: (): ClientState => ({ submitted: new Map(), finished: new Set(), expected: 0, total: undefined }),
  async start(node) {
    const { servers, sessionTimeout, recording } = node.config
    const session = await connect(node, servers, { sessionTimeout })
    for (const path of [TASKS, STATUS]) await ensurePath(node, session, path)
    node.after(0, () => submit(node, session))
    if (await allFinished(node, session)) node.state.total = await totalOf(node, session, recording)
  },
})

async function submit(node: Client, session: CoordinationSession): Promise<void> {
  const { tasks, interval } = node.config
  for (let index = 0; index < tasks; index++) {
    const name = `${node.name}-${String(index).padStart(4, '0')}`
    const amount = 1 + node.random.int(9)
    node.state.expected += amount
    node.state.submitted.set(name, node.clock.monotonic())
    await persist(node, () => session.create(`${TASKS}/${name}`, String(amount)))
    await node.sleep(interval)
  }
}

async function allFinished(node: Client, session: CoordinationSession): Promise<boolean> {
  const { submitted, finished } = node.state
  for (;;) {
    const change = new Change()
    const listed = await persist(node, () => session.getChildren(STATUS, change.watcher))
    if (!listed.ok) return false
    for (const name of listed.value.children) {
      if (finished.has(name)) continue
      finished.add(name)
      node.metrics.sample('task latency', node.clock.monotonic() - (submitted.get(name) ?? 0))
    }
    if (finished.size >= node.config.tasks) return true
    if (!(await change.happens(node, session))) return false
  }
}

async function totalOf(
  node: Client,
  session: CoordinationSession,
  recording: Recording,
): Promise<number | undefined> {
  if (recording !== 'create-once') {
    const read = await persist(node, () => session.getData(TOTAL))
    return read.ok ? Number(read.value.data) : undefined
  }
  let total = 0
  for (const name of node.state.finished) {
    const read = await persist(node, () => session.getData(`${STATUS}/${name}`))
    if (!read.ok) return undefined
    total += Number(read.value.data)
  }
  return total
}
