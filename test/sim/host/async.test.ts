// Asynchronous node code in virtual time: all that an event releases runs before the next one, and nothing real leaks in.
import fc from 'fast-check'
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { defineNode, exponential, faults } from '../../../index.ts'
import type { Address, Node, NodeKind } from '../../../index.ts'
import { chain, recordsOf, run, story } from '../support.ts'

function single(
  start: (node: Node) => void | Promise<void>,
): ReturnType<ReturnType<typeof defineNode<object>>> {
  return defineNode()({ kind: 'single', start })
}

interface Loader {
  loading: Promise<void> | undefined
  loads: number
  config: string | undefined
}

describe('continuations', () => {
  it('that an event releases have all run before the next event, however long the chain', async () => {
    const chains: Record<string, (node: Node) => Promise<unknown>> = {
      'a hundred awaits': async () => {
        for (let i = 0; i < 100; i++) await Promise.resolve()
      },
      'nested async functions': (() => {
        const nest = async (depth: number): Promise<void> => {
          if (depth > 0) await nest(depth - 1)
          await Promise.resolve()
        }
        return () => nest(200)
      })(),
      'then chains': () => {
        let promise: Promise<unknown> = Promise.resolve()
        for (let i = 0; i < 100; i++) promise = promise.then(() => Promise.resolve(i))
        return promise
      },
      'Promise.all and race': () =>
        Promise.all([
          Promise.race([Promise.resolve(1), Promise.all([Promise.resolve(), Promise.resolve()])]),
          Promise.allSettled([Promise.reject(new Error('handled')), Promise.any([Promise.resolve()])]),
        ]),
      'async iteration': async () => {
        async function* numbers(): AsyncGenerator<number> {
          for (let i = 0; i < 30; i++) {
            await Promise.resolve()
            yield i
          }
        }
        for await (const n of numbers()) expect(n).toBeGreaterThanOrEqual(0)
      },
    }
    for (const [name, released] of Object.entries(chains)) {
      const result = await run(({ addOne }) => {
        addOne(
          single(async (node) => {
            await node.sleep(1)
            await released(node)
            node.role('done')
          }),
        )
        const other = defineNode()({
          kind: 'other',
          start: (node) => void node.after(1, () => node.role('next')),
        })
        addOne(other)
      })
      expect(result.failures, name).toEqual([])
      expect(story(result, 'role'), name).toEqual(['1 role single done', '1 role other next'])
    }
  })

  it('run in the event that released them: at its time, with its record as their cause', async () => {
    const result = await run(({ addOne }) =>
      addOne(
        single(async (node) => {
          await Promise.all(
            [5, 3, 9].map(async (ms) => {
              await node.sleep(ms)
              await Promise.resolve()
              node.role(`after ${ms}`)
            }),
          )
          node.role('all')
        }),
      ),
    )
    expect(story(result, 'role')).toEqual([
      '3 role single after 3',
      '5 role single after 5',
      '9 role single after 9',
      '9 role single all',
    ])
    const records = recordsOf(result)
    for (const role of recordsOf(result, 'role')) {
      expect(records[(role.cause as number) - 1]).toMatchObject({ kind: 'timer', t: role.t })
    }
  })

  it('of many tasks interleave in the order of virtual time alone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(20), { minLength: 1, maxLength: 20 }), async (delays) => {
        const result = await run(({ add }) => {
          const sleeper = defineNode<object, number>()({
            kind: 'sleeper',
            async start(node) {
              await node.sleep(node.config)
              for (let i = 0; i < node.config % 5; i++) await Promise.resolve()
              node.role('awake')
            },
          })
          add(sleeper, delays.length, (index) => delays[index] as number)
        })
        const expected = delays
          .map((delay, index) => ({ delay, index }))
          .sort((a, b) => a.delay - b.delay || a.index - b.index)
          .map(({ delay, index }) => `${delay} role sleeper[${index}] awake`)
        expect(story(result, 'role')).toEqual(expected)
      }),
      { seed: 41, numRuns: 40 },
    )
  })
})

describe('a handler that waits for something real', () => {
  const waits: Record<string, () => Promise<unknown>> = {
    'a file': () => readFile(new URL(import.meta.url)),
    'a timer': () => new Promise((resolve) => setTimeout(resolve, 1)),
    'a promise that nobody settles': () => new Promise(() => undefined),
  }

  for (const [what, wait] of Object.entries(waits)) {
    it(`(${what}) fails the run at once, with node, handler and time`, async () => {
      const target = defineNode<{ ask(): void }>()({
        kind: 'target',
        on: {
          async ask(node) {
            await node.sleep(1)
            await wait()
            node.role('never')
          },
        },
      })
      const result = await run(({ addOne }) => {
        const to = addOne(target)
        addOne(
          single(async (node) => {
            await node.request(to, 'ask', undefined)
          }),
        )
      })
      expect(result.verdict).toBe('violated')
      expect(result.failures).toMatchObject([
        { kind: 'foreign-wait', node: 'target', where: 'on.ask', time: 2000 },
      ])
      expect(result.failures[0]?.message).toContain('outside the simulation')
      expect(recordsOf(result).at(-1)).toMatchObject({ kind: 'error', node: 'target', type: 'on.ask' })
    })
  }

  it('is found in `start`, `recover` and timers too', async () => {
    const forever = (): Promise<void> => new Promise(() => undefined)
    const kinds = {
      start: defineNode()({ kind: 'a', start: forever }),
      recover: defineNode()({ kind: 'a', recover: forever }),
      timer: defineNode()({ kind: 'a', start: (node) => void node.after(1, forever) }),
    }
    for (const [where, kind] of Object.entries(kinds)) {
      const result = await run(({ addOne }) => addOne(kind))
      expect(result.failures).toMatchObject([{ kind: 'foreign-wait', node: 'a', where }])
    }
  })

  it('may be a promise of another handler, which nobody can tell from one of the real world; `until` waits for that', async () => {
    const loader = (wait: (node: Node<object, Loader>) => Promise<void>): NodeKind<object, undefined> =>
      defineNode()({
        kind: 'loader',
        state: (): Loader => ({ loading: undefined, loads: 0, config: undefined }),
        start(node) {
          for (const at of [1, 2]) {
            node.after(at, async () => {
              await wait(node)
              node.role(`${node.state.config} after ${node.state.loads}`)
            })
          }
        },
      })
    const load = async (node: Node<object, Loader>): Promise<void> => {
      node.state.loads++
      await node.sleep(5)
      node.state.config = 'loaded'
    }
    const shared = await run(({ addOne }) => addOne(loader((node) => (node.state.loading ??= load(node)))))
    expect(shared.failures).toMatchObject([
      { kind: 'foreign-wait', node: 'loader', where: 'timer', time: 2000 },
    ])

    const until = await run(({ addOne }) =>
      addOne(
        loader(async (node) => {
          if (node.state.loads === 0) await load(node)
          else await node.until(() => node.state.config !== undefined)
        }),
      ),
    )
    expect(until.failures).toEqual([])
    expect(recordsOf(until, 'role').map(({ t, type }) => [t, type])).toEqual([
      [6000, 'loaded after 1'],
      [6000, 'loaded after 1'],
    ])
  })

  it('is not confused with one that waits for a simulated operation among others', async () => {
    const result = await run(({ addOne }) =>
      addOne(
        single(async (node) => {
          await Promise.race([node.sleep(5), new Promise(() => undefined)])
          const both = Promise.all([node.sleep(1), node.sleep(2)])
          await both
          await new Promise<void>((resolve) => void node.sleep(3).then(resolve))
          node.role('done')
        }),
      ),
    )
    expect(result.failures).toEqual([])
    expect(story(result, 'role')).toEqual(['10 role single done'])
  })
})

describe('a node', () => {
  it('that the code of another node uses refuses by name', async () => {
    let leaked: Node | undefined
    const victim = defineNode()({ kind: 'victim', start: (node) => void (leaked = node as Node) })
    const thief = defineNode()({
      kind: 'thief',
      start: (node) => void node.after(1, () => void leaked?.after(1, () => undefined)),
    })
    const result = await run(({ addOne }) => {
      addOne(victim)
      addOne(thief)
    })
    expect(result.failures).toMatchObject([{ kind: 'threw', node: 'thief', where: 'timer' }])
    expect(result.failures[0]?.message).toContain('node victim was used by thief')
  })

  it('refuses to be used outside the simulation', async () => {
    let leaked: Node | undefined
    await run(({ addOne }) => addOne(single((node) => void (leaked = node))), {
      faults: [faults.heal({ at: '1s' })],
    })
    expect(() => leaked?.role('late')).toThrow('node single was used outside the simulation')
  })
})

describe('until', () => {
  it('goes on in the event after the one that made the condition true, at the same instant', async () => {
    const counter = defineNode()({
      kind: 'counter',
      state: () => ({ n: 0 }),
      async start(node) {
        node.every(10, () => {
          node.state.n++
        })
        await node.until(() => node.state.n >= 3)
        node.role(`n is ${node.state.n}`)
        await node.until(() => true)
        node.role('at once')
      },
    })
    const result = await run(({ addOne }) => addOne(counter), { until: '100ms' })
    expect(story(result, 'role')).toEqual(['30 role counter n is 3', '30 role counter at once'])
    const records = recordsOf(result)
    const [condition] = recordsOf(result, 'condition')
    expect(records[(condition?.cause as number) - 1]).toMatchObject({ kind: 'timer', t: 30_000 })
  })

  it('wakes each of several waiters, in the order in which they began to wait', async () => {
    const gate = defineNode()({
      kind: 'gate',
      state: () => ({ open: false }),
      async start(node) {
        node.after(5, () => void (node.state.open = true))
        await Promise.all(
          [1, 2, 3].map(async (i) => {
            await node.until(() => node.state.open)
            node.role(`waiter ${i}`)
          }),
        )
      },
    })
    const result = await run(({ addOne }) => addOne(gate))
    expect(story(result, 'role')).toEqual([1, 2, 3].map((i) => `5 role gate waiter ${i}`))
  })
})

describe('work', () => {
  const worker = (cores: number | undefined) =>
    defineNode()({
      kind: 'worker',
      ...(cores === undefined ? {} : { cpu: { cores } }),
      async start(node) {
        await Promise.all(
          [1, 2, 3, 4].map(async (i) => {
            await node.work('10ms')
            node.role(`job ${i}`)
          }),
        )
      },
    })

  it('takes its time without queueing where there is no CPU model', async () => {
    const result = await run(({ addOne }) => addOne(worker(undefined)))
    expect(recordsOf(result, 'role').map(({ t }) => t / 1000)).toEqual([10, 10, 10, 10])
  })

  it('queues for a core where there is one', async () => {
    const one = await run(({ addOne }) => addOne(worker(1)))
    expect(recordsOf(one, 'role').map(({ t }) => t / 1000)).toEqual([10, 20, 30, 40])
    const two = await run(({ addOne }) => addOne(worker(2)))
    expect(recordsOf(two, 'role').map(({ t }) => t / 1000)).toEqual([10, 10, 20, 20])
  })

  it('takes longer on a slowed CPU', async () => {
    const result = await run(({ addOne }) => addOne(worker(4)), {
      faults: [faults.cpuSlow({ at: '5ms', node: 'worker', factor: 4 })],
    })
    expect(recordsOf(result, 'role').map(({ t }) => t / 1000)).toEqual([25, 25, 25, 25])
  })

  it('delays timers and messages of its node, and of no other', async () => {
    const hog = defineNode<{ ping(): void }>()({
      kind: 'hog',
      cpu: { cores: 1 },
      async start(node) {
        node.after(5, () => node.role('timer'))
        await node.work('20ms')
        node.role('worked')
      },
      on: { ping: (node) => node.role('ping') },
    })
    const result = await run(({ addOne }) => {
      const to = addOne(hog)
      addOne(single((node) => node.send(to, 'ping')))
    })
    expect(story(result, 'role')).toEqual(['20 role hog worked', '20 role hog ping', '20 role hog timer'])
    expect(story(result, 'deliver', 'handle')).toEqual(['1 deliver hog ping', '20 handle hog ping'])
  })
})

interface Service {
  ask(n: number): number
  slow(n: number): number
  missing(): void
}

const service = defineNode<Service>()({
  kind: 'service',
  on: {
    ask: (_node, n) => n + 1,
    async slow(node, n) {
      await node.sleep(20)
      return n + 1
    },
  },
})

describe('a request', () => {
  const asking =
    (type: keyof Service, timeout?: '10ms'): Parameters<typeof run>[0] =>
    ({ addOne }) => {
      const to = addOne(service)
      addOne(
        single(async (node) => {
          const reply = await node.request(to, type as 'ask', 1, timeout ? { timeout } : {})
          node.role(JSON.stringify(reply))
        }),
      )
    }

  it('is answered with what the handler returned, or what its promise resolved to', async () => {
    expect(story(await run(asking('ask')), 'role')).toEqual(['2 role single {"ok":true,"reply":2}'])
    expect(story(await run(asking('slow')), 'role')).toEqual(['22 role single {"ok":true,"reply":2}'])
  })

  it('times out after the time that it was given, one second by default; a late reply is dropped', async () => {
    const result = await run(asking('slow', '10ms'))
    expect(story(result, 'role', 'drop')).toEqual([
      '10 role single {"ok":false,"reason":"timeout"}',
      '22 drop single late',
    ])
    const isolated = await run(asking('ask'), { faults: [faults.isolate({ at: '0s', node: 'service' })] })
    expect(story(isolated, 'role')).toEqual(['1000 role single {"ok":false,"reason":"timeout"}'])
  })

  it('that the peer does not handle is refused at once', async () => {
    const result = await run(asking('missing'))
    expect(story(result, 'drop', 'role')).toEqual([
      '1 drop service unhandled',
      '2 role single {"ok":false,"reason":"unhandled"}',
    ])
  })

  it('settles once: doubled replies are dropped as late, doubled requests are handled twice', async () => {
    const result = await run((setup) => {
      asking('ask')(setup)
      setup.network({ duplication: 1 })
    })
    expect(recordsOf(result, 'role')).toHaveLength(1)
    expect(recordsOf(result, 'reply')).toHaveLength(2)
    expect(recordsOf(result, 'drop').map(({ type }) => type)).toEqual(['late', 'late', 'late'])
  })

  it('leads back from its reply over the peer to the timer that began it; every cause is earlier', async () => {
    const client = defineNode<object, { readonly to: Address<Service> }>()({
      kind: 'client',
      start(node) {
        node.every('30ms', async () => {
          const reply = await node.request(node.config.to, 'slow', 1)
          if (reply.ok) node.role('answered')
        })
      },
    })
    const cpu = defineNode<Service>()({
      ...service.definition,
      kind: 'service',
      cpu: { cost: { slow: '2ms' } },
    } as never)
    const result = await run(
      ({ addOne, network }) => {
        const to = addOne(cpu)
        addOne(client, { to })
        network({ delay: exponential('2ms'), duplication: 0.3 })
      },
      { until: '1s' },
    )
    const records = recordsOf(result)
    for (const { id, cause = 0 } of records) expect(cause).toBeLessThan(id)
    const answered = recordsOf(result, 'role')
    expect(answered.length).toBeGreaterThan(20)
    for (const role of answered) {
      const path = chain(records, role).map(({ kind, node }) => `${kind} ${node}`)
      const essence = path.filter((step) => !step.startsWith('duplicate'))
      expect(essence).toEqual([
        'role client',
        'deliver client',
        'reply service',
        'timer service',
        'handle service',
        'deliver service',
        'request client',
        'timer client',
        ...essence.slice(8),
      ])
      expect(essence.at(-1)).toBe('start client')
    }
  })
})
