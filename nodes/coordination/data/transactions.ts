/**
 * Transactions: what is written to logs and sent between servers, and what they do to a server's data. A request that is
 * refused is a transaction too (`error`), for it takes a zxid.
 *
 * Source: zookeeper.jute (TxnHeader, CreateTxn ...) and DataTree.processTxn of ZooKeeper 3.8.
 */
import type { ErrorName, MultiResult, OpResults, ZnodeData } from '../wire.ts'
import type { Change, Tree, Znode } from './tree.ts'
import { addZnode, emptyTree, removeZnode, statOf } from './tree.ts'

export interface CreateTxn {
  readonly type: 'create'
  /** With its number, if it is sequential. */
  readonly path: string
  readonly data: ZnodeData
  /** See owners.ts. */
  readonly owner: number
  /** The parent's counter of children after this one. */
  readonly created: number
  /** Whether the reply holds the stat (create2 and later). */
  readonly withStat: boolean
}
export interface DeleteTxn {
  readonly type: 'delete'
  readonly path: string
}
export interface SetDataTxn {
  readonly type: 'setData'
  readonly path: string
  readonly data: ZnodeData
  /** The znode's version after it. */
  readonly version: number
}
export interface CheckTxn {
  readonly type: 'check'
  readonly path: string
}
export interface ErrorTxn {
  readonly type: 'error'
  readonly error: ErrorName
}

/** A part of a multi. In one that fails the parts before the failing one stand in it too, and are not performed. */
export type TxnPart = CreateTxn | DeleteTxn | SetDataTxn | CheckTxn | ErrorTxn

export type TxnBody =
  | CreateTxn
  | DeleteTxn
  | SetDataTxn
  | ErrorTxn
  | { readonly type: 'multi'; readonly parts: readonly TxnPart[] }
  /** `timeout` in milliseconds. */
  | { readonly type: 'createSession'; readonly timeout: number }
  /** The ephemeral znodes that go with the session. */
  | { readonly type: 'closeSession'; readonly paths: readonly string[] }

export interface Txn {
  /** The session that asked for it; 0: the servers themselves. */
  readonly session: number
  /** The request's xid; 0: not a client's request. */
  readonly cxid: number
  /** Wall clock of the server that made it, in milliseconds. */
  readonly time: number
  readonly body: TxnBody
}

/** All that a server must not lose. */
export interface Database {
  readonly tree: Tree
  /** Negotiated timeouts in milliseconds, by session. */
  readonly sessions: Map<number, number>
  lastZxid: number
}

export function emptyDatabase(): Database {
  return { tree: emptyTree(), sessions: new Map(), lastZxid: 0 }
}

/** What became of a transaction; `changes` in the order in which watches fire. */
export interface Applied {
  readonly error?: ErrorName
  readonly result?: OpResults[keyof OpResults]
  readonly changes: readonly Change[]
}

const NOTHING: readonly Change[] = []
const DONE: Applied = { changes: NOTHING }

/** Performs a transaction. Zxids must rise. */
export function apply(database: Database, zxid: number, txn: Txn): Applied {
  const { tree, sessions } = database
  const { body, time } = txn
  database.lastZxid = zxid
  switch (body.type) {
    case 'create': {
      const { path, data, owner, created, withStat } = body
      const znode = addZnode(tree, path, data, owner, created, zxid, time)
      const result = withStat ? { path, stat: statOf(znode) } : { path }
      return { result, changes: [{ type: 'created', path }] }
    }
    case 'delete':
      removeZnode(tree, body.path, zxid)
      return { changes: [{ type: 'deleted', path: body.path }] }
    case 'setData': {
      const znode = setData(tree, body, zxid, time)
      return { result: { stat: statOf(znode) }, changes: [{ type: 'dataChanged', path: body.path }] }
    }
    case 'error':
      return { error: body.error, changes: NOTHING }
    case 'multi':
      return applyMulti(tree, body.parts, zxid, time)
    case 'createSession':
      sessions.set(txn.session, body.timeout)
      return DONE
    case 'closeSession': {
      sessions.delete(txn.session)
      const gone = body.paths.filter((path) => removeZnode(tree, path, zxid))
      return { changes: gone.map((path) => ({ type: 'deleted', path })) }
    }
  }
}

function applyMulti(tree: Tree, parts: readonly TxnPart[], zxid: number, time: number): Applied {
  const failing = parts.findIndex(({ type }) => type === 'error')
  const results: MultiResult[] = []
  if (failing >= 0) {
    for (const part of parts)
      results.push({ type: 'error', error: part.type === 'error' ? part.error : 'OK' })
    return { result: { results }, changes: NOTHING }
  }
  const changes: Change[] = []
  for (const part of parts) {
    switch (part.type) {
      case 'create': {
        const { path, data, owner, created, withStat } = part
        const znode = addZnode(tree, path, data, owner, created, zxid, time)
        results.push(withStat ? { type: 'create', path, stat: statOf(znode) } : { type: 'create', path })
        changes.push({ type: 'created', path })
        break
      }
      case 'delete':
        removeZnode(tree, part.path, zxid)
        results.push({ type: 'delete' })
        changes.push({ type: 'deleted', path: part.path })
        break
      case 'setData': {
        const znode = setData(tree, part, zxid, time)
        results.push({ type: 'setData', stat: statOf(znode) })
        changes.push({ type: 'dataChanged', path: part.path })
        break
      }
      case 'check':
        results.push({ type: 'check' })
        break
      case 'error':
        break
    }
  }
  return { result: { results }, changes }
}

function setData(tree: Tree, { path, data, version }: SetDataTxn, zxid: number, time: number): Znode {
  const znode = tree.nodes.get(path) as Znode
  znode.data = data
  znode.version = version
  znode.mzxid = zxid
  znode.mtime = time
  return znode
}
