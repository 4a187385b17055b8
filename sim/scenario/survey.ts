/**
 * What can be known of a scenario's cluster without running it: its nodes, what they are made of, who the clients are.
 * Generators of plans work from this; nothing here happens in a run.
 */
import type { NodeDefinition } from '../host/define.ts'
import { selectable } from '../host/control.ts'
import type { Plan } from '../host/fault.ts'
import { Host } from '../host/host.ts'
import type { Machine } from '../host/machine.ts'
import type { Selectable } from '../host/selectors.ts'
import { Simulation } from '../host/simulation.ts'
import { RandomStreams } from '../kernel/random.ts'
import { clusterSetup } from './cluster.ts'
import type { Params, ParamValues } from './params.ts'
import type { Scenario } from './scenario.ts'

/** A node as generators of plans see it. */
export interface SurveyedNode extends Selectable {
  readonly name: string
  /** Whether its kind has a CPU model. */
  readonly cpu: boolean
  /** Whether its kind describes a disk or recovers from one. A kind that only writes to a disk is not noticed. */
  readonly disk: boolean
  /** Whether the workload has operations for nodes of its kind. */
  readonly client: boolean
}

export interface Survey {
  readonly nodes: readonly SurveyedNode[]
  /** Roles that the scenario's own faults are aimed at: of anyone (`leader`), or of one kind (`replica[role:leader]`). */
  readonly roles: readonly string[]
  /** The longest sum of a client's pauses in microseconds: clients are busy at least so long. Absent without a workload. */
  readonly busyMicros?: number
  /** Whether `cluster()` asked for randomness, so that another seed may give other nodes. */
  readonly seeded: boolean
}

/**
 * Builds the scenario's cluster and looks at it. Who is a client and for how long is taken from the workload of seed 1:
 * it is a matter of kinds, and generating a workload for each seed only to look at it would cost more than many a run.
 *
 * @param params checked ones, as `scenarioParams` returns them
 */
export function survey<P extends Params>(
  scenario: Scenario<P>,
  params: ParamValues<P>,
  seed: number,
): Survey {
  const sim = new Simulation({
    seed,
    until: 0,
    maxEvents: 1,
    maxEventsAtInstant: 1,
    onThrow: 'fail',
    ties: 'serial',
  })
  const host = new Host(sim)
  let seeded = false
  const setup = clusterSetup(host, params, sim.random.stream('cluster'))
  scenario.cluster({
    ...setup,
    get random() {
      seeded = true
      return setup.random
    },
  })
  // Configures the nodes, which is when they get their CPUs.
  host.start()
  const busy = clients(scenario, params, sim.machines)
  return {
    nodes: sim.machines.map((machine) => surveyed(machine, busy.kinds)),
    roles: rolesIn(scenario.faults?.(params) ?? []),
    ...(busy.micros === undefined ? {} : { busyMicros: busy.micros }),
    seeded,
  }
}

function surveyed(machine: Machine, clientKinds: ReadonlySet<string>): SurveyedNode {
  const { disk, recover } = machine.kind.source.definition as unknown as NodeDefinition<
    object,
    unknown,
    unknown
  >
  return {
    ...selectable(machine),
    name: machine.name,
    cpu: machine.extras?.cpu !== undefined,
    disk: disk !== undefined || recover !== undefined,
    client: clientKinds.has(machine.kind.name),
  }
}

function clients<P extends Params>(
  scenario: Scenario<P>,
  params: ParamValues<P>,
  machines: readonly Machine[],
): { readonly kinds: ReadonlySet<string>; readonly micros: number | undefined } {
  const nodes = (kind: string): string[] =>
    machines.filter((machine) => machine.kind.name === kind).map(({ name }) => name)
  const random = new RandomStreams(1).stream('workload')
  const operations = scenario.workload?.({ params, random, nodes }) ?? []
  const kindOf = new Map(machines.map((machine) => [machine.name, machine.kind.name]))
  const kinds = new Set<string>()
  const pauses = new Map<string, number>()
  let longest = 0
  for (const { node, after = 0 } of operations) {
    const kind = kindOf.get(node)
    if (kind !== undefined) kinds.add(kind)
    const pause = (pauses.get(node) ?? 0) + after
    pauses.set(node, pause)
    longest = Math.max(longest, pause)
  }
  return { kinds, micros: operations.length === 0 ? undefined : Math.round(longest * 1000) }
}

/** Every role that a selector anywhere in a plan names, in the order of appearance. */
function rolesIn(plan: Plan): readonly string[] {
  const roles = new Set<string>()
  const look = (value: unknown): void => {
    if (typeof value === 'string') {
      if (value.startsWith('role:') && value.length > 5) roles.add(value.slice(5))
      else if (value.includes('[role:')) roles.add(value)
    } else if (typeof value === 'object' && value !== null) Object.values(value).forEach(look)
  }
  look(plan)
  return [...roles]
}
