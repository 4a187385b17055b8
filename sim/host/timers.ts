/**
 * Timers, sleeps and conditions of nodes. Delays count on the node's monotonic clock: a fast clock fires early by true
 * time, never early by its own. When a clock's rate changes, pending timers are set anew.
 */
import { PRIORITY_ORDINARY } from '../kernel/kernel.ts'
import { kindCode } from '../trace/records.ts'
import type { LocalNode } from './local-node.ts'
import type { Machine, Waiter } from './machine.ts'
import type { Timer } from './node.ts'
import type { Simulation } from './simulation.ts'
import type { Task } from './tasks.ts'
import { lastResolver, pendingPromise, Wait } from './tasks.ts'

const TIMER = kindCode('timer')
const CONDITION = kindCode('condition')
const WORK = kindCode('work')

/** A pending timer or sleep: what a change of the clock's rate must move. */
interface Pending {
  readonly node: LocalNode
  slot: number
  /** The node's monotonic time at which it fires, in microseconds. */
  due: number
  /** When it was set, compared with others. */
  order: number
}

/** What a timer runs: it gets the node, so that a timer needs no closure of its own. */
export type TimerCode = (node: never) => void | Promise<void>

class LocalTimer implements Timer, Pending {
  readonly node: LocalNode
  readonly run: TimerCode
  /** Microseconds between firings, or -1 for a timer that fires once. */
  readonly interval: number
  slot = -1
  due = 0
  order = 0
  /** Its event may be over while it waits for its machine (a pause, a busy CPU); then there is nothing else to cancel. */
  cancelled = false

  constructor(node: LocalNode, run: TimerCode, interval: number) {
    this.node = node
    this.run = run
    this.interval = interval
  }

  cancel(): void {
    this.node.machine.kind.services.timers.cancel(this)
  }
}

/** A {@link Wait} that is also {@link Pending}; a class of its own, because deriving one costs at every sleep. */
class Sleep implements Pending {
  readonly node: LocalNode
  readonly task: Task
  readonly resolve: (value: never) => void
  slot = -1
  due = 0
  order = 0

  constructor(node: LocalNode, task: Task, resolve: (value: never) => void) {
    this.node = node
    this.task = task
    this.resolve = resolve
  }
}

export class Timers {
  private readonly sim: Simulation
  private readonly timerOp: number
  private readonly sleepOp: number
  private readonly wakeOp: number
  private armed = 0

  constructor(sim: Simulation) {
    this.sim = sim
    this.timerOp = sim.kernel.register((_a, _b, _c, cause, ref) => {
      const timer = ref as LocalTimer
      timer.slot = -1
      const { machine } = timer.node
      if (machine.node !== timer.node) return
      if (machine.direct) this.fire(machine, 0, 0, cause, timer)
      else sim.enter(machine, this.fire, 0, 0, 0, cause, timer)
    })
    this.sleepOp = sim.kernel.register((_a, _b, _c, cause, ref) => {
      const sleep = ref as Sleep
      sleep.slot = -1
      const { machine } = sleep.node
      if (machine.node !== sleep.node) return
      if (machine.direct) this.wakeUp(machine, TIMER, 0, cause, sleep)
      else sim.enter(machine, this.wakeUp, 0, TIMER, 0, cause, sleep)
    })
    this.wakeOp = sim.kernel.register((_a, kind, _c, cause, ref) => {
      const wait = ref as Wait
      if (wait.node.alive) sim.enter(wait.node.machine, this.wakeUp, 0, kind, 0, cause, wait)
    })
    sim.wake = (machine, waiter) => {
      this.wakeWaiter(machine, waiter)
    }
  }

  /** `interval` is -1 for once; `micros` is local time. */
  start(node: LocalNode, micros: number, run: TimerCode, interval: number): Timer {
    const timer = new LocalTimer(node, run, interval)
    this.arm(timer, this.timerOp, micros)
    return timer
  }

  cancel(timer: LocalTimer): void {
    timer.cancelled = true
    if (timer.slot < 0) return
    this.sim.kernel.cancel(timer.slot)
    timer.slot = -1
  }

  sleep(node: LocalNode, micros: number): Promise<void> {
    const promise = pendingPromise<void>()
    const task = this.sim.currentTask(node)
    task.pending++
    this.arm(new Sleep(node, task, lastResolver()), this.sleepOp, micros)
    return promise
  }

  /** A condition over the node's state, looked at after each event on the node. */
  until(node: LocalNode, condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const task = this.sim.currentTask(node)
      task.pending++
      const waiter: Waiter = { node, task, resolve, condition, cause: this.sim.kernel.cause }
      if (condition()) this.wakeWaiter(node.machine, waiter)
      else node.machine.more().waiters.push(waiter)
    })
  }

  private wakeWaiter(machine: Machine, waiter: Waiter): void {
    const { kernel } = this.sim
    const wait = new Wait(waiter.node, waiter.task, waiter.resolve)
    kernel.schedule(kernel.now, PRIORITY_ORDINARY, this.wakeOp, machine.id, CONDITION, 0, kernel.cause, wait)
  }

  /** CPU time of a running task; a machine without a CPU model just takes that long. */
  work(node: LocalNode, micros: number): Promise<void> {
    return new Promise((resolve) => {
      const { kernel } = this.sim
      const task = this.sim.currentTask(node)
      task.pending++
      const cause = kernel.cause
      const cpu = node.machine.extras?.cpu
      if (cpu === undefined) {
        const wait = new Wait(node, task, resolve)
        kernel.schedule(
          kernel.now + micros,
          PRIORITY_ORDINARY,
          this.wakeOp,
          node.machine.id,
          WORK,
          0,
          cause,
          wait,
        )
      } else {
        const ref = new Wait(node, task, resolve)
        cpu.submit(micros, { run: this.wakeUp, cost: micros, b: WORK, c: 0, cause, ref })
      }
    })
  }

  private arm(pending: Pending, op: number, micros: number): void {
    const { kernel } = this.sim
    const { machine } = pending.node
    const clock = machine.extras?.clock
    const delay = clock === undefined ? micros : clock.trueDelay(kernel.now, micros)
    const at = kernel.now + delay
    pending.order = ++this.armed
    pending.due = (clock === undefined ? kernel.now : clock.monotonicAt(kernel.now)) + micros
    pending.slot = kernel.schedule(at, PRIORITY_ORDINARY, op, machine.id, 0, 0, kernel.cause, pending)
  }

  /**
   * To be called after the rate of a machine's clock has changed: what is pending fires when the clock, as it runs now,
   * gets there. (Timeouts of requests already sent keep their old time.)
   */
  rateChanged(machine: Machine): void {
    const { kernel } = this.sim
    const clock = machine.extras?.clock
    if (clock === undefined) return
    const moved = [this.timerOp, this.sleepOp].flatMap((op) =>
      kernel.pendingOf(op, machine.id).map(({ ref, cause }) => ({ op, pending: ref as Pending, cause })),
    )
    // In the order in which they were set, so that those due at one instant keep it.
    moved.sort((a, b) => a.pending.order - b.pending.order)
    for (const { op, pending, cause } of moved) {
      kernel.cancel(pending.slot)
      if (!pending.node.alive) continue
      const left = Math.max(0, pending.due - clock.monotonicAt(kernel.now))
      const at = kernel.now + clock.trueDelay(kernel.now, left)
      pending.slot = kernel.schedule(at, PRIORITY_ORDINARY, op, machine.id, 0, 0, cause, pending)
    }
  }

  private readonly fire = (machine: Machine, _b: number, _c: number, cause: number, ref: unknown): void => {
    const sim = this.sim
    const timer = ref as LocalTimer
    if (!timer.node.alive || timer.cancelled) return
    const id = sim.recorder.record(sim.kernel.now, TIMER, machine.id, cause, -1, 0)
    const node = sim.begin(machine, id)
    if (timer.interval >= 0) this.arm(timer, this.timerOp, timer.interval)
    sim.call(node, 'timer', timer.run)
  }

  private readonly wakeUp = (
    machine: Machine,
    kind: number,
    _c: number,
    cause: number,
    ref: unknown,
  ): void => {
    const sim = this.sim
    const wait = ref as Wait | Sleep
    if (!wait.node.alive) return
    const id = sim.recorder.record(sim.kernel.now, kind, machine.id, cause, -1, 0)
    sim.resume(machine, wait.task, id)
    wait.resolve(undefined as never)
  }
}
