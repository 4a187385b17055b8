/**
 * What the server must not lose: the tree, the sessions, and the number of the last transaction. Every change of it is
 * an entry of the log, and recovery is nothing but committing the log's entries again.
 *
 * Left out: snapshots; the log grows for ever and recovery replays all of it.
 */
import type { Applied, Change, Tree, Txn } from './tree.ts'
import { applyCloseSession, applyCreate, applyDelete, applySetData, emptyTree } from './tree.ts'
import type { Op } from './types.ts'

export type WriteOp = Extract<Op, { readonly type: 'create' | 'delete' | 'setData' | 'closeSession' }>

/** One line of the log. Operations that fail take a number too, so they stand in the log as well. */
export interface LogEntry extends Txn {
  readonly op:
    WriteOp | { readonly type: 'createSession'; readonly password: number; readonly timeout: number }
}

export interface Session {
  readonly password: number
  /** Milliseconds, as negotiated. */
  readonly timeout: number
}

export interface Database {
  readonly tree: Tree
  /** By id: the transaction that created the session. */
  readonly sessions: Map<number, Session>
  /** The last transaction. */
  zxid: number
}

export function emptyDatabase(): Database {
  return { tree: emptyTree(), sessions: new Map(), zxid: 0 }
}

export function isWrite(op: Op): op is WriteOp {
  return op.type === 'create' || op.type === 'delete' || op.type === 'setData' || op.type === 'closeSession'
}

/** Performs one entry. Of a session that is over nothing is performed any more. */
export function commit(database: Database, entry: LogEntry): Applied<unknown> {
  const { tree, sessions } = database
  const { op, session } = entry
  database.zxid = entry.zxid
  if (op.type === 'createSession') {
    sessions.set(session, { password: op.password, timeout: op.timeout })
    return { result: { ok: true, value: undefined }, changes: NO_CHANGES }
  }
  if (!sessions.has(session)) return { result: { ok: false, reason: 'SessionExpired' }, changes: NO_CHANGES }
  switch (op.type) {
    case 'create':
      return applyCreate(tree, entry, op.path, op.data, op.mode)
    case 'delete':
      return applyDelete(tree, entry, op.path, op.version)
    case 'setData':
      return applySetData(tree, entry, op.path, op.data, op.version)
    case 'closeSession':
      sessions.delete(session)
      return applyCloseSession(tree, entry)
  }
}

const NO_CHANGES: readonly Change[] = []
