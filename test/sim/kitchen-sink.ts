// Small scenarios with everything in them at once, for what must hold of every run.
import { defineNode, exponential, faults, logNormal, ok, unknown } from '../../index.ts'
import type { Address, FaultSpec, Scenario } from '../../index.ts'
import { system } from './support.ts'

interface Store {
  put(message: { readonly key: string; readonly value: unknown }): { readonly size: number }
  get(message: { readonly key: string }): unknown
  gossip(message: ReadonlyMap<string, unknown>): void
}

interface Counters {
  puts: number
  nested: { gossips: number }
  last?: string
}

function zero(): Counters {
  return { puts: 0, nested: { gossips: 0 } }
}

const store = defineNode<Store, { readonly all: readonly Address<Store>[] }>()({
  kind: 'store',
  state: () => ({
    values: new Map<string, unknown>(),
    seen: new Set<string>(),
    log: [] as { at: number; key: string }[],
    counters: zero(),
    bytes: new Uint8Array(4),
  }),
  async recover(node) {
    const entries = await node.disk.read<{ key: string; value: unknown }>('log').catch(() => [])
    for (const { key, value } of entries) node.state.values.set(key, value)
  },
  cpu: { cores: 1, cost: { put: '300us', gossip: '50us' } },
  disk: { latency: { append: '100us', sync: '1ms' } },
  start(node) {
    node.role(node.random.chance(0.5) ? 'even' : 'odd', { wall: node.clock.wall() })
    node.every('20ms', (self) => {
      self.broadcast(self.config.all, 'gossip', self.state.values)
      self.log.info('gossip', { size: self.state.values.size })
    })
  },
  on: {
    async put(node, { key, value }, from) {
      const { state } = node
      await node.disk.append('log', { key, value })
      await node.disk.sync('log')
      state.values.delete(key)
      state.values.set(key, value)
      state.log.push({ at: node.clock.monotonic(), key })
      if (state.log.length > 5) state.log.shift()
      state.counters.puts++
      if (state.counters.puts % 3 === 0) delete state.counters.last
      else state.counters.last = from.name
      state.bytes[state.counters.puts % 4] = state.counters.puts
      return { size: state.values.size }
    },
    async get(node, { key }) {
      await node.work(`${node.random.int(500)}us`)
      return node.state.values.get(key) ?? null
    },
    gossip(node, values) {
      node.state.counters.nested.gossips++
      for (const [key, value] of values) {
        node.state.seen.add(key)
        if (!node.state.values.has(key)) node.state.values.set(key, value)
      }
      node.metrics.gauge('keys', node.state.values.size)
    },
  },
})

const user = defineNode<Store, { readonly stores: readonly Address<Store>[] }>()({
  kind: 'user',
  state: () => ({ done: 0 }),
  async start(node) {
    const values = [
      1.5,
      'text \u{1F600} \ud800',
      null,
      [1, [2]],
      { a: { b: 1n } },
      new Set(['x']),
      Uint8Array.of(1),
      NaN,
    ]
    for (;;) {
      await node.sleep(node.random.exponential(8))
      const to = node.random.pick(node.config.stores)
      const key = `k${node.random.int(5)}`
      await node.operation('put', { key }, async () => {
        const reply = await node.request(
          to,
          'put',
          { key, value: node.random.pick(values) },
          { timeout: '15ms' },
        )
        node.metrics.count(reply.ok ? 'ok' : reply.reason)
        return reply.ok ? ok(reply.reply.size) : unknown(reply.reason)
      })
      const got = await node.request(to, 'get', { key }, { timeout: '15ms' })
      node.metrics.sample('got', got.ok ? 1 : 0)
      node.state.done++
    }
  },
})

/** Connections: one talks, the other answers. */
const echo = defineNode()({
  kind: 'echo',
  async accept(_node, connection) {
    for (;;) {
      const read = await connection.read()
      if (!read.ok || read.value === undefined) return
      const written = await connection.write(read.value)
      if (!written.ok) return
    }
  },
})

const talker = defineNode<object, { readonly to: Address }>()({
  kind: 'talker',
  state: () => ({ bytes: 0 }),
  async start(node) {
    for (;;) {
      const connected = await node.streams.connect(node.config.to, { timeout: '100ms' })
      if (connected.ok) {
        for (let i = 1; i <= 5; i++) {
          if (!(await connected.value.write(new Uint8Array(i * 100))).ok) break
          const read = await connected.value.read()
          if (!read.ok || read.value === undefined) break
          node.state.bytes += read.value.length
        }
        connected.value.end()
      }
      await node.sleep('10ms')
    }
  },
})

const plan: FaultSpec[] = [
  faults.partition({ at: '40ms', groups: [['store[0]'], ['rest']], for: '30ms' }),
  faults.pause({ at: '60ms', node: 'store[1]', for: '25ms' }),
  faults.crash({ at: '90ms', node: 'store', for: '20ms', torn: true }),
  faults.hold({ at: '120ms', from: 'user', to: 'store[2]', for: '20ms' }),
  faults.degrade({ at: '130ms', loss: 0.3, delay: '4ms', for: '30ms' }),
  faults.clockDrift({ at: '150ms', node: 'user[0]', ppm: 200_000 }),
  faults.clockStep({ at: '155ms', node: 'all', by: '-1s' }),
  faults.cpuSlow({ at: '160ms', node: 'store[1]', factor: 5, for: '20ms' }),
  faults.diskFull({ at: '170ms', node: 'store[0]', for: '5ms' }),
  faults.restart({ at: '180ms', node: 'all' }),
]

/** Name and scenario; each takes 250 ms of virtual time. */
export const kitchenSinks: Readonly<Record<string, Scenario>> = {
  'stores and users': system(
    ({ add, network }) => {
      const stores: Address<Store>[] = []
      stores.push(
        ...add(
          store,
          3,
          () => ({ all: stores.slice() }),
          (i) => ({ zone: i === 0 ? 'eu' : 'us' }),
        ),
      )
      add(user, 2, { stores }, (i) => ({ zone: 'eu', clock: { offset: i, drift: i * 1000 } }))
      network({
        delay: exponential('1ms'),
        zones: { eu: { eu: '500us', us: logNormal({ median: '2ms', sigma: 0.5 }) } },
        loss: 0.02,
        duplication: 0.05,
        reordering: 0.05,
        corruption: 0.01,
        bandwidth: 10_000_000,
      })
    },
    { faults: plan, until: '250ms' },
  ),
  streams: system(
    ({ add, addOne, network }) => {
      const to = addOne(echo)
      add(talker, 3, { to })
      network({ delay: exponential('1ms'), loss: 0.05, duplication: 0.05, reordering: 0.1 })
    },
    {
      faults: [
        faults.crash({ at: '80ms', node: 'echo', for: '20ms' }),
        faults.isolate({ at: '150ms', node: 'talker[0]', for: '30ms' }),
      ],
      until: '250ms',
    },
  ),
}
