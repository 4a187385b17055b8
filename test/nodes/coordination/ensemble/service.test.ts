// What clients see of an ensemble while servers come and go.
import { describe, expect, test } from 'vitest'

import type { Duration, Plan } from '../../../../index.ts'
import { CallerError } from '../../../../index.ts'
import type { CoordinationSession, SessionState } from '../../../../nodes/coordination/client/index.ts'
import { connect } from '../../../../nodes/coordination/client/index.ts'
import { ensembleProblem, ensembleWarning } from '../../../../nodes/coordination/ensemble/index.ts'
import type { Script } from './cluster.ts'
import { runEnsemble, value } from './cluster.ts'

/** The one who leads a fresh ensemble of three: all histories are alike, so the largest id. */
const LEADER = 'coordination[2]'

const crash = (node: string, at: Duration, time: Duration): Plan => [{ at, kind: 'crash', node, for: time }]

/** Writes every 100 ms until `end`, and keeps when each was answered and how. */
function writer(end: number, log: { at: number; ok: boolean }[], servers?: readonly number[]): Script {
  return async (node, all) => {
    const zk = await connect(node, servers === undefined ? all : servers.map((i) => all[i]!), {
      sessionTimeout: '4s',
    })
    await zk.create('/x', '0')
    while (node.clock.monotonic() < end) {
      const result = await zk.setData('/x', 'y')
      log.push({ at: node.clock.monotonic(), ok: result.ok })
      await node.sleep(100)
    }
  }
}

/** The longest time between two successes, in milliseconds. */
function longestGap(log: readonly { at: number; ok: boolean }[]): number {
  const times = log.filter(({ ok }) => ok).map(({ at }) => at)
  return Math.max(...times.slice(1).map((at, i) => at - times[i]!))
}

describe('an ensemble', () => {
  test('serves clients of any of its servers, observers too', async () => {
    const seen: string[] = []
    await runEnsemble({
      ensemble: { participants: 3, observers: 1 },
      scripts: [0, 1, 2, 3].map((server) => async (node, servers) => {
        const zk = await connect(node, servers[server]!, { sessionTimeout: '4s' })
        value(await zk.create(`/from-${server}`, 'x', 'ephemeral'))
        await node.sleep(1000)
        value(await zk.sync('/'))
        const { children } = value(await zk.getChildren('/'))
        seen.push(
          children
            .filter((child) => child !== 'zookeeper')
            .sort()
            .join(' '),
        )
      }),
    })
    expect(seen).toEqual(Array.from({ length: 4 }, () => 'from-0 from-1 from-2 from-3'))
  })

  test('answers a sync before the writes behind it, however many are under way', async () => {
    const latencies: number[] = []
    const hammer: Script = async (node, servers) => {
      const zk = await connect(node, servers[1]!, { sessionTimeout: '4s' })
      await zk.create(`/${node.name}`, '0')
      for (let round = 0; round < 40; round++) {
        const before = node.clock.monotonic()
        const write = (): Promise<unknown> => zk.setData(`/${node.name}`, 'x')
        await Promise.all([write(), zk.sync('/'), write(), zk.sync('/'), write()])
        latencies.push(node.clock.monotonic() - before)
      }
    }
    await runEnsemble({ scripts: [hammer, hammer, hammer, hammer] })
    expect(latencies).toHaveLength(160)
    expect(Math.max(...latencies)).toBeLessThan(100)
  })

  test('goes on after the crash of its leader, once the others have noticed and elected another', async () => {
    const log: { at: number; ok: boolean }[] = []
    await runEnsemble({ scripts: [writer(15_000, log, [0, 1])], plan: crash(LEADER, '5s', '5s') })
    // Two and a half seconds of silence (syncLimit 5 of 500 ms), and an election of a few hundred milliseconds.
    expect(longestGap(log)).toBeGreaterThan(2000)
    expect(longestGap(log)).toBeLessThan(6000)
    expect(log.at(-1)?.ok).toBe(true)
  })

  test('shows at its leader the first zxid of the epoch; whoever has seen it is not let in by followers before a write', async () => {
    const seen: string[] = []
    const epochs: number[] = []
    await runEnsemble({
      scripts: [
        async (node, servers) => {
          const zk = await connect(node, servers.slice(0, 2), { sessionTimeout: '8s' })
          value(await zk.create('/x', '0'))
          // A new leader, and no write since.
          await node.sleep(9000 - node.clock.monotonic())
          const leader = 'coordination[1]'
          while (zk.server?.toString() !== leader) {
            zk.dropConnection()
            await node.until(() => zk.state === 'Disconnected')
            await node.until(() => zk.state === 'SyncConnected')
          }
          value(await zk.exists('/x'))
          epochs.push(zk.lastZxid / 2 ** 32)
          for (let i = 0; i < 5; i++) {
            zk.dropConnection()
            await node.until(() => zk.state === 'Disconnected')
            await node.until(() => zk.state === 'SyncConnected')
            seen.push(zk.server?.toString() ?? '')
          }
          value(await zk.setData('/x', '1'))
          epochs.push(Math.floor(zk.lastZxid / 2 ** 32), zk.lastZxid % 2 ** 32)
        },
      ],
      plan: crash(LEADER, '4s', '30s'),
      until: 30_000,
    })
    expect(new Set(seen)).toEqual(new Set(['coordination[1]']))
    expect(epochs).toEqual([2, 2, 1])
  })

  test('does not let clients of others feel the crash of a follower', async () => {
    const log: { at: number; ok: boolean }[] = []
    await runEnsemble({ scripts: [writer(10_000, log, [1, 2])], plan: crash('coordination[0]', '3s', '3s') })
    expect(log.every(({ ok }) => ok)).toBe(true)
    expect(longestGap(log)).toBeLessThan(300)
  })

  test('serves nobody without a quorum, expires nobody, and gives every session its full timeout afterwards', async () => {
    const states: SessionState[] = []
    const reads: boolean[] = []
    let owner = 0
    const { metrics } = await runEnsemble({
      until: 40_000,
      scripts: [
        async (node, servers) => {
          const zk = await connect(node, servers, {
            sessionTimeout: '3s',
            onState: (state) => {
              states.push(state)
            },
          })
          value(await zk.create('/mine', '', 'ephemeral'))
          await node.sleep(14_000 - node.clock.monotonic())
          // Long after its timeout: but nobody could tell the time.
          reads.push((await zk.getData('/mine')).ok)
          await node.sleep(30_000 - node.clock.monotonic())
          const read = await zk.getData('/mine')
          reads.push(read.ok)
          if (read.ok) owner = read.value.stat.ephemeralOwner
          expect(owner).toBe(zk.id)
        },
      ],
      plan: [
        { at: '5s', kind: 'crash', node: 'coordination[0]', for: '15s' },
        { at: '5s', kind: 'crash', node: 'coordination[1]', for: '15s' },
      ],
    })
    expect(reads).toEqual([false, true])
    expect(states).toEqual(['SyncConnected', 'Disconnected', 'SyncConnected'])
    expect(metrics['sessions expired']).toBeUndefined()
  })

  test('expires a session whose client is gone, on all servers', async () => {
    const left: (number | undefined)[] = []
    await runEnsemble({
      scripts: [
        async (node, servers) => {
          const zk = await connect(node, servers[0]!, { sessionTimeout: '2s' })
          value(await zk.create('/gone', '', 'ephemeral'))
        },
        async (node, servers) => {
          await node.sleep(10_000)
          for (const server of servers) {
            const zk = await connect(node, server)
            left.push(value(await zk.exists('/gone'))?.ephemeralOwner)
          }
        },
      ],
      plan: [{ at: '4s', kind: 'crash', node: 'client[0]' }],
    })
    expect(left).toEqual([undefined, undefined, undefined])
  })

  test('keeps a session alive through whichever server hears of it', async () => {
    const states: SessionState[] = []
    await runEnsemble({
      until: 20_000,
      scripts: [
        async (node, servers) => {
          await connect(node, servers[0]!, {
            sessionTimeout: '2s',
            onState: (state) => {
              states.push(state)
            },
          })
        },
      ],
    })
    expect(states).toEqual(['SyncConnected'])
  })

  test('lets a client move to another server with its session and its watches, and shows it nothing older', async () => {
    const events: string[] = []
    const versions: number[] = []
    await runEnsemble({
      scripts: [
        async (node, servers) => {
          const zk = await connect(node, servers, { sessionTimeout: '4s' })
          value(await zk.create('/x', '0'))
          const seen = new Set<string | undefined>()
          for (let i = 0; i < 12; i++) {
            seen.add(zk.server?.toString())
            value(await zk.setData('/x', String(i)))
            const read = value(
              await zk.getData('/x', (event) => {
                events.push(event.type)
              }),
            )
            versions.push(read.stat.version)
            zk.dropConnection()
            await node.until(() => zk.state === 'Disconnected')
            await node.until(() => zk.state === 'SyncConnected')
          }
          expect(seen.size).toBeGreaterThan(1)
        },
      ],
    })
    expect(versions).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    expect(events.filter((type) => type === 'NodeDataChanged')).toHaveLength(11)
  })

  test('answers reads from where the client is, which may be behind; sync brings it up to date', async () => {
    let behind: string | null | undefined
    let upToDate: string | null | undefined
    await runEnsemble({
      network: { delay: '1ms', links: [{ from: 'coordination[0]', to: LEADER, delay: '300ms' }] },
      scripts: [
        async (node, servers) => {
          const zk = await connect(node, servers[0]!, { sessionTimeout: '8s' })
          await node.sleep(6000 - node.clock.monotonic())
          behind = value(await zk.getData('/x')).data
          value(await zk.sync('/x'))
          upToDate = value(await zk.getData('/x')).data
        },
        async (node, servers) => {
          const zk = await connect(node, servers[2]!, { sessionTimeout: '8s' })
          value(await zk.create('/x', 'old'))
          await node.sleep(5900 - node.clock.monotonic())
          value(await zk.setData('/x', 'new'))
        },
      ],
    })
    expect([behind, upToDate]).toEqual(['old', 'new'])
  })

  test('has a follower that was away catch up by the difference, or by a snapshot if it missed too much', async () => {
    for (const [missed, commitLogCount] of [
      [20, 500],
      [60, 10],
    ] as const) {
      const children: number[] = []
      await runEnsemble({
        ensemble: { commitLogCount, snapCount: 25 },
        scripts: [
          async (node, servers) => {
            const zk = await connect(node, servers[2]!)
            await node.sleep(4000 - node.clock.monotonic())
            for (let i = 0; i < missed; i++) value(await zk.create('/n-', '', 'persistent_sequential'))
          },
          async (node, servers) => {
            await node.sleep(12_000)
            const zk = await connect(node, servers[0]!)
            children.push(value(await zk.getChildren('/')).children.length)
          },
        ],
        plan: crash('coordination[0]', '3500ms', '5s'),
      })
      expect(children).toEqual([missed + 1])
    }
  })

  test('removes a spent container on all servers, whoever leads', async () => {
    const left: (number | undefined)[] = []
    await runEnsemble({
      until: 140_000,
      scripts: [
        async (node, servers) => {
          const zk = await connect(node, servers.slice(0, 2))
          value(await zk.create('/box', '', 'container'))
          value(await zk.create('/box/child'))
          value(await zk.delete('/box/child'))
          await node.sleep(130_000 - node.clock.monotonic())
          for (const server of servers) {
            const other = await connect(node, server)
            left.push(value(await other.exists('/box'))?.version)
          }
        },
      ],
      plan: crash(LEADER, '10s', '10s'),
    })
    expect(left).toEqual([undefined, undefined, undefined])
  })

  test('runs the same when its states are kept for looking back', async () => {
    const scripts = [writer(4000, [])]
    const plain = await runEnsemble({ scripts, until: 5000, plan: crash(LEADER, '2s', '1s') })
    const inspected = await runEnsemble({
      scripts,
      until: 5000,
      plan: crash(LEADER, '2s', '1s'),
      run: { inspect: true },
    })
    expect(inspected.fingerprint).toBe(plain.fingerprint)
    const last = inspected.states?.changes.findLast(({ node }) => node === 'coordination[0]')?.state
    expect(last).toMatchObject({ database: { lastZxid: expect.any(Number) as number } })
  })

  test('tells a client that stays behind on another server that its session has moved, and lets it go', async () => {
    const outcomes: string[] = []
    let first: CoordinationSession | undefined
    await runEnsemble({
      scripts: [
        async (node, servers) => {
          first = await connect(node, servers[0]!, { sessionTimeout: '6s' })
          value(await first.create('/x'))
          await node.sleep(4000 - node.clock.monotonic())
          const result = await first.setData('/x', 'from the old server')
          outcomes.push(result.ok ? 'ok' : result.reason)
        },
        async (node, servers) => {
          await node.sleep(3000)
          const { id, password } = first!
          const zk = await connect(node, servers[1]!, { sessionTimeout: '6s', attach: { id, password } })
          outcomes.push(zk.state)
          outcomes.push((await zk.setData('/x', 'from the new server')).ok ? 'ok' : 'refused')
        },
      ],
    })
    expect(outcomes).toEqual(['SyncConnected', 'ok', 'ConnectionLoss'])
  })
})

describe('the size of an ensemble', () => {
  test('may be even, with the warnings of the real server', () => {
    expect([1, 2, 3, 4].map((size) => ensembleProblem(size))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
    expect(ensembleWarning(2)).toMatch(/No server failure will be tolerated/)
    expect(ensembleWarning(4)).toMatch(/odd number of servers/)
    expect([1, 3, 5].map((size) => ensembleWarning(size))).toEqual([undefined, undefined, undefined])
  })

  test.each([
    { participants: 0, observers: 0 },
    { participants: 0, observers: 2 },
    { participants: 1, observers: 1 },
    { participants: 2.5, observers: 0 },
  ])('cannot be $participants with $observers observers', async (size) => {
    await expect(runEnsemble({ ensemble: size, scripts: [] })).rejects.toThrow(CallerError)
  })
})
