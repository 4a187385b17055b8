/**
 * The interface through which fault vocabularies are registered: the simulator knows how to schedule, record and undo
 * a fault, not what kinds there are.
 */
import type { Duration } from '../kernel/time.ts'
import type { Control } from './control.ts'

/** A fault as data: when, what, and the fields of its kind. */
export interface Fault {
  /** Virtual time at which it begins. */
  readonly at: Duration
  readonly kind: string
  /** How long it lasts, for kinds that end; without it the fault stays. */
  readonly for?: Duration
  readonly [field: string]: unknown
}

/** A scripted list of faults. */
export type Plan = readonly Fault[]

/** What a fault did. */
export interface FaultEffect {
  /** Names of nodes (or pairs) that it touched; none means that it was vacuous. */
  readonly touched: readonly string[]
  /** Undoes it when its time is over; returns what that touched. */
  readonly end?: () => readonly string[]
}

/** A fault that has been checked and is ready to fire. */
export interface PreparedFault {
  readonly fault: Fault
  /** Microseconds. */
  readonly at: number
  /** Microseconds, or undefined for ever. */
  readonly duration: number | undefined
  /** Fires; targets are resolved now. */
  readonly begin: (control: Control) => FaultEffect
}

/** All kinds of faults that plans may use. */
export interface FaultVocabulary {
  readonly kinds: readonly string[]
  /**
   * Checks one fault and makes it ready. `where` is its place in the plan (`plan[2]`). Throws a CallerError for an
   * unknown kind or field, a wrong type or range, or a target that can never match one of the scenario's nodes.
   */
  prepare(fault: unknown, where: string, control: Control): PreparedFault
}
