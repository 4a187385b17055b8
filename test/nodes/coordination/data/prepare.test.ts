import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { Preparation } from '../../../../nodes/coordination/data/prepare.ts'
import type { WriteOp } from '../../../../nodes/coordination/data/prepare.ts'
import { find, statOf } from '../../../../nodes/coordination/data/tree.ts'
import { check, create, remove, requests, set, Store } from './harness.ts'

const multi = (...ops: Extract<WriteOp, { type: 'multi' }>['ops']): WriteOp => ({ type: 'multi', ops })

describe('requests under way', () => {
  it('are validated against what those before them will have done', () => {
    const store = new Store()
    const proposed = [
      store.propose(1, create('/a') as WriteOp),
      store.propose(2, create('/a/b', 'persistent_sequential') as WriteOp),
      store.propose(1, create('/a/b', 'persistent_sequential') as WriteOp),
      store.propose(1, set('/a', 0) as WriteOp),
      store.propose(2, set('/a', 0) as WriteOp),
      store.propose(1, remove('/a') as WriteOp),
      store.propose(1, remove('/a/b0000000000') as WriteOp),
    ]
    expect(proposed.map(({ txn: { body } }) => (body.type === 'error' ? body.error : body.type))).toEqual([
      'create',
      'create',
      'create',
      'setData',
      'BadVersion',
      'NotEmpty',
      'delete',
    ])
    for (const each of proposed) store.commit(each)
    expect([...store.database.tree.nodes.keys()].slice(4)).toEqual(['/a', '/a/b0000000001'])
  })

  it('of a multi that fails leave no trace: names, counters and versions are given again', () => {
    const store = new Store()
    store.write(1, create('/a') as WriteOp)
    const failed = store.propose(
      1,
      multi(create('/a/s', 'persistent_sequential'), set('/a'), remove('/none')),
    )
    const next = store.propose(1, create('/a/s', 'persistent_sequential') as WriteOp)
    const version = store.propose(1, set('/a', 0) as WriteOp)
    expect(next.txn.body).toMatchObject({ path: '/a/s0000000000', created: 1 })
    expect(version.txn.body).toMatchObject({ version: 1 })
    expect(failed.txn.body).toMatchObject({
      parts: [{ type: 'create' }, { type: 'setData' }, { error: 'NoNode' }],
    })
    for (const each of [failed, next, version]) store.commit(each)
    expect(statOf(find(store.database.tree, '/a')!)).toMatchObject({ cversion: 1, version: 1 })
  })

  it('count among the ephemerals that go with a session, but not those whose end is under way', () => {
    const store = new Store()
    store.write(1, create('/old', 'ephemeral') as WriteOp)
    store.write(1, create('/going', 'ephemeral') as WriteOp)
    const proposed = [
      store.propose(1, create('/new', 'ephemeral') as WriteOp),
      store.propose(2, remove('/going') as WriteOp),
      store.propose(2, create('/going') as WriteOp),
      store.propose(1, { type: 'closeSession' }),
    ]
    expect(proposed[3]!.txn.body).toEqual({ type: 'closeSession', paths: ['/new', '/old'] })
    for (const each of proposed) store.commit(each)
    expect(find(store.database.tree, '/going')?.owner).toBe(0)
  })
})

describe('versions', () => {
  it('are 32-bit integers that wrap', () => {
    const store = new Store()
    store.write(1, create('/v') as WriteOp)
    find(store.database.tree, '/v')!.version = 2147483647
    expect(store.write(1, set('/v', 2147483647) as WriteOp).result).toMatchObject({
      stat: { version: -2147483648 },
    })
    find(store.database.tree, '/v')!.version = -2
    // As in 3.8.0: a version of -1 cannot be asked for, since -1 stands for any.
    expect(store.write(1, set('/v', -2) as WriteOp).result).toMatchObject({ stat: { version: -1 } })
    expect(store.outcome(1, remove('/v', -1) as WriteOp)).toBe('ok')
  })
})

describe('a session that is over', () => {
  it('is told so, before anything else is looked at', () => {
    const store = new Store()
    store.write(3, { type: 'closeSession' })
    expect(store.outcome(3, create('bad') as WriteOp)).toBe('SessionExpired')
    expect(store.outcome(3, remove('/none') as WriteOp)).toBe('SessionExpired')
    expect(store.write(3, multi(check('/'))).result).toEqual({
      results: [{ type: 'error', error: 'SessionExpired' }],
    })
  })
})

describe('TTL znodes', () => {
  it('are unimplemented unless the switch is on', () => {
    const off = new Store(undefined, false)
    const op = { ...create('/t', 'ttl'), ttl: 10 } as WriteOp
    expect(off.outcome(1, op)).toBe('Unimplemented')
    const on = new Store()
    expect(on.outcome(1, op)).toBe('ok')
    expect(on.outcome(1, create('/u', 'ttl') as WriteOp)).toBe('BadArguments')
    expect(statOf(find(on.database.tree, '/t')!)).toMatchObject({ ephemeralOwner: 0 })
  })
})

/** Does not look at what is under way. */
class ForgetfulPreparation extends Preparation {
  override prepare(...all: Parameters<Preparation['prepare']>): ReturnType<Preparation['prepare']> {
    this.applied(Infinity)
    return super.prepare(...all)
  }
}

it('catches a preparation that forgets what is under way', () => {
  const differs = fc.check(
    fc.property(requests, (list) => {
      const honest = new Store()
      const forgetful = new Store()
      const { database } = forgetful
      const preparation = new ForgetfulPreparation(database, {
        extendedTypesEnabled: true,
        sessionError: (session) => (database.sessions.has(session) ? undefined : 'SessionExpired'),
      })
      const writes = list.filter(([, { type }]) => type !== 'createSession' && type !== 'closeSession')
      const bodies = (prepare: Preparation): unknown[] =>
        writes.map(([session, op], i) => prepare.prepare({ session, cxid: i, op }, 100 + i, 0).body)
      expect(bodies(preparation)).toEqual(bodies(honest.preparation))
    }),
    { seed: 20212, numRuns: 100 },
  )
  expect(differs.failed).toBe(true)
})
