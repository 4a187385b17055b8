// Source by source: what each does to whom.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { generatePlan } from '../../../faults/generate/generate.ts'
import { checkMix } from '../../../faults/generate/mix.ts'
import type { FaultSpec } from '../../../faults/vocabulary.ts'
import { simulate } from '../../../index.ts'
import type { SurveyedNode } from '../../../sim/scenario/survey.ts'
import { at, cluster, end, lasting, ofKind, plan, plans, replicas, signed } from './support.ts'

const zoned = cluster(
  { kind: 'replica', count: 6, zones: ['a', 'b', 'c'] },
  { kind: 'client', count: 2, client: true },
)

/** The most nodes of a kind that named crashes, or pauses, keep down at once; a role counts for each kind. */
function mostDown(faults: readonly FaultSpec[], kind: string): number {
  const spans = faults
    .filter((fault) => 'node' in fault)
    .flatMap((fault) =>
      [fault.node]
        .flat()
        .map((node) => ({ node, from: at(fault), to: 'for' in fault ? end(fault) : Infinity })),
    )
    .filter(({ node }) => node.startsWith('role:') || node === kind || node.startsWith(`${kind}[`))
  return Math.max(
    0,
    ...spans.map(({ from }) => spans.filter((other) => other.from <= from && from <= other.to).length),
  )
}

describe('crashes and pauses', () => {
  it('leave a majority of each kind running, or at most one down where that is none', () => {
    const counts = fc.record({ replicas: fc.integer({ min: 1, max: 9 }), seed: fc.nat(), role: fc.boolean() })
    fc.assert(
      fc.property(counts, fc.constantFrom('crash', 'pause'), ({ replicas: count, seed, role }, source) => {
        const nodes = cluster({ kind: 'replica', count }, { kind: 'service', count: -1 })
        const faults = generatePlan({
          seed,
          nodes,
          mix: checkMix({ faults: { [source]: { every: '500ms', for: '5s' } } }),
          horizonMicros: 60_000_000,
          roles: role ? ['leader'] : [],
        })
        expect(faults.length).toBeGreaterThan(5)
        expect(mostDown(faults, 'replica')).toBeLessThanOrEqual(Math.max(1, Math.floor((count - 1) / 2)))
        expect(mostDown(faults, 'service')).toBeLessThanOrEqual(1)
      }),
      { seed: 5, numRuns: 100 },
    )
  })

  it('may take down as many as the description allows, and do', () => {
    const mix = { maxDown: 4, faults: { crash: { every: '500ms', for: '10s' } } }
    expect(mostDown(plan(mix), 'replica')).toBe(4)
  })

  it('do not hit a node that is down', () => {
    const faults = ofKind(plan({ maxDown: 5, faults: { crash: { every: '200ms', for: '3s' } } }), 'crash')
    for (const fault of faults) {
      const before = faults.filter(
        (other) => other !== fault && other.node === fault.node && at(other) <= at(fault),
      )
      expect(Math.max(0, ...before.map(end))).toBeLessThanOrEqual(at(fault))
    }
  })

  it('are aimed at roles if there are any, as often as the description says', () => {
    const share = (mix: object, roles: readonly string[]): number => {
      const faults = ofKind(plans({ faults: { pause: mix } }, 60, { roles }), 'pause')
      return faults.filter(({ node }) => node === 'role:leader').length / faults.length
    }
    expect(share({}, [])).toBe(0)
    expect(share({}, ['leader'])).toBeGreaterThan(0.2)
    expect(share({}, ['leader'])).toBeLessThan(0.6)
    expect(share({ role: 1 }, ['leader'])).toBe(1)
    expect(share({ role: 0 }, ['leader'])).toBe(0)
  })

  it('are aimed at a role of one kind if the description says so', () => {
    const roles = ['replica[role:leader]']
    const of = (faults: object): readonly unknown[] =>
      plans({ roles, faults }, 20).flatMap((fault) => ('node' in fault ? [fault.node] : []))
    expect(of({ crash: { role: 1 } })).toContain('replica[role:leader]')
    const cuts = plans({ roles, faults: { partition: { shapes: { role: 1 } } } }, 20)
    expect(cuts.length).toBeGreaterThan(0)
    for (const cut of cuts) expect(JSON.stringify(cut)).toContain('"replica[role:leader]"')
  })

  it('take whole zones, while nothing else is down', () => {
    const faults = ofKind(
      plans({ faults: { crash: { every: '2s', zone: 0.5 } } }, 1, { nodes: zoned }),
      'crash',
    )
    const zones = faults.filter(({ node }) => String(node).startsWith('zone:'))
    expect(zones.length).toBeGreaterThan(1)
    expect(zones.length).toBeLessThan(faults.length)
    for (const zone of zones) {
      const meanwhile = faults.filter(
        (other) => other !== zone && at(other) <= end(zone) && end(other) >= at(zone),
      )
      expect(meanwhile).toEqual([])
    }
  })

  it('take the targets of a zone by name where others share it', () => {
    const nodes = cluster(
      { kind: 'replica', count: 4, zones: ['a', 'b'] },
      { kind: 'client', count: 2, zones: ['a', 'b'], client: true },
    )
    const [first] = ofKind(plan({ faults: { crash: { zone: 1 } } }, { nodes }), 'crash')
    expect([
      ['replica[0]', 'replica[2]'],
      ['replica[1]', 'replica[3]'],
    ]).toContainEqual(first?.node)
  })

  it('tear and stay down as often as the description says', () => {
    const faults = ofKind(plans({ faults: { crash: { torn: 1, forever: 0.3 } } }, 60), 'crash')
    expect(faults.every(({ torn }) => torn === true)).toBe(true)
    const forever = faults.filter((fault) => fault.for === undefined)
    expect(forever.length).toBeGreaterThan(10)
    expect(ofKind(plans({}, 60), 'crash').every((fault) => fault.for !== undefined)).toBe(true)
  })
})

describe('partitions', () => {
  const only = (shape: string, nodes = replicas, roles: readonly string[] = []): readonly FaultSpec[] =>
    plans({ faults: { partition: { shapes: { [shape]: 1 } } } }, 40, { nodes, roles })

  it('halves: about half of the targets and some others against the rest', () => {
    const faults = ofKind(only('halves'), 'partition')
    expect(faults.length).toBeGreaterThan(40)
    const sizes = faults.map(({ groups: [first = [], second] }) => {
      expect(second).toEqual(['rest'])
      return membersOf(first, 'replica', 5)
    })
    expect(new Set(sizes)).toEqual(new Set([2, 3]))
    const sides = new Set(faults.map(({ groups }) => membersOf(groups[0] ?? [], 'client', 3)))
    expect(sides).toEqual(new Set([0, 1, 2]))
  })

  it('isolate: one target', () => {
    const faults = only('isolate')
    expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(['isolate']))
    expect(new Set(ofKind(faults, 'isolate').map(({ node }) => node)).size).toBe(5)
  })

  it('role: its holder, alone or with company, against the rest', () => {
    const faults = ofKind(only('role', replicas, ['leader']), 'partition')
    const firsts = faults.map(({ groups }) => groups[0] as readonly string[])
    expect(firsts.every((group) => group[0] === 'role:leader')).toBe(true)
    expect(new Set(firsts.map((group) => group.length)).size).toBeGreaterThan(1)
  })

  it('one-way: to a target or from it', () => {
    const faults = ofKind(only('one-way'), 'partition-one-way')
    expect(faults.some(({ from }) => typeof from === 'string')).toBe(true)
    expect(faults.some(({ to }) => typeof to === 'string')).toBe(true)
  })

  it('bridge: two sides that meet in one target only, which is in neither', () => {
    for (const { groups } of ofKind(only('bridge'), 'partition')) {
      expect(groups).toHaveLength(2)
      const [left = [], right = []] = groups
      expect(membersOf(left, 'replica', 5) + membersOf(right, 'replica', 5)).toBe(4)
      expect(membersOf(left, 'client', 3) + membersOf(right, 'client', 3)).toBe(0)
    }
  })

  it('ring: all of a kind of more than three, in an order of its own', () => {
    const orders = ofKind(only('ring'), 'partition-ring').map(({ ring }) => ring as readonly string[])
    expect(new Set(orders.map((ring) => ring.join())).size).toBeGreaterThan(10)
    for (const ring of orders) expect([...ring].sort()).toEqual([0, 1, 2, 3, 4].map((i) => `replica[${i}]`))
  })

  it('zones: one of them against the rest', () => {
    const firsts = ofKind(only('zones', zoned), 'partition').map(({ groups }) => groups[0])
    expect(new Set(firsts.flat())).toEqual(new Set(['zone:a', 'zone:b', 'zone:c']))
  })

  it('take all shapes that the nodes allow, and no others', () => {
    const kinds = (nodes: readonly SurveyedNode[]): Set<string> =>
      new Set(plans({ faults: { partition: true } }, 60, { nodes }).map(({ kind }) => kind))
    expect(kinds(replicas)).toEqual(new Set(['partition', 'isolate', 'partition-one-way', 'partition-ring']))
    expect(kinds(cluster({ kind: 'replica', count: 3 })).has('partition-ring')).toBe(false)
  })

  it('divide many nodes into neighbours, so that a plan can be read', () => {
    const nodes = cluster({ kind: 'replica', count: 100 })
    for (const { groups } of ofKind(only('halves', nodes), 'partition')) {
      expect(groups[0]?.length).toBeLessThanOrEqual(2)
      expect(membersOf(groups[0] ?? [], 'replica', 100)).toBe(50)
    }
  })

  it('are at most two at a time', () => {
    const faults = plan({ faults: { partition: { every: '300ms', for: '4s' } } })
    expect(faults.length).toBeGreaterThan(10)
    for (const fault of faults) {
      const inForce = faults.filter((other) => at(other) <= at(fault) && end(other) > at(fault))
      expect(inForce.length).toBeLessThanOrEqual(2)
    }
  })
})

describe('links', () => {
  it('degrade in all ways, within the ranges of the description', () => {
    const faults = ofKind(plans({ faults: { degrade: true } }, 100), 'degrade')
    for (const change of ['delay', 'loss', 'duplication', 'reordering', 'corruption', 'bandwidth'] as const) {
      expect(faults.filter((fault) => fault[change] !== undefined).length, change).toBeGreaterThan(20)
    }
    const lossy = ofKind(plans({ faults: { degrade: { loss: [0.1, 0.2] } } }, 40), 'degrade')
    const shares = lossy.map(({ loss }) =>
      typeof loss === 'object' && loss.kind === 'bursty' ? loss.toBad / (loss.toBad + loss.toGood) : loss,
    )
    expect(Math.min(...(shares as number[]))).toBeGreaterThan(0.09)
    expect(Math.max(...(shares as number[]))).toBeLessThan(0.21)
    expect(lossy.every((fault) => fault.delay === undefined && fault.bandwidth === undefined)).toBe(true)
  })

  it('degrade everywhere, around one node, between two, and around a zone', () => {
    const faults = ofKind(plans({ faults: { degrade: { oneWay: 0.5 } } }, 60, { nodes: zoned }), 'degrade')
    expect(faults.some(({ from, to }) => from === undefined && to === undefined)).toBe(true)
    expect(faults.some(({ from, to }) => String(from).startsWith('replica') && to === undefined)).toBe(true)
    expect(faults.some(({ from, to }) => String(from).startsWith('replica') && to !== undefined)).toBe(true)
    expect(faults.some(({ from }) => String(from).startsWith('zone:'))).toBe(true)
    expect(faults.some(({ oneWay }) => oneWay === true)).toBe(true)
  })

  it('clog one by one, are all clogged for a while, and are released in another order', () => {
    let reordered = 0
    for (let seed = 0; seed < 60; seed++) {
      const faults = ofKind(
        plan({ faults: { hold: { every: '30s', for: '8s', links: 5 } } }, { seed }),
        'hold',
      )
      expect(faults.length).toBeGreaterThanOrEqual(2)
      expect(faults.length).toBeLessThanOrEqual(5)
      expect(new Set(faults.map(({ from, to }) => `${from as string}>${to as string}`)).size).toBe(
        faults.length,
      )
      expect(new Set(faults.map(at)).size).toBe(faults.length)
      expect(Math.max(...faults.map(at))).toBeLessThan(Math.min(...faults.map(end)))
      expect(new Set(faults.map(end)).size).toBe(faults.length)
      const released = [...faults].sort((a, b) => end(a) - end(b))
      if (released.some((fault, index) => fault !== faults[index])) reordered++
    }
    expect(reordered).toBeGreaterThan(40)
  })
})

describe('machines', () => {
  it('have clocks that are ahead and behind, fast and slow, by small amounts and large ones', () => {
    const skews = ofKind(plans({ faults: { 'clock-skew': { by: ['10ms', '10s'] } } }, 100), 'clock-skew').map(
      ({ by }) => signed(by),
    )
    const sizes = skews.map(Math.abs)
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(10_000)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(10_000_000)
    expect(sizes.filter((size) => size < 100_000).length / sizes.length).toBeGreaterThan(0.2)
    expect(sizes.filter((size) => size > 1_000_000).length / sizes.length).toBeGreaterThan(0.2)
    const ahead = skews.filter((by) => by > 0).length / skews.length
    expect(ahead).toBeGreaterThan(0.4)
    expect(ahead).toBeLessThan(0.6)
    const drifts = ofKind(plans({ faults: { 'clock-drift': { ppm: [50, 500] } } }, 50), 'clock-drift').map(
      ({ ppm }) => ppm,
    )
    expect(drifts.every((ppm) => Math.abs(ppm) >= 50 && Math.abs(ppm) <= 500)).toBe(true)
    expect(new Set(drifts.map(Math.sign))).toEqual(new Set([-1, 1]))
  })

  it('have clocks that are set, which lasts', () => {
    const faults = ofKind(plans({ faults: { 'clock-step': true } }, 20), 'clock-step')
    expect(faults.length).toBeGreaterThan(20)
    expect(faults.every((fault) => lasting(fault) === 0)).toBe(true)
  })

  it('get slow where they have a CPU or a disk', () => {
    const nodes = cluster({ kind: 'cpu', count: 2, disk: false }, { kind: 'disk', count: 2, cpu: false })
    const faults = plans(
      { faults: { 'cpu-slow': { factor: [2, 3] }, 'disk-slow': { factor: [10, 20] } } },
      30,
      { nodes },
    )
    const cpus = ofKind(faults, 'cpu-slow')
    const disks = ofKind(faults, 'disk-slow')
    expect(new Set(cpus.map(({ node }) => node))).toEqual(new Set(['cpu[0]', 'cpu[1]']))
    expect(new Set(disks.map(({ node }) => node))).toEqual(new Set(['disk[0]', 'disk[1]']))
    expect(cpus.every(({ factor }) => factor >= 2 && factor <= 3)).toBe(true)
    expect(disks.every(({ factor }) => factor >= 10 && factor <= 20)).toBe(true)
  })

  it.each(['disk-full', 'disk-read-error', 'disk-sync-lie'] as const)(
    'have a %s when it is named',
    (kind) => {
      const faults = plans({ faults: { [kind]: true } }, 20)
      expect(faults.length).toBeGreaterThan(15)
      expect(new Set(faults.map((fault) => fault.kind))).toEqual(new Set([kind]))
    },
  )
})

describe('random faults that a scenario cannot have', () => {
  const lonely = cluster({ kind: 'replica', count: 1, cpu: false, disk: false })
  it.each([
    [
      { faults: { 'cpu-slow': true } },
      'faults.cpu-slow: none of the nodes has a CPU model; expected nodes that it can touch',
    ],
    [{ faults: { 'disk-full': {} } }, 'faults.disk-full: none of the nodes has a disk'],
    [{ faults: { partition: true } }, 'faults.partition: there is only one node'],
    [{ nodes: 'replica[3]' }, /^nodes: 'replica\[3\]' matches no node; expected an index from 0 to 0/],
    [{ nodes: 'repl' }, /^nodes: unknown node 'repl'/],
    [
      { nodes: 'role:leader' },
      "nodes: who holds a role is known only in a run; expected nodes; roles stand in 'roles'",
    ],
    [
      { nodes: 'replica[role:leader]' },
      "nodes: who holds a role is known only in a run; expected nodes; roles stand in 'roles'",
    ],
    [{ roles: ['repica[role:leader]'] }, /^roles: unknown node 'repica'/],
    [{ quiet: '2m' }, /^quiet: no time is left for faults: .* the last 2m are quiet/],
    [{ from: '50s' }, /^from: no time is left for faults: they begin at 50s, the run ends at 1m/],
    [
      { faults: { crash: { every: '1us' } } },
      'faults.crash.every: more than 10000 faults in one plan; expected more time',
    ],
  ])('are refused with the place: %o', (mix, message) => {
    expect(() => plan(mix, { nodes: lonely })).toThrow(message)
  })

  it('are refused as well if no shape of partition is possible', () => {
    const nodes = cluster({ kind: 'replica', count: 3 })
    expect(() => plan({ faults: { partition: { shapes: { ring: 1, zones: 2 } } } }, { nodes })).toThrow(
      'faults.partition.shapes: no ring or zones can be made of these nodes; expected one of halves, isolate, one-way, bridge',
    )
  })

  it('are just not there by default', () => {
    const kinds = new Set(plans({}, 30, { nodes: lonely }).map(({ kind }) => kind))
    expect(kinds).toEqual(new Set(['crash', 'pause', 'clock-skew', 'clock-step', 'clock-drift']))
  })
})

/** How many nodes of a kind the selectors name, of `count` there are. */
function membersOf(group: string | readonly string[], kind: string, count: number): number {
  let members = 0
  for (const selector of [group].flat()) {
    if (selector === kind) members += count
    const [, name, first, last] = /^(\w+)\[(\d+)(?:\.\.(\d+))?\]$/.exec(selector) ?? []
    if (name === kind) members += Number(last ?? first) - Number(first) + 1
  }
  return members
}

it('the run itself is what a plan is for: the same seed, the same plan, the same fingerprint', async () => {
  const { default: quorum } = await import('../../../scenarios/quorum.ts')
  const nodes = cluster({ kind: 'replica', count: 3 }, { kind: 'client', count: 6, client: true })
  const make = () => generatePlan({ seed: 7, nodes, mix: {}, horizonMicros: 10_000_000 })
  const [one, other] = [
    await simulate(quorum, { seed: 7, plan: make() }),
    await simulate(quorum, { seed: 7, plan: make() }),
  ]
  expect(one.fingerprint).toBe(other.fingerprint)
  expect(one.spec.plan).toEqual(make())
})
