/**
 * Leader election through a coordination service: every contender has an ephemeral sequential znode under /election,
 * and whoever's number is the lowest leads. The contenders differ in what they watch:
 *
 * - `herd` (the first attempt): all watch the leader's znode. When it goes, all are told at once and all ask again.
 * - `predecessor` (the second): each watches the znode before its own, so that one goes and one is told.
 *
 * The term of a leader is the number of its znode: the service gives each number once, so no two nodes ever share a
 * term, and a later leader has a higher one (a fencing token).
 *
 * Source: ZooKeeper Recipes and Solutions, "Leader Election", with the session's number in the name, as recommended
 * there for finding one's znode again after a connection loss. Left out: the acknowledgement by the followers.
 */
import type { Address, Duration, Node } from 'orrery-sim'
import { defineNode } from 'orrery-sim'
import type {
  CoordinationEvents,
  CoordinationServer,
  CoordinationSession,
  SessionState,
} from 'orrery-sim/nodes/coordination'
import { connect, coordinationClient } from 'orrery-sim/nodes/coordination'

export type WatchStrategy = 'herd' | 'predecessor'

export interface ContenderConfig {
  readonly service: Address<CoordinationServer>
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
  /** What is called when that znode goes: one function, so that setting the watch again does not double it. */
  watcher: (() => Promise<void>) | undefined
}

type Contender = Node<CoordinationEvents, ContenderState, ContenderConfig>

const ELECTION = '/election'

/** A node that wants to lead: `add(contender, n, { service, strategy: 'predecessor', ... })`. */
export const contender = defineNode<CoordinationEvents, ContenderConfig>()({
  kind: 'contender',
  state: (): ContenderState => ({ term: undefined, waitsFor: undefined, watcher: undefined }),
  on: { ...coordinationClient.on },
  async start(node) {
    await node.sleep(node.config.joinAfter ?? 0)
    await join(node)
  },
})

async function join(node: Contender): Promise<void> {
  const { service, sessionTimeout } = node.config
  await connect(node, service, { sessionTimeout, onState: (state, session) => follow(node, session, state) })
}

/** What the state of the session means for the election. */
async function follow(node: Contender, session: CoordinationSession, state: SessionState): Promise<void> {
  switch (state) {
    case 'SyncConnected':
      node.state.watcher = () => decideAfterEvent(node, session)
      return decide(node, session)
    case 'Disconnected':
      if (node.config.stepDown === 'disconnected') become(node, 'looking', undefined)
      return
    case 'Expired':
      become(node, 'looking', undefined)
      return join(node)
    case 'Connecting':
    case 'Closed':
      return
  }
}

/** Looks who is there and takes the role that follows. A failed operation ends it: the session's state brings us back. */
async function decide(node: Contender, session: CoordinationSession): Promise<void> {
  const listed = await session.getChildren(ELECTION)
  if (!listed.ok) {
    if (listed.reason !== 'NoNode') return
    const created = await session.create(ELECTION)
    if (created.ok || created.reason === 'NodeExists') await decide(node, session)
    return
  }
  const candidates = [...listed.value.children].sort((a, b) => numberOf(a) - numberOf(b))
  const prefix = `${session.id.toString(16)}-n_`
  const rank = candidates.findIndex((name) => name.startsWith(prefix))
  if (rank < 0) {
    const created = await session.create(`${ELECTION}/${prefix}`, node.name, 'ephemeral_sequential')
    if (created.ok) await decide(node, session)
    return
  }
  if (rank === 0) {
    become(node, 'leader', numberOf(candidates[0] as string))
    return
  }
  const before = candidates[node.config.strategy === 'herd' ? 0 : rank - 1] as string
  const watched = await session.exists(`${ELECTION}/${before}`, node.state.watcher)
  if (!watched.ok) return
  // It went between the two requests: nobody would ever tell us.
  if (watched.value === undefined) await decide(node, session)
  else become(node, 'follower', undefined, before)
}

async function decideAfterEvent(node: Contender, session: CoordinationSession): Promise<void> {
  const told = node.clock.monotonic()
  await decide(node, session)
  node.metrics.sample('notification to decision', node.clock.monotonic() - told)
}

function become(
  node: Contender,
  role: 'leader' | 'follower' | 'looking',
  term: number | undefined,
  waitsFor?: string,
): void {
  const { state } = node
  if (role === 'looking' && term === state.term && waitsFor === state.waitsFor) return
  if (role === 'leader' && state.term === term) return
  if (role === 'follower' && state.waitsFor === waitsFor) return
  state.term = term
  state.waitsFor = waitsFor
  if (role === 'leader') node.metrics.count('leaders elected')
  node.role(role, role === 'leader' ? { term } : role === 'follower' ? { waitsFor } : undefined)
}

/** The number that the service gave to a sequential znode. */
function numberOf(name: string): number {
  return Number(name.slice(-10))
}
