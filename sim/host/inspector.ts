/**
 * Time travel: after each event the state of the node that ran is reconciled into an immutable snapshot that shares
 * structure with the one before (immer), so any node's state at any instant can be shown and compared.
 *
 * Nodes change their state in place and never see a snapshot; an inspected run differs from a plain one in speed only.
 */
import type { Patch } from 'immer'
import type { Machine } from './machine.ts'
import type { Simulation } from './simulation.ts'
import { snapshot } from './snapshot.ts'

/** One change of one node's state. */
export interface StateChange {
  /** The first record of the event; one more than `record` if the event made none. */
  readonly first: number
  /** The last record when the event was over: the state is the one after it. */
  readonly record: number
  /** Virtual microseconds. */
  readonly time: number
  readonly node: string
  /** The whole state, sharing structure with earlier ones; undefined while the node is down. */
  readonly state: unknown
  /** What changed against the node's previous state. */
  readonly patches: readonly Patch[]
}

/** All changes of state of a run, in order. */
export class StateHistory {
  private readonly list: StateChange[] = []
  private readonly latest = new Map<string, unknown>()

  get changes(): readonly StateChange[] {
    return this.list
  }

  /**
   * Takes a look at a node's live state; notes a change if there is one.
   *
   * @param record the last record
   * @param first the first record of the event that may have changed it
   */
  note(node: string, live: unknown, record: number, time: number, first = record): void {
    const before = this.latest.get(node)
    const [state, patches] = snapshot(before, live)
    if (state === before) return
    this.latest.set(node, state)
    this.list.push({ first, record, time, node, state, patches })
  }

  /** States by node after everything that happened up to an instant: a record's id, or a virtual time in microseconds. */
  at(instant: { readonly record: number } | { readonly time: number }): ReadonlyMap<string, unknown> {
    const out = new Map<string, unknown>()
    for (const change of this.list) {
      if ('record' in instant ? change.record > instant.record : change.time > instant.time) break
      out.set(change.node, change.state)
    }
    return out
  }
}

/** A stretch of records, both ends included. */
export interface RecordWindow {
  readonly from: number
  readonly to: number
}

/** Watches a run; with a window only from the event that makes its first record to the one that makes its last. */
export function inspect(sim: Simulation, { from, to }: RecordWindow = ALL): StateHistory {
  const history = new StateHistory()
  const seen = new Map<number, number>()
  const { recorder, kernel } = sim
  /** The last record before the current event. */
  let before = 0
  let begun = from <= 1
  const note = (machine: Machine): void => {
    seen.set(machine.id, machine.node === null ? -1 : machine.incarnation)
    history.note(machine.name, machine.node?.state, recorder.count, kernel.now, before + 1)
  }
  const noteAll = (): void => {
    for (const machine of sim.machines) {
      const incarnation = machine.node === null ? -1 : machine.incarnation
      if (seen.get(machine.id) !== incarnation) note(machine)
    }
  }
  sim.addProbe((machine) => {
    if (recorder.count >= from && before < to) {
      if (machine === null || !begun) noteAll()
      if (machine !== null) note(machine)
      begun = true
    }
    before = recorder.count
  })
  return history
}

const ALL: RecordWindow = { from: 1, to: Infinity }
