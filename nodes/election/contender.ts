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
import type { Duration, Node } from 'orrery-sim'
import { defineNode } from 'orrery-sim'
import type { Servers, WatchStrategy } from 'orrery-sim/nodes/recipes'
import { leaderLatch } from 'orrery-sim/nodes/recipes'

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
  /** Joins this long after it has started; default at once. */
  readonly joinAfter?: Duration
}

export interface ContenderState {
  /** The number of its own znode while it leads. */
  term: number | undefined
  /** Name of the znode it waits for. */
  waitsFor: string | undefined
}

type Contender = Node<object, ContenderState, ContenderConfig>

/** A node that wants to lead: `add(contender, n, { servers, strategy: 'predecessor', ... })`. */
export const contender = defineNode<object, ContenderConfig>()({
  kind: 'contender',
  state: (): ContenderState => ({ term: undefined, waitsFor: undefined }),
  async start(node) {
    const { servers, joinAfter = 0, ...how } = node.config
    await node.sleep(joinAfter)
    await leaderLatch(node, servers, {
      ...how,
      directory: '/election',
      isLeader: ({ token }) => become(node, 'leader', { term: token }),
      isFollower: (waitsFor) => become(node, 'follower', { waitsFor }),
      isLooking: () => become(node, 'looking'),
    })
  },
})

function become(
  node: Contender,
  role: 'leader' | 'follower' | 'looking',
  { term, waitsFor }: Partial<ContenderState> = {},
): void {
  const { state } = node
  if (term === state.term && waitsFor === state.waitsFor) return
  state.term = term
  state.waitsFor = waitsFor
  if (role === 'leader') node.metrics.count('leaders elected')
  node.role(role, role === 'leader' ? { term } : role === 'follower' ? { waitsFor } : undefined)
}
