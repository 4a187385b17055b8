// A store that acknowledges a write when it is in the log but not yet on the platter: group commit that answers first.
// A crash in between takes back what was promised. The correct store syncs before it answers.
import {
  defineNode,
  duration,
  exponential,
  fail,
  integer,
  noStaleRead,
  ok,
  scenario,
  unknown,
} from 'orrery-sim'
import type { Address, Scenario } from 'orrery-sim'

interface Entry {
  readonly key: string
  readonly version: number
}

interface Messages {
  put(message: { readonly key: string }): { readonly version: number }
  get(message: { readonly key: string }): { readonly version: number }
}

const store = (planted: boolean) =>
  defineNode<Messages, { readonly flush: `${number}ms` }>()({
    kind: 'store',
    state: () => ({ versions: new Map<string, number>() }),
    disk: { latency: { append: '20us', sync: '2ms' } },
    async recover({ disk, state }) {
      for (const { key, version } of await disk.read<Entry>('log')) state.versions.set(key, version)
    },
    start(node) {
      if (planted) node.every(node.config.flush, () => node.disk.sync('log'))
    },
    on: {
      async put(node, { key }) {
        const version = (node.state.versions.get(key) ?? 0) + 1
        node.state.versions.set(key, version)
        await node.disk.append('log', { key, version })
        if (!planted) await node.disk.sync('log')
        return { version }
      },
      get: (node, { key }) => ({ version: node.state.versions.get(key) ?? 0 }),
    },
  })

const client = defineNode<object, { readonly stores: readonly Address<Messages>[] }>()({
  kind: 'client',
  async start(node) {
    for (const { name, input, after = 0 } of node.workload()) {
      await node.sleep(after)
      const { key, store: at } = input as { readonly key: string; readonly store: number }
      const address = node.config.stores[at % node.config.stores.length] as Address<Messages>
      await node.operation(name, { key }, async () => {
        const type = name === 'write' ? 'put' : 'get'
        const answer = await node.request(address, type, { key }, { timeout: '100ms' })
        if (answer.ok) return ok(answer.reply)
        return name === 'write' ? unknown(answer.reason) : fail(answer.reason)
      })
    }
  },
})

export const make = (planted: boolean): Scenario =>
  scenario({
    name: 'ack-before-sync',
    summary: 'a write that was acknowledged survives a crash',
    params: {
      stores: integer({ default: 3, min: 1 }),
      clients: integer({ default: 4, min: 1 }),
      operations: integer({ default: 60, min: 1 }),
      flush: duration({ default: '100ms', about: 'how often the log is synced' }),
    },
    cluster({ add, network, params }) {
      const stores = add(store(planted), params.stores, { flush: params.flush as `${number}ms` })
      add(client, params.clients, { stores })
      network({ delay: exponential('3ms'), loss: 0.01 })
    },
    workload: ({ params, random, nodes }) =>
      nodes('client').flatMap((node) =>
        Array.from({ length: params.operations }, () => {
          const at = random.int(params.stores)
          const key = `store-${at}/${random.int(3)}`
          const name = random.chance(0.4) ? 'write' : 'read'
          return { node, name, input: { key, store: at }, after: Math.round(random.exponential(100)) }
        }),
      ),
    randomFaults: {
      faults: {
        crash: { every: { kind: 'exponential', mean: '1500ms' } },
        pause: true,
        partition: true,
        degrade: true,
      },
    },
    checks: [noStaleRead({ by: 'key' })],
    until: '10s',
  })

export default make(true)
