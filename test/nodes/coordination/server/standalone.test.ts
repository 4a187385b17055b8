import { describe, expect, it } from 'vitest'

import type { ReplyFrame } from '../../../../nodes/coordination/wire.ts'
import { create, exists, Raw, runRaw } from './raw.ts'

describe('a standalone server', () => {
  it('shares one sync of the disk among the writes that wait together', async () => {
    await runRaw([
      async (node, server) => {
        const raw = await Raw.open(node, server)
        const begun = node.clock.monotonic()
        const replies = await Promise.all(Array.from({ length: 100 }, (_, i) => raw.ask(create(`/n${i}`))))
        expect(replies.map(({ error }) => error)).toEqual(Array.from({ length: 100 }, () => undefined))
        // A sync for each of them would take 100 ms; what is more than 4 ms is TCP's slow start.
        expect(node.clock.monotonic() - begun).toBeLessThan(10)
      },
    ])
  })

  it('answers a read behind a write when the write is durable, also one of another client', async () => {
    await runRaw([
      async (node, server) => {
        const [a, b] = [await Raw.open(node, server), await Raw.open(node, server)]
        const write = a.ask(create('/n'))
        const read = b.ask(exists('/n'))
        expect((await Promise.all([write, read])).map(({ error }: ReplyFrame) => error)).toEqual([
          undefined,
          undefined,
        ])
      },
    ])
  })

  it('sends an event before the reply that shows the change', async () => {
    await runRaw([
      async (node, server) => {
        const raw = await Raw.open(node, server)
        await raw.ask(exists('/n', true))
        const { xid } = await raw.ask(create('/n'))
        const order = raw.arrived.map((frame) => ('event' in frame ? frame.event.type : frame.xid))
        expect(order.slice(-2)).toEqual(['NodeCreated', xid])
      },
    ])
  })

  it('spends CPU time on each request and on each event', async () => {
    const took: number[] = []
    await runRaw(
      [
        async (node, server) => {
          const watchers: Raw[] = []
          for (let i = 0; i < 20; i++) watchers.push(await Raw.open(node, server))
          for (const each of watchers) await each.ask(exists('/n', true))
          const begun = node.clock.monotonic()
          await watchers[0]!.ask(create('/n'))
          await node.until(() => watchers.every(({ events }) => events.length === 1))
          took.push(node.clock.monotonic() - begun)
        },
      ],
      { requestCost: '1ms', notificationCost: '3ms' },
    )
    // Two ways, the request, the sync, and twenty events one after the other.
    expect(took[0]).toBeGreaterThan(1 + 1 + 1 + 20 * 3)
    expect(took[0]).toBeLessThan(10 + 20 * 3)
  })

  it('removes containers that are empty again, keeps those that never had a child', async () => {
    await runRaw([
      async (node, server) => {
        const raw = await Raw.open(node, server, { timeout: 10_000 })
        const pings = node.every(3000, () => void raw.tell({ type: 'ping' }))
        for (const path of ['/used', '/unused', '/full']) await raw.ask(create(path, { mode: 'container' }))
        for (const path of ['/used/c', '/full/c']) await raw.ask(create(path))
        await raw.ask({ type: 'delete', path: '/used/c', version: -1 })
        await raw.ask(exists('/used', true))
        await node.sleep(62_000)
        expect(raw.events).toEqual(['NodeDeleted /used'])
        for (const path of ['/unused', '/full']) expect((await raw.ask(exists(path))).error).toBeUndefined()
        pings.cancel()
      },
    ])
  })

  it('removes TTL znodes that were not changed for longer than their time, and have no children', async () => {
    await runRaw(
      [
        async (node, server) => {
          const raw = await Raw.open(node, server, { timeout: 10_000 })
          const pings = node.every(3000, () => void raw.tell({ type: 'ping' }))
          for (const [path, ttl] of [
            ['/short', 30_000],
            ['/long', 300_000],
            ['/parent', 30_000],
            ['/written', 30_000],
          ] as const)
            expect((await raw.ask(create(path, { mode: 'ttl', ttl }))).error).toBeUndefined()
          await raw.ask(create('/parent/c'))
          await node.sleep(40_000)
          await raw.ask({ type: 'setData', path: '/written', data: 'x', version: -1 })
          await node.sleep(25_000)
          const left = await raw.ask({ type: 'getChildren', path: '/', watch: false })
          expect(left.result).toEqual({ children: ['zookeeper', 'long', 'parent', 'written'] })
          pings.cancel()
        },
      ],
      { extendedTypesEnabled: true },
    )
  })

  it('ends the connection of a client that has seen more than it has', async () => {
    await runRaw([
      async (node, server) => {
        const raw = await Raw.open(node, server, { lastZxidSeen: 1000 })
        expect(raw.opened).toBeUndefined()
      },
    ])
  })

  it('drops what follows closeSession', async () => {
    await runRaw([
      async (node, server) => {
        const raw = await Raw.open(node, server)
        raw.tell({ type: 'closeSession' })
        raw.tell(create('/late'))
        await node.until(() => raw.ended)
        expect(raw.arrived).toHaveLength(1)
        const other = await Raw.open(node, server)
        expect((await other.ask(exists('/late'))).error).toBe('NoNode')
      },
    ])
  })

  it('ends the connection of a client whose packet is too long, and its session lives on', async () => {
    await runRaw(
      [
        async (node, server) => {
          const raw = await Raw.open(node, server)
          await raw.ask(create('/e', { mode: 'ephemeral' }))
          raw.tell(create('/long', { data: 'x'.repeat(2000) }))
          await node.until(() => raw.ended)
          const { session, password } = raw.opened!
          const again = await Raw.open(node, server, { session, password })
          expect((await again.ask({ type: 'getEphemerals', prefix: '/' })).result).toEqual({
            ephemerals: ['/e'],
          })
        },
      ],
      { packetMax: 1000 },
    )
  })
})
