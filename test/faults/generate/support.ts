// Clusters to make plans for, and what tests ask of plans.
import type { PlanRequest } from '../../../faults/generate/generate.ts'
import { generatePlan } from '../../../faults/generate/generate.ts'
import { checkMix } from '../../../faults/generate/mix.ts'
import type { FaultSpec } from '../../../faults/vocabulary.ts'
import { signedMicros } from '../../../faults/fields.ts'
import type { Duration } from '../../../sim/kernel/time.ts'
import { micros } from '../../../sim/kernel/time.ts'
import type { SurveyedNode } from '../../../sim/scenario/survey.ts'

export interface Group {
  readonly kind: string
  /** One node that is named by its kind alone: -1. */
  readonly count: number
  readonly zones?: readonly string[]
  readonly cpu?: boolean
  readonly disk?: boolean
  readonly client?: boolean
}

export function cluster(...groups: readonly Group[]): readonly SurveyedNode[] {
  const nodes: SurveyedNode[] = []
  for (const { kind, count, zones = [], cpu = true, disk = true, client = false } of groups) {
    for (let i = 0; i < Math.abs(count); i++) {
      const index = count < 0 ? -1 : i
      const name = index < 0 ? kind : `${kind}[${index}]`
      const zone = zones.length === 0 ? undefined : zones[i % zones.length]
      nodes.push({ id: nodes.length, kindName: kind, index, name, zone, role: undefined, cpu, disk, client })
    }
  }
  return nodes
}

/** Five replicas with everything, and three clients. */
export const replicas = cluster({ kind: 'replica', count: 5 }, { kind: 'client', count: 3, client: true })

export const HORIZON = 60_000_000

/** A plan for the replicas; the mix is checked as one from a file is. */
export function plan(
  mix: object = {},
  { seed = 1, ...rest }: Partial<Omit<PlanRequest, 'mix'>> = {},
): readonly FaultSpec[] {
  return generatePlan({ seed, mix: checkMix(mix), nodes: replicas, horizonMicros: HORIZON, ...rest })
}

/** The plans of so many seeds as one list. */
export function plans(
  mix: object,
  seeds: number,
  request: Partial<Omit<PlanRequest, 'mix'>> = {},
): readonly FaultSpec[] {
  return Array.from({ length: seeds }, (_, seed) => plan(mix, { ...request, seed })).flat()
}

export const at = (fault: FaultSpec): number => micros(fault.at, 'at')

/** When it is over; when it begins if it has no end of its own. */
export function end(fault: FaultSpec): number {
  return at(fault) + ('for' in fault ? micros(fault.for, 'for') : 0)
}

export const lasting = (fault: FaultSpec): number => end(fault) - at(fault)

export function ofKind<K extends FaultSpec['kind']>(
  faults: readonly FaultSpec[],
  kind: K,
): readonly Extract<FaultSpec, { readonly kind: K }>[] {
  return faults.filter((fault): fault is Extract<FaultSpec, { readonly kind: K }> => fault.kind === kind)
}

export const signed = (written: Duration): number => signedMicros(written, 'by')
