// What is known of a cluster without running it.
import { describe, expect, it } from 'vitest'
import { defineNode, faults, integer, scenario, simulate } from '../../../index.ts'
import { scenarioParams } from '../../../sim/scenario/scenario.ts'
import { survey } from '../../../sim/scenario/survey.ts'
import loadBalancing from '../../../scenarios/load-balancing.ts'
import quorum from '../../../scenarios/quorum.ts'

const plain = defineNode()({ kind: 'plain' })
const worker = defineNode()({
  kind: 'worker',
  cpu: () => ({ cores: 2 }),
  disk: { latency: { sync: '1ms' } },
})
const keeper = defineNode()({ kind: 'keeper', recover: () => undefined })

const mixed = scenario({
  name: 'mixed',
  summary: 'nodes of several kinds',
  params: { n: integer({ default: 2 }) },
  cluster({ add, addOne, params }) {
    add(worker, params.n, undefined, (index) => ({ zone: index % 2 === 0 ? 'eu' : 'us' }))
    addOne(keeper)
    add(plain, 2)
  },
  workload: ({ nodes }) =>
    nodes('plain').map((node, index) => ({ node, name: 'work', after: 100 * (index + 1) })),
  faults: () => [
    faults.crash({ at: '1s', node: ['role:primary', 'worker[0]'] }),
    faults.partition({ at: '2s', groups: [['role:backup'], ['role:primary'], 'rest'] }),
  ],
  checks: [],
  until: '10s',
})

describe('a survey', () => {
  it('names the nodes, their zones, and what they are made of', () => {
    const { nodes } = survey(mixed, scenarioParams(mixed, { n: 3 }), 1)
    expect(nodes.map(({ name, zone, cpu, disk, client }) => [name, zone, cpu, disk, client])).toEqual([
      ['worker[0]', 'eu', true, true, false],
      ['worker[1]', 'us', true, true, false],
      ['worker[2]', 'eu', true, true, false],
      ['keeper', undefined, false, true, false],
      ['plain[0]', undefined, false, false, true],
      ['plain[1]', undefined, false, false, true],
    ])
  })

  it('finds the roles that the scenario aims at, and how long clients are busy at least', () => {
    const found = survey(mixed, scenarioParams(mixed, {}), 1)
    expect(found.roles).toEqual(['primary', 'backup'])
    expect(found.busyMicros).toBe(200_000)
  })

  it('names the nodes that the run then has', async () => {
    const found = survey(quorum, scenarioParams(quorum, {}), 3)
    const { nodes } = await simulate(quorum, { seed: 3, until: 0 })
    expect(found.nodes.map(({ name }) => name)).toEqual(nodes)
  })

  it('says whether the nodes may depend on the seed', () => {
    expect(survey(quorum, scenarioParams(quorum, {}), 1).seeded).toBe(false)
    expect(survey(loadBalancing, scenarioParams(loadBalancing, {}), 1).seeded).toBe(true)
  })
})
