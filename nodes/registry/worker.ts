/**
 * A worker that answers calls, and lets itself be found: in the registry it is an ephemeral znode whose name is its
 * address and port (as HBase's region servers are under `/hbase/rs`), there for as long as its session lives. The
 * workers elect a leader among themselves; who wins coordinates and takes no calls, so it leaves the list, and joins it
 * again when it leads no more.
 *
 * Without a registry a worker just answers, and its leader is the one that the configuration says.
 */
import type { Duration, Node } from 'orrery-sim'
import { defineNode } from 'orrery-sim'
import type { CoordinationSession } from 'orrery-sim/nodes/coordination'
import type { Servers } from 'orrery-sim/nodes/recipes'
import { joinGroup, leaderLatch, leaveGroup } from 'orrery-sim/nodes/recipes'

export interface WorkerMessages {
  /** A call of a client, or a look whether it is well; not served by one that does not serve (any more). */
  call(): { readonly served: boolean }
}

export interface WorkerConfig {
  /** Where to register; without it, nowhere. */
  readonly registry?: { readonly servers: Servers; readonly sessionTimeout: Duration }
  /** Without a registry: whether this is the leader. */
  readonly leads?: boolean
  /** Begins to serve this long after its start; default at once. */
  readonly joinAfter?: Duration
  /** Is taken out of service this long after its start; default never. */
  readonly leaveAfter?: Duration
}

export interface WorkerState {
  /** Whether calls are answered. */
  serving: boolean
}

type Worker = Node<WorkerMessages, WorkerState, WorkerConfig>

/** Where workers register. */
export const WORKERS = '/workers'

/** Between its departure from the list and its end, so that calls of clients who have not heard of it are still served. */
const DRAIN = '500ms'

export const worker = defineNode<WorkerMessages, WorkerConfig>()({
  kind: 'worker',
  state: (): WorkerState => ({ serving: false }),
  on: {
    call: ({ state }) => ({ served: state.serving }),
  },

  async start(node) {
    const { registry, leads = false, joinAfter = 0, leaveAfter } = node.config
    await node.sleep(joinAfter)
    const session = registry === undefined ? undefined : takePart(node, registry)
    if (registry === undefined) serve(node, leads ? 'leader' : 'serving')
    if (leaveAfter === undefined) return
    await node.sleep(leaveAfter)
    node.role('leaving')
    await session?.current?.close()
    await node.sleep(DRAIN)
    node.stop()
  },
})

/** Registers, unless it leads; what is given back holds the session that it has now. */
function takePart(
  node: Worker,
  { servers, sessionTimeout }: { readonly servers: Servers; readonly sessionTimeout: Duration },
): { current?: CoordinationSession } {
  const own: { current?: CoordinationSession } = {}
  const name = addressOf(node.name)
  void leaderLatch(node, servers, {
    directory: '/election',
    sessionTimeout,
    async isLeader(_lease, session) {
      own.current = session
      serve(node, 'leader')
      await leaveGroup(node, session, WORKERS, name)
    },
    async isFollower(_place, session) {
      own.current = session
      serve(node, 'serving')
      await joinGroup(node, session, WORKERS, name)
    },
  })
  return own
}

function serve(node: Worker, role: 'serving' | 'leader'): void {
  node.state.serving = role === 'serving'
  node.role(role)
}

/** What is registered of a host: its name and a port. */
export function addressOf(host: string): string {
  return `${host}:8080`
}
