import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { negotiate, passwordOf, SessionTracker } from '../../../../nodes/coordination/server/sessions.ts'
import { create, exists, Raw, runRaw } from './raw.ts'

describe('the tracker of sessions', () => {
  it('lets a session live for its timeout at least, and for a tick more at most', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 4000 })), {
          maxLength: 40,
        }),
        (tick, touches) => {
          const tracker = new SessionTracker(tick, 0)
          const heard = new Map<number, { at: number; timeout: number }>()
          let now = 0
          const pass = (until: number): void => {
            while (tracker.next <= until) {
              const at = tracker.next
              for (const session of tracker.expire(at)) {
                const { at: last, timeout } = heard.get(session)!
                expect(at - last).toBeGreaterThan(timeout)
                expect(at - last).toBeLessThanOrEqual(timeout + tick)
                heard.delete(session)
                tracker.remove(session)
              }
            }
            now = until
          }
          for (const [session, wait] of touches) {
            pass(now + wait)
            const timeout = negotiate(1500, tick)
            tracker.track(session, timeout, now)
            heard.set(session, { at: now, timeout })
          }
          pass(now + 100 * tick + 10_000)
          expect(heard.size).toBe(0)
          expect(tracker.count).toBe(0)
        },
      ),
      { seed: 20214, numRuns: 200 },
    )
  })

  it('gives what was asked for between 2 and 20 ticks', () => {
    expect([0, 999, 1000, 5000, 10_000, 10_001].map((asked) => negotiate(asked, 500))).toEqual([
      1000, 1000, 1000, 5000, 10_000, 10_000,
    ])
  })

  it('gives each session another password', () => {
    const passwords = new Set(
      Array.from({ length: 2000 }, (_, i) => passwordOf(17592186044416 * (i % 7) + i)),
    )
    expect(passwords.size).toBe(2000)
  })
})

describe('a session', () => {
  it('that is silent expires, its connection ends, and it cannot be taken up again', async () => {
    await runRaw([
      async (node, server) => {
        const silent = await Raw.open(node, server, { timeout: 1000 })
        await silent.ask(create('/e', { mode: 'ephemeral' }))
        const other = await Raw.open(node, server, { timeout: 10_000 })
        await other.ask(exists('/e', true))
        await node.until(() => silent.ended)
        const lived = node.clock.monotonic()
        expect(lived).toBeGreaterThan(1000)
        expect(lived).toBeLessThan(1600)
        await node.until(() => other.events.length > 0)
        expect(other.events).toEqual(['NodeDeleted /e'])
        const { session, password } = silent.opened!
        const again = await Raw.open(node, server, { session, password })
        expect(again.opened).toEqual({ timeout: 0, session: 0, password: '' })
      },
    ])
  })

  it('keeps its ephemerals over a crash of the server and has its full timeout after it', async () => {
    await runRaw(
      [
        async (node, server) => {
          const first = await Raw.open(node, server, { timeout: 4000 })
          await first.ask(create('/e', { mode: 'ephemeral' }))
          await node.sleep(60_000)
          const other = await Raw.open(node, server)
          expect((await other.ask(exists('/e'))).error).toBeUndefined()
          const { session, password } = first.opened!
          const again = await Raw.open(node, server, { session, password })
          expect(again.opened).toMatchObject({ session, timeout: 4000 })
        },
      ],
      {},
      // The server is away for a minute; the client comes back within the timeout from its start.
      [{ at: '1s', kind: 'crash', node: 'coordination', for: 57_000 }],
    )
  })
})
