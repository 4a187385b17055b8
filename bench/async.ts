// Nodes written with async/await: every operation resumes a continuation, which must run before the next event.
import { defineNode, exponential, integer, scenario } from '../index.ts'
import type { Address, Scenario } from '../index.ts'
import type { Benchmark, Contender } from './benchmark.ts'
import { timed, total, totalOf } from './run.ts'
import { bareDrain } from './yardstick/drain.ts'

/** Continuations alone: queue, promise, drain. */
const drain: Contender = {
  name: 'bare drain',
  otherWork: true,
  async run(scale) {
    await bareDrain(Math.max(1000, 200_000 * scale))
    return bareDrain(Math.max(1000, Math.round(2_000_000 * scale)))
  },
}

const sleeper = defineNode()({
  kind: 'sleeper',
  state: () => ({ resumed: 0 }),
  async start(node) {
    for (;;) {
      await node.sleep(node.random.exponential(10))
      node.state.resumed++
    }
  },
})

const sleeping = scenario({
  name: 'bench-async-sleep',
  summary: 'async nodes that sleep for random times, for ever',
  params: { nodes: integer({ default: 1000, min: 1 }) },
  cluster({ add, params }) {
    add(sleeper, params.nodes)
  },
  checks: [totalOf('resumes', 'resumed')],
  until: '20s',
}) as unknown as Scenario

export const asyncSleep: Benchmark = {
  name: 'async-sleep',
  what: 'resumes of 1000 async nodes that sleep; goal: 2 M/s where the bare drain does 2.8 M/s',
  goal: 0.714,
  ours: {
    name: 'async nodes',
    run: (scale) =>
      timed(
        sleeping,
        { until: Math.max(50, 10_000 * scale) },
        { until: Math.max(50, 20_000 * scale) },
        total,
      ),
  },
  yardsticks: [drain],
}

interface Increment {
  next(message: { readonly n: number }): number
}

const server = defineNode<Increment>()({
  kind: 'server',
  on: { next: (_node, { n }) => n + 1 },
})

const caller = defineNode<Increment, { readonly peer: Address<Increment> }>()({
  kind: 'caller',
  state: () => ({ answered: 0 }),
  async start(node) {
    for (;;) {
      const answer = await node.request(node.config.peer, 'next', { n: node.state.answered })
      if (answer.ok) node.state.answered = answer.reply
    }
  },
})

const calling = scenario({
  name: 'bench-async-request',
  summary: 'async nodes that ask one another, one request at a time, for ever',
  params: { pairs: integer({ default: 500, min: 1 }) },
  cluster({ add, network, params }) {
    const servers = add(server, params.pairs)
    add(caller, params.pairs, (index) => ({ peer: servers[index] as Address<Increment> }))
    network({ delay: exponential('5ms', { min: '100us' }) })
  },
  checks: [totalOf('answers', 'answered')],
  until: '20s',
}) as unknown as Scenario

export const asyncRequest: Benchmark = {
  name: 'async-request',
  what: 'answered requests between 500 pairs of nodes, awaited; goal: 0.8 M/s where the bare drain does 2.8 M/s',
  goal: 0.286,
  ours: {
    name: 'async nodes',
    run: (scale) =>
      timed(calling, { until: Math.max(50, 10_000 * scale) }, { until: Math.max(50, 20_000 * scale) }, total),
  },
  yardsticks: [drain],
}
