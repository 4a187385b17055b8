/**
 * A leader latch: as long as it is held, this node takes part in elections; it tells when the node begins and ceases to
 * lead, through reconnections and from one session to the next.
 *
 * Every participant has an ephemeral sequential znode, and whoever's number is the lowest leads. They differ in what they
 * watch: the one before them, so that one goes and one is told, or (`herd`, the first attempt) all of them the leader.
 *
 * Source: ZooKeeper Recipes and Solutions, "Leader Election", with the session's number in the name, as recommended there
 * for finding one's znode again after a connection loss; Curator's LeaderLatch for the answers to Disconnected and
 * Expired. Left out: the acknowledgement by the followers.
 */
import type { Duration, Node } from 'orrery-sim'
import type { CoordinationSession, SessionState, WatchEvent } from 'orrery-sim/nodes/coordination'
import { connect } from 'orrery-sim/nodes/coordination'
import type { Lease } from './lock.ts'
import { bySequence, sequenceOf } from './reliable.ts'
import type { Servers } from './servers.ts'

export type WatchStrategy = 'herd' | 'predecessor'

export interface LatchOptions {
  readonly directory: string
  readonly sessionTimeout: Duration
  /** Default `predecessor`. */
  readonly strategy?: WatchStrategy
  /**
   * When a leader stops leading: as soon as it loses the connection (so before anybody else can be elected, as long as
   * its clock runs and it is not paused), or only when it is told that its session has expired. Default `disconnected`.
   */
  readonly stepDown?: 'disconnected' | 'expired'
  /** This node leads. The lease's token is one that no other leader had and that every later one exceeds. */
  readonly isLeader: (lease: Lease, session: CoordinationSession) => void | Promise<void>
  /** It waits for the znode named `before` to go; its own is named `own`. */
  readonly isFollower?: (
    place: { readonly own: string; readonly before: string },
    session: CoordinationSession,
  ) => void | Promise<void>
  /** It is not in the election's outcome yet, or not any more. */
  readonly isLooking?: () => void
}

/** Takes part until the node stops. Resolves when it first has a connection. */
export async function leaderLatch(node: Node, servers: Servers, options: LatchOptions): Promise<void> {
  const { sessionTimeout } = options
  await connect(node, servers, { sessionTimeout, onState: follow })

  /** What the state of the session means for the election. */
  async function follow(state: SessionState, session: CoordinationSession): Promise<void> {
    switch (state) {
      case 'SyncConnected':
        await (latches.get(session) ?? newLatch(node, session, options)).decide()
        return
      case 'Disconnected':
        if (options.stepDown !== 'expired') options.isLooking?.()
        return
      case 'Expired':
        options.isLooking?.()
        return leaderLatch(node, servers, options)
      case 'Connecting':
      case 'Closed':
        return
    }
  }
}

/** One function for each session is what watches are set with, so that setting one again does not double it. */
interface Latch {
  readonly decide: () => Promise<boolean>
}

const latches = new WeakMap<CoordinationSession, Latch>()

function newLatch(
  node: Node,
  session: CoordinationSession,
  { directory, strategy, isLeader, isFollower }: LatchOptions,
): Latch {
  const own = `${session.id.toString(16)}-n_`
  /** A create was lost with its connection: nobody knows whether it took effect. */
  let isUncertain = false

  /**
   * Looks who is there and takes the role that follows; true: it leads. A failed operation ends it: the session's state
   * brings us back.
   */
  async function decide(): Promise<boolean> {
    const listed = await session.getChildren(directory)
    if (!listed.ok) {
      if (listed.reason !== 'NoNode') return false
      const created = await session.create(directory)
      return (created.ok || created.reason === 'NodeExists') && decide()
    }
    const candidates = bySequence(listed.value.children)
    const rank = candidates.findIndex((name) => name.startsWith(own))
    if (rank < 0) {
      if (isUncertain) {
        // The next server may be behind the one that took the request: a second znode would stand in the line as a ghost.
        if (!(await session.sync(directory)).ok) return false
        isUncertain = false
        return decide()
      }
      const created = await session.create(`${directory}/${own}`, node.name, 'ephemeral_sequential')
      isUncertain = !created.ok && created.reason === 'ConnectionLoss'
      return created.ok && decide()
    }
    if (rank === 0) {
      const name = candidates[0] as string
      await isLeader({ path: `${directory}/${name}`, token: sequenceOf(name) }, session)
      return true
    }
    const before = candidates[strategy === 'herd' ? 0 : rank - 1] as string
    const watched = await session.exists(`${directory}/${before}`, decideAfterEvent)
    if (!watched.ok) return false
    // It went between the two requests: nobody would ever tell us.
    if (watched.value === undefined) return decide()
    await isFollower?.({ own: candidates[rank] as string, before }, session)
    return false
  }

  async function decideAfterEvent({ type }: WatchEvent): Promise<void> {
    // What becomes of the session is told to `follow`.
    if (type === 'None') return
    const told = node.clock.monotonic()
    const leads = await decide()
    node.metrics.sample('notification to decision', node.clock.monotonic() - told)
    if (leads) node.metrics.sample('notification to leadership', node.clock.monotonic() - told)
  }

  const latch = { decide }
  latches.set(session, latch)
  return latch
}
