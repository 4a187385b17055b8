/**
 * The world face for reading: true time, every node, every operation, every measurement. For checks and reports.
 */
import type { Operation } from '../host/history.ts'
import type { Host } from '../host/host.ts'
import type { Machine } from '../host/machine.ts'
import type { RecordKind } from '../trace/records.ts'
import { kindCode } from '../trace/records.ts'

/** One node as the world sees it. `S` is the state of its kind, to be stated by who knows it. */
export interface NodeView<S = unknown> {
  readonly id: number
  readonly name: string
  readonly kind: string
  readonly up: boolean
  readonly paused: boolean
  readonly incarnation: number
  readonly role: string | undefined
  readonly roleDetail: unknown
  /** Volatile state, live: not to be changed; undefined while the node is down. */
  readonly state: S | undefined
  readonly config: unknown
}

export interface World {
  /** Virtual time in milliseconds. */
  readonly now: number
  /** Records so far: the id of the last one. */
  readonly lastRecord: number
  readonly nodes: readonly NodeView[]
  /** The operations of clients so far, in order of invocation. */
  readonly operations: readonly Operation[]
  nodesOf<S>(kind: string): readonly NodeView<S>[]
  withRole(role: string): readonly NodeView[]
  /** Whether a message sent now from one node could reach the other: both run and no cut separates them. */
  reachable(from: string, to: string): boolean
  samples(metric: string): readonly number[]
  counter(metric: string): number
  /** Begins to count records of these kinds; what it returns tells how many there have been since. */
  countRecords(kinds: readonly RecordKind[]): () => number
}

class MachineView implements NodeView {
  private readonly machine: Machine

  constructor(machine: Machine) {
    this.machine = machine
  }

  get id(): number {
    return this.machine.id
  }

  get name(): string {
    return this.machine.name
  }

  get kind(): string {
    return this.machine.kind.name
  }

  get up(): boolean {
    return this.machine.status === 'up'
  }

  get paused(): boolean {
    return this.machine.paused
  }

  get incarnation(): number {
    return this.machine.incarnation
  }

  get role(): string | undefined {
    return this.machine.extras?.role
  }

  get roleDetail(): unknown {
    return this.machine.extras?.roleDetail
  }

  get state(): unknown {
    return this.machine.node?.state
  }

  get config(): unknown {
    return this.machine.config
  }
}

export class HostWorld implements World {
  private readonly host: Host
  private views: readonly NodeView[] = []
  private readonly byKind = new Map<string, readonly NodeView[]>()

  constructor(host: Host) {
    this.host = host
  }

  get now(): number {
    return this.host.sim.kernel.now / 1000
  }

  get lastRecord(): number {
    return this.host.sim.recorder.count
  }

  get nodes(): readonly NodeView[] {
    if (this.views.length !== this.host.machines.length) {
      this.views = this.host.machines.map((machine) => new MachineView(machine))
    }
    return this.views
  }

  get operations(): readonly Operation[] {
    return this.host.sim.history.operations
  }

  nodesOf<S>(kind: string): readonly NodeView<S>[] {
    let views = this.byKind.get(kind)
    if (views === undefined) {
      views = this.nodes.filter((node) => node.kind === kind)
      this.byKind.set(kind, views)
    }
    return views as readonly NodeView<S>[]
  }

  withRole(role: string): readonly NodeView[] {
    return this.nodes.filter((node) => node.role === role)
  }

  reachable(from: string, to: string): boolean {
    const { sim } = this.host
    const a = sim.find(from)
    const b = sim.find(to)
    if (a === undefined || b === undefined) return false
    return a.status === 'up' && b.status === 'up' && !sim.network.blocked(a.id, b.id)
  }

  samples(metric: string): readonly number[] {
    return this.host.sim.metrics.samplesOf(metric)
  }

  counter(metric: string): number {
    return this.host.sim.metrics.counterOf(metric)
  }

  countRecords(kinds: readonly RecordKind[]): () => number {
    const codes = new Set(kinds.map(kindCode))
    let count = 0
    this.host.sim.recorder.attach({
      record(_id, _time, kind) {
        if (codes.has(kind)) count++
      },
      observe() {
        // Observers' lines are no records.
      },
    })
    return () => count
  }
}
