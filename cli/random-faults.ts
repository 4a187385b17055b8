/**
 * Random faults as the command line asks for them: what they are like comes from a file, else from the scenario, and the
 * plan of a run from its seed.
 */
import type { FaultMix } from '../faults/generate/mix.ts'
import { planner } from '../faults/generate/planner.ts'
import type { Plan } from '../sim/host/fault.ts'
import { CallerError } from '../sim/kernel/errors.ts'
import type { Params, ParamValues } from '../sim/scenario/params.ts'
import type { Scenario } from '../sim/scenario/scenario.ts'
import type { RunSpec } from '../sim/scenario/simulate.ts'

/** As data, so that every thread makes the same plans. */
export interface RandomFaults {
  /** Whether each seed first draws which kinds of faults are on at all. */
  readonly swarm: boolean
  /** What a file says they are like; left out: what the scenario says. */
  readonly mix?: { readonly file: string; readonly content: FaultMix }
}

/**
 * What makes the plan of a seed.
 *
 * @param spec the run spec, whose parameters and end count
 */
export function planMaker(
  scenario: Scenario,
  { params, until }: Pick<RunSpec, 'params' | 'until'>,
  { swarm, mix }: RandomFaults,
): (seed: number) => Plan {
  const make = planner(scenario, params as ParamValues<Params>, {
    mix: mix?.content,
    swarm,
    horizonMicros: until,
  })
  return mix === undefined ? make : (seed) => inFile(mix.file, () => make(seed))
}

/** Errors of `run` with the file's name in front. */
export function inFile<T>(file: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw error instanceof CallerError ? new CallerError(`${file}: ${error.message}`) : error
  }
}
