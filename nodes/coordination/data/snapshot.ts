/**
 * A database as one plain value for a disk or a peer, and back. It is taken between two transactions; the real server
 * writes its snapshots while transactions go on ("fuzzy") and relies on replaying them, which is left out.
 */
import type { ZnodeData } from '../wire.ts'
import { CONTAINER_OWNER, ttlOf } from './owners.ts'
import { nameOf, parentOf } from './paths.ts'
import type { Database } from './transactions.ts'
import { emptyDatabase } from './transactions.ts'
import type { Znode } from './tree.ts'
import { aversionOf } from './tree.ts'

/** path, data, czxid, ctime, mzxid, mtime, pzxid, version, created, owner. Parents stand before their children. */
export type ZnodeRow = readonly [
  string,
  ZnodeData,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
]

export interface Snapshot {
  readonly lastZxid: number
  readonly sessions: readonly (readonly [session: number, timeout: number])[]
  readonly nodes: readonly ZnodeRow[]
}

export function snapshotOf({ tree, sessions, lastZxid }: Database): Snapshot {
  const nodes: ZnodeRow[] = []
  for (const [path, znode] of tree.nodes) {
    const { data, czxid, ctime, mzxid, mtime, pzxid, version, created, owner } = znode
    nodes.push([path, data, czxid, ctime, mzxid, mtime, pzxid, version, created, owner])
  }
  // A map keeps the order of insertion, and a znode is never older than its parent.
  return { lastZxid, sessions: [...sessions], nodes }
}

export function restore(snapshot: Snapshot): Database {
  const database = emptyDatabase()
  const { tree } = database
  tree.nodes.clear()
  for (const [path, data, czxid, ctime, mzxid, mtime, pzxid, version, created, owner] of snapshot.nodes) {
    const children = new Set<string>()
    const aversion = aversionOf(path)
    const znode: Znode = {
      data,
      czxid,
      ctime,
      mzxid,
      mtime,
      pzxid,
      version,
      created,
      owner,
      aversion,
      children,
    }
    tree.nodes.set(path, znode)
    if (path !== '/') tree.nodes.get(parentOf(path))?.children.add(nameOf(path))
    if (owner === CONTAINER_OWNER) tree.containers.add(path)
    else if (ttlOf(owner) !== undefined) tree.ttls.add(path)
    else if (owner !== 0) {
      const owned = tree.ephemerals.get(owner)
      if (owned === undefined) tree.ephemerals.set(owner, new Set([path]))
      else owned.add(path)
    }
  }
  for (const [session, timeout] of snapshot.sessions) database.sessions.set(session, timeout)
  database.lastZxid = snapshot.lastZxid
  return database
}
