// A small system to inject faults into, and a way to look at what they did to it.
import type { FaultSpec } from '../../faults/vocabulary.ts'
import { vocabulary } from '../../faults/vocabulary.ts'
import { platform } from '../../integrations/platform.ts'
import type { CpuOptions, NodeKind } from '../../sim/host/define.ts'
import { defineNode } from '../../sim/host/define.ts'
import type { Node } from '../../sim/host/node.ts'
import type { Address } from '../../sim/kernel/address.ts'
import type { ClusterSetup } from '../../sim/scenario/cluster.ts'
import { scenario } from '../../sim/scenario/scenario.ts'
import type { RunResult } from '../../sim/scenario/simulate.ts'
import { createSimulate } from '../../sim/scenario/simulate.ts'
import type { RecordKind, TraceRecord } from '../../sim/trace/records.ts'

const simulate = createSimulate(platform, vocabulary)

/** What a peer sends to every other each 100 ms. */
interface Messages {
  tick(message: { readonly n: number }): void
}

interface Peers {
  readonly all: readonly Address<Messages>[]
}

/** Sends a tick to everyone 50, 150, 250 ... ms after it started. */
const peer = defineNode<Messages, Peers>()({
  kind: 'peer',
  start(node) {
    let n = 0
    node.after(50, () => {
      const tick = (): void => node.broadcast(node.config.all, 'tick', { n: n++ })
      tick()
      node.every(100, tick)
    })
  },
  on: {
    tick() {
      // What arrived is in the trace.
    },
  },
})

export interface System {
  /** Number of peers; default 3. */
  readonly peers?: number
  readonly until?: `${number}s` | `${number}ms`
  /** Adds other nodes. */
  readonly add?: (setup: ClusterSetup<object>) => void
  /** Whether the peers are in zones `a` and `b`, in turn. */
  readonly zones?: boolean
}

/** Runs peers (with a delay of 1 ms between them) under a plan. */
export function run(plan: readonly FaultSpec[], system: System = {}): Promise<RunResult> {
  const { peers = 3, until = '1s', add, zones = false } = system
  return simulate(
    scenario({
      name: 'faults',
      summary: 'peers that tick',
      cluster(setup) {
        if (peers > 0) {
          const all: Address<Messages>[] = []
          const place = (index: number): { zone: string } => ({ zone: index % 2 === 0 ? 'a' : 'b' })
          all.push(...setup.add(peer, peers, () => ({ all: all.slice() }), zones ? place : {}))
        }
        add?.(setup)
      },
      checks: [],
      until,
    }),
    { plan, records: true },
  )
}

/** The records of some kinds, as `ms kind node type`, apart from what happens at time 0. */
export function events(result: RunResult, ...kinds: RecordKind[]): string[] {
  return recordsOf(result, ...kinds)
    .filter(({ t }) => t > 0)
    .map(({ t, kind, node, type }) =>
      [t / 1000, kind, node, type].filter((part) => part !== undefined).join(' '),
    )
}

export function recordsOf(result: RunResult, ...kinds: RecordKind[]): TraceRecord[] {
  return [...(result.trace?.records() ?? [])].filter(({ kind }) => kinds.includes(kind))
}

/** Which ticks reached whom: `0>1` once for each pair that got any in the window of ms (from excluded, to included). */
export function delivered(result: RunResult, from: number, to: number): string[] {
  const pairs = recordsOf(result, 'deliver')
    .filter(({ t }) => t > from * 1000 && t <= to * 1000)
    .map(({ node, from: source }) => `${digits(source)}>${digits(node)}`)
  return [...new Set(pairs)].sort()
}

/** All pairs of so many peers. */
export function everyPair(peers: number): string[] {
  const ids = Array.from({ length: peers }, (_, id) => id)
  return ids.flatMap((a) => ids.filter((b) => b !== a).map((b) => `${a}>${b}`)).sort()
}

/** What each fault of the plan touched. */
export function touched(result: RunResult): (readonly string[])[] {
  return result.faults.map((fault) => fault.touched)
}

function digits(name: string | undefined): string {
  return /\d+/.exec(name ?? '')?.[0] ?? '?'
}

/** A node that speaks to nobody: it does `start`, and takes roles to note what it sees, since the trace keeps those. */
export function worker(
  start: (node: Node) => void | Promise<void>,
  cpu?: CpuOptions,
): NodeKind<object, undefined> {
  return defineNode()({ kind: 'worker', start, ...(cpu === undefined ? {} : { cpu }) })
}

/** What a worker noted by `role`, as `ms name`. */
export function notes(result: RunResult): string[] {
  return recordsOf(result, 'role').map(({ t, type }) => `${t / 1000} ${type ?? ''}`)
}
