import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { restore, snapshotOf } from '../../../../nodes/coordination/data/snapshot.ts'
import { apply, emptyDatabase } from '../../../../nodes/coordination/data/transactions.ts'
import type { Database } from '../../../../nodes/coordination/data/transactions.ts'
import { treeProblems } from '../../../../nodes/coordination/data/tree.ts'
import { request, requests, Store } from './harness.ts'

const runs = { seed: 20211, numRuns: 200 }

/** A database as a value, whatever the order of its maps. */
function valueOf({ tree, sessions, lastZxid }: Database): unknown {
  const nodes = [...tree.nodes].map(
    ([path, znode]) => [path, { ...znode, children: [...znode.children].sort() }] as const,
  )
  return {
    nodes: nodes.sort(([a], [b]) => (a < b ? -1 : 1)),
    ephemerals: [...tree.ephemerals].map(([session, paths]) => [session, [...paths].sort()] as const).sort(),
    containers: [...tree.containers].sort(),
    ttls: [...tree.ttls].sort(),
    sessions: [...sessions].sort(),
    lastZxid,
  }
}

function played(list: readonly (readonly [number, Parameters<Store['write']>[1]])[]): Store {
  const store = new Store()
  for (const [session, op] of list) store.write(session, op)
  return store
}

describe('any sequence of requests', () => {
  it('leaves a sound tree: parents know their children, owners their ephemerals, ephemerals have no children', () => {
    fc.assert(
      fc.property(requests, (list) => {
        expect(treeProblems(played(list).database.tree)).toEqual([])
      }),
      runs,
    )
  })

  it('gives the same, whether each is committed before the next is prepared or all are under way at once', () => {
    fc.assert(
      fc.property(requests, fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), (list, batches) => {
        const one = played(list)
        const other = new Store()
        const waiting: ReturnType<Store['propose']>[] = []
        let batch = 0
        for (const [i, [session, op]] of list.entries()) {
          waiting.push(other.propose(session, op))
          // A session's own beginning and end are decided when they are applied, so nothing is under way behind them.
          const settles = op.type === 'createSession' || op.type === 'closeSession'
          if (!settles && waiting.length < (batches[batch % batches.length] ?? 1) && i < list.length - 1)
            continue
          batch++
          for (const each of waiting.splice(0)) other.commit(each)
        }
        expect(valueOf(other.database)).toEqual(valueOf(one.database))
        expect(other.log).toEqual(one.log)
      }),
      runs,
    )
  })

  it('gives the same database when its log is replayed, from the beginning and after any snapshot', () => {
    fc.assert(
      fc.property(requests, fc.nat(), (list, at) => {
        const store = new Store()
        let snapshot = snapshotOf(store.database)
        for (const [i, [session, op]] of list.entries()) {
          if (i === at % (list.length + 1)) snapshot = structuredClone(snapshotOf(store.database))
          store.write(session, op)
        }
        for (const database of [emptyDatabase(), restore(snapshot)]) {
          for (const { zxid, txn } of store.log) if (zxid > database.lastZxid) apply(database, zxid, txn)
          expect(valueOf(database)).toEqual(valueOf(store.database))
        }
      }),
      runs,
    )
  })

  it('changes nothing when it is refused, a multi as a whole', () => {
    fc.assert(
      fc.property(requests, request, (list, [session, op]) => {
        const store = played(list)
        const { lastZxid: _, ...before } = valueOf(store.database) as { lastZxid: number }
        const { error, changes, result } = store.write(session, op)
        const failed = error !== undefined || (JSON.stringify(result) ?? '').includes('"type":"error"')
        fc.pre(failed)
        expect(changes).toEqual([])
        const { lastZxid, ...after } = valueOf(store.database) as { lastZxid: number }
        expect(after).toEqual(before)
        // It has a number all the same.
        expect(lastZxid).toBe(store.log.at(-1)?.zxid)
      }),
      { ...runs, numRuns: 400 },
    )
  })

  it('forgets what was under way when all of it is applied', () => {
    fc.assert(
      fc.property(requests, (list) => {
        const { preparation } = played(list)
        const { latest, outstanding } = preparation as unknown as {
          latest: Map<string, unknown>
          outstanding: unknown[]
        }
        expect([latest.size, outstanding.length]).toEqual([0, 0])
      }),
      runs,
    )
  })

  it('leaves no ephemeral znode of a session that is over', () => {
    fc.assert(
      fc.property(requests, (list) => {
        const { tree, sessions } = played(list).database
        for (const { owner } of tree.nodes.values()) expect(owner <= 0 || sessions.has(owner)).toBe(true)
      }),
      runs,
    )
  })

  it('gives every sequential znode of a parent another number, rising', () => {
    fc.assert(
      fc.property(requests, (list) => {
        const store = new Store()
        const last = new Map<string, number>()
        for (const [session, op] of list) {
          const { error, result } = store.write(session, op)
          if (error !== undefined || op.type !== 'create' || !op.mode.endsWith('sequential')) continue
          const { path } = result as { readonly path: string }
          const parent = path.slice(0, path.lastIndexOf('/')) || '/'
          // A parent that was deleted and made again is another parent.
          const key = `${parent}@${store.database.tree.nodes.get(parent)?.czxid}`
          const number = Number(path.slice(-10))
          expect(number).toBeGreaterThan(last.get(key) ?? -1)
          last.set(key, number)
        }
      }),
      runs,
    )
  })
})

describe('the finder of unsound trees', () => {
  it.each([
    [
      'a child that its parent does not list',
      (store: Store) => store.database.tree.nodes.get('/')?.children.delete('a'),
    ],
    [
      'a listed child that does not exist',
      (store: Store) => store.database.tree.nodes.get('/a')?.children.add('ghost'),
    ],
    ['an ephemeral that its owner does not list', (store: Store) => store.database.tree.ephemerals.clear()],
    [
      'an owner that lists what it does not own',
      (store: Store) => store.database.tree.ephemerals.set(2, new Set(['/a'])),
    ],
    ['a child of an ephemeral', (store: Store) => store.database.tree.nodes.get('/e')?.children.add('x')],
    ['a container that is none', (store: Store) => store.database.tree.containers.add('/a')],
    ['a time to live that is none', (store: Store) => store.database.tree.ttls.add('/a')],
    [
      'more children than were created',
      (store: Store) => {
        store.database.tree.nodes.get('/a')!.created = 0
      },
    ],
  ])('finds %s', (_what, spoil) => {
    const store = new Store()
    store.write(1, { type: 'create', path: '/a', data: '', mode: 'persistent' })
    store.write(1, { type: 'create', path: '/a/b', data: '', mode: 'persistent' })
    store.write(1, { type: 'create', path: '/e', data: '', mode: 'ephemeral' })
    expect(treeProblems(store.database.tree)).toEqual([])
    spoil(store)
    expect(treeProblems(store.database.tree)).not.toEqual([])
  })
})
