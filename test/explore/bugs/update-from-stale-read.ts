// A counter that is read from a follower and written to the primary: while the follower lags, an update starts from an
// old value and undoes a newer one. The correct client reads where it writes.
import { always, defineNode, exponential, fail, integer, ok, scenario, unknown } from 'orrery-sim'
import type { Address, Scenario } from 'orrery-sim'

interface Messages {
  get(message: { readonly key: string }): number
  put(message: { readonly key: string; readonly value: number }): void
  /** From the primary to its follower. */
  copy(message: { readonly values: ReadonlyMap<string, number> }): void
}

interface Values {
  readonly values: Map<string, number>
}

const follower = defineNode<Messages>()({
  kind: 'follower',
  state: (): Values => ({ values: new Map() }),
  on: {
    get: ({ state }, { key }) => state.values.get(key) ?? 0,
    put: () => undefined,
    copy({ state }, { values }) {
      for (const [key, value] of values) state.values.set(key, value)
    },
  },
})

const primary = defineNode<Messages, { readonly followers: readonly Address<Messages>[] }>()({
  kind: 'primary',
  state: (): Values => ({ values: new Map() }),
  start(node) {
    node.every('20ms', () => {
      node.broadcast(node.config.followers, 'copy', { values: node.state.values })
    })
  },
  on: {
    get: ({ state }, { key }) => state.values.get(key) ?? 0,
    put({ state }, { key, value }) {
      state.values.set(key, value)
    },
    copy: () => undefined,
  },
})

interface ClientConfig {
  readonly primary: Address<Messages>
  readonly readFrom: readonly Address<Messages>[]
}

const client = defineNode<object, ClientConfig>()({
  kind: 'client',
  async start(node) {
    const { primary: to, readFrom } = node.config
    // Each client has a counter of its own: nobody else writes it.
    const key = node.name
    const from = readFrom[node.self.index % readFrom.length] as Address<Messages>
    for (const { name, after = 0 } of node.workload()) {
      await node.sleep(after)
      await node.operation(name, { key }, async () => {
        const held = await node.request(from, 'get', { key }, { timeout: '100ms' })
        if (!held.ok) return fail(held.reason)
        const value = held.reply + 1
        const done = await node.request(to, 'put', { key, value }, { timeout: '100ms' })
        return done.ok ? ok(value) : unknown(done.reason)
      })
    }
  },
})

export const make = (planted: boolean): Scenario =>
  scenario({
    name: 'update-from-stale-read',
    summary: 'no acknowledged increment is lost',
    params: {
      followers: integer({ default: 3, min: 1 }),
      clients: integer({ default: 4, min: 1 }),
      increments: integer({ default: 40, min: 1 }),
    },
    cluster({ add, addOne, network, params }) {
      const followers = add(follower, params.followers)
      const first = addOne(primary, { followers })
      add(client, params.clients, { primary: first, readFrom: planted ? followers : [first] })
      network({ delay: exponential('2ms') })
    },
    workload: ({ params, random, nodes }) =>
      nodes('client').flatMap((node) =>
        Array.from({ length: params.increments }, () => ({
          node,
          name: 'increment',
          after: 100 + Math.round(random.exponential(100)),
        })),
      ),
    randomFaults: { faults: { partition: true, degrade: true, hold: true, 'clock-step': true } },
    checks: [
      always(
        'counters count every acknowledged increment',
        (world) => {
          const done = new Map<string, number>()
          for (const { node, status } of world.operations) {
            if (status === 'ok') done.set(node, (done.get(node) ?? 0) + 1)
          }
          const values = world.nodesOf<Values>('primary')[0]?.state?.values
          for (const [key, count] of done) {
            const value = values?.get(key) ?? 0
            if (value < count) return `${key} did ${count} increments, its counter is ${value}`
          }
          return done.size === 0 ? undefined : true
        },
        { on: ['ok'] },
      ),
    ],
    until: '10s',
  })

export default make(true)
