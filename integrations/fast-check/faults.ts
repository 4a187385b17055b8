/**
 * One arbitrary fault of each kind, as a draft that knows no cluster yet: who is meant is a number, and so is when. What
 * it means is looked up when the nodes are known, so that parameters, which may change the nodes, and faults shrink
 * independently of each other.
 *
 * Every number shrinks to its least, which stands for the simplest: the first node, the weakest and shortest fault, the
 * latest time.
 */
import * as fc from 'fast-check'
import { kindsOf, selectors, written, writtenSigned } from '../../faults/generate/scene.ts'
import type { FaultSpec } from '../../faults/vocabulary.ts'
import type { Duration } from '../../sim/kernel/time.ts'
import type { SurveyedNode } from '../../sim/scenario/survey.ts'

export type FaultName = FaultSpec['kind']

/** What a draft is turned into a fault with. */
export interface Stage {
  readonly nodes: readonly SurveyedNode[]
  /** Those at whom faults are aimed; at least one. */
  readonly targets: readonly SurveyedNode[]
  /** Roles at whose holders faults are aimed as well. */
  readonly roles: readonly string[]
  /** Microseconds: faults begin no earlier ... */
  readonly from: number
  /** ... and are over by then. */
  readonly end: number
}

/** A fault without a cluster; undefined where the cluster has no use for it. */
export type Draft = (stage: Stage) => FaultSpec | undefined

/** Parts of a thousand. */
const MILLE = 1000
/** Of the time there is, the most that one fault lasts. */
const LONGEST = 1 / 3
const anyIndex = fc.nat({ max: 999 })
const share = fc.integer({ min: 1, max: 95 }).map((percent) => percent / 100)

/** How long before the latest possible time it begins, and how long it lasts; in thousandths. */
const spell = fc.record({ back: fc.nat({ max: MILLE }), length: fc.integer({ min: 1, max: MILLE }) })
type Spell = typeof spell extends fc.Arbitrary<infer T> ? T : never

function spellIn(
  { back, length }: Spell,
  { from, end }: Stage,
): { readonly at: Duration; readonly for: Duration } {
  const span = end - from
  const quantum = quantumOf(span)
  const lasting = Math.max(quantum, round((span * LONGEST * length) / MILLE, quantum))
  const at = Math.max(from, round(end - lasting - ((span - lasting) * back) / MILLE, quantum))
  return { at: written(at), for: written(Math.min(lasting, Math.max(1, end - at))) }
}

/** Times are multiples of it, so that plans can be read: about a thousandth of what there is, as a power of ten. */
function quantumOf(span: number): number {
  let quantum = 1
  while (quantum * 10_000 <= span) quantum *= 10
  return quantum
}

function round(us: number, quantum: number): number {
  return Math.round(us / quantum) * quantum
}

/** A node, or the holders of a role, by number. */
function targetIn(index: number, { nodes, targets, roles }: Stage): string {
  const at = index % (targets.length + roles.length)
  const node = targets[at]
  return node === undefined ? `role:${roles[at - targets.length] as string}` : nameOf(node, nodes)
}

function nameOf(node: SurveyedNode, nodes: readonly SurveyedNode[]): string {
  return selectors([node], nodes)[0] as string
}

/** Two different nodes by number, the first of them a target; undefined if there is one alone. */
function pairIn(
  one: number,
  other: number,
  { nodes, targets }: Stage,
): readonly [string, string] | undefined {
  const first = targets[one % targets.length] as SurveyedNode
  const others = nodes.filter((node) => node !== first)
  const second = others[other % Math.max(1, others.length)]
  return second === undefined ? undefined : [nameOf(first, nodes), nameOf(second, nodes)]
}

type Lasting = Extract<FaultSpec, { readonly for?: Duration }>

/** A kind that has a node, lasts a while, and may have more to it. */
function lastingOn<T>(
  more: fc.Arbitrary<T>,
  make: (base: { at: Duration; node: string; for: Duration }, more: T) => Lasting,
  suits: (stage: Stage) => readonly SurveyedNode[] | undefined = () => undefined,
): fc.Arbitrary<Draft> {
  return fc.record({ node: anyIndex, when: spell, more }).map(({ node, when, more: extra }): Draft => {
    return (stage) => {
      const only = suits(stage)
      if (only?.length === 0) return undefined
      const chosen: Stage = only === undefined ? stage : { ...stage, targets: only, roles: [] }
      return make({ node: targetIn(node, chosen), ...spellIn(when, stage) }, extra)
    }
  })
}

const nothing = fc.constant(undefined)
const withCpu = ({ targets }: Stage): readonly SurveyedNode[] => targets.filter(({ cpu }) => cpu)
const withDisk = ({ targets }: Stage): readonly SurveyedNode[] => targets.filter(({ disk }) => disk)
const factor = fc.integer({ min: 2, max: 50 })
/** Milliseconds forwards or back; the sign shrinks to forwards. */
const by = fc
  .record({ ms: fc.integer({ min: 1, max: 5000 }), back: fc.boolean() })
  .map(({ ms, back }) => writtenSigned((back ? -ms : ms) * 1000))
const ppm = fc
  .record({ hundreds: fc.integer({ min: 1, max: 2000 }), slow: fc.boolean() })
  .map(({ hundreds, slow }) => (slow ? -hundreds : hundreds) * 100)

const change = fc
  .record(
    {
      loss: share,
      delay: fc.integer({ min: 10, max: 2000 }).map((ms) => written(ms * 1000)),
      duplication: share,
      reordering: share,
      corruption: share,
      bandwidth: fc.integer({ min: 1, max: 1000 }).map((narrow) => Math.round(1_000_000_000 / narrow)),
    },
    { requiredKeys: [] },
  )
  .filter((parts) => Object.keys(parts).length > 0)

const instant = fc.nat({ max: MILLE })

function instantIn(back: number, { from, end }: Stage): Duration {
  return written(Math.max(from, round(end - ((end - from) * back) / MILLE, quantumOf(end - from))))
}

/** A kind that happens at once to a node. */
function suddenOn(kind: 'restart' | 'resume'): fc.Arbitrary<Draft> {
  return fc.record({ node: anyIndex, back: instant }).map(({ node, back }): Draft => {
    return (stage) => ({ at: instantIn(back, stage), kind, node: targetIn(node, stage) })
  })
}

function sudden(kind: 'heal' | 'release'): fc.Arbitrary<Draft> {
  return instant.map((back): Draft => (stage) => ({ at: instantIn(back, stage), kind }))
}

/** Every kind of the vocabulary: one that is added is missed by the compiler. */
export const drafts: Readonly<Record<FaultName, fc.Arbitrary<Draft>>> = {
  crash: lastingOn(fc.boolean(), (base, torn) => ({ kind: 'crash', ...base, ...(torn ? { torn } : {}) })),
  restart: suddenOn('restart'),
  pause: lastingOn(nothing, (base) => ({ kind: 'pause', ...base })),
  resume: suddenOn('resume'),
  partition: fc
    .record({ first: anyIndex, count: anyIndex, when: spell })
    .map(({ first, count, when }): Draft => {
      return (stage) => {
        const { nodes } = stage
        if (nodes.length < 2) return undefined
        const size = 1 + (count % (nodes.length - 1))
        const start = first % nodes.length
        const side = nodes.filter((_node, index) => (index - start + nodes.length) % nodes.length < size)
        return { kind: 'partition', groups: [[...selectors(side, nodes)], ['rest']], ...spellIn(when, stage) }
      }
    }),
  isolate: lastingOn(nothing, (base) => ({ kind: 'isolate', ...base })),
  'partition-one-way': fc
    .record({ one: anyIndex, other: anyIndex, inwards: fc.boolean(), when: spell })
    .map(({ one, other, inwards, when }): Draft => {
      return (stage) => {
        const pair = pairIn(one, other, stage)
        if (pair === undefined) return undefined
        const [from, to] = inwards ? ([pair[1], pair[0]] as const) : pair
        return { kind: 'partition-one-way', from, to, ...spellIn(when, stage) }
      }
    }),
  'partition-ring': fc.record({ kind: anyIndex, when: spell }).map(({ kind, when }): Draft => {
    return (stage) => {
      // Three nodes or fewer are not cut by a ring.
      const many = kindsOf(stage.targets).filter(
        (name) => stage.nodes.filter(({ kindName }) => kindName === name).length > 3,
      )
      const ring = many[kind % Math.max(1, many.length)]
      return ring === undefined ? undefined : { kind: 'partition-ring', ring, ...spellIn(when, stage) }
    }
  }),
  heal: sudden('heal'),
  degrade: fc
    .record({ from: anyIndex, everywhere: fc.boolean(), oneWay: fc.boolean(), parts: change, when: spell })
    .map(({ from, everywhere, oneWay, parts, when }): Draft => {
      return (stage) => ({
        kind: 'degrade',
        ...(everywhere ? {} : { from: targetIn(from, stage), ...(oneWay ? { oneWay } : {}) }),
        ...(parts as Omit<Extract<FaultSpec, { kind: 'degrade' }>, 'kind' | 'at'>),
        ...spellIn(when, stage),
      })
    }),
  hold: fc
    .record({ one: anyIndex, other: anyIndex, oneWay: fc.boolean(), when: spell })
    .map(({ one, other, oneWay, when }): Draft => {
      return (stage) => {
        const pair = pairIn(one, other, stage)
        if (pair === undefined) return undefined
        const [from, to] = pair
        return { kind: 'hold', from, to, ...(oneWay ? { oneWay } : {}), ...spellIn(when, stage) }
      }
    }),
  release: sudden('release'),
  'clock-skew': lastingOn(by, (base, off) => ({ kind: 'clock-skew', ...base, by: off })),
  'clock-step': fc.record({ node: anyIndex, back: instant, off: by }).map(({ node, back, off }): Draft => {
    return (stage) => ({
      at: instantIn(back, stage),
      kind: 'clock-step',
      node: targetIn(node, stage),
      by: off,
    })
  }),
  'clock-drift': lastingOn(ppm, (base, rate) => ({ kind: 'clock-drift', ...base, ppm: rate })),
  'cpu-slow': lastingOn(factor, (base, slower) => ({ kind: 'cpu-slow', ...base, factor: slower }), withCpu),
  'disk-full': lastingOn(nothing, (base) => ({ kind: 'disk-full', ...base }), withDisk),
  'disk-slow': lastingOn(
    factor,
    (base, slower) => ({ kind: 'disk-slow', ...base, factor: slower }),
    withDisk,
  ),
  'disk-read-error': lastingOn(nothing, (base) => ({ kind: 'disk-read-error', ...base }), withDisk),
  'disk-sync-lie': lastingOn(nothing, (base) => ({ kind: 'disk-sync-lie', ...base }), withDisk),
}

/**
 * Kinds that are drawn unless others are named: as with random faults, disks that lose data or fail are not among them,
 * since few systems promise to survive them.
 */
export const usualKinds: readonly FaultName[] = [
  'crash',
  'pause',
  'partition',
  'isolate',
  'partition-one-way',
  'partition-ring',
  'degrade',
  'hold',
  'clock-skew',
  'clock-step',
  'clock-drift',
  'cpu-slow',
  'disk-slow',
]
