/**
 * How big a failing run is: a list of numbers, compared from the left. First what has to be understood (faults,
 * operations, nodes), then what surrounds it (parameters, network, order of ties), then how much of it there is
 * (how long faults last, how strong they are, how long the run is), and last how it reads (digits and order of times).
 */
import type { Fault } from '../host/fault.ts'
import type { WorkloadOperation } from '../host/node.ts'
import type { Duration } from '../kernel/time.ts'
import { micros } from '../kernel/time.ts'
import type { Param } from '../scenario/params.ts'
import type { Scenario } from '../scenario/scenario.ts'
import type { Profile, RunResult } from '../scenario/simulate.ts'
import { faultWeight } from './shrink-targets.ts'
import { digitsOf } from './round.ts'

export type Size = readonly number[]

/** The counts that people are told. */
export interface Counts {
  readonly faults: number
  readonly operations: number
  readonly nodes: number
  readonly events: number
  /** Virtual microseconds until which the run goes. */
  readonly until: number
}

export function countsOf({ spec, workload, nodes, events }: RunResult): Counts {
  return {
    faults: spec.plan.length,
    operations: workload.length,
    nodes: nodes.length,
    events,
    until: spec.until,
  }
}

export function sizeOf({ spec, workload, nodes }: RunResult, scenario: Scenario): Size {
  const { plan, params, profile, until } = spec
  return [
    plan.length,
    workload.length,
    nodes.length,
    ...Object.entries(scenario.params).map(([name, param]) => paramSize(param, params[name])),
    profileSize(profile),
    sum(plan, (fault) => lengthOf(fault, until)),
    sum(plan, (fault) => faultWeight(fault, nodes)),
    until,
    sum(workload, ({ after = 0 }) => after),
    sum(plan, faultDigits) + digitsOf(until) + sum(workload, pauseDigits) + disorder(plan),
  ]
}

/** Below 0 if `a` is the smaller one. */
export function compareSizes(a: Size, b: Size): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference
  }
  return 0
}

/** How far a parameter is from the simplest it can be. */
export function paramSize(param: Param, value: unknown): number {
  switch (param.kind) {
    case 'integer':
      return Math.abs((value as number) - simplestInteger(param))
    case 'number':
      return Math.abs((value as number) - param.default)
    case 'boolean':
    case 'choice':
      return value === param.default ? 0 : 1
    case 'duration':
      return micros(value as Duration, 'parameter')
  }
}

/** An integer's minimum, or its default where there is none. */
export function simplestInteger(param: { readonly min: number; readonly default: number }): number {
  return param.min > -Infinity ? param.min : param.default
}

function profileSize(profile: Profile): number {
  const { ties, network = {}, ...others } = profile
  return (ties === 'serial' ? 0 : 1) + 2 - Object.keys(network).length + Object.keys(others).length
}

/** How long a fault is in force: to the end of the run when nothing says otherwise. */
function lengthOf({ at, for: lasting }: Fault, until: number): number {
  if (lasting !== undefined) return micros(lasting, 'for')
  return Math.max(0, until - micros(at, 'at'))
}

/** How many faults stand before one that begins earlier. */
function disorder(plan: readonly Fault[]): number {
  return plan.filter(({ at }, index) => {
    const next = plan[index + 1]
    return next !== undefined && micros(next.at, 'at') < micros(at, 'at')
  }).length
}

function faultDigits({ at, for: lasting }: Fault): number {
  return digitsOf(micros(at, 'at')) + (lasting === undefined ? 0 : digitsOf(micros(lasting, 'for')))
}

function pauseDigits({ after }: WorkloadOperation): number {
  return after === undefined ? 0 : digitsOf(Math.round(after * 1000))
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}
