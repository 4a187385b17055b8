/**
 * What the page of one run holds, as JSON. Records are columns (one array a field, small differences), since that is what
 * compresses and parses well; texts and contents are in tables and named by position. Times are virtual microseconds.
 */
import type { CheckVerdict } from '../../../sim/checks/check.ts'
import type { OperationStatus } from '../../../sim/host/history.ts'

/** Everything, in the order in which the page needs it. */
export interface RunData {
  readonly page: 'run'
  readonly facts: RunFacts
  readonly nodes: readonly NodeData[]
  readonly records: RecordColumns
  readonly logs: readonly LogData[]
  /** Absent where the run could not be executed again. */
  readonly states?: StateData
  readonly clocks: readonly ClockData[]
  readonly operations: readonly OperationData[]
  readonly orders: readonly OrderData[]
  readonly series: readonly SeriesData[]
  /** What is missing and why, in sentences. */
  readonly missing: readonly string[]
}

export interface NodeData {
  readonly name: string
  readonly kind: string
}

export interface RunFacts {
  readonly scenario: string
  readonly summary: string
  readonly source: string
  readonly version: string
  readonly seed: number
  readonly params: readonly ParamData[]
  /** What else was chosen: `ties: shuffled`. */
  readonly profile: readonly string[]
  readonly verdict: CheckVerdict
  readonly checks: readonly CheckData[]
  readonly violations: readonly ViolationData[]
  readonly warnings: readonly string[]
  readonly faults: readonly FaultData[]
  /** Virtual time at the end. */
  readonly endedAt: number
  readonly records: number
  readonly events: number
  readonly fingerprint: string
  readonly commands: readonly CommandData[]
  /** Lines for people that came with a failure bundle. */
  readonly story: readonly string[]
}

export interface ParamData {
  readonly name: string
  readonly value: string
  /** The default; absent: it is not known, for the scenario is not at hand. */
  readonly usual?: string
}

export interface CheckData {
  readonly name: string
  readonly verdict: CheckVerdict
  /** How often it looked, or what it measured. */
  readonly said: string
}

export interface ViolationData {
  readonly name: string
  readonly kind: 'check' | 'failure'
  readonly time: number
  readonly node?: string
  /** The record to look at. */
  readonly record?: number
  readonly expected?: string
  readonly observed: string
  readonly stack?: string
  /** Numbers of the operations that show it. */
  readonly operations?: readonly number[]
}

/** One fault of the plan. */
export interface FaultData {
  readonly index: number
  readonly kind: string
  readonly touched: readonly string[]
  readonly fired: boolean
}

export interface CommandData {
  readonly about: string
  readonly command: string
}

/** Columns of equal length, one entry a record that is shown. */
export interface RecordColumns {
  /** Number of the record, less the one before. */
  readonly id: readonly number[]
  /** Time, less the one before. */
  readonly t: readonly number[]
  /** Position in `RECORD_KINDS`. */
  readonly kind: readonly number[]
  /** Position in the nodes plus 1; 0: the world. */
  readonly node: readonly number[]
  /** The record's number less its cause's; 0: a root. */
  readonly cause: readonly number[]
  /** Position in the nodes plus 1; 0: none. */
  readonly peer: readonly number[]
  /** Position in `types`. */
  readonly type: readonly number[]
  /** Position in `contents` plus 1; 0: none. */
  readonly data: readonly number[]
  readonly types: readonly string[]
  /** JSON texts, in the form of `sim/trace/values.ts`. */
  readonly contents: readonly string[]
  /** The first and last record of the stretch that is shown whole; equal to 1 and the last when none is left out. */
  readonly from: number
  readonly to: number
  /** Records that are left out. */
  readonly omitted: number
}

/** A line that a node logged. */
export interface LogData {
  readonly t: number
  readonly node: number
  /** The record during which it was made. */
  readonly cause: number
  readonly level: string
  readonly text: string
}

/** States as a table of values that share their parts; see `state-values.ts`. */
export interface StateData {
  readonly values: readonly unknown[]
  readonly shapes: readonly (readonly string[])[]
  /** Per change: node, first record of the event, last record of it, time (both as differences), value (-1: down). */
  readonly changes: {
    readonly node: readonly number[]
    readonly first: readonly number[]
    readonly record: readonly number[]
    readonly t: readonly number[]
    readonly value: readonly number[]
  }
}

/** From `t` on until the next entry of the node its clocks ran at this rate. Errors in microseconds. */
export interface ClockData {
  readonly node: number
  readonly t: number
  /** Wall clock less true time. */
  readonly wall: number
  /** Monotonic clock less true time. */
  readonly monotonic: number
  readonly ppm: number
}

export interface OperationData {
  readonly id: number
  readonly node: number
  readonly name: string
  /** JSON text. */
  readonly input: string
  readonly status: OperationStatus
  readonly from: number
  /** Absent while open. */
  readonly to?: number
  readonly record: number
  readonly endRecord?: number
  /** JSON text of the output, or the reason of a failure. */
  readonly answer?: string
}

/** An order of operations that a check found, or the longest one there is. Operations are named by their numbers. */
export interface OrderData {
  readonly check: string
  /** What the operations are about, if there are several things. */
  readonly object?: string
  readonly order: readonly number[]
  /** Present where there is no order of all: what fits nowhere. */
  readonly broken?: {
    readonly operation: number
    /** What cannot all be true. */
    readonly conflict: readonly number[]
    /** What the object holds after `order`. */
    readonly state: string
    /** Answers that would have fitted. */
    readonly fitting: readonly string[]
  }
}

/** A measure over virtual time: one chart, one or several lines over equal spans from 0 to the end of the run. */
export interface SeriesData {
  readonly name: string
  /** Charts of one group stand together. */
  readonly group: 'operations' | 'messages' | 'queues' | 'clocks' | 'metrics'
  /** What is on the axis: `per second`, `ms`. */
  readonly unit: string
  readonly lines: readonly { readonly label: string; readonly values: readonly (number | null)[] }[]
}
