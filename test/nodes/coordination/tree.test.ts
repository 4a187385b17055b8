import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { commit, emptyDatabase } from '../../../nodes/coordination/database.ts'
import type { Database, LogEntry } from '../../../nodes/coordination/database.ts'
import { pathProblem, sequenceSuffix } from '../../../nodes/coordination/paths.ts'
import { readChildren, readStat, treeProblems } from '../../../nodes/coordination/tree.ts'
import type { CreateMode } from '../../../nodes/coordination/types.ts'

/** A database with two sessions, numbered 1 and 2, and a short way to write to it. */
function database(): { readonly db: Database; write(session: number, op: LogEntry['op']): unknown } {
  const db = emptyDatabase()
  const write = (session: number, op: LogEntry['op']): unknown => {
    const { result } = commit(db, { zxid: db.zxid + 1, session, time: 10 * db.zxid, op })
    return result.ok ? result.value : result.reason
  }
  write(1, { type: 'createSession', password: 1, timeout: 4000 })
  write(2, { type: 'createSession', password: 2, timeout: 4000 })
  return { db, write }
}

const create = (path: string, mode: CreateMode = 'persistent', data = ''): LogEntry['op'] => ({
  type: 'create',
  path,
  data,
  mode,
})
const remove = (path: string, version = -1): LogEntry['op'] => ({ type: 'delete', path, version })
const set = (path: string, version = -1, data = 'x'): LogEntry['op'] => ({
  type: 'setData',
  path,
  data,
  version,
})

function stat(db: Database, path: string): unknown {
  const result = readStat(db.tree, path)
  return result.ok ? result.value.stat : result.reason
}

describe('creating znodes', () => {
  it('numbers sequential znodes by the children ever created under the parent, in ten digits', () => {
    const { write } = database()
    write(1, create('/app'))
    write(1, create('/app/p'))
    write(1, create('/app/e', 'ephemeral'))
    expect(write(1, create('/app/seq-', 'persistent_sequential'))).toMatchObject({
      path: '/app/seq-0000000002',
    })
    expect(write(2, create('/app/es-', 'ephemeral_sequential'))).toMatchObject({ path: '/app/es-0000000003' })
    expect(sequenceSuffix(1234567890)).toBe('1234567890')
  })

  it('never gives a number again, though its znode is deleted', () => {
    const { write } = database()
    write(1, create('/q'))
    write(1, create('/q/n', 'persistent_sequential'))
    write(1, remove('/q/n0000000000'))
    expect(write(1, create('/q/n', 'persistent_sequential'))).toMatchObject({ path: '/q/n0000000001' })
  })

  it('refuses a znode without parent, a second one of the same path, and children of an ephemeral one', () => {
    const { write } = database()
    expect(write(1, create('/a/b'))).toBe('NoNode')
    write(1, create('/a', 'ephemeral'))
    expect(write(2, create('/a'))).toBe('NodeExists')
    expect(write(1, create('/a/b'))).toBe('NoChildrenForEphemerals')
    expect(write(1, create('/'))).toBe('NodeExists')
  })

  it.each(['', 'a', '/a/', '//a', '/a//b', '/./a', '/a/..', '/a\u0000'])('refuses the path %j', (path) => {
    const { write } = database()
    expect(pathProblem(path)).toBeTypeOf('string')
    expect(write(1, create(path))).toBe('BadArguments')
  })

  it('names a sequential znode by its number alone when its name is empty', () => {
    const { write } = database()
    write(1, create('/q'))
    expect(write(1, create('/q/', 'persistent_sequential'))).toMatchObject({ path: '/q/0000000000' })
  })
})

describe('conditional writes', () => {
  it('count versions by writes of data and compare them, -1 standing for any', () => {
    const { db, write } = database()
    write(1, create('/v', 'persistent', 'a'))
    expect(write(1, set('/v', 0))).toMatchObject({ stat: { version: 1 } })
    expect(write(2, set('/v', 0))).toBe('BadVersion')
    expect(write(2, set('/v', -1))).toMatchObject({ stat: { version: 2 } })
    expect(write(2, set('/v', -2))).toBe('BadVersion')
    expect(write(2, remove('/v', 1))).toBe('BadVersion')
    expect(write(2, remove('/v', 2))).toBeUndefined()
    write(1, create('/v'))
    expect(stat(db, '/v')).toMatchObject({ version: 0 })
  })

  it('find errors in the order of the real server: NoNode, BadVersion, NotEmpty', () => {
    const { write } = database()
    write(1, create('/d'))
    write(1, create('/d/c'))
    expect(write(1, remove('/d'))).toBe('NotEmpty')
    expect(write(1, remove('/d', 7))).toBe('BadVersion')
    expect(write(1, remove('/none', 3))).toBe('NoNode')
    expect(write(1, set('/none', 0))).toBe('NoNode')
    expect(write(1, remove('/'))).toBe('BadArguments')
  })

  it('take a transaction number even when they fail', () => {
    const { db, write } = database()
    const before = db.zxid
    write(1, remove('/none'))
    expect(db.zxid).toBe(before + 1)
  })
})

describe('stat', () => {
  it('counts changes of the list of children, creations and deletions alike', () => {
    const { db, write } = database()
    write(1, create('/d', 'persistent', 'äx'))
    const created = db.zxid
    write(1, create('/d/c'))
    write(1, remove('/d/c'))
    expect(stat(db, '/d')).toMatchObject({
      cversion: 2,
      numChildren: 0,
      dataLength: 3,
      czxid: created,
      mzxid: created,
      pzxid: created + 2,
      ephemeralOwner: 0,
    })
  })
})

describe('sessions', () => {
  it('take their ephemeral znodes with them, in one transaction, and leave the others', () => {
    const { db, write } = database()
    write(1, create('/g'))
    for (const name of ['a', 'b']) write(1, create(`/g/${name}`, 'ephemeral'))
    write(2, create('/g/c', 'ephemeral'))
    write(1, create('/g/keep'))
    const before = db.zxid
    write(1, { type: 'closeSession' })
    expect(db.zxid).toBe(before + 1)
    const left = readChildren(db.tree, '/g')
    expect(left.ok && [...left.value.children].sort()).toEqual(['c', 'keep'])
    expect(write(1, create('/late', 'ephemeral'))).toBe('SessionExpired')
  })

  it('do not own what another session has deleted', () => {
    const { db, write } = database()
    write(1, create('/e', 'ephemeral'))
    write(2, remove('/e'))
    write(2, create('/e'))
    write(1, { type: 'closeSession' })
    expect(stat(db, '/e')).toMatchObject({ ephemeralOwner: 0 })
  })
})

const path = fc
  .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 })
  .map((names) => `/${names.join('/')}`)
const modes: readonly CreateMode[] = [
  'persistent',
  'ephemeral',
  'persistent_sequential',
  'ephemeral_sequential',
]
const operation: fc.Arbitrary<readonly [number, LogEntry['op']]> = fc.tuple(
  fc.constantFrom(1, 2, 3),
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        type: fc.constant('create' as const),
        path,
        data: fc.string(),
        mode: fc.constantFrom(...modes),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        type: fc.constant('delete' as const),
        path,
        version: fc.integer({ min: -1, max: 2 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant('setData' as const),
        path,
        data: fc.string(),
        version: fc.integer({ min: -1, max: 2 }),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ type: 'closeSession' as const }) },
    { weight: 1, arbitrary: fc.constant({ type: 'createSession' as const, password: 7, timeout: 4000 }) },
  ),
)
const operations = fc.array(operation, { maxLength: 60 })
const runs = { seed: 20210, numRuns: 300 }

describe('any sequence of transactions', () => {
  it('leaves a sound tree: parents know their children, owners their ephemerals, ephemerals have no children', () => {
    fc.assert(
      fc.property(operations, (ops) => {
        const { db, write } = database()
        for (const [session, op] of ops) write(session, op)
        expect(treeProblems(db.tree)).toEqual([])
      }),
      runs,
    )
  })

  it('leaves no ephemeral znode of a session that is over', () => {
    fc.assert(
      fc.property(operations, (ops) => {
        const { db, write } = database()
        for (const [session, op] of ops) write(session, op)
        for (const znode of db.tree.nodes.values()) {
          expect(znode.ephemeralOwner === 0 || db.sessions.has(znode.ephemeralOwner)).toBe(true)
        }
      }),
      runs,
    )
  })

  it('gives every sequential znode of a parent another number, rising', () => {
    fc.assert(
      fc.property(operations, (ops) => {
        const { db } = database()
        const last = new Map<string, number>()
        for (const [session, op] of ops) {
          const { result } = commit(db, { zxid: db.zxid + 1, session, time: 0, op })
          if (!result.ok || op.type !== 'create' || !op.mode.endsWith('sequential')) continue
          const { path: made } = result.value as { readonly path: string }
          const parent = made.slice(0, made.lastIndexOf('/'))
          const czxid = db.tree.nodes.get(parent === '' ? '/' : parent)!.czxid
          // A parent that was deleted and made again is another parent.
          const key = `${parent}@${czxid}`
          const number = Number(made.slice(-10))
          expect(number).toBeGreaterThan(last.get(key) ?? -1)
          last.set(key, number)
        }
      }),
      runs,
    )
  })

  it('gives the same database when it is replayed', () => {
    fc.assert(
      fc.property(operations, (ops) => {
        const { db } = database()
        const log: LogEntry[] = []
        for (const [session, op] of ops) {
          const entry = { zxid: db.zxid + 1, session, time: log.length, op }
          log.push(entry)
          commit(db, entry)
        }
        const { db: again } = database()
        for (const entry of log) commit(again, entry)
        expect(again).toEqual(db)
      }),
      runs,
    )
  })

  it('changes nothing when it fails', () => {
    fc.assert(
      fc.property(operations, operation, (ops, [session, op]) => {
        const { db, write } = database()
        for (const [by, each] of ops) write(by, each)
        const before = structuredClone(db.tree)
        const { result, changes } = commit(db, { zxid: db.zxid + 1, session, time: 0, op })
        fc.pre(!result.ok)
        expect(changes).toEqual([])
        expect(db.tree).toEqual(before)
      }),
      runs,
    )
  })
})
