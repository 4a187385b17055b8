// A coordination server and clients that run scripts, for tests.
import type { Address, NetworkOptions, Plan, RunResult, SimulateOptions } from '../../../../index.ts'
import { defineNode, scenario, simulate } from '../../../../index.ts'
import type {
  ConnectionOptions,
  CoordinationConfig,
  CoordinationServer,
  CoordinationSession,
} from '../../../../nodes/coordination/index.ts'
import { connect, coordinationServer } from '../../../../nodes/coordination/index.ts'
import type { Node } from '../../../../index.ts'

/** What one client does; scripts may keep what they saw in variables of the test. */
export type Script = (session: CoordinationSession, node: Node) => Promise<void> | void

interface ScriptedConfig {
  readonly service: Address<CoordinationServer>
  readonly script: Script
  readonly options: ConnectionOptions
}

const scripted = defineNode<object, ScriptedConfig>()({
  kind: 'client',
  async start(node) {
    const { service, script, options } = node.config
    await script(await connect(node, service, options), node)
  },
})

export interface Setup {
  readonly scripts: readonly Script[]
  readonly server?: CoordinationConfig
  readonly network?: NetworkOptions
  readonly options?: ConnectionOptions
  readonly plan?: Plan
  readonly until?: number
  readonly run?: SimulateOptions
}

/** Runs the scripts, one client each, and fails on anything that threw. */
export async function runClients({
  scripts,
  server,
  network,
  options,
  plan,
  until,
  run,
}: Setup): Promise<RunResult> {
  const result = await simulate(
    scenario({
      name: 'clients',
      summary: 'scripts',
      cluster(setup) {
        setup.network(network ?? { delay: '2ms' })
        const service = setup.addOne(coordinationServer, { tick: 500, ...server })
        setup.add(scripted, scripts.length, (index) => ({
          service,
          script: scripts[index]!,
          options: { sessionTimeout: '2s', ...options },
        }))
      },
      faults: () => plan ?? [],
      checks: [],
      until: until ?? 20_000,
    }),
    run,
  )
  if (result.failures.length > 0) throw new Error(JSON.stringify(result.failures))
  return result
}

/** The value of an operation that must succeed. */
export function value<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string },
): T {
  if (!result.ok) throw new Error(result.reason)
  return result.value
}

/** Virtual milliseconds now, as the node's own clock shows them: it is exact in these tests. */
export function time(node: Node): number {
  return node.clock.monotonic()
}
