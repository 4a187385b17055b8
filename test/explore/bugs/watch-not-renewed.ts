// A client that is told about changes because it asked to be, once. The server keeps watches in memory: after a restart
// it has forgotten them, and the client believes for ever what it heard last. The correct client notices the new
// incarnation, asks again and reads again.
import { defineNode, eventually, exponential, fail, integer, ok, scenario } from 'orrery-sim'
import type { Address, Scenario } from 'orrery-sim'

interface ServerMessages {
  set(message: { readonly value: number }): void
  watch(message: { readonly who: Address<WatcherMessages> }): {
    readonly value: number
    readonly epoch: number
  }
  ping(message: Readonly<Record<string, never>>): number
}

interface WatcherMessages {
  changed(message: { readonly value: number }): void
}

interface Told {
  value: number
  epoch: number
  readonly watchers: Address<WatcherMessages>[]
}

const server = defineNode<ServerMessages>()({
  kind: 'server',
  state: (): Told => ({ value: 0, epoch: 1, watchers: [] }),
  disk: { latency: { sync: '1ms' } },
  async recover({ disk, state }) {
    state.value = (await disk.read<number>('value')).at(-1) ?? 0
    state.epoch = (await disk.read('epochs')).length + 1
    await disk.append('epochs', state.epoch)
    await disk.sync()
  },
  on: {
    async set(node, { value }) {
      await node.disk.append('value', value)
      await node.disk.sync('value')
      node.state.value = value
      for (const who of node.state.watchers)
        await node.request(who, 'changed', { value }, { timeout: '50ms' })
    },
    watch(node, { who }) {
      if (!node.state.watchers.includes(who)) node.state.watchers.push(who)
      return { value: node.state.value, epoch: node.state.epoch }
    },
    ping: ({ state }) => state.epoch,
  },
})

interface Belief {
  value: number | undefined
  epoch: number
}

const watcher = (planted: boolean) =>
  defineNode<WatcherMessages, { readonly server: Address<ServerMessages> }>()({
    kind: 'watcher',
    state: (): Belief => ({ value: undefined, epoch: 0 }),
    async start(node) {
      const { state, config } = node
      for (;;) {
        const epoch = await node.request(config.server, 'ping', {}, { timeout: '100ms' })
        const known = planted ? state.epoch > 0 : epoch.ok && epoch.reply === state.epoch
        if (epoch.ok && !known) {
          const told = await node.request(config.server, 'watch', { who: node.self }, { timeout: '100ms' })
          if (told.ok) Object.assign(state, told.reply)
        }
        await node.sleep(100)
      }
    },
    on: {
      changed({ state }, { value }) {
        state.value = value
      },
    },
  })

const writer = defineNode<object, { readonly server: Address<ServerMessages> }>()({
  kind: 'writer',
  async start(node) {
    for (const { name, input, after = 0 } of node.workload()) {
      await node.sleep(after)
      await node.operation(name, input, async () => {
        const answer = await node.request(node.config.server, 'set', input as { readonly value: number })
        return answer.ok ? ok(null) : fail(answer.reason)
      })
    }
  },
})

export const make = (planted: boolean): Scenario =>
  scenario({
    name: 'watch-not-renewed',
    summary: 'watchers know the value soon after the last fault',
    params: { watchers: integer({ default: 4, min: 1 }), writes: integer({ default: 50, min: 1 }) },
    cluster({ add, addOne, network, params }) {
      const address = addOne(server)
      add(watcher(planted), params.watchers, { server: address })
      addOne(writer, { server: address })
      network({ delay: exponential('3ms') })
    },
    workload: ({ params, random }) =>
      Array.from({ length: params.writes }, (_, index) => ({
        node: 'writer',
        name: 'set',
        input: { value: index + 1 },
        after: Math.round(random.exponential(150)),
      })),
    randomFaults: {
      nodes: ['server'],
      quiet: '5s',
      faults: { crash: { every: { kind: 'exponential', mean: '1500ms' } }, pause: true },
    },
    checks: [
      eventually(
        'watchers know the value',
        (world) => {
          const value = world.nodesOf<Told>('server')[0]?.state?.value
          for (const { name, state } of world.nodesOf<Belief>('watcher')) {
            if (state?.value !== value)
              return `${name} believes ${String(state?.value)}, it is ${String(value)}`
          }
          return true
        },
        { within: '2s' },
      ),
    ],
    until: '12s',
  })

export default make(true)
