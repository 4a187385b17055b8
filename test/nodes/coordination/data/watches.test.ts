import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { emptyDatabase } from '../../../../nodes/coordination/data/transactions.ts'
import { setWatches, Watches } from '../../../../nodes/coordination/data/watches.ts'
import type { Change } from '../../../../nodes/coordination/data/tree.ts'
import type { AddWatchMode } from '../../../../nodes/coordination/wire.ts'

/** What a change fires, as `connection type path`. */
function fired(watches: Watches, change: Change): readonly string[] {
  const out: string[] = []
  watches.fire(change, (connection, type, path) => out.push(`${connection} ${type} ${path}`))
  return out
}

const created = (path: string): Change => ({ type: 'created', path })
const deleted = (path: string): Change => ({ type: 'deleted', path })
const changed = (path: string): Change => ({ type: 'dataChanged', path })

describe('one-shot watches', () => {
  it('fire once, data before children, and a deletion reaches a connection once', () => {
    const watches = new Watches()
    watches.data.add('/a/b', 1, 'standard')
    watches.child.add('/a/b', 1, 'standard')
    watches.child.add('/a/b', 2, 'standard')
    watches.child.add('/a', 1, 'standard')
    expect(fired(watches, deleted('/a/b'))).toEqual([
      '1 NodeDeleted /a/b',
      '2 NodeDeleted /a/b',
      '1 NodeChildrenChanged /a',
    ])
    expect(fired(watches, created('/a/b'))).toEqual([])
    expect(watches.data.size + watches.child.size).toBe(0)
  })

  it('of data do not fire for children, nor the other way round', () => {
    const watches = new Watches()
    watches.data.add('/a', 1, 'standard')
    watches.child.add('/a', 2, 'standard')
    expect(fired(watches, created('/a/b'))).toEqual(['2 NodeChildrenChanged /a'])
    expect(fired(watches, changed('/a'))).toEqual(['1 NodeDataChanged /a'])
  })
})

describe('recursive watches', () => {
  it('fire for the whole subtree and never for lists of children', () => {
    const watches = new Watches()
    watches.add('/a', 1, 'persistentRecursive')
    expect(fired(watches, created('/a/b/c'))).toEqual(['1 NodeCreated /a/b/c'])
    expect(fired(watches, deleted('/a/b/c'))).toEqual(['1 NodeDeleted /a/b/c'])
    expect(fired(watches, changed('/a'))).toEqual(['1 NodeDataChanged /a'])
    expect(fired(watches, changed('/ab'))).toEqual([])
  })

  it('at the root see everything', () => {
    const watches = new Watches()
    watches.add('/', 1, 'persistentRecursive')
    expect(fired(watches, created('/a'))).toEqual(['1 NodeCreated /a'])
    expect(fired(watches, changed('/'))).toEqual(['1 NodeDataChanged /'])
  })
})

describe('setting watches again', () => {
  it('fires what was missed and sets the rest', () => {
    const { tree } = emptyDatabase()
    const watches = new Watches()
    const root = tree.nodes.get('/')!
    root.mzxid = 5
    root.pzxid = 7
    const out: string[] = []
    const toSet = { zxid: 6, data: ['/', '/gone'], exist: ['/none', '/zookeeper'], child: ['/', '/gone'] }
    const none = { persistent: [], persistentRecursive: [] }
    setWatches(tree, watches, 1, { ...toSet, ...none }, (_, type, path) => out.push(`${type} ${path}`))
    expect(out).toEqual([
      'NodeDeleted /gone',
      'NodeCreated /zookeeper',
      'NodeChildrenChanged /',
      'NodeDeleted /gone',
    ])
    expect(fired(watches, changed('/'))).toEqual(['1 NodeDataChanged /'])
    expect(fired(watches, created('/none'))).toEqual(['1 NodeCreated /none'])
  })
})

describe('any use of the tables', () => {
  const path = fc.constantFrom('/', '/a', '/a/b', '/a/b/c', '/b')
  const connection = fc.constantFrom(1, 2, 3)
  const use = fc.oneof(
    fc.tuple(fc.constant('data' as const), path, connection),
    fc.tuple(fc.constant('child' as const), path, connection),
    fc.tuple(fc.constantFrom<AddWatchMode>('persistent', 'persistentRecursive'), path, connection),
    fc.tuple(
      fc.constantFrom('created' as const, 'deleted' as const, 'dataChanged' as const),
      path,
      connection,
    ),
    fc.tuple(fc.constantFrom('remove' as const, 'drop' as const), path, connection),
  )

  it('keeps both indexes in step, and nothing of a dropped connection', () => {
    fc.assert(
      fc.property(fc.array(use, { maxLength: 40 }), (uses) => {
        const watches = new Watches()
        for (const [what, at, who] of uses) {
          if (what === 'data' || what === 'child') watches[what].add(at, who, 'standard')
          else if (what === 'persistent' || what === 'persistentRecursive') watches.add(at, who, what)
          else if (what === 'remove') watches.remove(at, who, 'any')
          else if (what === 'drop') {
            watches.drop(who)
            for (const type of ['created', 'dataChanged', 'deleted'] as const)
              expect(fired(watches, { type, path: at }).filter((line) => line.startsWith(`${who} `))).toEqual(
                [],
              )
          } else fired(watches, { type: what, path: at })
        }
        for (const who of [1, 2, 3]) watches.drop(who)
        expect([watches.data.size, watches.child.size]).toEqual([0, 0])
        const { recursive } = watches.data as unknown as { recursive: number }
        expect(recursive).toBe(0)
      }),
      { seed: 20213, numRuns: 300 },
    )
  })
})
