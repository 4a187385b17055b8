/**
 * The node face as one incarnation has it. Methods are thin: they check that the node's own code is running now, then
 * hand over to what the simulation offers. A finished incarnation's object is inert.
 */
import type { Address } from '../kernel/address.ts'
import { CallerError, show } from '../kernel/errors.ts'
import type { RandomStream } from '../kernel/random.ts'
import type { Duration } from '../kernel/time.ts'
import { micros } from '../kernel/time.ts'
import type { StreamFace } from '../network/stream-face.ts'
import type { DiskFace } from '../storage/disk-face.ts'
import type { HostServices } from './services.ts'
import type { Machine } from './machine.ts'
import type { Clock, Log, Metrics, Outcome, RequestOptions, Timer, WorkloadOperation } from './node.ts'
import type { Reply } from './protocol.ts'
import { runOperation } from './operations.ts'
import type { TimerCode } from './timers.ts'

const DEFAULT_TIMEOUT = 1_000_000

/** What a finished incarnation waits for. */
function never<T>(): Promise<T> {
  return new Promise(() => undefined)
}

const INERT_TIMER: Timer = { cancel: () => undefined }
const INERT_STREAMS: StreamFace = { connect: never }

/** One incarnation of a machine. The type parameters of the face do not exist at run time. */
export class LocalNode {
  readonly machine: Machine
  readonly state: unknown

  constructor(machine: Machine, state: unknown) {
    this.machine = machine
    this.state = state
  }

  private get services(): HostServices {
    return this.machine.kind.services
  }

  /** Whether this is the machine's current incarnation. */
  get alive(): boolean {
    return this.machine.node === this
  }

  /**
   * Whether what the code asks for is done. Use from outside this node's own events is refused; what is left of the event
   * in which the incarnation ended runs on in JavaScript, but does nothing any more.
   */
  private check(): boolean {
    return this.services.sim.active === this || this.isMisused()
  }

  private isMisused(): false {
    if (!this.alive) return false
    const active = this.services.sim.active
    throw new CallerError(
      `node ${this.name} was used ${active === null ? 'outside the simulation' : `by ${active.name}`}`,
      {
        expected: 'a node to be used by its own handlers only, and not after awaiting something real',
      },
    )
  }

  get self(): Address {
    return this.machine.address
  }

  get name(): string {
    return this.machine.name
  }

  get config(): unknown {
    return this.machine.config
  }

  get random(): RandomStream {
    const { machine } = this
    return (machine.random ??= this.services.sim.random.member('node', machine.name))
  }

  get clock(): Clock {
    const { kernel } = this.services.sim
    const { machine } = this
    return {
      wall: () => (machine.extras?.clock?.wallAt(kernel.now) ?? kernel.now) / 1000,
      monotonic: () => (machine.extras?.clock?.monotonicAt(kernel.now) ?? kernel.now) / 1000,
    }
  }

  get disk(): DiskFace {
    this.check()
    return this.services.disk(this)
  }

  get streams(): StreamFace {
    return this.check() ? this.services.streams(this) : INERT_STREAMS
  }

  get log(): Log {
    const line = (level: string) => (text: string, data?: unknown) => {
      const { kernel, recorder } = this.services.sim
      if (!recorder.watched) return
      // Sinks encode values only: anything else is refused here, by name.
      const content = data === undefined ? { text } : { text, data: recorder.walker.copy(data, 'log data') }
      recorder.observe(kernel.now, 'log', this.machine.id, kernel.cause, level, content)
    }
    return { debug: line('debug'), info: line('info'), warn: line('warn') }
  }

  get metrics(): Metrics {
    const { metrics, kernel, recorder } = this.services.sim
    const seen = (kind: string, name: string, value: number): void => {
      if (!recorder.watched) return
      recorder.observe(kernel.now, 'metric', this.machine.id, kernel.cause, name, { [kind]: value })
    }
    return {
      count: (name, by = 1) => {
        metrics.count(name, by)
        seen('count', name, by)
      },
      sample: (name, value) => {
        metrics.sample(name, value)
        seen('sample', name, value)
      },
      gauge: (name, value) => {
        metrics.gauge(name, this.machine.id, value, kernel.now)
        seen('gauge', name, value)
      },
    }
  }

  send(to: Address, type: string, message?: unknown): void {
    if (this.check()) this.services.messaging.send(this, to, type, message)
  }

  broadcast(to: readonly Address[], type: string, message?: unknown): void {
    if (!this.check()) return
    for (const address of to) {
      if (address !== this.machine.address) this.services.messaging.send(this, address, type, message)
    }
  }

  request(to: Address, type: string, message: unknown, options?: RequestOptions): Promise<Reply<never>> {
    if (!this.check()) return never()
    const timeout =
      options?.timeout === undefined ? DEFAULT_TIMEOUT : micros(options.timeout, 'request timeout')
    return this.services.messaging.request(this, to, type, message, timeout)
  }

  after(delay: Duration, run: TimerCode): Timer {
    if (!this.check()) return INERT_TIMER
    return this.services.timers.start(this, micros(delay, 'after'), run, -1)
  }

  every(interval: Duration, run: TimerCode): Timer {
    if (!this.check()) return INERT_TIMER
    const local = micros(interval, 'every')
    if (local === 0) throw new CallerError('every: an interval of 0', { expected: 'an interval above 0' })
    return this.services.timers.start(this, local, run, local)
  }

  sleep(delay: Duration): Promise<void> {
    if (!this.check()) return never()
    return this.services.timers.sleep(this, micros(delay, 'sleep'))
  }

  work(cost: Duration): Promise<void> {
    if (!this.check()) return never()
    return this.services.timers.work(this, micros(cost, 'work'))
  }

  until(condition: () => boolean): Promise<void> {
    if (!this.check()) return never()
    return this.services.timers.until(this, condition)
  }

  role(name: string, detail?: unknown): void {
    if (this.check()) this.services.lifecycle.takeRole(this.machine, name, detail)
  }

  operation<T>(
    name: string,
    input: unknown,
    run: () => Promise<Outcome<T>> | Outcome<T>,
  ): Promise<Outcome<T>> {
    if (!this.check()) return never()
    return runOperation(this.services.sim, this, name, input, run)
  }

  workload(): readonly WorkloadOperation[] {
    const { workload, recorder } = this.services.sim
    return recorder.walker.copy(workload.get(this.name) ?? [], 'the workload')
  }

  maybe(name: string, probability: number): boolean {
    // Checked in every run: a mistake must not wait for the first one with hooks on.
    if (typeof name !== 'string' || name === '')
      throw new CallerError(`maybe: name ${show(name)}`, { expected: "a name, such as 'flush early'" })
    if (!(probability >= 0 && probability <= 1))
      throw new CallerError(`maybe('${name}'): ${show(probability)}`, {
        expected: 'a probability from 0 to 1',
      })
    const { sim } = this.services
    if (!this.check() || sim.hooks === undefined) return false
    if (!sim.hooks.fires(name, probability, this.machine.id, this.name)) return false
    sim.kernel.cause = sim.note('hook', this.machine.id, name)
    return true
  }

  stop(): void {
    if (this.check()) this.services.lifecycle.stop(this.machine)
  }
}
