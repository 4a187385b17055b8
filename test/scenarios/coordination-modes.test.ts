// What holds for every scenario on the coordination service, whatever it shows.
import { describe, expect, it } from 'vitest'
import type { Scenario } from '../../index.ts'
import { simulate } from '../../index.ts'
import coordinationOutage from '../../scenarios/coordination-outage.ts'
import failureDetection from '../../scenarios/failure-detection.ts'
import masterWorkers from '../../scenarios/master-workers.ts'
import serviceRegistry from '../../scenarios/service-registry.ts'
import splitBrain from '../../scenarios/split-brain.ts'

const scenarios = [splitBrain, serviceRegistry, failureDetection, masterWorkers, coordinationOutage]
const named = (scenarios as readonly unknown[] as readonly Scenario[]).map(
  (scenario) => [scenario.name, scenario] as const,
)

describe.each(named)('%s', (_name, scenario) => {
  it('keeps its verdicts whatever the order of what happens at one instant', async () => {
    for (const { set = {}, expect: expected } of scenario.examples) {
      const { verdict } = await simulate(scenario, { params: set, profile: { ties: 'shuffled' } })
      expect([set, verdict]).toEqual([set, expected])
    }
  })

  it('is one run for one spec, watched and inspected or not', async () => {
    const plain = await simulate(scenario, { seed: 7, until: '8s' })
    const watched = await simulate(scenario, { seed: 7, until: '8s', records: true, inspect: true })
    expect(watched.fingerprint).toBe(plain.fingerprint)
  })
})
