/** The built-in scenarios, in the order in which `list` shows them. To add one, import it and put it into the list. */
import coordinationOutage from '../scenarios/coordination-outage.ts'
import failureDetection from '../scenarios/failure-detection.ts'
import herdEffect from '../scenarios/herd-effect.ts'
import leaderElection from '../scenarios/leader-election.ts'
import loadBalancing from '../scenarios/load-balancing.ts'
import masterWorkers from '../scenarios/master-workers.ts'
import quorum from '../scenarios/quorum.ts'
import serviceRegistry from '../scenarios/service-registry.ts'
import splitBrain from '../scenarios/split-brain.ts'
import type { Scenario } from '../sim/scenario/scenario.ts'

const all = [
  leaderElection,
  herdEffect,
  splitBrain,
  serviceRegistry,
  failureDetection,
  masterWorkers,
  coordinationOutage,
  quorum,
  loadBalancing,
]

// Each has its own type of parameters; from here on they are values checked when a run begins.
export const builtinScenarios: readonly Scenario[] = all as readonly unknown[] as readonly Scenario[]

export const builtinNames: readonly string[] = builtinScenarios.map(({ name }) => name)

/** The built-in scenario of that name; undefined for an unknown one. */
export function builtinScenario(name: string): Scenario | undefined {
  return builtinScenarios.find((scenario) => scenario.name === name)
}
