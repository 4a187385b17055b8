/**
 * A node that writes entries to the store for as long as it believes that it leads. It does what it can to be right: it
 * steps down when its session is in doubt, and looks before each write whether it still leads. That is not enough: it may
 * be stopped between looking and writing, and its write may be under way for longer than its session lives.
 */
import type { Address, Duration, Node, Outcome } from 'orrery-sim'
import { defineNode, fail, ok } from 'orrery-sim'
import type { CoordinationSession } from 'orrery-sim/nodes/coordination'
import type { Lease, Servers } from 'orrery-sim/nodes/recipes'
import { leaderLatch } from 'orrery-sim/nodes/recipes'
import type { StoreMessages } from './store.ts'
import type { TokenSource } from './token.ts'
import { tokenOf } from './token.ts'

export interface WriterConfig {
  readonly servers: Servers
  readonly store: Address<StoreMessages>
  readonly token: TokenSource
  readonly sessionTimeout: Duration
  /** See `ContenderConfig` in nodes/election. */
  readonly stepDown: 'disconnected' | 'expired'
  /** Time between two entries. */
  readonly interval: Duration
}

export interface WriterState {
  /** Under which it leads; undefined: it does not. */
  token: number | undefined
  /** The znode that made it the leader. */
  leads: string | undefined
}

type Writer = Node<object, WriterState, WriterConfig>

/** Records operations `append`, and counts `entries acknowledged`. */
export const writer = defineNode<object, WriterConfig>()({
  kind: 'writer',
  state: (): WriterState => ({ token: undefined, leads: undefined }),
  async start(node) {
    const { servers, sessionTimeout, stepDown } = node.config
    await leaderLatch(node, servers, {
      directory: '/writers',
      sessionTimeout,
      stepDown,
      isLeader(lease, session) {
        if (node.state.leads === lease.path) return
        node.state.leads = lease.path
        // Beside the callbacks of the session: those that come next must not wait until this node ceases to lead.
        node.after(0, () => lead(node, lease, session))
      },
      isFollower: () => node.role('follower'),
      isLooking: () => ceaseToLead(node),
    })
  },
})

async function lead(node: Writer, lease: Lease, session: CoordinationSession): Promise<void> {
  const { state, config } = node
  const isLeading = (): boolean => state.leads === lease.path
  const token = await tokenOf(config.token, lease, session)
  if (token === undefined || !isLeading()) return
  const opened = await node.request(config.store, 'open', { token })
  if (!opened.ok || 'refusedFor' in opened.reply || !isLeading()) return
  state.token = token
  node.role('leader', { term: token })
  node.metrics.count('leaders elected')
  for (let { total } = opened.reply; isLeading(); await node.sleep(config.interval)) {
    const outcome = await node.operation('append', { token, total: total + 1 }, () =>
      append(node, token, total + 1, isLeading),
    )
    if (outcome.type === 'ok') total++
  }
}

/** Repeats a write until it is answered: the same total twice is one entry. */
async function append(
  node: Writer,
  token: number,
  total: number,
  isLeading: () => boolean,
): Promise<Outcome<number>> {
  while (isLeading()) {
    const written = await node.request(node.config.store, 'write', { token, total })
    if (!written.ok) continue
    if ('refusedFor' in written.reply) {
      ceaseToLead(node)
      return fail(`a leader with token ${written.reply.refusedFor} has been there`)
    }
    node.metrics.count('entries acknowledged')
    return ok(total)
  }
  return { type: 'unknown', reason: 'leads no more' }
}

function ceaseToLead(node: Writer): void {
  if (node.state.leads === undefined) return
  node.state.leads = undefined
  node.state.token = undefined
  node.role('looking')
}
