// A coordination service on three servers and 100 clients, each with 100 requests under way at any time: how the paper
// on ZooKeeper loads its servers (Hunt et al., USENIX ATC 2010, 5.1). Each reads, or sets, a znode of its own of about 100 bytes.
import { constant, defineNode, integer, choice, scenario } from '../index.ts'
import type { Address, Scenario } from '../index.ts'
import { connect, ensemble } from '../nodes/coordination/index.ts'
import type { Benchmark, Contender } from './benchmark.ts'
import { messages } from './messages.ts'
import { timed, total, totalOf } from './run.ts'

const CLIENTS = 100
const OUTSTANDING = 100

interface LoadConfig {
  readonly servers: readonly Address<object>[]
  readonly requests: number
  readonly kind: 'read' | 'write'
}

/** A client that keeps its window of asynchronous requests full until it has made them all. */
const load = defineNode<object, LoadConfig>()({
  kind: 'load',
  state: () => ({ done: 0 }),
  async start(node) {
    const { servers, requests, kind } = node.config
    const session = await connect(node, servers, { sessionTimeout: '30s' })
    const path = `/load-${node.name.replace(/\D/g, '')}`
    await session.create(path, 'x'.repeat(100))
    let asked = 0
    const ask = (): void => {
      if (asked === requests) return
      asked++
      const answered = (): void => {
        node.state.done++
        ask()
      }
      if (kind === 'read') session.submit({ type: 'getData', path, watch: false }, answered)
      else session.submit({ type: 'setData', path, data: `value ${asked}`, version: -1 }, answered)
    }
    for (let i = 0; i < OUTSTANDING; i++) ask()
  },
})

const loaded = scenario({
  name: 'bench-coordination',
  summary: 'clients of a coordination service keep their windows of requests full',
  params: {
    requests: integer({ default: 1000, min: 1 }),
    kind: choice(['read', 'write'], { default: 'read' }),
  },
  cluster({ add, network, params }) {
    network({ delay: constant('1ms') })
    const servers = ensemble({ add }, { participants: 3 })
    add(load, CLIENTS, { servers, requests: params.requests, kind: params.kind })
  },
  checks: [totalOf('requests answered', 'done')],
  until: '60s',
}) as unknown as Scenario

function contender(kind: 'read' | 'write', requests: number): Contender {
  return {
    name: `${kind}s`,
    run: (scale) =>
      timed(
        loaded,
        { params: { kind, requests: Math.max(1, Math.round(requests * scale * 0.2)) } },
        { params: { kind, requests: Math.max(1, Math.round(requests * scale)) } },
        total,
      ),
  }
}

const against = (): Contender => ({ ...messages.ours, name: 'messages', otherWork: true })

export const coordinationReads: Benchmark = {
  name: 'coordination-reads',
  what: 'reads answered by three servers to 100 clients with 100 requests under way each; goal: 200 000/s',
  goal: 200_000 / 3_450_000,
  ours: contender('read', 10_000),
  yardsticks: [against()],
}

export const coordinationWrites: Benchmark = {
  name: 'coordination-writes',
  what: 'writes agreed on by three servers, the same way; goal: 60 000/s',
  goal: 60_000 / 3_450_000,
  ours: contender('write', 3_000),
  yardsticks: [against()],
}
