// What the tests of the core share: running a few nodes without a file of their own, and looking at the trace.
import { scenario, simulate } from '../../index.ts'
import type {
  Check,
  ClusterSetup,
  FaultSpec,
  RunResult,
  Scenario,
  SimulateOptions,
  TraceRecord,
} from '../../index.ts'

export type Setup = ClusterSetup<object>

export interface System {
  readonly faults?: readonly FaultSpec[]
  readonly checks?: readonly Check[]
  readonly until?: `${number}s` | `${number}ms`
}

/** A scenario of nothing but a cluster. */
export function system(
  cluster: (setup: Setup) => void,
  { faults = [], checks = [], until = '10s' }: System = {},
): Scenario {
  return scenario({
    name: 'test',
    summary: 'a system under test',
    cluster,
    faults: () => faults,
    checks,
    until,
  })
}

/** Runs a cluster with its trace in memory. */
export function run(
  cluster: (setup: Setup) => void,
  options: System & Omit<SimulateOptions, 'until'> = {},
): Promise<RunResult> {
  const { faults, checks, until, ...rest } = options
  const of = {
    ...(faults && { faults }),
    ...(checks && { checks }),
    ...(until === undefined ? {} : { until }),
  }
  return simulate(system(cluster, of), { records: true, ...rest })
}

export function recordsOf(result: RunResult, ...kinds: TraceRecord['kind'][]): TraceRecord[] {
  const all = [...(result.trace?.records() ?? [])]
  return kinds.length === 0 ? all : all.filter((record) => kinds.includes(record.kind))
}

/** Records as `ms kind node type`; without kinds, all of them. */
export function story(result: RunResult, ...kinds: TraceRecord['kind'][]): string[] {
  return recordsOf(result, ...kinds).map(({ t, kind, node, type }) =>
    [t / 1000, kind, node, type].filter((part) => part !== undefined).join(' '),
  )
}

/** The record and what led to it, from itself back to the root. */
export function chain(records: readonly TraceRecord[], from: TraceRecord): TraceRecord[] {
  const out = [from]
  for (let { cause } = from; cause !== undefined;) {
    const next = records[cause - 1] as TraceRecord
    out.push(next)
    cause = next.cause
  }
  return out
}
