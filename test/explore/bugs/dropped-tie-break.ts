// Replicas that take writes on both sides of a partition and keep the one with the higher counter. Two writes with the
// same counter need a tie-break that all replicas agree on; here each keeps what it has, and they never agree again.
import { defineNode, eventually, exponential, integer, ok, fail, scenario } from 'orrery-sim'
import type { Address, Scenario } from 'orrery-sim'

interface Stamped {
  readonly counter: number
  readonly writer: string
}

interface Messages {
  write(message: { readonly key: string }): number
  gossip(message: { readonly records: ReadonlyMap<string, Stamped> }): void
}

interface Records {
  readonly records: Map<string, Stamped>
}

const replica = (planted: boolean) =>
  defineNode<Messages, { readonly peers: readonly Address<Messages>[] }>()({
    kind: 'replica',
    state: (): Records => ({ records: new Map() }),
    start(node) {
      node.every('50ms', () => {
        node.broadcast(node.config.peers, 'gossip', { records: node.state.records })
      })
    },
    on: {
      write(node, { key }) {
        const counter = (node.state.records.get(key)?.counter ?? 0) + 1
        node.state.records.set(key, { counter, writer: node.name })
        return counter
      },
      gossip(node, { records }) {
        for (const [key, theirs] of records) {
          const mine = node.state.records.get(key)
          const tied = mine?.counter === theirs.counter
          const wins = tied ? !planted && theirs.writer > mine.writer : theirs.counter > (mine?.counter ?? 0)
          if (wins) node.state.records.set(key, theirs)
        }
      },
    },
  })

const client = defineNode<object, { readonly replicas: readonly Address<Messages>[] }>()({
  kind: 'client',
  async start(node) {
    const { replicas } = node.config
    const home = replicas[node.self.index % replicas.length] as Address<Messages>
    for (const { name, input, after = 0 } of node.workload()) {
      await node.sleep(after)
      const { key } = input as { readonly key: string }
      await node.operation(name, { key }, async () => {
        const answer = await node.request(home, 'write', { key }, { timeout: '100ms' })
        return answer.ok ? ok(answer.reply) : fail(answer.reason)
      })
    }
  },
})

export const make = (planted: boolean): Scenario =>
  scenario({
    name: 'dropped-tie-break',
    summary: 'replicas agree soon after the last fault',
    params: {
      replicas: integer({ default: 3, min: 1 }),
      clients: integer({ default: 3, min: 1 }),
      writes: integer({ default: 15, min: 1 }),
      keys: integer({ default: 3, min: 1 }),
    },
    cluster({ add, network, params }) {
      const replicas = add(replica(planted), params.replicas, (_, all) => ({ peers: all }))
      add(client, params.clients, { replicas })
      network({ delay: exponential('2ms') })
    },
    workload: ({ params, random, nodes }) =>
      nodes('client').flatMap((node) =>
        Array.from({ length: params.writes }, () => ({
          node,
          name: 'write',
          input: { key: `key-${random.int(params.keys)}` },
          after: 200 + Math.round(random.exponential(200)),
        })),
      ),
    randomFaults: {
      quiet: '4s',
      faults: {
        partition: { every: { kind: 'exponential', mean: '1500ms' } },
        degrade: true,
        hold: true,
        pause: true,
      },
    },
    checks: [
      eventually(
        'replicas agree',
        (world) => {
          const seen = new Set<string>()
          for (const { state } of world.nodesOf<Records>('replica')) {
            if (state === undefined) return 'a replica is down'
            const sorted = [...state.records].sort(([a], [b]) => (a < b ? -1 : 1))
            seen.add(sorted.map(([key, { counter, writer }]) => `${key}=${counter} by ${writer}`).join(', '))
          }
          return seen.size === 1 || `they hold ${[...seen].map((text) => `{${text}}`).join(' and ')}`
        },
        { within: '2s' },
      ),
    ],
    until: '14s',
  })

export default make(true)
