// A coordination service and nodes that run scripts with a session each, for tests of recipes.
import type { Address, Check, Duration, NetworkOptions, Node, Plan, RunResult } from '../../../index.ts'
import { defineNode, scenario, simulate } from '../../../index.ts'
import type { CoordinationServer, CoordinationSession } from '../../../nodes/coordination/index.ts'
import { connect, coordinationServer } from '../../../nodes/coordination/index.ts'

/** What one node does with its session, from when it starts or starts again. */
export type Script = (node: Node, session: CoordinationSession, index: number) => Promise<void>

interface PartyConfig {
  readonly servers: readonly Address<CoordinationServer>[]
  readonly script: Script
  readonly sessionTimeout: Duration
}

const party = defineNode<object, PartyConfig>()({
  kind: 'party',
  async start(node) {
    node.role('outside')
    const { servers, sessionTimeout } = node.config
    const session = await connect(node, servers, { sessionTimeout })
    await node.config.script(node, session, node.self.index)
  },
})

export interface Setup {
  readonly parties: number
  readonly script: Script
  /** Default 2s. */
  readonly sessionTimeout?: Duration
  readonly plan?: Plan
  readonly network?: NetworkOptions
  readonly checks?: readonly Check[]
  readonly until?: number
  readonly seed?: number
}

/** Runs the script on each of `parties` nodes, `party[0]` ..., and fails on anything that threw. */
export async function run(setup: Setup): Promise<RunResult> {
  const result = await simulate(
    scenario({
      name: 'party',
      summary: 'scripts',
      cluster({ add, network }) {
        network(setup.network ?? { delay: '2ms' })
        const servers = add(coordinationServer, 1, { tick: 500 })
        add(party, setup.parties, {
          servers,
          script: setup.script,
          sessionTimeout: setup.sessionTimeout ?? '2s',
        })
      },
      faults: () => setup.plan ?? [],
      checks: setup.checks ?? [],
      until: setup.until ?? 60_000,
    }),
    { seed: setup.seed ?? 1 },
  )
  if (result.failures.length > 0) throw new Error(JSON.stringify(result.failures))
  return result
}

/** The value of what must succeed. */
export function value<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string },
): T {
  if (!result.ok) throw new Error(result.reason)
  return result.value
}

/** Cuts the nodes of a selector off from the service. */
export function cutOff(at: number, who: string, lasting: number): Plan[number] {
  return { at, kind: 'partition', groups: [[who], ['coordination']], for: lasting }
}
