/**
 * `orrery-sim/fast-check`: arbitraries for the parameters of a scenario, for plans of faults, and for whole runs. What
 * fails shrinks as fast-check shrinks: fewer faults, each weaker, shorter and later, aimed at an earlier node; smaller
 * parameters. docs/testing.md shows them in use.
 */
import * as fc from 'fast-check'
import { sceneOf } from '../../faults/generate/generate.ts'
import { checkMix } from '../../faults/generate/mix.ts'
import { declaredMix } from '../../faults/generate/planner.ts'
import type { FaultSpec } from '../../faults/vocabulary.ts'
import { CallerError, show } from '../../sim/kernel/errors.ts'
import { unknownName } from '../../sim/kernel/nearest.ts'
import type { Duration } from '../../sim/kernel/time.ts'
import { micros } from '../../sim/kernel/time.ts'
import type { Params, ParamValues } from '../../sim/scenario/params.ts'
import type { Scenario } from '../../sim/scenario/scenario.ts'
import { survey } from '../../sim/scenario/survey.ts'
import type { Draft, FaultName, Stage } from './faults.ts'
import { drafts, usualKinds } from './faults.ts'
import type { Given } from './params.ts'
import { checkedParams, paramsOf } from './params.ts'

export type { FaultName } from './faults.ts'
export { paramsOf } from './params.ts'
export type { Given } from './params.ts'

export interface PlanOptions {
  /** Kinds of faults. Default: all but those of disks that lose data, and what only ends other faults. */
  readonly kinds?: readonly FaultName[]
  /** The most faults in a plan. Default 6. */
  readonly most?: number
  /**
   * Nodes at whom faults are aimed, as selectors. Default, as for `from` and `quiet`: what the scenario says in
   * `randomFaults`, else what random faults do; that is all nodes but clients, which are those that have a workload.
   */
  readonly nodes?: string | readonly string[]
  /** Virtual time before which no fault begins. */
  readonly from?: Duration
  /** How long before the end of the run all faults are over. */
  readonly quiet?: Duration
  /** Virtual time at which runs end. Default: as the scenario says. */
  readonly until?: Duration
}

/** What `simulate` takes. */
export interface Run<P extends Params> {
  readonly seed: number
  readonly params: ParamValues<P>
  readonly plan: readonly FaultSpec[]
}

/**
 * Plans for a scenario with these parameters.
 *
 * @param params those that are not at their default
 * @throws CallerError for a kind, a node or a parameter that there is not
 */
export function planOf<P extends Params>(
  scenario: Scenario<P>,
  params: Partial<ParamValues<P>> = {},
  options: PlanOptions = {},
): fc.Arbitrary<readonly FaultSpec[]> {
  const stage = stageOf(scenario, checkedParams(scenario, params), 1, options)
  return draftsOf(options).map((all) => planIn(all, stage))
}

/**
 * Whole runs: a seed, parameters, and a plan that fits the nodes which these parameters give. Each shrinks on its own.
 *
 * @param given parameters that are not to be drawn as declared, see {@link paramsOf}
 */
export function runOf<P extends Params>(
  scenario: Scenario<P>,
  given: Given<P> = {},
  options: PlanOptions = {},
): fc.Arbitrary<Run<P>> {
  return fc
    .record({ seed: fc.nat(), params: paramsOf(scenario, given), all: draftsOf(options) })
    .map(({ seed, params, all }) => ({
      seed,
      params,
      plan: planIn(all, stageOf(scenario, params, seed, options)),
    }))
}

const MOST = 6

function draftsOf({ kinds = usualKinds, most = MOST }: PlanOptions): fc.Arbitrary<readonly Draft[]> {
  if (!(Number.isSafeInteger(most) && most >= 0)) {
    throw new CallerError(`most: ${show(most)}`, { expected: 'a whole number, 0 or more' })
  }
  for (const kind of kinds) {
    if (!Object.hasOwn(drafts, kind)) throw unknownName('kind of fault', kind, Object.keys(drafts), 'kinds')
  }
  if (kinds.length === 0) return fc.constant([])
  return fc.array(fc.oneof(...kinds.map((kind) => drafts[kind])), { maxLength: most, size: 'max' })
}

/** In the order of their times, as people write plans. */
function planIn(all: readonly Draft[], stage: Stage): readonly FaultSpec[] {
  const faults = all.flatMap((draft) => draft(stage) ?? [])
  return faults.sort((a, b) => micros(a.at, 'at') - micros(b.at, 'at'))
}

function stageOf<P extends Params>(
  scenario: Scenario<P>,
  params: ParamValues<P>,
  seed: number,
  { nodes: aimedAt, from, quiet, until }: PlanOptions,
): Stage {
  const { nodes, roles, busyMicros } = survey(scenario, params, seed)
  const untilGiven = until ?? (typeof scenario.until === 'function' ? scenario.until(params) : scenario.until)
  const own = { nodes: aimedAt, from, quiet }
  const given = Object.entries(own).filter(([, value]) => value !== undefined)
  return sceneOf({
    mix: { ...declaredMix(scenario, params), ...checkMix(Object.fromEntries(given)) },
    nodes,
    roles,
    ...(busyMicros === undefined ? {} : { busyMicros }),
    horizonMicros: micros(untilGiven, 'until'),
  })
}
