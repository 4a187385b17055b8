// A worker that holds a lock for a while and then writes. A pause (a long garbage collection) outlasts the lease, another
// worker gets the lock and writes, and then the first one wakes up and writes over it. The correct storage refuses tokens
// older than the newest that it has seen (Kleppmann, "How to do distributed locking", 2016).
import { always, defineNode, exponential, fail, integer, ok, scenario, unknown } from 'orrery-sim'
import type { Address, Scenario } from 'orrery-sim'

interface LockMessages {
  acquire(message: { readonly worker: string }): { readonly token: number } | null
  release(message: { readonly token: number }): void
}

interface StorageMessages {
  write(message: { readonly token: number; readonly value: string }): boolean
}

const LEASE = 500

const lock = defineNode<LockMessages>()({
  kind: 'lock',
  state: () => ({ token: 0, until: -1 }),
  on: {
    acquire(node) {
      if (node.clock.monotonic() < node.state.until) return null
      node.state.until = node.clock.monotonic() + LEASE
      return { token: ++node.state.token }
    },
    release(node, { token }) {
      if (token === node.state.token) node.state.until = -1
    },
  },
})

interface Stored {
  newest: number
  last: number
  value: string
}

const storage = (planted: boolean) =>
  defineNode<StorageMessages>()({
    kind: 'storage',
    state: (): Stored => ({ newest: 0, last: 0, value: '' }),
    on: {
      write({ state }, { token, value }) {
        if (!planted && token < state.newest) return false
        state.newest = Math.max(state.newest, token)
        state.last = token
        state.value = value
        return true
      },
    },
  })

const worker = defineNode<
  object,
  { readonly lock: Address<LockMessages>; readonly storage: Address<StorageMessages> }
>()({
  kind: 'worker',
  async start(node) {
    for (const { input, after = 0 } of node.workload()) {
      await node.sleep(after)
      const { value } = input as { readonly value: string }
      await node.operation('update', { value }, async () => {
        const lease = await node.request(
          node.config.lock,
          'acquire',
          { worker: node.name },
          { timeout: '50ms' },
        )
        if (!lease.ok || lease.reply === null) return fail('the lock is taken')
        const { token } = lease.reply
        await node.sleep(100)
        const answer = await node.request(
          node.config.storage,
          'write',
          { token, value },
          { timeout: '100ms' },
        )
        node.send(node.config.lock, 'release', { token })
        if (!answer.ok) return unknown(answer.reason)
        return answer.reply ? ok(token) : fail('the token is too old')
      })
    }
  },
})

export const make = (planted: boolean): Scenario =>
  scenario({
    name: 'lock-without-fencing',
    summary: 'what a newer holder of the lock wrote is never overwritten by an older one',
    params: { workers: integer({ default: 4, min: 1 }), updates: integer({ default: 40, min: 1 }) },
    cluster({ add, addOne, network, params }) {
      const service = addOne(lock)
      const disk = addOne(storage(planted))
      add(worker, params.workers, { lock: service, storage: disk })
      network({ delay: exponential('2ms') })
    },
    workload: ({ params, random, nodes }) =>
      nodes('worker').flatMap((node) =>
        Array.from({ length: params.updates }, (_, index) => ({
          node,
          name: 'update',
          input: { value: `${node}/${index}` },
          after: Math.round(random.exponential(200)),
        })),
      ),
    randomFaults: {
      nodes: 'worker',
      faults: { pause: { every: { kind: 'exponential', mean: '1s' } }, degrade: true, 'clock-step': true },
    },
    checks: [
      always('writes follow the order of the lock', (world) => {
        const state = world.nodesOf<Stored>('storage')[0]?.state
        if (state === undefined || state.last === 0) return undefined
        return state.last === state.newest || `token ${state.last} wrote after token ${state.newest} had`
      }),
    ],
    until: '12s',
  })

export default make(true)
