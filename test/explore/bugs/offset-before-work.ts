// A consumer that commits its offset when it fetches and not when it is done: what it was working on when it crashed is
// never worked on again. The correct consumer commits afterwards (and may work twice, which it is asked to endure).
import { defineNode, eventually, exponential, fail, integer, ok, scenario } from 'orrery-sim'
import type { Address, Scenario } from 'orrery-sim'

interface LogMessages {
  append(message: { readonly job: string }): void
  fetch(message: { readonly offset: number }): { readonly job: string } | null
}

interface SinkMessages {
  done(message: { readonly job: string }): void
}

interface Jobs {
  readonly jobs: string[]
}

interface Done {
  readonly done: Set<string>
}

const log = defineNode<LogMessages>()({
  kind: 'log',
  state: (): Jobs => ({ jobs: [] }),
  on: {
    append({ state }, { job }) {
      if (!state.jobs.includes(job)) state.jobs.push(job)
    },
    fetch({ state }, { offset }) {
      const job = state.jobs[offset]
      return job === undefined ? null : { job }
    },
  },
})

const sink = defineNode<SinkMessages>()({
  kind: 'sink',
  state: (): Done => ({ done: new Set() }),
  on: {
    done({ state }, { job }) {
      state.done.add(job)
    },
  },
})

interface ConsumerConfig {
  readonly log: Address<LogMessages>
  readonly sink: Address<SinkMessages>
}

const consumer = (planted: boolean) =>
  defineNode<object, ConsumerConfig>()({
    kind: 'consumer',
    state: () => ({ offset: 0 }),
    disk: { latency: { append: '20us', sync: '1ms' } },
    async recover({ disk, state }) {
      state.offset = (await disk.read<number>('offsets')).at(-1) ?? 0
    },
    async start(node) {
      const commit = async (): Promise<void> => {
        await node.disk.append('offsets', ++node.state.offset)
        await node.disk.sync('offsets')
      }
      for (;;) {
        const { offset } = node.state
        const fetched = await node.request(node.config.log, 'fetch', { offset }, { timeout: '100ms' })
        if (!fetched.ok || fetched.reply === null) {
          await node.sleep(20)
          continue
        }
        if (planted) await commit()
        await node.sleep(30)
        let told = await node.request(node.config.sink, 'done', fetched.reply, { timeout: '100ms' })
        while (!told.ok)
          told = await node.request(node.config.sink, 'done', fetched.reply, { timeout: '100ms' })
        if (!planted) await commit()
      }
    },
  })

const producer = defineNode<object, { readonly log: Address<LogMessages> }>()({
  kind: 'producer',
  async start(node) {
    for (const { name, input, after = 0 } of node.workload()) {
      await node.sleep(after)
      await node.operation(name, input, async () => {
        const answer = await node.request(node.config.log, 'append', input as { readonly job: string })
        return answer.ok ? ok(null) : fail(answer.reason)
      })
    }
  },
})

export const make = (planted: boolean): Scenario =>
  scenario({
    name: 'offset-before-work',
    summary: 'every job is done soon after the last fault',
    params: { producers: integer({ default: 3, min: 1 }), jobs: integer({ default: 30, min: 1 }) },
    cluster({ add, addOne, network, params }) {
      const jobs = addOne(log)
      const results = addOne(sink)
      addOne(consumer(planted), { log: jobs, sink: results })
      add(producer, params.producers, { log: jobs })
      network({ delay: exponential('3ms') })
    },
    workload: ({ params, random, nodes }) =>
      nodes('producer').flatMap((node) =>
        Array.from({ length: params.jobs }, (_, index) => ({
          node,
          name: 'append',
          input: { job: `${node}/${index}` },
          after: Math.round(random.exponential(200)),
        })),
      ),
    randomFaults: {
      nodes: 'consumer',
      quiet: '6s',
      faults: {
        crash: {
          every: { kind: 'exponential', mean: '1s' },
          for: { kind: 'uniform', min: '50ms', max: '500ms' },
        },
        pause: true,
        partition: true,
        degrade: true,
      },
    },
    checks: [
      eventually(
        'every job is done',
        (world) => {
          const done = world.nodesOf<Done>('sink')[0]?.state?.done
          const left =
            world.nodesOf<Jobs>('log')[0]?.state?.jobs.filter((job) => done?.has(job) !== true) ?? []
          return left.length === 0 || `nobody did ${left.join(', ')}`
        },
        { within: '5s' },
      ),
    ],
    until: '14s',
  })

export default make(true)
