// Systems with one planted bug each, in the scenario that its sound original passes.
import { describe, expect, it } from 'vitest'
import type { Plan } from '../../../index.ts'
import { defineNode, exponential, ok, scenario, unknown } from '../../../index.ts'
import type {
  ClientConfig,
  RegisterOperation,
  ReplicaMessages,
  Versioned,
} from '../../../nodes/quorum/index.ts'
import { client, initial, isNewer, newestOf, replica } from '../../../nodes/quorum/index.ts'
import quorum from '../../../scenarios/quorum.ts'
import { verdicts } from '../../scenarios/verdicts.ts'

const STALE = 'no stale read (by key)'
const LOST = 'no lost write (by key)'
const INVERSION = 'no read inversion (by key)'

/** Everything loses power for a moment, several times. */
const powerFailures: Plan = [1, 2, 3, 4, 5].map((second) => ({
  at: `${second}s` as const,
  kind: 'crash',
  node: 'replica',
  for: '100ms',
}))

/** Acknowledges from memory and syncs once a second, as Redis does with `appendfsync everysec`. */
const lazyReplica = defineNode<ReplicaMessages>()({
  kind: 'replica',
  state: () => ({ records: new Map<string, Versioned>() }),
  async recover({ disk, state }) {
    for (const { key, record } of await disk.read<{ key: string; record: Versioned }>('log'))
      state.records.set(key, record)
  },
  start(node) {
    node.every('1s', () => node.disk.sync('log'))
  },
  on: {
    read: (node, { key }) => node.state.records.get(key) ?? initial,
    async store(node, { key, record }) {
      if (!isNewer(record.version, (node.state.records.get(key) ?? initial).version)) return
      await node.disk.append('log', { key, record })
      node.state.records.set(key, record)
    },
  },
})

/** Holds whatever came last, so that a late copy of an old write undoes a newer one. */
const forgetfulReplica = defineNode<ReplicaMessages>()({
  kind: 'replica',
  state: () => ({ records: new Map<string, Versioned>() }),
  on: {
    read: (node, { key }) => node.state.records.get(key) ?? initial,
    store(node, { key, record }) {
      node.state.records.set(key, record)
    },
  },
})

/** Numbers its writes on its own instead of learning what others wrote. */
const hastyClient = defineNode<object, ClientConfig>()({
  kind: 'client',
  async start(node) {
    const { replicas, r, w } = node.config
    let counter = 0
    for (const { name, input, after = 0 } of node.workload<RegisterOperation>()) {
      await node.sleep(after)
      const { key, value } = input
      await node.operation<{ version: Versioned['version'] }>(name, input, async () => {
        if (name === 'read') {
          const answers: Versioned[] = []
          for (const to of replicas) {
            void node.request(to, 'read', { key }).then((reply) => reply.ok && answers.push(reply.reply))
          }
          await node.until(() => answers.length >= r)
          return ok(newestOf(answers))
        }
        const version = [++counter, node.self.index] as const
        let stored = 0
        for (const to of replicas) {
          void node
            .request(to, 'store', { key, record: { version, value } })
            .then((reply) => reply.ok && stored++)
        }
        await node.until(() => stored >= w)
        return stored >= w ? ok({ version }) : unknown('too few')
      })
    }
  },
})

describe('quorum twins', () => {
  it('a replica that acknowledges before it syncs loses acknowledged writes in a power failure', async () => {
    const twin = scenario({
      ...quorum,
      name: 'quorum-lazy',
      cluster({ add, network, params }) {
        add(client, params.clients, {
          replicas: add(lazyReplica, params.n),
          r: params.r,
          w: params.w,
          writeBack: true,
        })
        network({ delay: exponential('5ms'), loss: params.loss })
      },
    })
    expect((await verdicts(twin, {}, powerFailures)).get(STALE)).toEqual({ violated: 20 })
    expect((await verdicts(quorum, { ask: 'all' }, powerFailures)).get(STALE)).toEqual({ held: 20 })
  })

  it('a replica that takes older versions undoes newer ones', async () => {
    const twin = scenario({
      ...quorum,
      name: 'quorum-forgetful',
      cluster({ add, network, params }) {
        add(client, params.clients, {
          replicas: add(forgetfulReplica, params.n),
          r: params.r,
          w: params.w,
          writeBack: true,
        })
        network({ delay: exponential('5ms'), loss: params.loss, duplication: 0.05 })
      },
    })
    const counts = await verdicts(twin, {}, [])
    expect(counts.get(STALE)?.violated).toBeGreaterThanOrEqual(18)
  })

  it('a majority that is rounded down is none', async () => {
    const twin = scenario({
      ...quorum,
      name: 'quorum-minority',
      cluster({ add, network, params }) {
        const majority = Math.floor(params.n / 2)
        add(client, params.clients, {
          replicas: add(replica, params.n),
          r: majority,
          w: majority,
          writeBack: true,
        })
        network({ delay: exponential('5ms'), loss: params.loss })
      },
    })
    expect((await verdicts(twin, { n: 5, r: 3, w: 3 })).get(STALE)).toEqual({ violated: 20 })
  })

  it('a writer that does not learn the newest version first loses its writes to those of others', async () => {
    const twin = scenario({
      ...quorum,
      name: 'quorum-hasty',
      cluster({ add, network, params }) {
        add(hastyClient, params.clients, { replicas: add(replica, params.n), r: params.r, w: params.w })
        network({ delay: exponential('5ms') })
      },
    })
    const counts = await verdicts(twin, { reads: 0.5 }, [])
    expect(counts.get(LOST)).toEqual({ violated: 20 })
  })

  it('reads without write-back go back and forth', async () => {
    expect((await verdicts(quorum, { writeBack: false })).get(INVERSION)?.violated).toBeGreaterThanOrEqual(18)
  })
})
