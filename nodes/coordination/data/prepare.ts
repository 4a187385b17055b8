/**
 * Turns requests into transactions. Whoever orders the writes (a standalone server, the leader of an ensemble) validates
 * each request against its tree as it will be when everything proposed before has been applied: so writes may be under way
 * in any number, and what is decided here holds everywhere. A refused request becomes an error transaction.
 *
 * Source: PrepRequestProcessor of ZooKeeper 3.8, whose order of checks it keeps. Left out: ACLs, quotas, reconfiguration.
 */
import type { CheckOp, CreateOp, DeleteOp, ErrorName, MultiPart, SetDataOp } from '../wire.ts'
import { CONTAINER_OWNER, hasTtl, isEphemeral, isSequential, isSessionOwner, TTL_MAX } from './owners.ts'
import { parentOf, pathProblem, sequenceSuffix } from './paths.ts'
import type {
  CheckTxn,
  CreateTxn,
  Database,
  DeleteTxn,
  SetDataTxn,
  Txn,
  TxnBody,
  TxnPart,
} from './transactions.ts'
import { find, isReserved } from './tree.ts'

/** What takes a zxid. */
export type WriteOp =
  | CreateOp
  | DeleteOp
  | SetDataOp
  | { readonly type: 'multi'; readonly ops: readonly MultiPart[] }
  | { readonly type: 'createSession'; readonly timeout: number }
  | { readonly type: 'closeSession' }
  /** Asked for by the container manager, not by clients. */
  | { readonly type: 'deleteContainer'; readonly path: string }

export interface WriteRequest {
  readonly session: number
  readonly cxid: number
  readonly op: WriteOp
}

export interface PrepareOptions {
  /** Why a session may not write (it is over, or ending, or attached elsewhere); undefined if it may. */
  readonly sessionError: (session: number) => ErrorName | undefined
  /** Whether TTL znodes can be created: the real server's switch `extendedTypesEnabled`. */
  readonly extendedTypesEnabled: boolean
}

/** A znode as it will be; `exists` false: deleted. */
interface ChangeRecord {
  readonly zxid: number
  readonly path: string
  readonly exists: boolean
  readonly version: number
  readonly created: number
  readonly owner: number
  readonly children: number
}

/** A request that is refused: thrown and caught in this file only, which keeps the checks in their order. */
class Refusal {
  readonly error: ErrorName
  constructor(error: ErrorName) {
    this.error = error
  }
}

export class Preparation {
  private readonly database: Database
  private readonly options: PrepareOptions
  private readonly latest = new Map<string, ChangeRecord>()
  /** All records in the order of their zxids, from `head` on. */
  private outstanding: ChangeRecord[] = []
  private head = 0
  /** Within a multi: what the latest records were, to be put back if it fails. */
  private undo: { readonly path: string; readonly before: ChangeRecord | undefined }[] | undefined

  constructor(database: Database, options: PrepareOptions) {
    this.database = database
    this.options = options
  }

  /** The transaction of a request under its zxid; `time` is this server's wall clock in milliseconds. */
  prepare({ session, cxid, op }: WriteRequest, zxid: number, time: number): Txn {
    return { session, cxid, time, body: this.bodyOf(session, op, zxid) }
  }

  /** Transactions up to this one have been applied to the tree: what they will have changed need not be kept. */
  applied(zxid: number): void {
    const { outstanding, latest } = this
    while (this.head < outstanding.length) {
      const record = outstanding[this.head] as ChangeRecord
      if (record.zxid > zxid) return
      this.head++
      if (latest.get(record.path) === record) latest.delete(record.path)
    }
    this.outstanding = []
    this.head = 0
  }

  private bodyOf(session: number, op: WriteOp, zxid: number): TxnBody {
    try {
      switch (op.type) {
        case 'create':
        case 'delete':
        case 'setData':
          return this.part(session, op, zxid) as CreateTxn | DeleteTxn | SetDataTxn
        case 'multi':
          return { type: 'multi', parts: this.multi(session, op.ops, zxid) }
        case 'createSession':
          return { type: 'createSession', timeout: op.timeout }
        case 'closeSession':
          return { type: 'closeSession', paths: this.closeSession(session, zxid) }
        case 'deleteContainer':
          return this.deleteContainer(op.path, zxid)
      }
    } catch (refusal) {
      if (refusal instanceof Refusal) return { type: 'error', error: refusal.error }
      throw refusal
    }
  }

  private part(session: number, op: MultiPart, zxid: number): TxnPart {
    switch (op.type) {
      case 'create':
        return this.create(session, op, zxid)
      case 'delete':
        return this.delete(session, op, zxid)
      case 'setData':
        return this.setData(session, op, zxid)
      case 'check':
        return this.check(session, op)
    }
  }

  /** Parts see the parts before them. After the first refusal nothing is looked at any more, and nothing stays. */
  private multi(session: number, ops: readonly MultiPart[], zxid: number): TxnPart[] {
    const parts: TxnPart[] = []
    const first = this.outstanding.length
    this.undo = []
    let failed = false
    for (const op of ops) {
      if (failed) {
        parts.push({ type: 'error', error: 'RuntimeInconsistency' })
        continue
      }
      try {
        parts.push(this.part(session, op, zxid))
      } catch (refusal) {
        if (!(refusal instanceof Refusal)) throw refusal
        failed = true
        parts.push({ type: 'error', error: refusal.error })
        for (const { path, before } of this.undo.reverse()) {
          if (before === undefined) this.latest.delete(path)
          else this.latest.set(path, before)
        }
        this.outstanding.length = first
      }
    }
    this.undo = undefined
    return parts
  }

  private create(session: number, op: CreateOp, zxid: number): CreateTxn {
    const { mode, ttl, data } = op
    if (hasTtl(mode)) {
      if (!this.options.extendedTypesEnabled) throw new Refusal('Unimplemented')
      if (ttl === undefined || !(ttl > 0 && ttl <= TTL_MAX)) throw new Refusal('BadArguments')
    }
    this.checkSession(session)
    const slash = op.path.lastIndexOf('/')
    if (slash === -1 || op.path.includes('\0')) throw new Refusal('BadArguments')
    const parentPath = op.path.slice(0, slash) || '/'
    const parent = this.record(parentPath)
    const path = isSequential(mode) ? op.path + sequenceSuffix(parent.created) : op.path
    if (pathProblem(path) !== undefined) throw new Refusal('BadArguments')
    if (this.recordOrNone(path) !== undefined) throw new Refusal('NodeExists')
    if (isSessionOwner(parent.owner)) throw new Refusal('NoChildrenForEphemerals')
    const created = (parent.created + 1) | 0
    const owner = isEphemeral(mode)
      ? session
      : mode === 'container'
        ? CONTAINER_OWNER
        : hasTtl(mode)
          ? -(ttl ?? 0)
          : 0
    this.change({ ...parent, zxid, created, children: parent.children + 1 })
    this.change({ zxid, path, exists: true, version: 0, created: 0, owner, children: 0 })
    // Containers and TTL znodes were added to the protocol when every reply had a stat.
    const withStat = op.withStat === true || hasTtl(mode) || mode === 'container'
    return { type: 'create', path, data, owner, created, withStat }
  }

  private delete(session: number, { path, version }: DeleteOp, zxid: number): DeleteTxn {
    this.checkSession(session)
    const parent = this.parentOfDeleted(path)
    const record = this.record(path)
    nextVersion(record.version, version)
    if (record.children > 0) throw new Refusal('NotEmpty')
    this.remove(parent, record, zxid)
    return { type: 'delete', path }
  }

  private deleteContainer(path: string, zxid: number): DeleteTxn {
    const parentPath = this.checkedParentPath(path)
    const record = this.record(path)
    if (record.children > 0) throw new Refusal('NotEmpty')
    if (isSessionOwner(record.owner)) throw new Refusal('BadVersion')
    this.remove(this.record(parentPath), record, zxid)
    return { type: 'delete', path }
  }

  private setData(session: number, { path, data, version }: SetDataOp, zxid: number): SetDataTxn {
    this.checkSession(session)
    if (pathProblem(path) !== undefined) throw new Refusal('BadArguments')
    const record = this.record(path)
    const next = nextVersion(record.version, version)
    this.change({ ...record, zxid, version: next })
    return { type: 'setData', path, data, version: next }
  }

  private check(session: number, { path, version }: CheckOp): CheckTxn {
    this.checkSession(session)
    if (pathProblem(path) !== undefined) throw new Refusal('BadArguments')
    nextVersion(this.record(path).version, version)
    return { type: 'check', path }
  }

  /** The session's ephemeral znodes, with those that are only proposed and without those whose end is. */
  private closeSession(session: number, zxid: number): string[] {
    const paths = new Set(this.database.tree.ephemerals.get(session))
    for (let i = this.head; i < this.outstanding.length; i++) {
      const record = this.outstanding[i] as ChangeRecord
      if (!record.exists) paths.delete(record.path)
      else if (record.owner === session) paths.add(record.path)
    }
    for (const path of paths) {
      const parent = this.recordOrNone(parentOf(path))
      if (parent !== undefined) this.change({ ...parent, zxid, children: parent.children - 1 })
      this.change({ zxid, path, exists: false, version: 0, created: 0, owner: 0, children: 0 })
    }
    return [...paths]
  }

  private parentOfDeleted(path: string): ChangeRecord {
    return this.record(this.checkedParentPath(path))
  }

  private checkedParentPath(path: string): string {
    const slash = path.lastIndexOf('/')
    if (slash === -1 || path.includes('\0') || isReserved(path)) throw new Refusal('BadArguments')
    return path.slice(0, slash) || '/'
  }

  private remove(parent: ChangeRecord, record: ChangeRecord, zxid: number): void {
    this.change({ ...parent, zxid, children: parent.children - 1 })
    this.change({ ...record, zxid, exists: false })
  }

  private checkSession(session: number): void {
    const error = this.options.sessionError(session)
    if (error !== undefined) throw new Refusal(error)
  }

  private record(path: string): ChangeRecord {
    const record = this.recordOrNone(path)
    if (record === undefined) throw new Refusal('NoNode')
    return record
  }

  private recordOrNone(path: string): ChangeRecord | undefined {
    const proposed = this.latest.get(path)
    if (proposed !== undefined) return proposed.exists ? proposed : undefined
    const znode = find(this.database.tree, path)
    if (znode === undefined) return undefined
    const { version, created, owner, children } = znode
    return { zxid: -1, path, exists: true, version, created, owner, children: children.size }
  }

  private change(record: ChangeRecord): void {
    const { path } = record
    this.undo?.push({ path, before: this.latest.get(path) })
    this.latest.set(path, record)
    this.outstanding.push(record)
  }
}

/** The version after a change; versions are 32-bit integers and wrap. */
function nextVersion(current: number, expected: number): number {
  if (expected !== -1 && expected !== current) throw new Refusal('BadVersion')
  return (current + 1) | 0
}
