// Runs in the browser: what golden.test.ts runs in Node, and what a page may ask of the simulator.
import { builtinScenarios } from '../../cli/builtin.ts'
import { defineNode, scenario, simulate } from '../../index.ts'

export interface RunAnswer {
  readonly fingerprint: string
  readonly verdict: string
  readonly events: number
}

/** Chains of promises that are longer than any fixed number of turns, between events at one instant. */
const deep = defineNode()({
  kind: 'deep',
  state: () => ({ seen: 0 }),
  start(node) {
    const down = async (depth: number): Promise<number> => (depth === 0 ? 0 : 1 + (await down(depth - 1)))
    for (let i = 0; i < 5; i++) {
      node.every('1ms', async () => {
        const depths = await Promise.all([down(40), down(7), down(100)])
        node.state.seen += depths.reduce((sum, one) => sum + one, 0)
        node.metrics.count('seen', node.state.seen)
        await node.sleep('1ms')
        node.log.info('woke', { seen: node.state.seen })
      })
    }
  },
})

export const deepChains = scenario({
  name: 'deep-chains',
  summary: 'Long chains of promises between events',
  cluster({ add }) {
    add(deep, 3)
  },
  checks: [],
  until: '50ms',
})

const all = [...builtinScenarios, deepChains]

export async function run(name: string, seed: number): Promise<RunAnswer> {
  const found = all.find((one) => one.name === name)
  if (found === undefined) throw new Error(`no scenario ${name}`)
  const { fingerprint, verdict, events } = await simulate(found, { seed })
  return { fingerprint, verdict, events }
}

Object.assign(globalThis, { run })
