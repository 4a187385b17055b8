/** Random plans for a scenario: what its nodes are is found out once, and then a plan made for each seed. */
import { CallerError } from '../../sim/kernel/errors.ts'
import type { Params, ParamValues } from '../../sim/scenario/params.ts'
import type { Scenario } from '../../sim/scenario/scenario.ts'
import type { Survey } from '../../sim/scenario/survey.ts'
import { survey } from '../../sim/scenario/survey.ts'
import type { FaultSpec } from '../vocabulary.ts'
import { generatePlan } from './generate.ts'
import type { FaultMix } from './mix.ts'
import { checkMix } from './mix.ts'

export interface PlannerOptions {
  /** Default: what the scenario declares as `randomFaults`, or the default for any scenario. */
  readonly mix?: FaultMix | undefined
  /** Default false. */
  readonly swarm?: boolean | undefined
  /** The end of the runs in virtual microseconds. */
  readonly horizonMicros: number
}

/** What makes the plan of a seed. */
export type Planner = (seed: number) => readonly FaultSpec[]

/**
 * A planner for one scenario with one set of parameters. The same seed gives the same plan, whichever were asked for
 * before.
 *
 * @param params checked ones, as `scenarioParams` returns them
 * @throws CallerError for a `randomFaults` that is none; a planner throws one if a description does not fit the nodes
 */
export function planner<P extends Params>(
  scenario: Scenario<P>,
  params: ParamValues<P>,
  { mix, swarm = false, horizonMicros }: PlannerOptions,
): Planner {
  const chosen = mix ?? declaredMix(scenario, params)
  let known: Survey | undefined
  return (seed) => {
    // What does not depend on the seed need not be found out again.
    const found = known?.seeded === false ? known : survey(scenario, params, seed)
    known = found
    const { nodes, roles, busyMicros } = found
    try {
      return generatePlan({
        seed,
        mix: chosen,
        nodes,
        roles,
        ...(busyMicros === undefined ? {} : { busyMicros }),
        horizonMicros,
        swarm,
      })
    } catch (error) {
      if (mix !== undefined || !(error instanceof CallerError)) throw error
      throw new CallerError(`scenario ${scenario.name}: randomFaults: ${error.message}`)
    }
  }
}

/** What a scenario says about its random faults; {} if nothing. */
export function declaredMix<P extends Params>(scenario: Scenario<P>, params: ParamValues<P>): FaultMix {
  const { randomFaults } = scenario
  const declared = typeof randomFaults === 'function' ? randomFaults(params) : (randomFaults ?? {})
  return checkMix(declared, `scenario ${scenario.name}: randomFaults`)
}
