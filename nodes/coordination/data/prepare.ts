/**
 * Turns requests into transactions. Whoever orders the writes (a standalone server, the leader of an ensemble) validates
 * each request against its tree as it will be when everything proposed before has been applied: so writes may be under way
 * in any number, and what is decided here holds everywhere. A refused request becomes an error transaction.
 *
 * Source: PrepRequestProcessor of ZooKeeper 3.8, whose order of checks it keeps. Left out: ACLs, quotas, reconfiguration.
 */
import type { CheckOp, CreateOp, DeleteOp, ErrorName, MultiPart, SetDataOp } from '../wire.ts'
import { CONTAINER_OWNER, hasTtl, isEphemeral, isSequential, isSessionOwner, TTL_MAX } from './owners.ts'
import { grown, hashOrder, slotsOfCopy } from './hash-order.ts'
import { parentOf, pathProblem, sequenceSuffix } from './paths.ts'
import type {
  CheckTxn,
  CreateTxn,
  Database,
  DeleteTxn,
  ErrorTxn,
  SetDataTxn,
  Txn,
  TxnBody,
  TxnPart,
} from './transactions.ts'
import { find, isReadOnly, isReserved } from './tree.ts'

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

interface Undo {
  readonly path: string
  readonly before: ChangeRecord | undefined
}

export class Preparation {
  private readonly database: Database
  private readonly options: PrepareOptions
  private readonly latest = new Map<string, ChangeRecord>()
  /** All records in the order of their zxids, from `head` on. */
  private outstanding: ChangeRecord[] = []
  private head = 0
  /** Within a multi: what the latest records were, to be put back if it fails. */
  private undo: Undo[] | undefined

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
    switch (op.type) {
      case 'create':
        return this.create(session, op, zxid, op.withStat === true)
      case 'delete':
        return this.delete(session, op, zxid)
      case 'setData':
        return this.setData(session, op, zxid)
      case 'multi':
        return { type: 'multi', parts: this.multi(session, op.ops, zxid) }
      case 'createSession':
        return { type: 'createSession', timeout: op.timeout }
      case 'closeSession':
        return { type: 'closeSession', paths: this.closeSession(session, zxid) }
      case 'deleteContainer':
        return this.deleteContainer(op.path, zxid)
    }
  }

  private part(session: number, op: MultiPart, zxid: number): TxnPart {
    switch (op.type) {
      case 'create':
        return this.create(session, op, zxid, false)
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
    const undo: Undo[] = (this.undo = [])
    let failed = false
    for (const op of ops) {
      const part = failed ? refused('RuntimeInconsistency') : this.part(session, op, zxid)
      parts.push(part)
      if (failed || part.type !== 'error') continue
      failed = true
      for (const { path, before } of undo.reverse()) {
        if (before === undefined) this.latest.delete(path)
        else this.latest.set(path, before)
      }
      this.outstanding.length = first
    }
    this.undo = undefined
    return parts
  }

  /** `wantsStat`: the reply is to hold the stat; parts of a multi never ask for it (Op.Create knows one opcode only). */
  private create(session: number, op: CreateOp, zxid: number, wantsStat: boolean): CreateTxn | ErrorTxn {
    const { mode, data } = op
    const ttl = op.ttl ?? 0
    if (hasTtl(mode)) {
      if (!this.options.extendedTypesEnabled) return refused('Unimplemented')
      if (!(ttl > 0 && ttl <= TTL_MAX)) return refused('BadArguments')
    }
    const unfit = this.options.sessionError(session)
    if (unfit !== undefined) return refused(unfit)
    const slash = op.path.lastIndexOf('/')
    if (slash === -1 || op.path.includes('\0')) return refused('BadArguments')
    const parent = this.record(op.path.slice(0, slash) || '/')
    if (parent === undefined) return refused('NoNode')
    if (isReadOnly(parent.path)) return refused('NoAuth')
    const path = isSequential(mode) ? op.path + sequenceSuffix(parent.created) : op.path
    if (pathProblem(path) !== undefined) return refused('BadArguments')
    if (this.record(path) !== undefined) return refused('NodeExists')
    if (isSessionOwner(parent.owner)) return refused('NoChildrenForEphemerals')
    const created = (parent.created + 1) | 0
    const owner = isEphemeral(mode)
      ? session
      : mode === 'container'
        ? CONTAINER_OWNER
        : hasTtl(mode)
          ? -ttl
          : 0
    this.change({ ...parent, zxid, created, children: parent.children + 1 })
    this.change({ zxid, path, exists: true, version: 0, created: 0, owner, children: 0 })
    // Containers and TTL znodes were added to the protocol when every reply had a stat.
    const withStat = wantsStat || hasTtl(mode) || mode === 'container'
    return { type: 'create', path, data, owner, created, withStat }
  }

  private delete(session: number, { path, version }: DeleteOp, zxid: number): DeleteTxn | ErrorTxn {
    const unfit = this.options.sessionError(session)
    if (unfit !== undefined) return refused(unfit)
    if (cannotBeDeleted(path)) return refused('BadArguments')
    const parent = this.record(path.slice(0, path.lastIndexOf('/')) || '/')
    const record = this.record(path)
    if (parent === undefined || record === undefined) return refused('NoNode')
    if (isBadVersion(record, version)) return refused('BadVersion')
    return this.remove(parent, record, zxid)
  }

  private deleteContainer(path: string, zxid: number): DeleteTxn | ErrorTxn {
    if (cannotBeDeleted(path)) return refused('BadArguments')
    const parent = this.record(path.slice(0, path.lastIndexOf('/')) || '/')
    const record = this.record(path)
    if (parent === undefined || record === undefined) return refused('NoNode')
    if (isSessionOwner(record.owner)) return refused('BadVersion')
    return this.remove(parent, record, zxid)
  }

  private setData(session: number, op: SetDataOp, zxid: number): SetDataTxn | ErrorTxn {
    const record = this.changeable(session, op, isReadOnly(op.path))
    if (typeof record === 'string') return refused(record)
    // A 32-bit integer, which wraps.
    const version = (record.version + 1) | 0
    this.change({ ...record, zxid, version })
    return { type: 'setData', path: op.path, data: op.data, version }
  }

  private check(session: number, op: CheckOp): CheckTxn | ErrorTxn {
    const record = this.changeable(session, op, false)
    return typeof record === 'string' ? refused(record) : { type: 'check', path: op.path }
  }

  /** The record of a znode whose version is the expected one, or why not. */
  private changeable(
    session: number,
    { path, version }: SetDataOp | CheckOp,
    isForbidden: boolean,
  ): ChangeRecord | ErrorName {
    const unfit = this.options.sessionError(session)
    if (unfit !== undefined) return unfit
    if (pathProblem(path) !== undefined) return 'BadArguments'
    const record = this.record(path)
    if (record === undefined) return 'NoNode'
    if (isForbidden) return 'NoAuth'
    return isBadVersion(record, version) ? 'BadVersion' : record
  }

  /** The session's ephemeral znodes, with those that are only proposed and without those whose end is. */
  private closeSession(session: number, zxid: number): string[] {
    const held = this.database.tree.ephemerals.get(session)
    const paths = new Set(held === undefined ? [] : hashOrder(held, grown(held.size)))
    const slots = held === undefined ? grown(0) : slotsOfCopy(held.size)
    for (let i = this.head; i < this.outstanding.length; i++) {
      const record = this.outstanding[i] as ChangeRecord
      if (!record.exists) paths.delete(record.path)
      else if (record.owner === session) paths.add(record.path)
    }
    const order = hashOrder(paths, grown(paths.size, slots))
    for (const path of order) {
      const parent = this.record(parentOf(path))
      if (parent !== undefined) this.change({ ...parent, zxid, children: parent.children - 1 })
      this.change({ zxid, path, exists: false, version: 0, created: 0, owner: 0, children: 0 })
    }
    return order
  }

  private remove(parent: ChangeRecord, record: ChangeRecord, zxid: number): DeleteTxn | ErrorTxn {
    if (record.children > 0) return refused('NotEmpty')
    this.change({ ...parent, zxid, children: parent.children - 1 })
    this.change({ ...record, zxid, exists: false })
    return { type: 'delete', path: record.path }
  }

  /** A znode as it will be; undefined if it will not be. */
  private record(path: string): ChangeRecord | undefined {
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

function cannotBeDeleted(path: string): boolean {
  return !path.includes('/') || path.includes('\0') || isReserved(path)
}

function isBadVersion({ version }: ChangeRecord, expected: number): boolean {
  return expected !== -1 && expected !== version
}

function refused(error: ErrorName): ErrorTxn {
  return { type: 'error', error }
}
