/**
 * The tree of znodes as plain data, and the changes that transactions make to it. They were validated before
 * (prepare.ts), so nothing here refuses; a transaction is a pure function of the tree and its arguments, and replaying a
 * log gives the same tree.
 *
 * Source: DataTree and DataNode of ZooKeeper 3.8; Programmer's Guide, "The ZooKeeper Data Model". Left out: ACLs, and what
 * quotas do (their znodes are plain ones).
 */
import type { Stat, ZnodeData } from '../wire.ts'
import { CONTAINER_OWNER, isSessionOwner, ttlOf } from './owners.ts'
import { childOf, nameOf, parentOf } from './paths.ts'

export interface Znode {
  data: ZnodeData
  readonly czxid: number
  readonly ctime: number
  mzxid: number
  mtime: number
  pzxid: number
  version: number
  /** Children ever created: the counter of sequential names. Deletions do not turn it back. */
  created: number
  /** See owners.ts. */
  readonly owner: number
  /** Version of the access control list: 0, for there are no others here, but -1 for /zookeeper/config. */
  readonly aversion: number
  readonly children: Set<string>
}

export interface Tree {
  /** By path; the root is `/`. */
  readonly nodes: Map<string, Znode>
  /** Paths of ephemeral znodes by the session that owns them. */
  readonly ephemerals: Map<number, Set<string>>
  readonly containers: Set<string>
  readonly ttls: Set<string>
}

/** What a transaction changed, in the order in which the real server fires watches for it. */
export interface Change {
  readonly type: 'created' | 'deleted' | 'dataChanged'
  readonly path: string
}

/** An empty server: the root and the service's own znodes, which the root's counter does not count. */
export function emptyTree(): Tree {
  const tree: Tree = { nodes: new Map(), ephemerals: new Map(), containers: new Set(), ttls: new Set() }
  for (const path of ['/', '/zookeeper', '/zookeeper/config', '/zookeeper/quota']) {
    tree.nodes.set(path, newZnode('', 0, 0, 0, aversionOf(path)))
    if (path !== '/') (tree.nodes.get(parentOf(path)) as Znode).children.add(nameOf(path))
  }
  return tree
}

/** Paths that can be neither created nor deleted. */
export function isReserved(path: string): boolean {
  return path === '/' || path === '/zookeeper' || path === CONFIG || path === '/zookeeper/quota'
}

const CONFIG = '/zookeeper/config'

/** The one znode whose access control list the real server sets itself: everybody may read it, nobody write it. */
export function isReadOnly(path: string): boolean {
  return path === CONFIG
}

export function aversionOf(path: string): number {
  return path === CONFIG ? -1 : 0
}

/** The empty path is another name of the root, as in the real server. */
export function find(tree: Tree, path: string): Znode | undefined {
  return tree.nodes.get(path === '' ? '/' : path)
}

/** Adds a znode. `created` is the parent's counter after it. */
export function addZnode(
  tree: Tree,
  path: string,
  data: ZnodeData,
  owner: number,
  created: number,
  zxid: number,
  time: number,
): Znode {
  const parent = tree.nodes.get(parentOf(path)) as Znode
  const znode = newZnode(data, zxid, time, owner)
  tree.nodes.set(path, znode)
  parent.children.add(nameOf(path))
  if (created > parent.created) {
    parent.created = created
    parent.pzxid = zxid
  }
  if (owner === 0) return znode
  if (owner === CONTAINER_OWNER) tree.containers.add(path)
  else if (ttlOf(owner) !== undefined) tree.ttls.add(path)
  else ephemeralsOf(tree, owner).add(path)
  return znode
}

/** Takes a znode away; false if there is none. */
export function removeZnode(tree: Tree, path: string, zxid: number): boolean {
  const znode = tree.nodes.get(path)
  if (znode === undefined) return false
  tree.nodes.delete(path)
  const { owner } = znode
  if (owner === CONTAINER_OWNER) tree.containers.delete(path)
  else if (ttlOf(owner) !== undefined) tree.ttls.delete(path)
  else if (owner !== 0) {
    const owned = ephemeralsOf(tree, owner)
    owned.delete(path)
    if (owned.size === 0) tree.ephemerals.delete(owner)
  }
  const parent = tree.nodes.get(parentOf(path)) as Znode
  parent.children.delete(nameOf(path))
  parent.pzxid = zxid
  return true
}

function newZnode(data: ZnodeData, zxid: number, time: number, owner: number, aversion = 0): Znode {
  return {
    data,
    czxid: zxid,
    ctime: time,
    mzxid: zxid,
    mtime: time,
    pzxid: zxid,
    version: 0,
    created: 0,
    owner,
    aversion,
    children: new Set(),
  }
}

function ephemeralsOf(tree: Tree, session: number): Set<string> {
  let paths = tree.ephemerals.get(session)
  if (paths === undefined) tree.ephemerals.set(session, (paths = new Set()))
  return paths
}

export function statOf(znode: Znode): Stat {
  const { czxid, mzxid, pzxid, ctime, mtime, version, created, owner, aversion, data, children } = znode
  return {
    czxid,
    mzxid,
    pzxid,
    ctime,
    mtime,
    version,
    // Every child was created once, and all but those that are left were deleted once.
    cversion: 2 * created - children.size,
    aversion,
    // What marks a container or a time to live stays inside the server.
    ephemeralOwner: owner > 0 ? owner : 0,
    dataLength: data === null ? 0 : utf8Length(data),
    numChildren: children.size,
  }
}

/** Bytes of a text as UTF-8; half a surrogate pair counts as the three bytes of its replacement. */
export function utf8Length(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x80) continue
    bytes += code < 0x800 ? 1 : 2
    // A pair is four bytes, and its second half is counted here.
    if (code >= 0xd800 && code < 0xdc00 && i + 1 < text.length) {
      const next = text.charCodeAt(i + 1)
      if (next >= 0xdc00 && next < 0xe000) i++
    }
  }
  return bytes
}

/** Znodes below `path`, at any depth. */
export function countBelow(tree: Tree, path: string): number {
  if (path === '/') return tree.nodes.size - 1
  const prefix = `${path}/`
  let count = 0
  for (const each of tree.nodes.keys()) if (each.startsWith(prefix)) count++
  return count
}

/** What is wrong with a tree: for tests and checks; empty for a sound one. */
export function treeProblems(tree: Tree): readonly string[] {
  const problems: string[] = []
  for (const [path, znode] of tree.nodes) {
    if (path !== '/' && !tree.nodes.get(parentOf(path))?.children.has(nameOf(path)))
      problems.push(`${path} is not among its parent's children`)
    for (const name of znode.children) {
      if (!tree.nodes.has(childOf(path, name)))
        problems.push(`${childOf(path, name)} is listed but does not exist`)
    }
    const given = [...znode.children].filter((name) => !isReserved(childOf(path, name)))
    if (given.length > znode.created) problems.push(`${path} has more children than were created`)
    if (!isSessionOwner(znode.owner)) continue
    if (znode.children.size > 0) problems.push(`${path} is ephemeral and has children`)
    if (!tree.ephemerals.get(znode.owner)?.has(path)) problems.push(`${path} is not in its owner's list`)
  }
  for (const [session, paths] of tree.ephemerals) {
    for (const path of paths) {
      if (tree.nodes.get(path)?.owner !== session) problems.push(`${path} is not owned by session ${session}`)
    }
  }
  for (const path of tree.containers) {
    if (tree.nodes.get(path)?.owner !== CONTAINER_OWNER) problems.push(`${path} is not a container`)
  }
  for (const path of tree.ttls) {
    if (ttlOf(tree.nodes.get(path)?.owner ?? 0) === undefined) problems.push(`${path} has no time to live`)
  }
  return problems
}
