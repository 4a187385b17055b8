/**
 * Barriers. At a single one everybody waits until somebody takes it away; at a double one a computation begins when all
 * have come, and ends when all are through.
 *
 * Source: ZooKeeper Recipes and Solutions, "Barriers" and "Double Barriers"; the znode `ready` is taken away at the end,
 * as Curator's DistributedDoubleBarrier does, so that the barrier can be used again.
 */
import type { Node } from 'orrery-sim'
import type { CoordinationSession, Result } from 'orrery-sim/nodes/coordination'
import { Change, sessionOver } from './change.ts'
import { joinGroup } from './membership.ts'
import { ensurePath, persist, remove } from './reliable.ts'

type Ended = Promise<Result<undefined>>

/** Puts the barrier up; whoever waits from now on waits. */
export function raiseBarrier(node: Node, session: CoordinationSession, barrier: string): Ended {
  return ensurePath(node, session, barrier)
}

/** Takes it away: all go on. */
export function liftBarrier(node: Node, session: CoordinationSession, barrier: string): Ended {
  return remove(node, session, barrier)
}

/** Goes on when there is no barrier. */
export async function waitAtBarrier(node: Node, session: CoordinationSession, barrier: string): Ended {
  for (;;) {
    const change = new Change()
    const standing = await persist(node, () => session.exists(barrier, change.watcher))
    if (!standing.ok) return standing
    if (standing.value === undefined) return done
    if (!(await change.happens(node, session))) return sessionOver
  }
}

const READY = 'ready'

/** Goes on when `parties` have come. `own`: a name that nobody else at the barrier has. */
export async function enter(
  node: Node,
  session: CoordinationSession,
  barrier: string,
  own: string,
  parties: number,
): Ended {
  const directory = await ensurePath(node, session, barrier)
  if (!directory.ok) return directory
  // The watch comes first: whoever completes the barrier may do so right after our own name is in.
  const opened = new Change()
  const isOpen = await persist(node, () => session.exists(`${barrier}/${READY}`, opened.watcher))
  if (!isOpen.ok) return isOpen
  const registered = await joinGroup(node, session, barrier, own)
  if (!registered.ok) return registered
  const present = await persist(node, () => session.getChildren(barrier))
  if (!present.ok) return present
  if (partiesOf(present.value.children).length >= parties)
    return ensurePath(node, session, `${barrier}/${READY}`)
  if (isOpen.value !== undefined) return done
  return (await opened.happens(node, session)) ? done : sessionOver
}

/**
 * Goes on when all that came have left. The lowest waits for the highest, and all others for the lowest, so that each
 * departure wakes up one node, and the last one all.
 */
export async function leave(node: Node, session: CoordinationSession, barrier: string, own: string): Ended {
  for (;;) {
    const present = await persist(node, () => session.getChildren(barrier))
    if (!present.ok) return present.reason === 'NoNode' ? done : present
    const parties = partiesOf(present.value.children)
    const lowest = parties[0]
    if (lowest === undefined) return remove(node, session, `${barrier}/${READY}`)
    if (lowest === own && parties.length === 1) {
      await remove(node, session, `${barrier}/${own}`)
      return remove(node, session, `${barrier}/${READY}`)
    }
    if (lowest !== own) {
      const left = await remove(node, session, `${barrier}/${own}`)
      if (!left.ok) return left
    }
    const change = new Change()
    const awaited = lowest === own ? (parties.at(-1) as string) : lowest
    const there = await persist(node, () => session.exists(`${barrier}/${awaited}`, change.watcher))
    if (!there.ok) return there
    if (there.value !== undefined && !(await change.happens(node, session))) return sessionOver
  }
}

function partiesOf(children: readonly string[]): string[] {
  return children.filter((name) => name !== READY).sort()
}

const done: Result<undefined> = { ok: true, value: undefined }
