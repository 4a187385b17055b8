/**
 * A node that wants to lead, through a coordination service: a leader latch, and the roles and numbers that show what it
 * does. The contenders of an election differ in what they watch:
 *
 * - `herd` (the first attempt): all watch the leader's znode. When it goes, all are told at once and all ask again.
 * - `predecessor` (the second): each watches the znode before its own, so that one goes and one is told.
 *
 * The term of a leader is the number of its znode: the service gives each number once, so no two nodes ever share a
 * term, and a later leader has a higher one (a fencing token).
 *
 * Source: see `nodes/recipes/latch.ts`.
 */
import type { Address, Duration, Node } from 'orrery-sim'
import { defineNode } from 'orrery-sim'
import type { Servers, WatchStrategy } from 'orrery-sim/nodes/recipes'
import { leaderLatch, nameOf } from 'orrery-sim/nodes/recipes'
import type { LeaderMessages } from './client.ts'
import { announce } from './client.ts'

export type { WatchStrategy } from 'orrery-sim/nodes/recipes'

export interface ContenderConfig {
  readonly servers: Servers
  readonly strategy: WatchStrategy
  readonly sessionTimeout: Duration
  /**
   * When a leader stops leading: as soon as it loses the connection (so before anybody else can be elected, as long as
   * its clock runs and it is not paused), or only when it is told that its session has expired.
   */
  readonly stepDown: 'disconnected' | 'expired'
  /** Who is to hear from it while it leads; default nobody. */
  readonly client?: Address<LeaderMessages>
  /** Joins this long after it has started; default at once. */
  readonly joinAfter?: Duration
}

export interface ContenderState {
  /** Name of its own znode; undefined: it is not in the election's outcome. */
  own: string | undefined
  /** The number of its own znode while it leads. */
  term: number | undefined
  /** Name of the znode it waits for. */
  waitsFor: string | undefined
}

type Contender = Node<object, ContenderState, ContenderConfig>

/** A node that wants to lead: `add(contender, n, { servers, strategy: 'predecessor', ... })`. */
export const contender = defineNode<object, ContenderConfig>()({
  kind: 'contender',
  state: (): ContenderState => ({ own: undefined, term: undefined, waitsFor: undefined }),
  async start(node) {
    const { servers, joinAfter = 0, strategy, sessionTimeout, stepDown } = node.config
    await node.sleep(joinAfter)
    await leaderLatch(node, servers, {
      directory: '/election',
      strategy,
      sessionTimeout,
      stepDown,
      isLeader: ({ path, token }) => become(node, 'leader', { own: nameOf(path), term: token }),
      isFollower: ({ own, before }) => become(node, 'follower', { own, waitsFor: before }),
      isLooking: () => become(node, 'looking'),
    })
  },
})

function become(
  node: Contender,
  role: 'leader' | 'follower' | 'looking',
  { own, term, waitsFor }: Partial<ContenderState> = {},
): void {
  const { state } = node
  state.own = own
  if (term === state.term && waitsFor === state.waitsFor) return
  state.term = term
  state.waitsFor = waitsFor
  node.role(role, role === 'leader' ? { term } : role === 'follower' ? { waitsFor } : undefined)
  if (role !== 'leader') return
  node.metrics.count('leaders elected')
  announce(node, node.config.client, () => state.term === term)
}
