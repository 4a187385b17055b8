/**
 * The clocks of all machines over a run, as an observer sees them: between two changes both clocks of a machine run at a
 * constant rate, so the changes say all. Clocks are changed by the world only (faults, placement), never by nodes.
 */
import type { NodeClock } from './clock.ts'
import type { Simulation } from './simulation.ts'

/** How a machine's clocks stand and run from some time on. Errors: microseconds ahead of true time. */
export interface ClockChange {
  /** Virtual microseconds. */
  readonly time: number
  readonly node: string
  readonly wallError: number
  /** The monotonic clock began at 0 with the run. */
  readonly monotonicError: number
  /** Parts per million by which both run fast. */
  readonly ppm: number
}

/** Watches a run. Machines whose clocks are never wrong have no entry; the list grows while the run goes on. */
export function watchClocks(sim: Simulation): readonly ClockChange[] {
  const changes: ClockChange[] = []
  const seen = new Map<number, number>()
  const look = (time: number): void => {
    for (const machine of sim.machines) {
      const clock = machine.extras?.clock
      if (clock === undefined || seen.get(machine.id) === clock.revision) continue
      seen.set(machine.id, clock.revision)
      changes.push(changeOf(machine.name, clock, time))
    }
  }
  look(sim.kernel.now)
  sim.addProbe((machine) => {
    if (machine === null) look(sim.kernel.now)
  })
  return changes
}

function changeOf(node: string, clock: NodeClock, time: number): ClockChange {
  return {
    time,
    node,
    wallError: clock.skewAt(time),
    monotonicError: clock.monotonicAt(time) - time,
    ppm: clock.driftPpm,
  }
}
