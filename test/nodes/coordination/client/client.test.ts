import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Address } from '../../../../index.ts'
import { ServerList } from '../../../../nodes/coordination/client/server-list.ts'
import type { WatchEvent } from '../../../../nodes/coordination/client/index.ts'
import { RandomStreams } from '../../../../sim/kernel/random.ts'
import { WatchTables } from '../../../../nodes/coordination/client/watch-tables.ts'
import { runScripts, World } from './fake-server.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

describe('requests', () => {
  test('are answered in the order in which they were made, over any number of batches', async () => {
    const order: number[] = []
    const world = new World()
    await runScripts({
      world,
      scripts: [
        async (session, node) => {
          for (let i = 0; i < 3000; i++) {
            session.submit({ type: 'create', path: `/n${i}`, data: '', mode: 'persistent' }, (answer) => {
              expect(answer).toMatchObject({ ok: true, value: { path: `/n${i}` } })
              order.push(i)
            })
            if (i % 700 === 0) await node.sleep(1)
          }
        },
      ],
    })
    expect(order).toEqual(Array.from({ length: 3000 }, (_, i) => i))
  })

  test('get no reply but their own: one that is out of order ends the connection', async () => {
    const answers: unknown[] = []
    const states: string[] = []
    await runScripts({
      world: new World({ swapsReplies: true }),
      scripts: [
        async (session) => {
          const both = [session.create('/a'), session.create('/b')]
          answers.push(...(await Promise.all(both)))
        },
      ],
      options: { onState: (state) => void states.push(state) },
      until: '3s',
    })
    const lost = { ok: false, reason: 'ConnectionLoss' }
    expect(answers).toEqual([lost, lost])
    expect(states).toEqual(['SyncConnected', 'Disconnected', 'SyncConnected'])
  })

  test('that were sent when the connection broke have an unknown outcome', async () => {
    const world = new World()
    let answer: unknown
    await runScripts({
      world,
      scripts: [
        async (session, node) => {
          await session.create('/a', 'one')
          const asked = session.setData('/a', 'two')
          await node.sleep(3)
          session.dropConnection()
          answer = await asked
        },
      ],
    })
    expect(answer).toEqual({ ok: false, reason: 'ConnectionLoss' })
    expect(world.znodes.get('/a')?.data).toBe('two')
  })

  test('wait for the connection while there is none, and fail when an attempt does', async () => {
    const answers: unknown[] = []
    await runScripts({
      world: new World(),
      scripts: [
        async (session, node) => {
          await session.create('/a', 'one')
          session.dropConnection()
          await node.sleep(10)
          answers.push((await session.getData('/a')).ok)
          // The partition of the plan begins at 10 s.
          await node.sleep('12s')
          session.dropConnection()
          await node.sleep(10)
          answers.push(await session.getData('/a'), node.clock.monotonic() < 25_000)
        },
      ],
      plan: [{ at: '10s', kind: 'partition', groups: [['server[0]'], ['client[0]']], for: '20s' }],
    })
    expect(answers).toEqual([true, { ok: false, reason: 'ConnectionLoss' }, true])
  })

  test('on a session that is over fail with SessionExpired', async () => {
    const answers: unknown[] = []
    await runScripts({
      world: new World(),
      scripts: [
        async (session, node) => {
          await node.sleep('1s')
          answers.push(await session.close(), await session.create('/a'), await session.close())
        },
      ],
    })
    const done = { ok: true, value: undefined }
    expect(answers).toEqual([done, { ok: false, reason: 'SessionExpired' }, done])
  })

  test.each([
    ['', 'Path length must be > 0'],
    ['a', 'Path must start with / character'],
    ['/a/', 'Path must not end with / character'],
    ['/a//b', 'Invalid path string "/a//b" caused by empty node name specified @3'],
    ['/a/../b', 'Invalid path string "/a/../b" caused by relative paths not allowed @4'],
    ['/a/.', 'Invalid path string "/a/." caused by relative paths not allowed @3'],
    ['/a\u0000', 'Invalid path string "/a\u0000" caused by null character not allowed @2'],
    ['/a\u0001b', 'Invalid path string "/a\u0001b" caused by invalid character @2'],
  ])('with the path %j are refused before they are sent', async (path, message) => {
    const world = new World()
    let answer: unknown
    await runScripts({
      world,
      scripts: [
        async (session) => {
          answer = await session.getData(path)
        },
      ],
      until: '1s',
    })
    expect(answer).toEqual({ ok: false, reason: 'BadArguments', message })
    expect(world.lines.join()).not.toContain('getData')
  })

  test('may name a path that only a sequence number completes', async () => {
    let answer: unknown
    await runScripts({
      world: new World(),
      scripts: [
        async (session) => {
          answer = await session.create('/', '', 'persistent_sequential')
        },
      ],
      until: '1s',
    })
    expect(answer).toMatchObject({ ok: true })
  })

  test('under a chroot know nothing of it', async () => {
    const world = new World()
    const seen: unknown[] = []
    await runScripts({
      world,
      scripts: [
        async (session) => {
          seen.push(await session.create('/a', 'one'))
          await session.getData('/a', (event) => void seen.push(event.path))
          await session.setData('/a', 'two')
        },
      ],
      options: { chroot: '/app' },
      until: '1s',
    })
    expect(seen).toMatchObject([{ ok: true, value: { path: '/a' } }, '/a'])
    expect([...world.znodes.keys()]).toEqual(['/app/a'])
  })
})

describe('a session', () => {
  test('pings at a third of its timeout, and at least every 10 s', async () => {
    for (const [sessionTimeout, interval] of [
      ['6s', 2000],
      ['90s', 10_000],
    ] as const) {
      const world = new World()
      await runScripts({ world, scripts: [() => undefined], options: { sessionTimeout }, until: '80s' })
      const gaps = world.pings.slice(1).map((at, index) => at - (world.pings[index] as number))
      expect(gaps.length).toBeGreaterThan(4)
      expect(new Set(gaps.map(Math.round))).toEqual(new Set([interval]))
    }
  })

  test('gives a silent server up after two thirds of its timeout', async () => {
    const states: [string, number][] = []
    await runScripts({
      world: new World({ silentFrom: 3000 }),
      scripts: [() => undefined],
      options: {
        onState: (state, session) => {
          states.push([state, session.timeout])
        },
      },
      until: '20s',
    })
    expect(states).toEqual([
      ['SyncConnected', 6000],
      ['Disconnected', 6000],
    ])
  })

  test('learns that it has expired from a server only, however long that takes', async () => {
    const states: string[] = []
    const times: number[] = []
    await runScripts({
      world: new World({ expiresFrom: 12_000 }),
      scripts: [
        async (session, node) => {
          for (const state of ['Disconnected', 'Expired'] as const) {
            await node.until(() => session.state === state)
            times.push(node.clock.monotonic())
          }
        },
      ],
      options: { onState: (state) => void states.push(state) },
      plan: [{ at: '5s', kind: 'partition', groups: [['server[0]'], ['client[0]']], for: '25s' }],
    })
    expect(states).toEqual(['SyncConnected', 'Disconnected', 'Expired'])
    expect(times[0]).toBeLessThan(5000 + 6000)
    expect(times[1]).toBeGreaterThan(30_000)
  })

  test('goes to another server with what it is known by, and says what it has seen', async () => {
    const world = new World()
    await runScripts({
      world,
      servers: 3,
      scripts: [
        async (session, node) => {
          for (let i = 0; i < 6; i++) {
            await session.create(`/n${i}`)
            session.dropConnection()
            await node.sleep('2s')
          }
        },
      ],
      until: '30s',
    })
    const attached = world.lines.filter((line) => line.includes('lastZxidSeen'))
    expect(new Set(attached.map((line) => line.slice(9, 18)))).toEqual(
      new Set(['server[0]', 'server[1]', 'server[2]']),
    )
    expect(attached.map((line) => /"lastZxidSeen":(\d+).*"session":(\d)/.exec(line)?.slice(1))).toEqual([
      ['0', '0'],
      ...[1, 2, 3, 4, 5, 6].map((zxid) => [`${zxid}`, '1']),
    ])
  })

  test('of a client that was paused is not given up while what a server said is still unread', async () => {
    const states: string[] = []
    await runScripts({
      world: new World(),
      scripts: [() => undefined],
      options: { onState: (state) => void states.push(state) },
      // A ping has gone out just before; its answer arrives during the pause, which is longer than two thirds.
      plan: [{ at: 2005, kind: 'pause', node: 'client[0]', for: '5s' }],
      until: '20s',
    })
    expect(states).toEqual(['SyncConnected'])
  })
})

describe('callbacks', () => {
  test('run in order and one at a time; a slow one delays the others, but no ping', async () => {
    const world = new World()
    const log: string[] = []
    const result = await runScripts({
      world,
      scripts: [
        async (session, node) => {
          await session.create('/a')
          await session.exists('/a', async () => {
            log.push('slow begins')
            await node.sleep('20s')
            log.push('slow ends')
          })
          session.submit({ type: 'setData', path: '/a', data: '', version: -1 }, () => {
            log.push('callback')
          })
          // What a synchronous call returns does not wait for the event part.
          await session.getData('/a')
          log.push('synchronous reply')
        },
      ],
      until: '40s',
    })
    expect(log).toEqual(['slow begins', 'synchronous reply', 'slow ends', 'callback'])
    expect(world.pings.filter((at) => at > 100 && at < 20_000).length).toBeGreaterThan(8)
    expect(result.metrics['coordination event queue']).toMatchObject({ max: 1 })
  })

  test('of watches come before the reply that shows the change, whoever is first at an instant', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const log: string[] = []
      await runScripts({
        world: new World(),
        scripts: [
          async (session) => {
            await session.create('/a', 'one')
            await session.getData('/a', () => void log.push('event'))
            await session.setData('/a', 'two')
            log.push('reply')
          },
        ],
        run: { seed, profile: { ties: 'shuffled' } },
        until: '2s',
      })
      expect(log).toEqual(['event', 'reply'])
    }
  })
})

/** A watcher that always looks again, a writer, and connections that break: what went wrong, if anything did. */
async function watchThroughBreaks(
  breaks: readonly number[],
  world = new World(),
): Promise<string | undefined> {
  let last = -1
  const calls = new Map<number, number>()
  await runScripts({
    world,
    scripts: [
      async (session, node) => {
        await session.create('/x', '0')
        let registered = 0
        const look = async (): Promise<void> => {
          const number = ++registered
          const read = await session.getData('/x', (event: WatchEvent) => {
            if (event.type === 'None') return
            calls.set(number, (calls.get(number) ?? 0) + 1)
            return look()
          })
          if (read.ok) last = read.value.stat.version
          else if (read.reason === 'ConnectionLoss') await look()
        }
        await look()
        for (const pause of breaks) {
          await node.sleep(pause)
          session.dropConnection()
        }
      },
      async (session, node) => {
        for (let i = 0; i < 40; i++) {
          await node.sleep(1 + node.random.int(600))
          await session.setData('/x', String(i))
        }
      },
    ],
    until: '90s',
  })
  const final = world.znodes.get('/x')?.version
  if (last !== final) return `the watcher knows version ${last}, the last one is ${final ?? 'none'}`
  const doubled = [...calls.values()].find((count) => count > 1)
  return doubled === undefined ? undefined : `a watch was called ${doubled} times`
}

describe('a one-shot watch', () => {
  const breaks = fc.array(fc.integer({ min: 0, max: 4000 }), { minLength: 3, maxLength: 12 })
  const options = { seed: 4, numRuns: 15 }

  test('is never missed and never doubled, wherever connections break', async () => {
    await fc.assert(
      fc.asyncProperty(breaks, async (pauses) => {
        expect(await watchThroughBreaks(pauses)).toBeUndefined()
      }),
      options,
    )
  })

  test('is missed by a client that does not set it again', async () => {
    vi.spyOn(WatchTables.prototype, 'toSetAgain').mockReturnValue([])
    const found = await fc.check(
      fc.asyncProperty(breaks, async (pauses) => (await watchThroughBreaks(pauses)) === undefined),
      options,
    )
    expect(found.failed).toBe(true)
  })

  test('is doubled by a client that keeps it', async () => {
    const { take } = WatchTables.prototype
    vi.spyOn(WatchTables.prototype, 'take').mockImplementation(function (this: WatchTables, type, path) {
      const watchers = take.call(this, type, path)
      for (const watcher of watchers) this.add('data', path, watcher)
      return watchers
    })
    expect(await watchThroughBreaks([1000])).toContain('was called')
  })

  test('is missed when a server loses its event: the check sees it', async () => {
    const found = await fc.check(
      fc.asyncProperty(breaks, async (pauses) => {
        const world = new World({ losesEvents: true })
        return (await watchThroughBreaks(pauses, world)) === undefined
      }),
      options,
    )
    expect(found.failed).toBe(true)
  })
})

describe('watch tables', () => {
  test('set watches again in parts of a bounded length, each path once', () => {
    const tables = new WatchTables()
    const name = 'x'.repeat(1000)
    for (let i = 0; i < 500; i++) {
      tables.add(i % 2 === 0 ? 'data' : 'child', `/${name}${i}`, () => undefined)
    }
    const parts = tables.toSetAgain(7)
    expect(parts.map((part) => part.data.length + part.child.length)).toEqual([131, 131, 131, 107])
    expect(new Set(parts.flatMap((part) => [...part.data, ...part.child])).size).toBe(500)
    expect(new WatchTables().toSetAgain(7)).toEqual([])
  })

  test('tell persistent watches of every change and recursive ones of what is below', () => {
    const tables = new WatchTables()
    const here = (): void => undefined
    const below = (): void => undefined
    tables.add('persistent', '/a', here)
    tables.add('persistentRecursive', '/a', below)
    expect(tables.take('NodeDataChanged', '/a')).toEqual([here, below])
    expect(tables.take('NodeCreated', '/a/b/c')).toEqual([below])
    expect(tables.take('NodeDataChanged', '/a')).toEqual([here, below])
    expect(tables.take('NodeCreated', '/ab')).toEqual([])
    expect(tables.remove('/a', 'any', below)).toEqual([{ type: 'PersistentWatchRemoved', watchers: [below] }])
    expect(tables.take('NodeCreated', '/a/b')).toEqual([])
  })
})

describe('a list of servers', () => {
  /** Tries twelve times and notes the server and whether a pause was due. */
  function tries(seed: number, connectedAt: number): readonly string[] {
    const out: string[] = []
    const addresses = [0, 1, 2].map((index) => new Address(index, 'server', index))
    const servers = new ServerList(addresses, new RandomStreams(seed).stream('test'))
    for (let i = 0; i < 12; i++) {
      const { server, pause } = servers.next()
      out.push(`${server.index}${pause ? ' after a pause' : ''}`)
      if (i === connectedAt) servers.connected()
    }
    return out
  }

  test('is tried round and round, in an order of the client’s own, with a pause when all were tried', () => {
    const orders = new Set<string>()
    for (let seed = 1; seed <= 40; seed++) {
      const all = tries(seed, 4)
      const [a, b, c] = all as [string, string, string]
      orders.add(a + b + c)
      expect([a, b, c].sort()).toEqual(['0', '1', '2'])
      // Until it is connected once, the round ends where the list begins; then, at the server that it had.
      const later = [`${a} after a pause`, b, c, a, `${b} after a pause`, c, a, `${b} after a pause`, c]
      expect(all.slice(3)).toEqual(later)
    }
    expect(orders.size).toBe(6)
  })

  test('has each server tried for its share of the timeout only', async () => {
    const waited: number[] = []
    for (let seed = 1; seed <= 10; seed++) {
      await runScripts({
        world: new World(),
        servers: 3,
        scripts: [
          async (session, node) => {
            await node.until(() => session.state === 'SyncConnected')
            waited.push(node.clock.monotonic())
          },
        ],
        plan: [{ at: 0, kind: 'crash', node: 'server[0..1]' }],
        until: '20s',
        run: { seed },
      })
    }
    // Attempts take 6 s / 3 each; all but the first begin up to a second late.
    const attempts = waited.map((time) => (time < 100 ? 0 : time < 2000 ? NaN : time < 4000 ? 1 : 2))
    expect(new Set(attempts)).toEqual(new Set([0, 1, 2]))
    expect(Math.max(...waited)).toBeLessThan(2 * 2000 + 2 * 1000 + 100)
  })
})
