/**
 * The life of a machine: start, crash, restart, pause, resume, graceful stop.
 *
 * A crash ends the incarnation: its object is no longer the machine's, so nothing that belongs to it runs again. Of the
 * disk only what was synced survives. A restart begins a new incarnation: state anew, `recover`, then `start`; messages
 * are taken only when `recover` is done. A pause stops everything that runs on the machine, which is not told.
 */
import { invariant } from '../kernel/errors.ts'
import { PRIORITY_CONTROL, PRIORITY_ORDINARY } from '../kernel/kernel.ts'
import { LocalNode } from './local-node.ts'
import type { Delayed, Machine } from './machine.ts'
import { PAYS_ITSELF } from './machine.ts'
import type { HostServices } from './services.ts'
import { isThenable } from './tasks.ts'

export class Lifecycle {
  private readonly services: HostServices
  private readonly backlogOp: number
  private readonly bootOp: number

  constructor(services: HostServices) {
    this.services = services
    const { sim } = services
    this.backlogOp = sim.kernel.register((id, incarnation) => {
      const machine = sim.machine(id)
      if (machine.incarnation === incarnation) this.workOffBacklog(machine)
    })
    this.bootOp = sim.kernel.register((id, incarnation, _c, cause) => {
      const machine = sim.machine(id)
      sim.beginWorld(cause)
      if (machine.node !== null && machine.incarnation === incarnation) {
        sim.enter(machine, this.boot, 0, 0, 0, cause, undefined)
      }
    })
    sim.crashNode = (machine, type) => {
      this.crash(machine, type)
    }
  }

  /** Begins an incarnation on a machine that is down; the current cause led to it. */
  start(machine: Machine): void {
    this.boot(machine, 0, 0, this.switchOn(machine))
  }

  /** A new incarnation with fresh state, of which no code has run yet; returns the record of its start. */
  private switchOn(machine: Machine): number {
    invariant(machine.node === null, `${machine.name} is down before it starts`)
    machine.incarnation++
    const { kind, config } = machine
    machine.node = new LocalNode(machine, kind.state?.(config) ?? {})
    machine.paused = false
    machine.status = 'recovering'
    this.takeRole(machine, '', undefined)
    return this.services.sim.note('start', machine.id, '', { incarnation: machine.incarnation })
  }

  private readonly boot = (machine: Machine, _b: number, _c: number, cause: number): void => {
    const { sim } = this.services
    const node = sim.begin(machine, cause)
    const { recover } = machine.kind
    if (recover === undefined) {
      this.ready(machine, node)
      return
    }
    let result: unknown
    try {
      result = recover(node)
    } catch (error) {
      sim.threw(node, 'recover', error)
      return
    }
    if (isThenable(result)) {
      sim.watch(node, 'recover', result, () => {
        this.ready(machine, node)
      })
    } else if (node.alive) this.ready(machine, node)
  }

  private ready(machine: Machine, node: LocalNode): void {
    machine.status = 'up'
    machine.updateDirect()
    const { start } = machine.kind
    if (start === undefined) return
    // When `recover` was asynchronous its task is over; what `start` waits for is a task of its own.
    this.services.sim.task = null
    this.services.sim.call(node, 'start', () => start(node))
  }

  /** Ends the incarnation at once. Returns false when there was none. */
  crash(machine: Machine, type: string): boolean {
    if (!this.end(machine, 'down')) return false
    const { sim } = this.services
    sim.note('crash', machine.id, type)
    machine.extras?.disk?.crash()
    return true
  }

  /** The node ends itself: what it wrote stays, synced or not, since the machine lives on. */
  stop(machine: Machine): void {
    if (!this.end(machine, 'stopped')) return
    this.services.sim.note('stop', machine.id, '')
  }

  private end(machine: Machine, status: 'down' | 'stopped'): boolean {
    const ended = machine.node
    if (ended === null) return false
    machine.node = null
    machine.status = status
    machine.paused = false
    const { sim } = this.services
    // What is left of the current event is no code of this node any more.
    if (sim.active === ended) sim.active = null
    const { extras } = machine
    if (extras !== null) {
      extras.backlog = []
      extras.waiters = []
      extras.cpu?.clear()
      extras.cpu?.resume()
      extras.cpuDue = 0
      extras.role = undefined
      extras.roleDetail = undefined
      extras.streams?.end(status === 'stopped')
    }
    machine.updateDirect()
    return true
  }

  /** Restarts a machine that is down or stopped. Returns false when it runs. */
  restart(machine: Machine): boolean {
    if (machine.node !== null) return false
    const { kernel } = this.services.sim
    const record = this.switchOn(machine)
    // Its code runs in an event of its own, since one fault may restart several machines.
    kernel.schedule(
      kernel.now,
      PRIORITY_CONTROL,
      this.bootOp,
      machine.id,
      machine.incarnation,
      0,
      record,
      undefined,
    )
    return true
  }

  /** Stops everything on the machine. Returns false when it does not run or is paused already. */
  pause(machine: Machine): boolean {
    if (machine.node === null || machine.paused) return false
    machine.paused = true
    machine.extras?.cpu?.pause()
    machine.updateDirect()
    this.services.sim.note('pause', machine.id, '')
    return true
  }

  /** Lets it go on; what queued meanwhile is worked off in order before anything new. */
  resume(machine: Machine): boolean {
    if (!machine.paused) return false
    const { sim } = this.services
    machine.paused = false
    const record = sim.note('resume', machine.id, '')
    machine.extras?.cpu?.resume()
    machine.updateDirect()
    if ((machine.extras?.backlog.length ?? 0) > 0) this.scheduleBacklog(machine, record)
    return true
  }

  private scheduleBacklog(machine: Machine, cause: number): void {
    const { kernel } = this.services.sim
    kernel.schedule(
      kernel.now,
      PRIORITY_ORDINARY,
      this.backlogOp,
      machine.id,
      machine.incarnation,
      0,
      cause,
      undefined,
    )
  }

  private workOffBacklog(machine: Machine): void {
    const { sim } = this.services
    const extras = machine.more()
    if (machine.paused) return
    const item = extras.backlog.shift()
    if (item === undefined) return
    if (extras.backlog.length > 0) this.scheduleBacklog(machine, sim.kernel.cause)
    machine.updateDirect()
    this.runDelayed(machine, item)
  }

  private runDelayed(machine: Machine, item: Delayed): void {
    const { cpu, cpuFree } = machine.more()
    if (cpu === undefined || item.cost === PAYS_ITSELF || (item.cost === 0 && cpuFree)) {
      item.run(machine, item.b, item.c, item.cause, item.ref)
    } else cpu.submit(item.cost, item)
  }

  takeRole(machine: Machine, name: string, detail: unknown): void {
    const { sim } = this.services
    if (name === '' && machine.extras?.role === undefined) return
    const extras = machine.more()
    extras.role = name === '' ? undefined : name
    const kept = detail === undefined ? undefined : sim.recorder.walker.copy(detail, `role ${name}`)
    extras.roleDetail = kept
    sim.note('role', machine.id, name, kept)
  }
}
