/**
 * The public API of Orrery. Everything a scenario, a node, a check or a test needs is exported here by name.
 */
import type { FaultSpec } from './faults/vocabulary.ts'
import { vocabulary } from './faults/vocabulary.ts'
import { platform } from './integrations/platform.ts'
import { createLive } from './sim/scenario/live.ts'
import type { Params } from './sim/scenario/params.ts'
import type { Scenario, ScenarioDefinition } from './sim/scenario/scenario.ts'
import { scenario as defineScenario } from './sim/scenario/scenario.ts'
import { createSimulate } from './sim/scenario/simulate.ts'

export * from './sim/api.ts'
export * as faults from './faults/constructors.ts'
export type { FaultSpec } from './faults/vocabulary.ts'

/** A scripted list of faults. */
export type Plan = readonly FaultSpec[]

/** Declares a scenario; throws a CallerError for a definition that cannot work. Its faults are typed by kind. */
export const scenario: <const P extends Params = Readonly<Record<string, never>>>(
  definition: ScenarioDefinition<P, FaultSpec>,
) => Scenario<P, FaultSpec> = defineScenario

/** Runs a scenario on this platform, with the vocabulary of faults that `faults/README.md` lists. */
export const simulate = createSimulate(platform, vocabulary)

/** Opens a run of a scenario that is driven step by step: see {@link LiveRun}. */
export const live = createLive(platform, vocabulary)
