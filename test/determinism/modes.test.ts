// One run spec, one fingerprint: however often, whoever watches, and whatever ran before.
import { describe, expect, it } from 'vitest'
import { simulate } from '../../index.ts'
import type { RunResult, Scenario, SimulateOptions } from '../../index.ts'
import { JsonlTrace, LineWriter } from '../../sim/trace/jsonl.ts'
import { kitchenSinks } from '../sim/kitchen-sink.ts'

/** All that a run says, apart from what was asked for in addition. */
function outcome({ trace: _trace, states: _states, clocks: _clocks, ...rest }: RunResult): string {
  return JSON.stringify(rest)
}

const modes: Readonly<Record<string, () => SimulateOptions>> = {
  plain: () => ({}),
  'with its records in memory': () => ({ records: true }),
  'with a JSON Lines trace': () => ({
    sinks: [(strings, directory) => new JsonlTrace(new LineWriter(() => undefined), strings, directory)],
  }),
  inspected: () => ({ inspect: true }),
  'with everything': () => ({
    records: true,
    inspect: true,
    sinks: [(strings, directory) => new JsonlTrace(new LineWriter(() => undefined), strings, directory)],
  }),
}

for (const [name, scenario] of Object.entries(kitchenSinks)) {
  describe(`a run of ${name}`, () => {
    for (const ties of ['serial', 'shuffled'] as const) {
      it(`is the same in every mode and every time (ties ${ties})`, async () => {
        for (const seed of [1, 2, 7]) {
          const first = await simulate(scenario, { seed, profile: { ties } })
          expect(first.failures).toEqual([])
          expect(first.records).toBeGreaterThan(400)
          for (const [mode, options] of Object.entries(modes)) {
            const again = await simulate(scenario, { seed, profile: { ties }, ...options() })
            expect([mode, again.fingerprint]).toEqual([mode, first.fingerprint])
            expect(outcome(again)).toBe(outcome(first))
          }
        }
      })
    }

    it('is the same while others run in the same process', async () => {
      const alone = await simulate(scenario, { seed: 5 })
      const others = Object.values<Scenario>(kitchenSinks).flatMap((other) =>
        [1, 5, 9].map((seed) => simulate(other, { seed })),
      )
      const together = simulate(scenario, { seed: 5, records: true })
      await Promise.all([...others, together])
      expect((await together).fingerprint).toBe(alone.fingerprint)
    })

    it('differs from seed to seed and with the plan', async () => {
      const prints = await Promise.all([
        simulate(scenario, { seed: 1 }),
        simulate(scenario, { seed: 2 }),
        simulate(scenario, { seed: 1, plan: [] }),
      ])
      expect(new Set(prints.map(({ fingerprint }) => fingerprint)).size).toBe(3)
    })

    it('that is longer begins as the shorter one', async () => {
      const short = await simulate(scenario, { seed: 1, until: '100ms', records: true })
      const long = await simulate(scenario, { seed: 1, records: true })
      const prefix = [...(long.trace?.records() ?? [])].slice(0, short.records)
      expect(prefix.at(-1)?.hash).toBe(short.fingerprint)
    })
  })
}

it('a workload that is given is the caller’s: no node can change it for the next run', async () => {
  const { defineNode, scenario } = await import('../../index.ts')
  const client = defineNode()({
    kind: 'client',
    start(node) {
      for (const operation of node.workload()) {
        node.role(JSON.stringify(operation.input))
        ;(operation.input as { n: number }).n++
      }
    },
  })
  const given = scenario({
    name: 'given',
    summary: 'a workload',
    cluster: ({ addOne }) => void addOne(client),
    checks: [],
    until: '1s',
  })
  const workload = [{ node: 'client', name: 'x', input: { n: 1 } }]
  const first = await simulate(given, { workload })
  expect((await simulate(given, { workload })).fingerprint).toBe(first.fingerprint)
  expect(workload).toEqual([{ node: 'client', name: 'x', input: { n: 1 } }])
})
