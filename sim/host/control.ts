/**
 * The world's hands: what faults may do to machines and to the network. Every method says what it touched, so that a
 * fault that touched nothing can be called vacuous.
 */
import type { DiskFaults } from '../storage/disk-image.ts'
import type { LinkOptions } from '../network/link.ts'
import type { Degradation } from '../network/network.ts'
import type { Cut, CutHandle } from '../network/partitions.ts'
import type { Machine } from './machine.ts'
import type { Selectable, Selector } from './selectors.ts'
import { matches } from './selectors.ts'
import type { HostServices } from './services.ts'

export class Control {
  private readonly services: HostServices

  constructor(services: HostServices) {
    this.services = services
  }

  /** Numbers of the nodes that any of the selectors matches now, in order. */
  select(selectors: readonly Selector[]): number[] {
    const { machines } = this.services.sim
    const out: number[] = []
    for (const machine of machines) {
      if (selectors.some((selector) => matches(selector, selectable(machine)))) out.push(machine.id)
    }
    return out
  }

  /** Groups of nodes, disjoint: a node belongs to the first group that matches it; `rest` takes who is in no other. */
  groups(groups: readonly (readonly Selector[])[]): number[][] {
    const taken = new Set<number>()
    const out = groups.map((selectors) => {
      const members = this.select(selectors).filter((id) => !taken.has(id))
      for (const id of members) taken.add(id)
      return members
    })
    groups.forEach((selectors, index) => {
      if (!selectors.some((selector) => selector.kind === 'rest')) return
      for (const machine of this.services.sim.machines) {
        if (!taken.has(machine.id)) {
          taken.add(machine.id)
          out[index]?.push(machine.id)
        }
      }
    })
    return out
  }

  /** All nodes as selectors see them. */
  get nodes(): Selectable[] {
    return this.services.sim.machines.map(selectable)
  }

  name(id: number): string {
    return this.services.sim.nodeName(id)
  }

  /** Ends the node's incarnation; with `torn` the last unsynced write may survive in part. False if it was not running. */
  crash(id: number, options: { readonly torn?: boolean } = {}): boolean {
    const machine = this.machine(id)
    if (machine.node === null) return false
    if (options.torn === true) machine.extras?.disk?.tearNextCrash()
    return this.services.lifecycle.crash(machine, 'fault')
  }

  /** Begins a new incarnation. False if it was running. */
  restart(id: number): boolean {
    return this.services.lifecycle.restart(this.machine(id))
  }

  /** False if it was not running, or paused already. */
  pause(id: number): boolean {
    return this.services.lifecycle.pause(this.machine(id))
  }

  resume(id: number): boolean {
    return this.services.lifecycle.resume(this.machine(id))
  }

  /** Cuts the network until `heal`. */
  cut(cut: Cut): CutHandle {
    return this.services.sim.network.partitions.add(cut)
  }

  heal(handle: CutHandle): void {
    this.services.sim.network.partitions.remove(handle)
  }

  /** Heals every cut; returns how many there were. */
  healAll(): number {
    return this.services.sim.network.partitions.clear()
  }

  /** Replaces link options for the pairs from one set to the other (both directions if `symmetric`) until `restore`. */
  degrade(
    from: readonly number[],
    to: readonly number[],
    options: LinkOptions,
    symmetric: boolean,
  ): Degradation {
    const degradation: Degradation = { applies: pairs(from, to, symmetric), options }
    this.services.sim.network.degrade(degradation)
    return degradation
  }

  restore(degradation: Degradation): void {
    this.services.sim.network.restore(degradation)
  }

  /** Keeps messages of these pairs back; the result lets them go. */
  hold(from: readonly number[], to: readonly number[], symmetric: boolean): () => void {
    const applies = pairs(from, to, symmetric)
    const { network } = this.services.sim
    network.hold(applies)
    return () => {
      network.release(applies)
    }
  }

  /** Steps the wall clock by microseconds, forwards or back. */
  stepClock(id: number, micros: number): void {
    const { sim } = this.services
    this.clockOf(id).step(sim.kernel.now, micros)
  }

  /** Sets the drift in parts per million; pending timers are set anew. Returns the drift it had. */
  setDrift(id: number, ppm: number): number {
    const { sim, timers } = this.services
    const clock = this.clockOf(id)
    const before = clock.driftPpm
    clock.setDrift(sim.kernel.now, ppm)
    timers.rateChanged(this.machine(id))
    return before
  }

  /** Sets the speed of the CPU as a factor of the nominal one. False if the node has no CPU model. */
  setCpuSpeed(id: number, factor: number): boolean {
    const cpu = this.machine(id).extras?.cpu
    if (cpu === undefined) return false
    cpu.setSpeed(factor)
    return true
  }

  /** Switches disk faults; what is left out stays as it is. */
  setDiskFaults(id: number, faults: Partial<DiskFaults>): void {
    this.services.diskOf(this.machine(id)).setFaults(faults)
  }

  private clockOf(id: number): NonNullable<NonNullable<Machine['extras']>['clock']> {
    return this.services.clockOf(this.machine(id))
  }

  private machine(id: number): Machine {
    return this.services.sim.machine(id)
  }
}

/** A machine as selectors see it. */
export function selectable(machine: Machine): Selectable {
  return {
    id: machine.id,
    kindName: machine.kind.name,
    index: machine.address.index,
    role: machine.extras?.role,
    zone: machine.extras?.zone,
  }
}

function pairs(
  from: readonly number[],
  to: readonly number[],
  symmetric: boolean,
): (a: number, b: number) => boolean {
  const sources = new Set(from)
  const targets = new Set(to)
  return (a, b) => (sources.has(a) && targets.has(b)) || (symmetric && sources.has(b) && targets.has(a))
}
