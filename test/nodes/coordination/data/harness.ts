// A database with sessions 1, 2 and 3, requests in short form, and arbitrary ones for properties.
import fc from 'fast-check'

import { Preparation } from '../../../../nodes/coordination/data/prepare.ts'
import type { WriteOp, WriteRequest } from '../../../../nodes/coordination/data/prepare.ts'
import type { Applied, Database, Txn } from '../../../../nodes/coordination/data/transactions.ts'
import { apply, emptyDatabase } from '../../../../nodes/coordination/data/transactions.ts'
import type { CreateMode, MultiPart } from '../../../../nodes/coordination/wire.ts'

export class Store {
  readonly database: Database
  readonly preparation: Preparation
  readonly log: { readonly zxid: number; readonly txn: Txn }[] = []
  private zxid: number
  private cxid = 0

  constructor(database: Database = emptyDatabase(), extendedTypesEnabled = true) {
    this.database = database
    this.zxid = database.lastZxid
    this.preparation = new Preparation(database, {
      extendedTypesEnabled,
      sessionError: (session) => (database.sessions.has(session) ? undefined : 'SessionExpired'),
    })
    if (database.lastZxid === 0)
      for (const session of [1, 2, 3]) this.write(session, { type: 'createSession', timeout: 4000 })
  }

  /** Proposes a request; nothing is applied yet. */
  propose(session: number, op: WriteOp): { readonly zxid: number; readonly txn: Txn } {
    const request: WriteRequest = { session, cxid: ++this.cxid, op }
    const zxid = ++this.zxid
    return { zxid, txn: this.preparation.prepare(request, zxid, zxid * 10) }
  }

  commit({ zxid, txn }: { readonly zxid: number; readonly txn: Txn }): Applied {
    this.log.push({ zxid, txn })
    const applied = apply(this.database, zxid, txn)
    this.preparation.applied(zxid)
    return applied
  }

  write(session: number, op: WriteOp): Applied {
    return this.commit(this.propose(session, op))
  }

  /** The error of a request, or `ok`. */
  outcome(session: number, op: WriteOp): string {
    return this.write(session, op).error ?? 'ok'
  }
}

export const create = (
  path: string,
  mode: CreateMode = 'persistent',
  data: string | null = '',
): MultiPart => ({
  type: 'create',
  path,
  data,
  mode,
})
export const remove = (path: string, version = -1): MultiPart => ({ type: 'delete', path, version })
export const set = (path: string, version = -1, data = 'x'): MultiPart => ({
  type: 'setData',
  path,
  data,
  version,
})
export const check = (path: string, version = -1): MultiPart => ({ type: 'check', path, version })

const path = fc
  .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 })
  .map((names) => `/${names.join('/')}`)
const version = fc.integer({ min: -1, max: 2 })
const mode = fc.constantFrom<CreateMode>(
  'persistent',
  'ephemeral',
  'persistent_sequential',
  'ephemeral_sequential',
  'container',
  'ttl',
)

const part: fc.Arbitrary<MultiPart> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('create' as const),
      path,
      data: fc.option(fc.string(), { nil: null }),
      mode,
      ttl: fc.constant(1000),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('delete' as const), path, version }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('setData' as const), path, data: fc.string(), version }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('check' as const), path, version }) },
)

const write: fc.Arbitrary<WriteOp> = fc.oneof(
  {
    weight: 12,
    arbitrary: part.filter((op): op is Exclude<MultiPart, { type: 'check' }> => op.type !== 'check'),
  },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('multi' as const), ops: fc.array(part, { maxLength: 4 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'closeSession' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'createSession' as const, timeout: 4000 }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('deleteContainer' as const), path }) },
)

export const request = fc.tuple(fc.constantFrom(1, 2, 3), write)
export const requests = fc.array(request, { maxLength: 60 })
