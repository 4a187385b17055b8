/**
 * A lock: whoever created the lowest znode holds it, the others wait for the one before them to go.
 *
 * With `herd` each waits for any change in the list instead: all wake up at each release, and all but one in vain.
 *
 * The holder's znode is ephemeral: if the holder dies, the lock is free when its session has expired. That is also the
 * danger. A holder that is paused for longer than its session lives holds a lock that another has got, and does not know
 * it. So the lock gives a fencing token with it, a number that rises from holder to holder, and whatever is protected must
 * refuse lower ones (Kleppmann, "How to do distributed locking", 2016).
 *
 * Source: ZooKeeper Recipes and Solutions, "Locks". Left out: waiting for a limited time, reentrance, revocation.
 */
import type { Node } from 'orrery-sim'
import type { CoordinationSession, Result } from 'orrery-sim/nodes/coordination'
import { Change, sessionOver } from './change.ts'
import { bySequence, createSequential, persist, remove, sequenceOf } from './reliable.ts'

export interface Lease {
  /** The holder's znode. */
  readonly path: string
  /** The number of that znode: higher than of all who held the lock before. */
  readonly token: number
}

export interface LockOptions {
  /** Whom a waiting node watches: the one before it (the default), or all. */
  readonly watch?: 'predecessor' | 'herd'
}

/** Waits for the lock and gives the lease; fails only if the session ends. */
export function acquire(
  node: Node,
  session: CoordinationSession,
  directory: string,
  { watch = 'predecessor' }: LockOptions = {},
): Promise<Result<Lease>> {
  const before: InTheWay = (queue, own) => queue[own - 1]
  return queueFor(node, session, directory, 'lock', before, watch === 'herd')
}

/** A lock that many readers may hold together, or one writer alone: a reader waits only for writers before it. */
export function acquireRead(
  node: Node,
  session: CoordinationSession,
  directory: string,
): Promise<Result<Lease>> {
  return queueFor(node, session, directory, 'read', (queue, own) =>
    queue.slice(0, own).findLast((name) => name.includes('-write-')),
  )
}

/** The writer's side of {@link acquireRead}: it waits for everybody before it. */
export function acquireWrite(
  node: Node,
  session: CoordinationSession,
  directory: string,
): Promise<Result<Lease>> {
  return queueFor(node, session, directory, 'write', (queue, own) => queue[own - 1])
}

/** Gives the lock to the next. */
export function release(node: Node, session: CoordinationSession, lease: Lease): Promise<Result<undefined>> {
  return remove(node, session, lease.path)
}

/** The znode that must go before one's own turn comes; undefined: nobody is in the way. */
type InTheWay = (queue: readonly string[], own: number) => string | undefined

async function queueFor(
  node: Node,
  session: CoordinationSession,
  directory: string,
  label: string,
  inTheWay: InTheWay,
  watchesAll = false,
): Promise<Result<Lease>> {
  const created = await createSequential(node, session, directory, label, { data: node.name })
  if (!created.ok) return created
  const own = created.value
  for (;;) {
    const change = new Change()
    const watcher = watchesAll ? change.watcher : undefined
    const listed = await persist(node, () => session.getChildren(directory, watcher))
    if (!listed.ok) return listed
    const queue = bySequence(listed.value.children)
    const rank = queue.indexOf(own)
    if (rank < 0) return sessionOver
    const obstacle = inTheWay(queue, rank)
    if (obstacle === undefined)
      return { ok: true, value: { path: `${directory}/${own}`, token: sequenceOf(own) } }
    if (!watchesAll) {
      const there = await persist(node, () => session.exists(`${directory}/${obstacle}`, change.watcher))
      if (!there.ok) return there
      // It went between the two requests: nobody would ever tell us.
      if (there.value === undefined) continue
    }
    if (!(await change.happens(node, session))) return sessionOver
  }
}
