// An ensemble and clients that run scripts on the client library, for tests.
import type {
  Address,
  Check,
  NetworkOptions,
  Node,
  Plan,
  RunResult,
  SimulateOptions,
} from '../../../../index.ts'
import { defineNode, scenario, simulate } from '../../../../index.ts'
import { generatePlan } from '../../../../faults/generate/generate.ts'
import { checkMix } from '../../../../faults/generate/mix.ts'
import type { CoordinationServer, EnsembleOptions } from '../../../../nodes/coordination/ensemble/index.ts'
import { ensemble } from '../../../../nodes/coordination/ensemble/index.ts'
import { survey } from '../../../../sim/scenario/survey.ts'

export type Servers = readonly Address<CoordinationServer>[]

/** What one client does; scripts may keep what they saw in variables of the test. */
export type Script = (node: Node, servers: Servers) => Promise<void> | void

export interface Setup {
  readonly scripts: readonly Script[]
  readonly ensemble?: EnsembleOptions
  readonly network?: NetworkOptions
  readonly plan?: Plan
  /** Random faults besides the plan. */
  readonly faults?: object
  /** Virtual milliseconds. */
  readonly until?: number
  readonly checks?: readonly Check[]
  readonly run?: SimulateOptions
}

/** Runs the scripts, one client each, and fails on anything that threw. */
export async function runEnsemble(setup: Setup): Promise<RunResult> {
  const { scripts, until = 20_000, run = {} } = setup
  const client = defineNode<object, { readonly script: Script; readonly servers: Servers }>()({
    kind: 'client',
    start: (node) => node.config.script(node, node.config.servers),
  })
  const world = scenario({
    name: 'ensemble',
    summary: 'scripts against an ensemble',
    cluster(cluster) {
      cluster.network(setup.network ?? { delay: '2ms' })
      const servers = ensemble(cluster, { tick: 500, ...setup.ensemble })
      cluster.add(client, scripts.length, (index) => ({ servers, script: scripts[index]! }))
    },
    checks: setup.checks ?? [],
    until,
  })
  const random =
    setup.faults === undefined
      ? []
      : generatePlan({
          seed: run.seed ?? 1,
          mix: checkMix(setup.faults),
          nodes: survey(world, {}, 1).nodes,
          roles: ['leader'],
          horizonMicros: until * 1000,
        })
  const plan = [...(setup.plan ?? []), ...random]
  const result = await simulate(world, { ...run, plan })
  if (result.failures.length > 0) throw new Error(JSON.stringify(result.failures, null, 1))
  return result
}

/** The value of an operation that must succeed. */
export function value<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string },
): T {
  if (!result.ok) throw new Error(result.reason)
  return result.value
}
