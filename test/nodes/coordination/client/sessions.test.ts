import { describe, expect, it } from 'vitest'

import type { Node } from '../../../../index.ts'
import type { SessionState, WatchEvent } from '../../../../nodes/coordination/index.ts'
import { runClients, time, value } from './standalone.ts'

describe('a session', () => {
  it('gets the timeout that it asks for, within 2 and 20 ticks', async () => {
    const granted: number[] = []
    for (const sessionTimeout of ['100ms', '2s', '1m'] as const) {
      await runClients({ scripts: [(zk) => void granted.push(zk.timeout)], options: { sessionTimeout } })
    }
    expect(granted).toEqual([1000, 2000, 10_000])
  })

  it('lives on pings alone, at a third of its timeout', async () => {
    const states: SessionState[] = []
    const result = await runClients({
      scripts: [
        async (zk, node) => {
          value(await zk.create('/e', '', 'ephemeral'))
          await node.sleep('15s')
          expect(value(await zk.exists('/e'))).toBeDefined()
        },
      ],
      options: { onState: (state) => void states.push(state) },
    })
    expect(states).toEqual(['SyncConnected'])
    // The first one is due a third of the timeout after connecting, which takes a few milliseconds.
    expect(result.metrics['coordination pings']).toMatchObject({ total: Math.floor(19_990 / (2000 / 3)) })
  })

  it('takes its ephemeral znodes with it at once when it is closed', async () => {
    const left: unknown[] = []
    await runClients({
      scripts: [
        async (zk) => {
          value(await zk.create('/e', '', 'ephemeral'))
          value(await zk.create('/p'))
          value(await zk.close())
          expect(await zk.create('/late')).toEqual({ ok: false, reason: 'SessionExpired' })
          expect(zk.state).toBe('Closed')
        },
        async (zk, node) => {
          await node.sleep('50ms')
          left.push(value(await zk.exists('/e')), value(await zk.exists('/p')) !== undefined)
        },
      ],
    })
    expect(left).toEqual([undefined, true])
  })

  it('loses them after its crash: not before the timeout, not later than a tick after it', async () => {
    const crashAt = 3100
    let goneAt = 0
    await runClients({
      scripts: [
        async (zk) => {
          value(await zk.create('/e', '', 'ephemeral'))
        },
        async (zk, node) => {
          await node.sleep('1s')
          await zk.exists('/e', () => {
            goneAt = time(node)
          })
        },
      ],
      plan: [{ at: crashAt, kind: 'crash', node: 'client[0]' }],
    })
    // The last ping was up to a third of the timeout before the crash.
    expect(goneAt).toBeGreaterThan(crashAt + 2000 - 2000 / 3)
    expect(goneAt).toBeLessThan(crashAt + 2000 + 500 + 20)
  })

  it('survives a partition shorter than its timeout, and hears of what changed meanwhile', async () => {
    const states: SessionState[] = []
    const events: string[] = []
    let first: number | undefined
    const note =
      (what: string) =>
      ({ type }: WatchEvent): void => {
        if (type !== 'None') events.push(`${what} ${type}`)
      }
    await runClients({
      scripts: [
        async (zk, node) => {
          value(await zk.create('/e', '', 'ephemeral'))
          await node.sleep('100ms')
          await zk.getData('/data', note('data'))
          await zk.exists('/new', note('exists'))
          await zk.getChildren('/', note('children'))
          await node.sleep('15s')
          expect(value(await zk.exists('/e'))).toBeDefined()
        },
        async (zk, node) => {
          value(await zk.create('/data', 'a'))
          await node.sleep('3s')
          value(await zk.create('/new'))
          value(await zk.setData('/data', 'b'))
        },
      ],
      options: {
        sessionTimeout: '10s',
        onState: (state, zk) => {
          first ??= zk.id
          if (zk.id === first) states.push(state)
        },
      },
      plan: [{ at: '2.5s', kind: 'partition', groups: [['client[0]'], ['rest']], for: '5.5s' }],
    })
    expect(states).toEqual(['SyncConnected', 'Disconnected', 'SyncConnected'])
    expect(events.sort()).toEqual([
      'children NodeChildrenChanged',
      'data NodeDataChanged',
      'exists NodeCreated',
    ])
  })

  it('learns that it has expired only from the server, when it is back', async () => {
    const states: SessionState[] = []
    await runClients({
      scripts: [(zk) => zk.create('/e', '', 'ephemeral').then(() => undefined)],
      options: { onState: (state) => void states.push(state) },
      plan: [{ at: '2s', kind: 'partition', groups: [['client[0]'], ['rest']], for: '6s' }],
    })
    expect(states).toEqual(['SyncConnected', 'Disconnected', 'Expired'])
  })

  it('knows that it is disconnected before anyone else can hear that it expired', async () => {
    for (let cutAt = 2000; cutAt < 2700; cutAt += 50) {
      let own: Node | undefined
      let disconnectedAt = Infinity
      let goneAt = 0
      await runClients({
        scripts: [
          async (zk, node) => {
            own = node
            value(await zk.create('/e', '', 'ephemeral'))
          },
          async (zk, node) => {
            await node.sleep('1s')
            await zk.exists('/e', () => {
              goneAt = time(node)
            })
          },
        ],
        options: {
          onState: (state) => {
            if (state === 'Disconnected' && own !== undefined)
              disconnectedAt = Math.min(disconnectedAt, time(own))
          },
        },
        plan: [{ at: cutAt, kind: 'partition', groups: [['client[0]'], ['rest']] }],
        until: 8000,
      })
      expect(disconnectedAt).toBeLessThan(goneAt)
      expect(disconnectedAt).toBeLessThanOrEqual(cutAt + (2 * 2000) / 3 + 10)
    }
  })
})

describe('the server', () => {
  it('has everything that was acknowledged after a crash, and sessions with their full timeout', async () => {
    const seen: unknown[] = []
    await runClients({
      scripts: [
        async (zk, node) => {
          value(await zk.create('/p', 'kept'))
          value(await zk.create('/p/e', '', 'ephemeral'))
          await node.sleep('2s')
          // The server was away from 1s to 2.9s, nearly the whole timeout.
          await node.sleep('3s')
          seen.push(value(await zk.getData('/p')).data, value(await zk.getChildren('/p')).children)
          seen.push(value(await zk.create('/p/s-', '', 'persistent_sequential')).path)
        },
      ],
      plan: [{ at: '1s', kind: 'crash', node: 'coordination', for: '1900ms' }],
    })
    expect(seen).toEqual(['kept', ['e'], '/p/s-0000000001'])
  })

  it('reports a lost connection, not an error of its own, when it crashes with a call unanswered', async () => {
    const reasons: unknown[] = []
    await runClients({
      scripts: [
        async (zk, node) => {
          await node.sleep('999ms')
          const created = await zk.create('/a')
          reasons.push(created.ok || created.reason)
          const again = await zk.create('/b')
          reasons.push(again.ok || again.reason)
        },
      ],
      plan: [{ at: '1s', kind: 'crash', node: 'coordination', for: '5s' }],
    })
    expect(reasons).toEqual(['ConnectionLoss', 'ConnectionLoss'])
  })

  it('answers later the more wait before one', async () => {
    const latency = async (clients: number): Promise<number> => {
      let worst = 0
      const result = await runClients({
        scripts: Array.from({ length: clients }, () => async (zk, node) => {
          await node.sleep(1000 - time(node))
          await zk.exists('/')
          worst = Math.max(worst, time(node) - 1000)
        }),
        server: { requestCost: '1ms' },
        until: 1600,
      })
      // Connecting is a request, too.
      expect(result.metrics['coordination requests']).toMatchObject({ total: 2 * clients })
      return worst
    }
    expect(await latency(1)).toBeCloseTo(2 + 1 + 2)
    expect(await latency(50)).toBeCloseTo(2 + 50 + 2)
  })
})

describe('calls of one session', () => {
  const lossy = { delay: '2ms', loss: 0.1, duplication: 0.2, reordering: 0.3 } as const

  it('are performed once and in order, however the network loses, doubles and reorders', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const names: string[][] = []
      await runClients({
        scripts: [0, 1].map((client) => async (zk) => {
          await zk.create('/q')
          const paths = await Promise.all(
            Array.from({ length: 10 }, (_, index) =>
              zk.create(`/q/${client}-`, String(index), 'persistent_sequential'),
            ),
          )
          names[client] = paths.map((created) => value(created).path)
        }),
        network: lossy,
        options: { sessionTimeout: '10s' },
        until: 60_000,
        run: { seed },
      })
      for (const list of names) {
        expect(list).toHaveLength(10)
        expect([...list].sort()).toEqual(list)
      }
      const numbers = names.flat().map((path) => Number(path.slice(-10)))
      expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index))
    }
  })

  it('see an event before the reply that shows the change, and each watch exactly once', async () => {
    let checked = 0
    for (let seed = 1; seed <= 10; seed++) {
      let told = 0
      await runClients({
        scripts: [
          async (zk, node) => {
            await zk.create('/v', '0')
            for (let i = 1; i <= 20; i++) {
              await node.sleep('100ms')
              value(await zk.setData('/v', String(i)))
            }
          },
          async (zk, node) => {
            while (value(await zk.exists('/v')) === undefined) await node.sleep('1s')
            const tell = (): void => {
              told++
            }
            let watching = told + 1
            let last = value(await zk.getData('/v', tell)).data
            for (let i = 0; i < 100; i++) {
              await node.sleep('20ms')
              const { data } = value(await zk.getData('/v'))
              if (data === last) continue
              expect(told).toBe(watching)
              checked++
              watching = told + 1
              last = value(await zk.getData('/v', tell)).data
            }
          },
        ],
        network: lossy,
        options: { sessionTimeout: '10s' },
        until: 300_000,
        run: { seed, profile: { ties: 'shuffled' } },
      })
    }
    expect(checked).toBeGreaterThan(20)
  })
})
