/**
 * Which container and TTL znodes have had their time: a container that once had children and has none now, a TTL znode
 * without children whose data did not change for longer than its time to live.
 *
 * Source: ContainerManager of ZooKeeper 3.8. Whoever orders the writes looks every minute (znode.container.checkIntervalMs)
 * and asks for their end; one that got a child meanwhile refuses.
 */
import { ttlOf } from '../data/owners.ts'
import type { Tree } from '../data/tree.ts'

/** Default of znode.container.checkIntervalMs. */
export const CONTAINER_CHECK_MS = 60_000

/** Paths, containers first, each in the order of creation; `wall` is the server's wall clock in milliseconds. */
export function spentContainers(tree: Tree, wall: number): readonly string[] {
  const spent: string[] = []
  for (const path of tree.containers) {
    const znode = tree.nodes.get(path)
    // One that was never used is kept: its first child may be on its way.
    if (znode !== undefined && znode.created > 0 && znode.children.size === 0) spent.push(path)
  }
  for (const path of tree.ttls) {
    const znode = tree.nodes.get(path)
    const ttl = ttlOf(znode?.owner ?? 0)
    if (znode === undefined || ttl === undefined || znode.children.size > 0) continue
    if (wall - znode.mtime > ttl) spent.push(path)
  }
  return spent
}
