/**
 * What the simulator keeps about one node: its lifecycle, and what its hardware holds across incarnations. Rarely used
 * parts are made on demand, since a run may have a million machines.
 */
import type { Address } from '../kernel/address.ts'
import type { RandomStream } from '../kernel/random.ts'
import type { NodeClock } from './clock.ts'
import type { Cpu } from './cpu.ts'
import type { CpuOptions, NodeKind } from './define.ts'
import type { LocalNode } from './local-node.ts'
import type { DiskService } from './disk-service.ts'
import type { HostServices } from './services.ts'
import type { Task } from './tasks.ts'
import type { StreamEndpoint } from './stream-endpoint.ts'

/** A machine's state of life. `recovering`: the process runs, but takes no messages yet. */
export type Status = 'down' | 'recovering' | 'up' | 'stopped'

/** A handler as the dispatcher calls it. */
export type RawHandler = (node: LocalNode, message: unknown, from: Address) => unknown

/** A kind as one run uses it: handlers and CPU costs by the number of the message type. */
export interface CompiledKind {
  readonly source: NodeKind<never, never>
  /** What the run offers; here because every node can reach its kind, and a million of them need no field more. */
  readonly services: HostServices
  readonly name: string
  readonly handlers: readonly (RawHandler | undefined)[]
  readonly start: ((node: LocalNode) => unknown) | undefined
  readonly recover: ((node: LocalNode) => unknown) | undefined
  readonly accept: ((node: LocalNode, connection: unknown) => unknown) | undefined
  readonly state: ((config: unknown) => unknown) | undefined
  readonly cpu: CpuOptions | ((config: unknown) => CpuOptions) | undefined
}

/** The cost of work that goes through the CPU's run queue by itself, when it is run. */
export const PAYS_ITSELF = -1

/** Work that reached a machine while it could not run: kept in order. */
export interface Delayed {
  readonly run: (machine: Machine, b: number, c: number, cause: number, ref: unknown) => void
  readonly cost: number
  readonly b: number
  readonly c: number
  readonly cause: number
  readonly ref: unknown
}

/** A condition that a handler waits for. */
export interface Waiter {
  readonly condition: () => boolean
  readonly resolve: () => void
  readonly task: Task
  readonly node: LocalNode
  readonly cause: number
}

/** What only some machines have. */
export class Extras {
  clock: NodeClock | undefined
  cpu: Cpu<Delayed> | undefined
  /** Items that left the CPU at this instant and whose event is still to come. */
  cpuDue = 0
  cpuCosts: Int32Array | undefined
  disk: DiskService | undefined
  streams: StreamEndpoint | undefined
  backlog: Delayed[] = []
  waiters: Waiter[] = []
  zone: string | undefined
  role: string | undefined
  roleDetail: unknown

  /** Whether work that costs nothing may run at once: no CPU model, or a core is free and nothing is before it. */
  get cpuFree(): boolean {
    return this.cpu === undefined || (this.cpu.idle && this.cpuDue === 0)
  }
}

export class Machine {
  // What every event touches stands first: one cache line instead of two.
  readonly id: number
  readonly kind: CompiledKind
  /** True while nothing stands between an event and its handler: up, not paused, no backlog, no CPU model. */
  direct = false
  /** The current incarnation; null while down or stopped. */
  node: LocalNode | null = null
  extras: Extras | null = null
  random: RandomStream | null = null
  readonly address: Address
  /** Set when the whole cluster is known, before anything runs. */
  config: unknown = undefined
  status: Status = 'down'
  paused = false
  incarnation = 0

  constructor(address: Address, kind: CompiledKind) {
    this.id = address.id
    this.kind = kind
    this.address = address
  }

  get name(): string {
    return this.address.name
  }

  /** True microseconds until this machine's monotonic clock has advanced by local ones. */
  trueDelay(now: number, localMicros: number): number {
    return this.extras?.clock?.trueDelay(now, localMicros) ?? localMicros
  }

  /** The rarely used parts, made now if they were not needed before. */
  more(): Extras {
    return (this.extras ??= new Extras())
  }

  /** To be called after a change of status, pause, backlog or CPU. */
  updateDirect(): void {
    const extras = this.extras
    this.direct =
      this.status === 'up' &&
      !this.paused &&
      (extras === null || (extras.cpu === undefined && extras.backlog.length === 0))
  }
}
