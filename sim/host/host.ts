/**
 * All machines of one run and the services they share: built by a scenario, then started. The world face (control,
 * views) and the node face (services) meet here and nowhere else.
 */
import type { Address } from '../kernel/address.ts'
import { CallerError, show } from '../kernel/errors.ts'
import { PRIORITY_ORDINARY, PRIORITY_START } from '../kernel/kernel.ts'
import { micros } from '../kernel/time.ts'
import type { StreamFace } from '../network/stream-face.ts'
import type { DiskFace } from '../storage/disk-face.ts'
import type { NetworkRules } from '../network/network.ts'
import { NodeClock } from './clock.ts'
import { Control } from './control.ts'
import type { CpuJob } from './cpu.ts'
import { Cpu } from './cpu.ts'
import type { CpuOptions, NodeDefinition, NodeKind } from './define.ts'
import { DiskService } from './disk-service.ts'
import { deepFreeze } from './freeze.ts'
import { Lifecycle } from './lifecycle.ts'
import type { LocalNode } from './local-node.ts'
import type { CompiledKind, Delayed, RawHandler } from './machine.ts'
import { Machine } from './machine.ts'
import { Messaging } from './messaging.ts'
import type { HostServices } from './services.ts'
import type { Simulation } from './simulation.ts'
import { StreamService } from './stream-service.ts'
import { Timers } from './timers.ts'

/** Network rules plus a check that runs once all nodes are known. */
export interface HostNetwork extends NetworkRules {
  readonly check?: () => void
}

/** Clock and zone of a new machine. */
export interface MachinePlacement {
  readonly zone?: string
  readonly clock?: { readonly offset?: number; readonly drift?: number }
}

export class Host implements HostServices {
  readonly sim: Simulation
  readonly messaging: Messaging
  readonly timers: Timers
  readonly lifecycle: Lifecycle
  readonly control: Control
  private readonly streamService: StreamService
  private readonly kinds = new Map<NodeKind<never, never>, CompiledKind>()
  private readonly cpuDoneOp: number
  private readonly cpuRunOp: number
  private readonly startOp: number
  readonly diskOp: number
  private readonly added = new Set<string>()
  private readonly unconfigured: (() => void)[] = []
  private networkRules: HostNetwork = { base: {} }

  constructor(sim: Simulation) {
    this.sim = sim
    this.messaging = new Messaging(sim)
    this.timers = new Timers(sim)
    this.lifecycle = new Lifecycle(this)
    this.streamService = new StreamService(this)
    this.control = new Control(this)
    this.startOp = sim.kernel.register((id) => {
      this.scheduleStart(id + 1)
      sim.beginWorld(0)
      this.lifecycle.start(sim.machine(id))
    })
    this.diskOp = sim.kernel.register((id, _b, _c, _cause, ref) => {
      this.diskOf(sim.machine(id)).done(ref)
    })
    this.cpuDoneOp = sim.kernel.register((id, _b, _c, cause, ref) => {
      sim.beginWorld(cause)
      sim.machine(id).extras?.cpu?.finish(ref as CpuJob<Delayed>)
    })
    this.cpuRunOp = sim.kernel.register((id, incarnation, _c, _cause, ref) => {
      const machine = sim.machine(id)
      if (machine.incarnation === incarnation && machine.node !== null)
        this.runQueued(machine, ref as Delayed)
    })
  }

  get machines(): readonly Machine[] {
    return this.sim.machines
  }

  machine(id: number): Machine {
    return this.sim.machine(id)
  }

  setNetwork(rules: HostNetwork): void {
    this.networkRules = rules
  }

  /**
   * Adds `count` machines of a kind, or one that is named by its kind alone for count -1. `config` is asked for each
   * one's configuration when the cluster is complete.
   */
  addNodes(
    kind: NodeKind<never, never>,
    count: number,
    config: (index: number, all: readonly Address[]) => unknown,
    placement: (index: number) => MachinePlacement,
  ): readonly Address[] {
    const compiled = this.compile(kind)
    if (this.added.has(kind.kind)) {
      throw new CallerError(`add(${kind.kind}): nodes of this kind were added before`, {
        expected: 'one call of add for each name of a kind',
      })
    }
    this.added.add(kind.kind)
    const machines: Machine[] = []
    for (let i = 0; i < Math.abs(count); i++) {
      const address = this.sim.newAddress(compiled, count < 0 ? -1 : i)
      const machine = new Machine(address, compiled)
      machines.push(machine)
      this.sim.machines.push(machine)
      this.place(machine, placement(i))
    }
    const addresses = machines.map((machine) => machine.address)
    this.unconfigured.push(() => {
      machines.forEach((machine, index) => {
        machine.config = deepFreeze(config(index, addresses), `the configuration of ${kind.kind}`)
        this.addCpu(machine)
      })
    })
    return addresses
  }

  private place(machine: Machine, placement: MachinePlacement): void {
    if (placement.zone !== undefined) machine.more().zone = placement.zone
    const { offset = 0, drift = 0 } = placement.clock ?? {}
    if (offset === 0 && drift === 0) return
    const clock = this.clockOf(machine)
    clock.step(0, Math.round(offset * 1000))
    clock.setDrift(0, drift)
  }

  private addCpu(machine: Machine): void {
    const { kind } = machine
    const options: CpuOptions | undefined =
      typeof kind.cpu === 'function' ? kind.cpu(machine.config) : kind.cpu
    if (options === undefined) return
    const { cores = 1, cost = 0 } = options
    const { kernel, strings } = this.sim
    const extras = machine.more()
    extras.cpu = new Cpu<Delayed>(
      cores,
      {
        now: () => kernel.now,
        at: (delay, job) =>
          kernel.schedule(
            kernel.now + delay,
            PRIORITY_ORDINARY,
            this.cpuDoneOp,
            machine.id,
            0,
            0,
            job.payload.cause,
            job,
          ),
        cancel: (handle) => {
          kernel.cancel(handle as number)
        },
      },
      (item) => {
        // One event for each item, since an event resumes at most one task.
        extras.cpuDue++
        kernel.schedule(
          kernel.now,
          PRIORITY_ORDINARY,
          this.cpuRunOp,
          machine.id,
          machine.incarnation,
          0,
          item.cause,
          item,
        )
      },
    )
    const costs = new Int32Array(strings.size)
    if (typeof cost === 'object') {
      for (const [type, each] of Object.entries(cost)) {
        costs[strings.id(type)] = micros(each, `cpu cost of ${kind.name} for ${type}`)
      }
    } else {
      const each = micros(cost, `cpu cost of ${kind.name}`)
      kind.handlers.forEach((handler, type) => {
        if (handler !== undefined) costs[type] = each
      })
    }
    extras.cpuCosts = costs
  }

  private runQueued(machine: Machine, item: Delayed): void {
    const extras = machine.more()
    extras.cpuDue--
    if (machine.paused) extras.backlog.unshift({ ...item, cost: 0 })
    else item.run(machine, item.b, item.c, item.cause, item.ref)
  }

  private compile(kind: NodeKind<never, never>): CompiledKind {
    let compiled = this.kinds.get(kind)
    if (compiled !== undefined) return compiled
    const definition = kind.definition as unknown as NodeDefinition<never, unknown, unknown>
    const handlers: (RawHandler | undefined)[] = []
    const { strings } = this.sim
    for (const [type, handler] of Object.entries(definition.on ?? {})) {
      if (typeof handler !== 'function') {
        throw new CallerError(`defineNode ${kind.kind}: on.${type}: ${show(handler)}`, {
          expected: 'a function',
        })
      }
      handlers[strings.id(type)] = handler as RawHandler
    }
    // A dense array keeps dispatch fast; types that other kinds introduce later are simply out of range.
    for (let type = 0; type < handlers.length; type++) handlers[type] ??= undefined
    if (typeof definition.cpu === 'object' && typeof definition.cpu.cost === 'object') {
      for (const type of Object.keys(definition.cpu.cost)) strings.id(type)
    }
    compiled = {
      source: kind,
      services: this,
      name: kind.kind,
      handlers,
      start: definition.start as ((node: LocalNode) => unknown) | undefined,
      recover: definition.recover as ((node: LocalNode) => unknown) | undefined,
      accept: definition.accept as ((node: LocalNode, connection: unknown) => unknown) | undefined,
      state: definition.state as ((config: unknown) => unknown) | undefined,
      cpu: definition.cpu as CompiledKind['cpu'],
    }
    this.kinds.set(kind, compiled)
    return compiled
  }

  /** Fixes the network and starts all nodes, in the order in which they were added, as the first thing at time 0. */
  start(): void {
    for (const configure of this.unconfigured.splice(0)) configure()
    this.networkRules.check?.()
    this.sim.network.configure(this.networkRules, this.sim.machines.length)
    this.scheduleStart(0)
  }

  /** Starts are events of their own, one after the other: a million pending ones would only take memory. */
  private scheduleStart(id: number): void {
    if (id >= this.sim.machines.length) return
    this.sim.kernel.schedule(0, PRIORITY_START, this.startOp, id, 0, 0, 0, undefined)
  }

  disk(node: LocalNode): DiskFace {
    return this.diskOf(node.machine).faceFor(node)
  }

  diskOf(machine: Machine): DiskService {
    const extras = machine.more()
    return (extras.disk ??= new DiskService(this, machine, machine.kind.source.definition.disk ?? {}))
  }

  streams(node: LocalNode): StreamFace {
    return this.streamService.faceFor(node)
  }

  clockOf(machine: Machine): NodeClock {
    return (machine.more().clock ??= new NodeClock())
  }
}
