/**
 * The tree of znodes as plain data, and the transactions on it. Nothing here knows of sessions' timeouts, of networks
 * or of disks: a transaction is a pure function of the tree and its arguments, so that replaying a log gives the same
 * tree.
 *
 * Source: ZooKeeper Programmer's Guide, "The ZooKeeper Data Model" (znodes, ephemeral and sequence nodes, stat, version
 * numbers); the order in which errors are found was taken from recordings of a real server. Left out: ACLs, quotas,
 * container and TTL znodes, `multi`.
 */
import { childOf, nameOf, parentOf, pathProblem, sequenceSuffix } from './paths.ts'
import type { Children, Created, CreateMode, Data, Result, ServerError, Stat } from './types.ts'

export interface Znode {
  data: string
  readonly czxid: number
  readonly ctime: number
  mzxid: number
  mtime: number
  pzxid: number
  version: number
  /** Children ever created: the counter of sequential names. Deletions do not turn it back. */
  created: number
  readonly ephemeralOwner: number
  readonly children: Set<string>
}

export interface Tree {
  readonly nodes: Map<string, Znode>
  /** Paths by the session that owns them. */
  readonly ephemerals: Map<number, Set<string>>
}

/** Identity of a transaction: its number, the session it belongs to, and the server's time. */
export interface Txn {
  readonly zxid: number
  readonly session: number
  readonly time: number
}

/** What a transaction changed; watches fire for it. */
export interface Change {
  readonly type: 'created' | 'deleted' | 'dataChanged'
  readonly path: string
}

/** Result of a transaction, with what it changed: nothing, if it failed. */
export interface Applied<T> {
  readonly result: Result<T, ServerError>
  readonly changes: readonly Change[]
}

/** An empty server: the root and the service's own znodes. */
export function emptyTree(): Tree {
  const tree: Tree = { nodes: new Map(), ephemerals: new Map() }
  const origin: Txn = { zxid: 0, session: 0, time: 0 }
  tree.nodes.set('/', newZnode('', origin, 0))
  for (const path of ['/zookeeper', '/zookeeper/config', '/zookeeper/quota']) {
    applyCreate(tree, origin, path, '', 'persistent')
  }
  return tree
}

export function applyCreate(
  tree: Tree,
  txn: Txn,
  asked: string,
  data: string,
  mode: CreateMode,
): Applied<Created> {
  const sequential = mode === 'persistent_sequential' || mode === 'ephemeral_sequential'
  const ephemeral = mode === 'ephemeral' || mode === 'ephemeral_sequential'
  // A sequential name may be nothing but its number: '/queue/' is fine then.
  if (pathProblem(sequential ? `${asked}1` : asked) !== undefined) return refused('BadArguments')
  const parentPath = parentOf(sequential ? `${asked}1` : asked)
  if (parentPath === undefined) return refused('NodeExists')
  const parent = tree.nodes.get(parentPath)
  if (parent === undefined) return refused('NoNode')
  const path = sequential ? asked + sequenceSuffix(parent.created) : asked
  if (tree.nodes.has(path)) return refused('NodeExists')
  if (parent.ephemeralOwner !== 0) return refused('NoChildrenForEphemerals')

  const owner = ephemeral ? txn.session : 0
  const znode = newZnode(data, txn, owner)
  tree.nodes.set(path, znode)
  parent.children.add(nameOf(path))
  parent.created++
  parent.pzxid = txn.zxid
  if (ephemeral) ephemeralsOf(tree, owner).add(path)
  return { result: { ok: true, value: { path, stat: statOf(znode) } }, changes: [{ type: 'created', path }] }
}

export function applyDelete(tree: Tree, txn: Txn, path: string, version: number): Applied<undefined> {
  if (pathProblem(path) !== undefined || path === '/') return refused('BadArguments')
  const znode = tree.nodes.get(path)
  if (znode === undefined) return refused('NoNode')
  if (version !== -1 && version !== znode.version) return refused('BadVersion')
  if (znode.children.size > 0) return refused('NotEmpty')
  remove(tree, txn, path)
  return { result: { ok: true, value: undefined }, changes: [{ type: 'deleted', path }] }
}

export function applySetData(
  tree: Tree,
  txn: Txn,
  path: string,
  data: string,
  version: number,
): Applied<{ readonly stat: Stat }> {
  if (pathProblem(path) !== undefined) return refused('BadArguments')
  const znode = tree.nodes.get(path)
  if (znode === undefined) return refused('NoNode')
  if (version !== -1 && version !== znode.version) return refused('BadVersion')
  znode.data = data
  znode.version++
  znode.mzxid = txn.zxid
  znode.mtime = txn.time
  return { result: { ok: true, value: { stat: statOf(znode) } }, changes: [{ type: 'dataChanged', path }] }
}

/** Ends a session: its ephemeral znodes go, all in one transaction. */
export function applyCloseSession(tree: Tree, txn: Txn): Applied<undefined> {
  const paths = [...(tree.ephemerals.get(txn.session) ?? [])]
  for (const path of paths) remove(tree, txn, path)
  return { result: { ok: true, value: undefined }, changes: paths.map((path) => ({ type: 'deleted', path })) }
}

export function readStat(tree: Tree, path: string): Result<{ readonly stat: Stat }, ServerError> {
  return read(tree, path, (znode) => ({ stat: statOf(znode) }))
}

export function readData(tree: Tree, path: string): Result<Data, ServerError> {
  return read(tree, path, (znode) => ({ data: znode.data, stat: statOf(znode) }))
}

export function readChildren(tree: Tree, path: string): Result<Children, ServerError> {
  return read(tree, path, (znode) => ({ children: [...znode.children], stat: statOf(znode) }))
}

function read<T>(tree: Tree, path: string, look: (znode: Znode) => T): Result<T, ServerError> {
  if (pathProblem(path) !== undefined) return { ok: false, reason: 'BadArguments' }
  const znode = tree.nodes.get(path)
  return znode === undefined ? { ok: false, reason: 'NoNode' } : { ok: true, value: look(znode) }
}

function newZnode(data: string, txn: Txn, ephemeralOwner: number): Znode {
  const { zxid, time } = txn
  return {
    data,
    czxid: zxid,
    ctime: time,
    mzxid: zxid,
    mtime: time,
    pzxid: zxid,
    version: 0,
    created: 0,
    ephemeralOwner,
    children: new Set(),
  }
}

function remove(tree: Tree, txn: Txn, path: string): void {
  const owner = tree.nodes.get(path)?.ephemeralOwner ?? 0
  tree.nodes.delete(path)
  if (owner !== 0) {
    const owned = ephemeralsOf(tree, owner)
    owned.delete(path)
    if (owned.size === 0) tree.ephemerals.delete(owner)
  }
  const parent = tree.nodes.get(parentOf(path) ?? '/')
  if (parent === undefined) return
  parent.children.delete(nameOf(path))
  parent.pzxid = txn.zxid
}

function ephemeralsOf(tree: Tree, session: number): Set<string> {
  let paths = tree.ephemerals.get(session)
  if (paths === undefined) tree.ephemerals.set(session, (paths = new Set()))
  return paths
}

export function statOf(znode: Znode): Stat {
  const { czxid, mzxid, pzxid, ctime, mtime, version, created, ephemeralOwner, data, children } = znode
  // Every child was created once, and all but those that are left were deleted once.
  const cversion = 2 * created - children.size
  const dataLength = utf8Length(data)
  const numChildren = children.size
  return {
    czxid,
    mzxid,
    pzxid,
    ctime,
    mtime,
    version,
    cversion,
    aversion: 0,
    ephemeralOwner,
    dataLength,
    numChildren,
  }
}

/** Bytes of a text as UTF-8. */
function utf8Length(text: string): number {
  let bytes = 0
  for (const character of text) {
    const code = character.codePointAt(0) as number
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return bytes
}

function refused(reason: ServerError): Applied<never> {
  return { result: { ok: false, reason }, changes: [] }
}

/** What is wrong with a tree: for tests and checks; empty for a sound one. */
export function treeProblems(tree: Tree): readonly string[] {
  const problems: string[] = []
  for (const [path, znode] of tree.nodes) {
    const parent = parentOf(path)
    if (parent !== undefined && !tree.nodes.get(parent)?.children.has(nameOf(path))) {
      problems.push(`${path} is not among its parent's children`)
    }
    for (const name of znode.children) {
      if (!tree.nodes.has(childOf(path, name)))
        problems.push(`${childOf(path, name)} is listed but does not exist`)
    }
    if (znode.children.size > znode.created) problems.push(`${path} has more children than were created`)
    if (znode.ephemeralOwner === 0) continue
    if (znode.children.size > 0) problems.push(`${path} is ephemeral and has children`)
    if (!tree.ephemerals.get(znode.ephemeralOwner)?.has(path))
      problems.push(`${path} is not in its owner's list`)
  }
  for (const [session, paths] of tree.ephemerals) {
    for (const path of paths) {
      if (tree.nodes.get(path)?.ephemeralOwner !== session)
        problems.push(`${path} is not owned by session ${session}`)
    }
  }
  return problems
}
