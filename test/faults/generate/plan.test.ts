// Plans as a whole: what is true of every one of them.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { builtinScenarios } from '../../../cli/builtin.ts'
import { generatePlan } from '../../../faults/generate/generate.ts'
import { planner } from '../../../faults/generate/planner.ts'
import { sources } from '../../../faults/generate/sources.ts'
import type { FaultSpec } from '../../../faults/vocabulary.ts'
import { checkFault } from '../../../faults/vocabulary.ts'
import { simulate } from '../../../index.ts'
import type { Duration } from '../../../sim/kernel/time.ts'
import { micros } from '../../../sim/kernel/time.ts'
import type { Scenario } from '../../../sim/scenario/scenario.ts'
import { scenarioParams } from '../../../sim/scenario/scenario.ts'
import { at, cluster, end, HORIZON, ofKind, plan, plans } from './support.ts'

const everything = Object.fromEntries(sources.map(({ name }) => [name, true]))
/** Which source a fault of a kind comes from. */
const sourceOf = (kind: string): string => (/^(partition|isolate)/.test(kind) ? 'partition' : kind)

const seeds = fc.integer({ min: 0, max: 2 ** 40 })

/** Clusters of all sorts: a service, some replicas, some clients, perhaps in zones. */
const clusters = fc
  .record({
    replicas: fc.integer({ min: 1, max: 20 }),
    services: fc.constantFrom(0, -1, 2),
    clients: fc.integer({ min: 0, max: 5 }),
    zones: fc.constantFrom([], ['a', 'b'], ['a', 'b', 'c']),
  })
  .map(({ replicas, services, clients, zones }) =>
    cluster(
      { kind: 'replica', count: replicas, zones },
      { kind: 'service', count: services, cpu: false },
      { kind: 'client', count: clients, zones, client: true },
    ),
  )

function horizonOf(scenario: Scenario): number {
  const { until } = scenario
  return micros(typeof until === 'function' ? until(scenarioParams(scenario, {})) : until, 'until')
}

function plannerOf(scenario: Scenario, swarm: boolean): (seed: number) => readonly FaultSpec[] {
  return planner(scenario, scenarioParams(scenario, {}), { swarm, horizonMicros: horizonOf(scenario) })
}

describe('a generated plan', () => {
  it('is a pure function of seed, description and nodes', () => {
    fc.assert(
      fc.property(seeds, clusters, fc.boolean(), (seed, nodes, swarm) => {
        const request = { seed, nodes, swarm, mix: {}, horizonMicros: HORIZON, roles: ['leader'] }
        expect(generatePlan(request)).toEqual(generatePlan(request))
      }),
      { seed: 1, numRuns: 50 },
    )
    expect(plan({}, { seed: 1 })).not.toEqual(plan({}, { seed: 2 }))
  })

  it('stands in its normal form and in order of time', () => {
    fc.assert(
      fc.property(seeds, clusters, fc.boolean(), (seed, nodes, swarm) => {
        const faults = generatePlan({
          seed,
          nodes,
          swarm,
          mix: {},
          horizonMicros: HORIZON,
          roles: ['leader'],
        })
        faults.forEach((fault, index) => expect(checkFault(fault, `plan[${index}]`)).toEqual(fault))
        expect(faults.map(at)).toEqual(faults.map(at).sort((a, b) => a - b))
      }),
      { seed: 2, numRuns: 100 },
    )
  })

  it('is JSON: it comes back from text as it was', () => {
    for (const fault of plans({}, 30)) expect(JSON.parse(JSON.stringify(fault))).toEqual(fault)
  })

  it.each(builtinScenarios.map((scenario) => [scenario.name, scenario] as const))(
    'is accepted by %s, whatever the seed, plain or swarm',
    async (_name, scenario) => {
      for (const swarm of [false, true]) {
        const planOf = plannerOf(scenario, swarm)
        for (let seed = 1; seed <= 60; seed++) {
          // The plan is checked against the nodes before anything runs.
          const { faults } = await simulate(scenario, { seed, plan: planOf(seed), until: 0 })
          expect(faults).toHaveLength(planOf(seed).length)
        }
      }
    },
  )

  it('is over when the quiet period begins, by default the last quarter of the run', () => {
    fc.assert(
      fc.property(
        seeds,
        clusters,
        fc.integer({ min: 10, max: 100_000_000 }),
        (seed, nodes, horizonMicros) => {
          const faults = generatePlan({ seed, nodes, mix: {}, horizonMicros })
          for (const fault of faults) expect(end(fault)).toBeLessThanOrEqual(horizonMicros * 0.75)
        },
      ),
      { seed: 3, numRuns: 100 },
    )
    const latest = Math.max(...plans({}, 50).map(end))
    expect(latest).toBeGreaterThan(HORIZON * 0.74)
  })

  it('leaves the time in peace that the description says', () => {
    const faults = plans({ from: '20s', quiet: '30s', faults: everything }, 30)
    expect(faults.length).toBeGreaterThan(100)
    expect(Math.min(...faults.map(at))).toBeGreaterThanOrEqual(20_000_000)
    expect(Math.max(...faults.map(end))).toBeLessThanOrEqual(30_000_000)
  })

  it('ends earlier where clients are done earlier', () => {
    const faults = plans({}, 50, { busyMicros: 4_000_000 })
    expect(Math.max(...faults.map(end))).toBeLessThanOrEqual(6_000_000)
    expect(Math.max(...faults.map(end))).toBeGreaterThan(5_000_000)
  })

  it('is aimed at all nodes but clients, or at those that are named', () => {
    const named = (faults: readonly FaultSpec[]): Set<string> =>
      new Set(ofKind(faults, 'crash').flatMap(({ node }) => node))
    expect([...named(plans({}, 40))].sort()).toEqual([0, 1, 2, 3, 4].map((i) => `replica[${i}]`))
    expect([...named(plans({ nodes: ['client[1..]'] }, 40))].sort()).toEqual(['client[1]', 'client[2]'])
  })
})

describe('sources of faults', () => {
  it('are independent: switching one off leaves what the others do as it was', () => {
    const name = fc.constantFrom(...sources.map((one) => one.name))
    fc.assert(
      fc.property(seeds, clusters, name, fc.boolean(), (seed, nodes, off, swarm) => {
        const request = { seed, nodes, swarm, horizonMicros: HORIZON, roles: ['leader'] }
        const usable = Object.fromEntries(
          Object.entries(everything).filter(
            ([one]) => one !== 'partition' && one !== 'degrade' && one !== 'hold',
          ),
        )
        const all = nodes.length > 1 ? everything : usable
        const whole = generatePlan({ ...request, mix: { faults: all } })
        const without = generatePlan({ ...request, mix: { faults: { ...all, [off]: false } } })
        expect(without).toEqual(whole.filter(({ kind }) => sourceOf(kind) !== off))
      }),
      { seed: 4, numRuns: 150 },
    )
  })

  it('keep their times when their targets are others', () => {
    const times = (mix: object): readonly Duration[] =>
      plan({ ...mix, faults: { pause: true } }).map((one) => one.at)
    expect(times({ nodes: 'replica' })).toEqual(times({ nodes: 'all' }))
  })

  it('are those that the description names, else the usual ones', () => {
    const kinds = (mix: object): string[] =>
      [...new Set(plans(mix, 30).map(({ kind }) => sourceOf(kind)))].sort()
    const usual = sources.filter((one) => one.usual).map((one) => one.name)
    expect(kinds({})).toEqual([...usual].sort())
    expect(kinds({ faults: { crash: true, hold: {}, pause: false } })).toEqual(['crash', 'hold'])
    expect(kinds({ faults: {} })).toEqual([])
  })

  it('lie about syncs, fill disks and fail reads only when named', () => {
    expect(sources.filter((one) => !one.usual).map((one) => one.name)).toEqual([
      'disk-full',
      'disk-read-error',
      'disk-sync-lie',
    ])
  })

  it('come as often and last as long as the description says', () => {
    const faults = plan({ quiet: 0, faults: { pause: { every: '4s', for: '500ms' } } })
    expect(faults.map((fault) => fault.at)).toEqual(Array.from({ length: 14 }, (_, i) => `${4 * (i + 1)}s`))
    expect(new Set(ofKind(faults, 'pause').map((fault) => fault.for))).toEqual(new Set(['500ms']))
    const often = plans({ faults: { 'clock-step': { every: { kind: 'exponential', mean: '1s' } } } }, 20)
    expect(often.length / 20).toBeGreaterThan(40)
    expect(often.length / 20).toBeLessThan(50)
  })

  it('go on at the same rate in a longer run, and are never longer than in a minute', () => {
    const hour = plans({ faults: { crash: true } }, 10, { horizonMicros: 3_600_000_000 })
    expect(hour.length / 10).toBeGreaterThan(150)
    expect(Math.max(...hour.map((fault) => end(fault) - at(fault)))).toBeLessThanOrEqual(10_000_000)
  })

  it('work in microseconds where a run is that short', () => {
    const faults = plans({}, 20, { horizonMicros: 900 })
    expect(faults.length).toBeGreaterThan(100)
    expect(new Set(faults.map(at)).size).toBeGreaterThan(100)
  })
})

describe('a swarm', () => {
  const runs = Array.from({ length: 400 }, (_, seed) => plan({ faults: everything }, { seed, swarm: true }))

  it('has each source on in half of the seeds, independently of the others', () => {
    const has = (faults: readonly FaultSpec[], name: string): boolean =>
      faults.some(({ kind }) => sourceOf(kind) === name)
    for (const { name } of sources) {
      const share = runs.filter((faults) => has(faults, name)).length / runs.length
      expect(share, name).toBeGreaterThan(0.3)
      expect(share, name).toBeLessThan(0.6)
    }
    const both = runs.filter((faults) => has(faults, 'crash') && has(faults, 'pause')).length / runs.length
    expect(both).toBeGreaterThan(0.15)
    expect(both).toBeLessThan(0.35)
  })

  it('lets what is on happen far more rarely in one seed and far more often in another', () => {
    const steps = (swarm: boolean): readonly number[] =>
      Array.from(
        { length: 400 },
        (_, seed) => plan({ faults: { 'clock-step': { every: '2s' } } }, { seed, swarm }).length,
      )
    expect(new Set(steps(false))).toEqual(new Set([22]))
    const bent = steps(true).filter((count) => count > 0)
    expect(Math.min(...bent)).toBeLessThan(8)
    expect(Math.max(...bent)).toBeGreaterThan(70)
  })

  it('leaves out shapes and changes within a source, too', () => {
    const shapes = (faults: readonly FaultSpec[]): number =>
      new Set(faults.flatMap(({ kind }) => (sourceOf(kind) === 'partition' ? [kind] : []))).size
    const often = {
      faults: { partition: { every: '1s', for: '100ms' }, degrade: { every: '500ms', for: '50ms' } },
    }
    const many = Array.from({ length: 40 }, (_, seed) => plan(often, { seed, swarm: true })).filter(
      (faults) => faults.length > 100,
    )
    const few = Array.from({ length: 40 }, (_, seed) => plan(often, { seed }))
    expect(new Set(few.map(shapes))).toEqual(new Set([4]))
    expect(new Set(many.map(shapes)).size).toBeGreaterThan(2)
    const changes = (faults: readonly FaultSpec[]): number =>
      new Set(ofKind(faults, 'degrade').flatMap((fault) => Object.keys(fault))).size
    expect(new Set(few.map(changes)).size).toBe(1)
    expect(new Set(many.map(changes)).size).toBeGreaterThan(2)
  })
})

describe('on the built-in scenarios, by default', () => {
  it.each(builtinScenarios.map((scenario) => [scenario.name, scenario] as const))(
    'nine faults of ten fire and touch something in %s, and each kind touches something',
    async (_name, scenario) => {
      const planOf = plannerOf(scenario, false)
      const counts = new Map<string, { planned: number; touched: number }>()
      for (let seed = 1; seed <= 12; seed++) {
        const { faults } = await simulate(scenario, { seed, plan: planOf(seed) })
        for (const { kind, touched } of faults) {
          const count = counts.get(kind) ?? { planned: 0, touched: 0 }
          counts.set(kind, count)
          count.planned++
          if (touched.length > 0) count.touched++
        }
      }
      const all = [...counts.values()]
      const planned = all.reduce((sum, count) => sum + count.planned, 0)
      const touched = all.reduce((sum, count) => sum + count.touched, 0)
      expect(planned).toBeGreaterThan(200)
      expect(touched / planned).toBeGreaterThan(0.9)
      for (const [kind, count] of counts) {
        expect(count.touched, kind).toBeGreaterThan(0)
        expect(count.touched / count.planned, kind).toBeGreaterThan(0.7)
      }
      expect(counts.size).toBeGreaterThanOrEqual(10)
    },
    60_000,
  )
})
