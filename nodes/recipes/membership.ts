/**
 * Group membership: a member is an ephemeral znode, so it leaves when its session ends, whoever notices.
 *
 * Source: ZooKeeper Recipes and Solutions, "Out of the Box Applications: Name Service, Configuration, Group Membership".
 */
import type { Node } from 'orrery-sim'
import type { CoordinationSession, Result, WatchEvent } from 'orrery-sim/nodes/coordination'
import { ensurePath, persist, remove } from './reliable.ts'

/**
 * Joins under a name. A znode of that name left by an earlier session of this node (it crashed and is back before its
 * session expired) would go with that session: it is replaced.
 */
export async function joinGroup(
  node: Node,
  session: CoordinationSession,
  group: string,
  name: string,
  data = '',
): Promise<Result<undefined>> {
  const path = `${group}/${name}`
  for (;;) {
    const created = await persist(node, () => session.create(path, data, 'ephemeral'))
    if (created.ok) return done
    if (created.reason === 'NoNode') {
      const made = await ensurePath(node, session, group)
      if (!made.ok) return made
      continue
    }
    if (created.reason !== 'NodeExists') return created
    const holder = await persist(node, () => session.exists(path))
    if (!holder.ok) return holder
    if (holder.value?.ephemeralOwner === session.id) return done
    const removed = await remove(node, session, path)
    if (!removed.ok) return removed
  }
}

/** Leaves at once, without waiting for the session to end. */
export function leaveGroup(
  node: Node,
  session: CoordinationSession,
  group: string,
  name: string,
): Promise<Result<undefined>> {
  return remove(node, session, `${group}/${name}`)
}

/** Tells the members (sorted names) now and after each change, until the session ends. Changes in quick succession may be told as one. */
export async function followGroup(
  node: Node,
  session: CoordinationSession,
  group: string,
  tell: (members: readonly string[]) => void | Promise<void>,
): Promise<void> {
  const made = await ensurePath(node, session, group)
  if (!made.ok) return
  const look = async (event?: WatchEvent): Promise<void> => {
    if (event?.type === 'None') return
    // The same function each time: setting a watch that is still there does not double it.
    const listed = await persist(node, () => session.getChildren(group, look))
    if (listed.ok) await tell([...listed.value.children].sort())
  }
  await look()
}

const done: Result<undefined> = { ok: true, value: undefined }
