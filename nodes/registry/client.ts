/**
 * A client that calls workers in turn. Where its list of workers comes from is the question:
 *
 * - `static`: from its own configuration, for as long as it runs;
 * - `pushed`: from somebody who sends it a new one;
 * - `registry`: from the coordination service, which tells it of changes. Without a connection it keeps the last list: it
 *   is better than none.
 *
 * Left out: trying another worker when a call fails, and taking note of who fails; both hide what is to be seen here.
 */
import type { Address, Duration, Node } from 'orrery-sim'
import { defineNode } from 'orrery-sim'
import { connect } from 'orrery-sim/nodes/coordination'
import type { Servers } from 'orrery-sim/nodes/recipes'
import { followGroup } from 'orrery-sim/nodes/recipes'
import type { WorkerMessages } from './worker.ts'
import { addressOf, WORKERS } from './worker.ts'

export interface ClientMessages {
  /** A new list of workers; older versions than the one it has are ignored. */
  configure(message: { readonly version: number; readonly workers: readonly string[] }): void
}

export interface ClientConfig {
  /** All machines: name resolution, which says nothing about who is alive. */
  readonly hosts: readonly Address<WorkerMessages>[]
  /** The list at the start, as {@link addressOf} writes them. */
  readonly workers: readonly string[]
  /** Where to look for workers; without it, nowhere. */
  readonly registry?: { readonly servers: Servers; readonly sessionTimeout: Duration }
  /** Time between two calls. */
  readonly interval: Duration
  /** How long to wait for an answer. */
  readonly timeout: Duration
}

export interface ClientState {
  workers: readonly string[]
  version: number
  turn: number
  /** By address: since when (own clock) its calls have failed. */
  readonly failing: Map<string, number>
}

type Client = Node<ClientMessages, ClientState, ClientConfig>

/**
 * Counts `calls served` and `calls failed`; samples `dead address kept` (ms: from an address's first failed call until it
 * is off the list, or answers again); shows `addresses on all lists`.
 */
export const client = defineNode<ClientMessages, ClientConfig>()({
  kind: 'client',
  state: ({ workers }): ClientState => ({ workers, version: 0, turn: 0, failing: new Map() }),
  on: {
    configure(node, { version, workers }) {
      if (version <= node.state.version) return
      node.state.version = version
      setWorkers(node, workers)
    },
  },
  start(node) {
    node.metrics.gauge('addresses on all lists', node.state.workers.length)
    node.every(node.config.interval, () => call(node))
    return node.config.registry === undefined ? undefined : follow(node, node.config.registry)
  },
})

async function follow(
  node: Client,
  registry: { readonly servers: Servers; readonly sessionTimeout: Duration },
): Promise<void> {
  const { servers, sessionTimeout } = registry
  const session = await connect(node, servers, {
    sessionTimeout,
    onState: (state) => (state === 'Expired' ? follow(node, registry) : undefined),
  })
  await followGroup(node, session, WORKERS, (workers) => setWorkers(node, workers))
}

function setWorkers(node: Client, workers: readonly string[]): void {
  node.state.workers = workers
  node.metrics.gauge('addresses on all lists', workers.length)
  for (const address of [...node.state.failing.keys()]) {
    if (!workers.includes(address)) isDeadNoMore(node, address)
  }
}

async function call(node: Client): Promise<void> {
  const { workers } = node.state
  const address = workers[node.state.turn++ % workers.length]
  const host = node.config.hosts.find(({ name }) => addressOf(name) === address)
  if (address === undefined || host === undefined) {
    node.metrics.count('calls failed')
    return
  }
  const begun = node.clock.monotonic()
  const answer = await node.request(host, 'call', undefined, { timeout: node.config.timeout })
  if (answer.ok && answer.reply.served) {
    node.metrics.count('calls served')
    isDeadNoMore(node, address)
    return
  }
  node.metrics.count('calls failed')
  if (node.state.workers.includes(address) && !node.state.failing.has(address))
    node.state.failing.set(address, begun)
}

function isDeadNoMore(node: Client, address: string): void {
  const since = node.state.failing.get(address)
  if (since === undefined) return
  node.state.failing.delete(address)
  node.metrics.sample('dead address kept', node.clock.monotonic() - since)
}
