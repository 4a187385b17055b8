import { describe, expect, it } from 'vitest'

import { ClientWatches } from '../../../nodes/coordination/client-watches.ts'
import { expire, negotiate, noExpiry, touch } from '../../../nodes/coordination/expiry.ts'
import { Link } from '../../../nodes/coordination/link.ts'
import { dropWatches, fireWatches, leaveWatch, noWatches } from '../../../nodes/coordination/watches.ts'

describe('watches at the server', () => {
  it('fire once: the second change finds nobody', () => {
    const watches = noWatches()
    leaveWatch(watches.data, '/n', 1)
    const change = { type: 'dataChanged', path: '/n' } as const
    expect(fireWatches(watches, change)).toEqual([
      { connection: 1, event: { type: 'NodeDataChanged', path: '/n' } },
    ])
    expect(fireWatches(watches, change)).toEqual([])
  })

  it('tell of a deletion once, even to who watched data and children', () => {
    const watches = noWatches()
    leaveWatch(watches.data, '/p/n', 1)
    leaveWatch(watches.child, '/p/n', 1)
    leaveWatch(watches.child, '/p', 2)
    expect(fireWatches(watches, { type: 'deleted', path: '/p/n' })).toEqual([
      { connection: 1, event: { type: 'NodeDeleted', path: '/p/n' } },
      { connection: 2, event: { type: 'NodeChildrenChanged', path: '/p' } },
    ])
  })

  it('tell of a creation to who asked whether it exists, and to who watches the parent', () => {
    const watches = noWatches()
    leaveWatch(watches.data, '/n', 1)
    leaveWatch(watches.child, '/', 2)
    leaveWatch(watches.data, '/', 3)
    expect(fireWatches(watches, { type: 'created', path: '/n' })).toEqual([
      { connection: 1, event: { type: 'NodeCreated', path: '/n' } },
      { connection: 2, event: { type: 'NodeChildrenChanged', path: '/' } },
    ])
  })

  it('are forgotten with their connection', () => {
    const watches = noWatches()
    for (const table of [watches.data, watches.child]) for (const id of [1, 2]) leaveWatch(table, '/n', id)
    dropWatches(watches, 1)
    expect(fireWatches(watches, { type: 'deleted', path: '/n' }).map(({ connection }) => connection)).toEqual(
      [2],
    )
  })
})

describe('watches at the client', () => {
  it('call a watcher once, though it watched data and children of what was deleted', () => {
    const watches = new ClientWatches()
    const watcher = (): void => undefined
    for (const table of ['data', 'exist', 'child'] as const) watches.add(table, '/n', watcher)
    expect(watches.take({ type: 'NodeDeleted', path: '/n' })).toEqual([watcher])
    expect(watches.take({ type: 'NodeDeleted', path: '/n' })).toEqual([])
  })

  it('keep what an event is not for, and can be set again', () => {
    const watches = new ClientWatches()
    expect(watches.toSetAgain(5)).toBeUndefined()
    watches.add('child', '/n', () => undefined)
    expect(watches.take({ type: 'NodeDataChanged', path: '/n' })).toEqual([])
    expect(watches.toSetAgain(5)).toEqual({ type: 'setWatches', zxid: 5, data: [], exist: [], child: ['/n'] })
  })
})

describe('expiry', () => {
  it('comes in buckets: after the timeout at the earliest, a tick later at the latest', () => {
    for (const heard of [0, 1, 499, 500, 501, 749.5]) {
      const expiry = noExpiry(500)
      touch(expiry, 1, heard, 2000)
      const due = expiry.due.get(1)!
      expect(due % 500).toBe(0)
      expect(due - heard).toBeGreaterThan(2000)
      expect(due - heard).toBeLessThanOrEqual(2500)
      expect(expire(expiry, due - 1)).toEqual([])
      expect(expire(expiry, due)).toEqual([1])
      expect(expire(expiry, due)).toEqual([])
    }
  })

  it('is put off by every sign of life', () => {
    const expiry = noExpiry(500)
    touch(expiry, 1, 0, 1000)
    touch(expiry, 2, 0, 1000)
    touch(expiry, 1, 900, 1000)
    expect(expire(expiry, 1500)).toEqual([2])
  })

  it('grants timeouts from 2 to 20 ticks', () => {
    expect([1, 1000, 4000, 40_000, 50_000].map((asked) => negotiate(asked, 2000))).toEqual([
      4000, 4000, 4000, 40_000, 40_000,
    ])
  })
})

describe('a connection', () => {
  it('delivers in order and once, whatever the order and number of arrivals', () => {
    const link = new Link(1, 0)
    const seen: number[] = []
    const arrival = (position: number) => ({ position, deliver: () => seen.push(position) })
    link.take([arrival(2)])
    link.take([arrival(4), arrival(2)])
    expect(seen).toEqual([])
    link.take([arrival(1)])
    link.take([arrival(1), arrival(3), arrival(2)])
    expect(seen).toEqual([1, 2, 3, 4])
    expect(link.delivered).toBe(4)
  })
})
