/**
 * Everything that belongs to one run, and the rules by which an event reaches the code of a node: not while it is
 * paused, in order of arrival, after its cost on the CPU was paid, and with every failure of that code caught.
 */
import { Address } from '../kernel/address.ts'
import { CallerError, InvariantError, invariant, show } from '../kernel/errors.ts'
import { Kernel } from '../kernel/kernel.ts'
import { RandomStreams } from '../kernel/random.ts'
import { Network } from '../network/network.ts'
import { DiskError } from '../storage/disk-image.ts'
import type { NodeDirectory } from '../trace/memory-trace.ts'
import { Recorder } from '../trace/recorder.ts'
import { kindCode } from '../trace/records.ts'
import type { RecordKind } from '../trace/records.ts'
import { StringTable } from '../trace/string-table.ts'
import { History } from './history.ts'
import { Hooks } from './hooks.ts'
import type { LocalNode } from './local-node.ts'
import type { CompiledKind, Delayed, Machine, Waiter } from './machine.ts'
import { MetricsStore } from './metrics-store.ts'
import type { WorkloadOperation } from './node.ts'
import { isThenable, Task } from './tasks.ts'

/** What a throwing handler does: ends its node as an uncaught exception ends a process, or fails the run. */
export type OnThrow = 'crash' | 'fail'

/** Why a run failed, other than by a check. */
export interface RunFailure {
  /** `threw`: a handler threw; `foreign-wait`: it waits for something outside the simulation; the others are limits. */
  readonly kind: 'threw' | 'foreign-wait' | 'event-limit' | 'instant-limit'
  /** The node, if one is to blame. */
  readonly node?: string
  /** Handler, timer or hook. */
  readonly where?: string
  /** Virtual time in microseconds. */
  readonly time: number
  readonly message: string
  readonly stack?: string
}

export interface SimulationOptions {
  readonly seed: number
  /** Virtual microseconds. */
  readonly until: number
  readonly maxEvents: number
  readonly maxEventsAtInstant: number
  readonly onThrow: OnThrow
  /** Order of events at one instant: as scheduled, or shuffled by the seed. */
  readonly ties: 'serial' | 'shuffled'
  /** Whether `node.maybe` may say yes; default false. */
  readonly hooks?: boolean
}

/** Something that looks at the run after each event (checks, the inspector); it must change nothing. */
export type EventProbe = (machine: Machine | null) => void

export class Simulation implements NodeDirectory {
  readonly options: SimulationOptions
  readonly kernel: Kernel
  readonly strings = new StringTable()
  readonly recorder = new Recorder(this.strings)
  readonly random: RandomStreams
  readonly network: Network
  readonly machines: Machine[] = []
  /** Addresses by node, so that naming a sender does not touch its machine. */
  readonly addresses: Address[] = []
  readonly history = new History()
  readonly metrics = new MetricsStore()
  readonly failures: RunFailure[] = []
  readonly workload = new Map<string, WorkloadOperation[]>()
  /** Undefined while hooks are off. */
  readonly hooks: Hooks | undefined
  /** Node whose code the current event runs; null while the world acts. */
  active: LocalNode | null = null
  /** Task of the current event; made when first needed. */
  task: Task | null = null
  /** Ends a node whose code threw; set by the lifecycle. */
  crashNode: (machine: Machine, type: string) => void = () => {
    invariant(false, 'the lifecycle is installed before anything runs')
  }
  private readonly probes: EventProbe[] = []
  private probed = false
  private readonly names = new Map<string, Machine>()

  constructor(options: SimulationOptions) {
    this.options = options
    this.random = new RandomStreams(options.seed)
    this.hooks = options.hooks === true ? new Hooks(this.random) : undefined
    this.kernel = new Kernel({
      until: options.until,
      maxEvents: options.maxEvents,
      maxEventsAtInstant: options.maxEventsAtInstant,
      tieKey: options.ties === 'shuffled' ? this.random.familyKey('ties')[0] : undefined,
    })
    this.network = new Network(this.kernel, this.recorder, this.random.familyKey('network'))
    this.kernel.onEventFinished = () => {
      this.finishEvent()
    }
  }

  nodeName(id: number): string {
    return this.machine(id).name
  }

  nodeAddress(id: number): Address {
    return this.addresses[id] as Address
  }

  machine(id: number): Machine {
    return this.machines[id] as Machine
  }

  /** The machine of that name, if there is one. */
  find(name: string): Machine | undefined {
    if (this.names.size !== this.machines.length) {
      for (const machine of this.machines) this.names.set(machine.name, machine)
    }
    return this.names.get(name)
  }

  /** An address for the next machine to be added. */
  newAddress(kind: CompiledKind, index: number): Address {
    const address = new Address(this.machines.length, kind.name, index)
    this.addresses.push(address)
    return address
  }

  addProbe(probe: EventProbe): void {
    this.probes.push(probe)
    this.probed = true
  }

  /** Records something about a node, caused by the current event; returns the record's id. */
  note(kind: RecordKind, node: number, type: string, data?: unknown): number {
    const code = kindCode(kind)
    const typeId = type === '' ? 0 : this.strings.id(type)
    const { now, cause } = this.kernel
    return data === undefined
      ? this.recorder.record(now, code, node, cause, -1, typeId)
      : this.recorder.recordData(now, code, node, cause, -1, typeId, data)
  }

  /** The task that operations begun now belong to. */
  currentTask(node: LocalNode): Task {
    return (this.task ??= new Task(node, ''))
  }

  /**
   * Lets work reach a machine: at once when nothing stands in the way, else into its backlog or its CPU's run queue.
   * `cost` is in microseconds. Whether the machine is up is the caller's to check.
   */
  enter(
    machine: Machine,
    run: Delayed['run'],
    cost: number,
    b: number,
    c: number,
    cause: number,
    ref: unknown,
  ): void {
    if (machine.direct) {
      run(machine, b, c, cause, ref)
      return
    }
    const extras = machine.more()
    if (machine.paused || extras.backlog.length > 0) {
      extras.backlog.push({ run, cost, b, c, cause, ref })
      machine.updateDirect()
      return
    }
    const cpu = extras.cpu
    if (cpu === undefined || (cost === 0 && extras.cpuFree)) {
      run(machine, b, c, cause, ref)
      return
    }
    cpu.submit(cost, { run, cost, b, c, cause, ref })
  }

  /** From here on, what happens is done by this machine's node. */
  begin(machine: Machine, cause: number): LocalNode {
    this.kernel.cause = cause
    this.task = null
    return (this.active = machine.node) as LocalNode
  }

  /** From here on, what happens is done by the world. */
  beginWorld(cause: number): void {
    this.kernel.cause = cause
    this.task = null
    this.active = null
  }

  /** Continues a task whose operation is settled: `begin`, plus the task's accounts. */
  resume(machine: Machine, task: Task, cause: number): void {
    this.kernel.cause = cause
    this.active = machine.node
    this.task = task
    task.pending--
    this.kernel.drain = true
  }

  /** Calls a node's code (the caller has called `begin`) and looks after its promise; undefined when it threw. */
  call(node: LocalNode, label: string, code: (node: never) => unknown): unknown {
    let result: unknown
    try {
      result = code(node as never)
    } catch (error) {
      this.threw(node, label, error)
      return undefined
    }
    if (result !== undefined && isThenable(result)) this.watch(node, label, result, undefined)
    return result
  }

  /** Watches a handler's promise: the task ends with it. `done` gets what it resolves to. */
  watch(
    node: LocalNode,
    label: string,
    promise: PromiseLike<unknown>,
    done: ((value: unknown) => void) | undefined,
  ): void {
    const task = this.currentTask(node)
    task.label = label
    task.watched = true
    this.kernel.drain = true
    promise.then(
      (value) => {
        task.settled = true
        if (done !== undefined && node.alive) done(value)
      },
      (error: unknown) => {
        task.settled = true
        if (node.alive) this.threw(node, label, error)
      },
    )
  }

  /** A node's code threw: a caller's mistake stops everything, the rest is recorded and ends the node or the run. */
  threw(node: LocalNode, where: string, error: unknown): void {
    if (error instanceof InvariantError) throw error
    if (!node.alive) return
    const message = error instanceof Error ? `${error.name}: ${error.message}` : show(error)
    const record = this.note('error', node.machine.id, where, { message })
    this.kernel.cause = record
    // A full disk that nobody handles ends the process, as it would in life; it is no mistake of the scenario's author.
    const simulated = error instanceof DiskError
    if (simulated || (this.options.onThrow === 'crash' && !(error instanceof CallerError))) {
      this.crashNode(node.machine, 'error')
      return
    }
    this.fail({
      kind: 'threw',
      node: node.name,
      where,
      time: this.kernel.now,
      message,
      ...(error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {}),
    })
  }

  /** Fails the run; it stops after the current event. */
  fail(failure: RunFailure): void {
    this.failures.push(failure)
    this.kernel.stop()
  }

  private finishEvent(): void {
    const task = this.task
    if (task !== null) {
      if (task.watched && !task.settled && task.pending === 0 && task.node.alive) this.foreignWait(task)
    }
    const machine = this.active === null ? null : this.active.machine
    if (machine !== null && machine.extras !== null && machine.extras.waiters.length > 0)
      this.wakeWaiters(machine)
    if (this.probed) for (const probe of this.probes) probe(machine)
  }

  private foreignWait(task: Task): void {
    this.note('error', task.node.machine.id, task.label, {
      message: 'waits for something outside the simulation',
    })
    this.fail({
      kind: 'foreign-wait',
      node: task.node.name,
      where: task.label,
      time: this.kernel.now,
      message:
        'the handler waits for something outside the simulation (real I/O, a real timer, a promise of its own); ' +
        'await only what the node offers: sleep, request, disk, streams, work, until',
    })
  }

  /** Conditions that hold now: each waiter is resumed in an event of its own. */
  private wakeWaiters(machine: Machine): void {
    const extras = machine.more()
    const ready = extras.waiters.filter((waiter) => waiter.node.alive && this.holds(waiter))
    if (ready.length === 0) return
    extras.waiters = extras.waiters.filter((waiter) => waiter.node.alive && !ready.includes(waiter))
    for (const waiter of ready) this.wake(machine, waiter)
  }

  private holds(waiter: Waiter): boolean {
    try {
      return waiter.condition()
    } catch (error) {
      this.threw(waiter.node, 'until', error)
      return false
    }
  }

  /** Resumes a waiter in an event of its own; set by the timers. */
  wake: (machine: Machine, waiter: Waiter) => void = () => {
    invariant(false, 'the timers are installed before anything runs')
  }
}
