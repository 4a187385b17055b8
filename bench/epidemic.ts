// Push gossip (Demers et al. 1987, "rumor mongering" without loss of interest): every infected node pushes once per
// unit of time to a node chosen at random, until all are infected.
import { defineNode, exponential, integer, scenario } from '../index.ts'
import type { Address, Check, Node, Scenario } from '../index.ts'
import type { Benchmark } from './benchmark.ts'
import { cHeapRate, timed } from './run.ts'

interface Gossip {
  rumour(message: { readonly hops: number }): void
}

interface Peers {
  readonly peers: readonly Address<Gossip>[]
}

type Person = Node<Gossip, { infected: number }, Peers>

function push(node: Person): void {
  const { peers } = node.config
  node.send(peers[node.random.int(peers.length)] as Address<Gossip>, 'rumour', { hops: node.state.infected })
}

function infect(node: Person, hops: number): void {
  node.state.infected = hops
  node.metrics.count('infected')
  push(node)
  node.every('1ms', push)
}

const person = defineNode<Gossip, Peers>()({
  kind: 'person',
  state: () => ({ infected: 0 }),
  start(node) {
    if (node.self.id === 0) infect(node, 1)
  },
  on: {
    rumour(node, { hops }) {
      if (node.state.infected === 0) infect(node, hops + 1)
    },
  },
})

/** Ends the run when all are infected, as looked at every 100 us. */
const allInfected: Check = {
  name: 'all infected',
  begin({ world, at, stop }) {
    const look = (): void => {
      if (world.counter('infected') === world.nodes.length) stop()
      else at(world.now * 1000 + 100, look)
    }
    at(100, look)
    return {
      finish: () => ({
        name: 'all infected',
        verdict: world.counter('infected') === world.nodes.length ? 'held' : 'violated',
        observations: 1,
      }),
    }
  },
}

const epidemic = scenario({
  name: 'bench-epidemic',
  summary: 'push gossip until all nodes are infected',
  params: { nodes: integer({ default: 1000, min: 2 }) },
  cluster({ add, network, params }) {
    let shared: Peers | undefined
    add(person, params.nodes, (_index, peers) => (shared ??= { peers }))
    network({ delay: exponential('500us') })
  },
  checks: [allInfected],
  until: '1s',
}) as unknown as Scenario

function benchmark(name: string, nodes: number, goal: number | null, goalPeakMb?: number): Benchmark {
  return {
    name,
    what: `events of push gossip among ${nodes} nodes until all are infected`,
    goal,
    ...(goalPeakMb === undefined ? {} : { goalPeakMb }),
    ours: {
      name: 'nodes',
      run: (scale) =>
        timed(
          epidemic,
          { params: { nodes: Math.max(2, 10_000 * scale) } },
          { params: { nodes: Math.max(2, Math.round(nodes * scale)) } },
          ({ events }) => events,
        ),
    },
    yardsticks: [cHeapRate],
  }
}

export const epidemic1e5 = benchmark('epidemic-1e5', 1e5, null)
/** 30 s for about 15 M events where the C heap does 12.1 M/s. */
export const epidemic1e6 = benchmark('epidemic-1e6', 1e6, 0.041, 700)
