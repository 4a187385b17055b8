/**
 * What a check is: something that watches a run from outside (the world face) and ends in a verdict. A check changes
 * nothing, draws nothing, and takes no id from the trace.
 */
import type { RecordKind } from '../trace/records.ts'
import type { World } from './world.ts'

export type CheckVerdict = 'held' | 'violated' | 'undecided'

/** Where and how something that must hold did not. */
export interface Violation {
  /** Virtual microseconds. */
  readonly time: number
  /** The node concerned, if one is. */
  readonly node?: string
  /** The record to look at: `why` leads from there to the causes. */
  readonly record?: number
  readonly expected: string
  readonly observed: string
}

export interface CheckResult {
  readonly name: string
  readonly verdict: CheckVerdict
  /** How often the check looked at something that it could have found wrong; 0 means that it proves nothing. */
  readonly observations: number
  readonly violation?: Violation
  /** Why a verdict is `undecided`, or what was measured. */
  readonly detail?: string
  /**
   * Numbers that the check found on its way, by name with their unit (`availability`, `latency p99 (ms)`): what
   * comparisons may measure, whatever the verdict. A number that is not known (nothing was observed) is left out.
   */
  readonly measures?: Readonly<Record<string, number>>
  /**
   * `some`: among many runs it is enough that one of them holds; a run that does not is no failure then. Absent: every
   * run must hold. A run alone is judged by its own verdict either way.
   */
  readonly across?: 'some'
  /** False: it only measured, since it is stated for the scenario's own faults and these are random; `held` then. */
  readonly judged?: false
}

/** How a check's running half talks to the run. */
export interface CheckContext {
  readonly world: World
  /** When the plan's last fault is over, in virtual microseconds; 0 without faults. */
  readonly faultsEnd: number
  /** Whether the plan was drawn at random, so that no bound was made for it. */
  readonly randomFaults: boolean
  /** Calls back at a virtual time in microseconds, after everything else at that instant. */
  readonly at: (time: number, run: () => void) => void
  /** Ends the run after the current event: what was to be seen has been seen. Part of what the scenario says. */
  readonly stop: () => void
}

/** One check in one run. All hooks are optional. */
export interface RunningCheck {
  /** After each event, once its continuations have run. `record` is the last record. */
  afterEvent?(): void
  /** At the end of the run. */
  finish(): CheckResult
}

/** A check, to be listed in a scenario; `begin` is called once a run. */
export interface Check {
  readonly name: string
  /** `afterEvent` is then called only when records of these kinds were made during the event; default: always. */
  readonly on?: readonly RecordKind[]
  begin(context: CheckContext): RunningCheck
}
