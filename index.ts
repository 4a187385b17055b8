/**
 * The public API of Orrery. Everything a scenario, a node, a check or a test needs is exported here by name.
 */
import { vocabulary } from './faults/vocabulary.ts'
import { platform } from './integrations/platform.ts'
import { createSimulate } from './sim/scenario/simulate.ts'

export * from './sim/api.ts'

/** Runs a scenario on this platform, with the vocabulary of faults that `faults/README.md` lists. */
export const simulate = createSimulate(platform, vocabulary)
