/**
 * A run that is driven from outside, step by step: a shell, a debugger, a test that wants to look in between. What it
 * consists of is what `simulate` runs; what is added are pauses between events, at which nothing happens.
 *
 * What is done from outside (actions on nodes, faults) happens in events of its own, with records, at the current
 * virtual time. So the same scenario, seed and sequence of calls give the same fingerprint; how a stretch of time is cut
 * into calls of `advance` changes nothing.
 */
import type { World } from '../checks/world.ts'
import type { FaultVocabulary } from '../host/fault.ts'
import type { MetricSummary } from '../host/metrics-store.ts'
import type { Node } from '../host/node.ts'
import type { LocalNode } from '../host/local-node.ts'
import type { Machine } from '../host/machine.ts'
import type { RunFailure } from '../host/simulation.ts'
import { isThenable } from '../host/tasks.ts'
import { CallerError, show } from '../kernel/errors.ts'
import { LAST_TIME, PRIORITY_CONTROL, PRIORITY_ORDINARY, PRIORITY_PROBE } from '../kernel/kernel.ts'
import { unknownName } from '../kernel/nearest.ts'
import type { Platform } from '../kernel/platform.ts'
import type { Duration } from '../kernel/time.ts'
import { formatTime, micros } from '../kernel/time.ts'
import type { Params, ParamValues } from './params.ts'
import { fireFault } from './plan-runner.ts'
import type { Scenario } from './scenario.ts'
import type { PreparedRun, SimulateOptions } from './simulate.ts'
import { prepare } from './simulate.ts'

const BUDGET = 65_536

/** What can be chosen for a live run; there is no horizon, since it goes on as long as it is driven. */
export type LiveOptions<V = ParamValues<Params>> = Pick<
  SimulateOptions<V>,
  'seed' | 'params' | 'plan' | 'workload' | 'profile' | 'sinks' | 'maxEvents'
>

/** Something that a node was asked to do. `lost`: the node went down before it was done. */
export type Ongoing<T> =
  { readonly status: 'pending' | 'lost' } | { readonly status: 'done'; readonly value: T }

/** A fault without its time, which is now. */
export interface FaultNow {
  readonly kind: string
  readonly for?: Duration
  readonly [field: string]: unknown
}

/** Opens live runs on one platform with one vocabulary of faults. */
export type OpenLive = <P extends Params>(
  scenario: Scenario<P>,
  options?: LiveOptions<ParamValues<P>>,
) => LiveRun

export function createLive(platform: Platform, vocabulary: FaultVocabulary): OpenLive {
  return (scenario, options = {}) =>
    new LiveRun(platform, vocabulary, prepare(scenario, { ...options, until: LAST_TIME / 1000 }, vocabulary))
}

/** One live run. Its methods must not overlap: await each before the next. */
export class LiveRun {
  /** Everything there is to see; checks of the scenario are not judged. */
  readonly world: World
  private readonly platform: Platform
  private readonly vocabulary: FaultVocabulary
  private readonly run: PreparedRun
  private readonly pauseOp: number
  private readonly actionOp: number
  private condition: (() => boolean) | undefined
  private isRunning = false
  private faults = 0

  /** Use `live`. */
  constructor(platform: Platform, vocabulary: FaultVocabulary, run: PreparedRun) {
    this.platform = platform
    this.vocabulary = vocabulary
    this.run = run
    this.world = run.world
    const { sim } = run
    this.pauseOp = sim.kernel.register(() => {
      sim.beginWorld(0)
      sim.kernel.stop()
    })
    this.actionOp = sim.kernel.register((id, _b, _c, _cause, ref) => {
      sim.beginWorld(0)
      const machine = sim.machine(id)
      ;(ref as Action<unknown>).asked = machine.node
      if (machine.node !== null) sim.enter(machine, this.act, 0, 0, 0, 0, ref)
    })
    sim.addProbe(() => {
      if (this.condition?.() === true) sim.kernel.stop()
    })
  }

  /** Virtual time in milliseconds. */
  get now(): number {
    return this.run.sim.kernel.now / 1000
  }

  /** The running fingerprint. */
  get fingerprint(): string {
    return this.run.sim.recorder.fingerprint
  }

  get metrics(): Readonly<Record<string, MetricSummary>> {
    return this.run.sim.metrics.summarize(this.run.sim.kernel.now)
  }

  /** Lets virtual time pass. Throws {@link LiveFailure} if the run fails meanwhile. */
  async advance(duration: Duration): Promise<void> {
    await this.drive(micros(duration, 'advance'))
  }

  /**
   * Lets the run go on until a condition holds, looked at now and after each event, or for at most so long. True if it
   * holds.
   */
  async runUntil(condition: () => boolean, atMost: Duration): Promise<boolean> {
    if (condition()) return true
    let holds = false
    this.condition = () => (holds = condition())
    try {
      await this.drive(micros(atMost, 'runUntil'))
    } finally {
      this.condition = undefined
    }
    return holds
  }

  /**
   * Has a node's process do something, as if somebody at its keyboard had asked for it: in an event of its own, now or,
   * while the node is paused, when it goes on. Nothing is run yet; what is returned tells later what came of it.
   */
  begin<T>(node: string, code: (node: Node) => T | Promise<T>): { readonly state: Ongoing<T> } {
    const { sim } = this.run
    const machine = this.machine(node)
    const action = new Action(machine, code)
    sim.kernel.schedule(sim.kernel.now, PRIORITY_ORDINARY, this.actionOp, machine.id, 0, 0, 0, action)
    return action
  }

  /** {@link begin}, and runs until it is done or lost, or for at most so long (default 1 min). */
  async perform<T>(
    node: string,
    code: (node: Node) => T | Promise<T>,
    { atMost = '60s' }: { readonly atMost?: Duration } = {},
  ): Promise<Ongoing<T>> {
    const action = this.begin(node, code)
    await this.runUntil(() => action.state.status !== 'pending', atMost)
    return action.state
  }

  /** Lets a fault of the vocabulary happen now; says what it touched. Throws a CallerError for one that makes no sense. */
  async fault(fault: FaultNow): Promise<readonly string[]> {
    const { host, sim } = this.run
    const prepared = this.vocabulary.prepare({ at: this.now, ...fault }, 'fault', host.control)
    const { kernel } = sim
    let touched: readonly string[] = []
    const index = this.faults++
    const op = kernel.register(() => {
      touched = fireFault(host, index, prepared)
    })
    kernel.schedule(kernel.now, PRIORITY_CONTROL, op, 0, 0, 0, 0, undefined)
    await this.drive(0)
    return touched
  }

  private machine(name: string): Machine {
    const { sim } = this.run
    const machine = sim.find(name)
    if (machine === undefined) {
      throw unknownName(
        'node',
        name,
        sim.machines.map((one) => one.name),
      )
    }
    return machine
  }

  private readonly act = (machine: Machine, _b: number, _c: number, _cause: number, ref: unknown): void => {
    const { sim } = this.run
    const action = ref as Action<unknown>
    if (machine.node !== action.asked) return
    sim.beginWorld(0)
    const node = sim.begin(machine, sim.note('action', machine.id, ''))
    sim.call(node, 'action', (face) => action.run(face))
  }

  private async drive(durationMicros: number): Promise<void> {
    if (this.isRunning) {
      throw new CallerError('a live run was driven while it was running', {
        expected: 'each call to be awaited before the next',
      })
    }
    this.isRunning = true
    const { kernel, failures } = this.run.sim
    const end = Math.min(kernel.now + durationMicros, LAST_TIME)
    const pause = kernel.schedule(end, PRIORITY_PROBE, this.pauseOp, 0, 0, 0, 0, undefined)
    try {
      await this.platform.drive(() => kernel.step(BUDGET))
    } finally {
      this.isRunning = false
    }
    const [failure] = failures
    if (failure !== undefined) throw new LiveFailure(failure)
    const { stopReason } = kernel
    if (stopReason?.kind !== 'stopped') throw new LiveFailure(limitOf(stopReason, kernel.now))
    kernel.stopReason = undefined
    // Stopped by a condition, before the pause came.
    if (this.condition !== undefined && kernel.now < end) kernel.cancel(pause)
  }
}

function limitOf(reason: unknown, time: number): RunFailure {
  return { kind: 'event-limit', time, message: `stopped: ${show(reason)}` }
}

/** The run has failed, other than by a simulated failure: code of a node threw, or a limit was hit. */
export class LiveFailure extends Error {
  readonly failure: RunFailure

  constructor(failure: RunFailure) {
    const { node, where, time, message } = failure
    const place = [node, where].filter((part) => part !== undefined).join(', ')
    super(`the run failed at ${formatTime(time)}${place === '' ? '' : ` (${place})`}: ${message}`)
    this.name = 'LiveFailure'
    this.failure = failure
  }
}

class Action<T> {
  /** The incarnation that was asked, null if the node was down; undefined as long as nobody was. */
  asked: LocalNode | null | undefined
  private readonly machine: Machine
  private readonly code: (node: Node) => T | Promise<T>
  private outcome: Ongoing<T> = { status: 'pending' }

  constructor(machine: Machine, code: (node: Node) => T | Promise<T>) {
    this.machine = machine
    this.code = code
  }

  get state(): Ongoing<T> {
    if (this.outcome.status === 'done' || this.asked === undefined) return this.outcome
    return this.asked === null || this.machine.node !== this.asked ? { status: 'lost' } : this.outcome
  }

  run(face: Node): void | Promise<void> {
    const result = this.code(face)
    if (isThenable(result)) return this.finish(result)
    this.done(result)
  }

  private async finish(result: PromiseLike<T>): Promise<void> {
    this.done(await result)
  }

  private done(value: T): void {
    this.outcome = { status: 'done', value }
  }
}
