/** What generators know when they make a plan: who there is, whom they may hit, and between which times. */
import type { SurveyedNode } from '../../sim/scenario/survey.ts'
import type { RandomStream } from '../../sim/kernel/random.ts'
import type { Duration } from '../../sim/kernel/time.ts'

export interface Scene {
  /** Everyone. */
  readonly nodes: readonly SurveyedNode[]
  /** Those at whom faults are aimed. */
  readonly targets: readonly SurveyedNode[]
  /** Selectors of the roles at whose holders faults are aimed: `role:leader`, `replica[role:leader]`. */
  readonly roles: readonly string[]
  /** Faults begin at this time or later, in microseconds ... */
  readonly from: number
  /** ... and are over at this one, when the quiet period begins. */
  readonly end: number
  /** Times are multiples of it, so that plans can be read. */
  readonly quantum: number
  /** How many nodes of a kind may be down at once. */
  readonly maxDown: (kind: string) => number
}

/** One fault's time: when it begins and how long it lasts, in microseconds. */
export interface Spell {
  readonly at: number
  readonly lasting: number
}

/** A time as it stands in a plan: exact, and short. */
export function written(us: number): Duration {
  if (us % 1_000 !== 0) return `${us}us`
  return us < 1_000_000 ? `${us / 1_000}ms` : `${us / 1_000_000}s`
}

/** A time that may be negative, as it stands in a plan. */
export function writtenSigned(us: number): Duration {
  return us < 0 ? (`-${written(-us)}` as Duration) : written(us)
}

/** The names of the zones that nodes are in, in the order of the nodes. */
export function zonesOf(nodes: readonly SurveyedNode[]): readonly string[] {
  return [...new Set(nodes.flatMap(({ zone }) => (zone === undefined ? [] : [zone])))]
}

/** The kinds of nodes, in the order of the nodes. */
export function kindsOf(nodes: readonly SurveyedNode[]): readonly string[] {
  return [...new Set(nodes.map(({ kindName }) => kindName))]
}

/**
 * Nodes as few selectors: a whole kind by its name, neighbours as a range.
 *
 * @param all everyone, which tells whether a kind is whole
 */
export function selectors(chosen: readonly SurveyedNode[], all: readonly SurveyedNode[]): readonly string[] {
  return kindsOf(chosen).flatMap((kind) => {
    const indices = chosen
      .filter(({ kindName }) => kindName === kind)
      .map(({ index }) => index)
      .sort((a, b) => a - b)
    if (indices.length === all.filter(({ kindName }) => kindName === kind).length) return [kind]
    return ranges(indices).map(([first, last]) =>
      first === last ? `${kind}[${first}]` : `${kind}[${first}..${last}]`,
    )
  })
}

function ranges(sorted: readonly number[]): readonly (readonly [number, number])[] {
  const out: [number, number][] = []
  for (const index of sorted) {
    const last = out.at(-1)
    if (last?.[1] === index - 1) last[1] = index
    else out.push([index, index])
  }
  return out
}

/** Kinds with more nodes than this are divided into neighbours, since a list of single nodes could not be read. */
const LISTED = 12

/** So many of the nodes, at random; neighbours (in a circle) where there are many. Keeps their order. */
export function subset(
  nodes: readonly SurveyedNode[],
  count: number,
  random: RandomStream,
): readonly SurveyedNode[] {
  if (nodes.length > LISTED) {
    const first = random.int(nodes.length)
    return nodes.filter((_node, index) => (index - first + nodes.length) % nodes.length < count)
  }
  const chosen = new Set(random.shuffle(nodes).slice(0, count))
  return nodes.filter((node) => chosen.has(node))
}

/**
 * One of the nodes, each kind with the same chance: among a hundred contenders and one service, the service is what most
 * messages go to.
 */
export function ofAnyKind(nodes: readonly SurveyedNode[], random: RandomStream): SurveyedNode {
  const kind = random.pick(kindsOf(nodes))
  return random.pick(nodes.filter(({ kindName }) => kindName === kind))
}

/** One of the entries, by weight; `weight` of at least one is above 0. */
export function weighted<T extends { readonly weight: number }>(
  entries: readonly T[],
  random: RandomStream,
): T {
  const total = entries.reduce((sum, { weight }) => sum + weight, 0)
  let left = random.next() * total
  for (const entry of entries) {
    left -= entry.weight
    if (left < 0) return entry
  }
  return entries.at(-1) as T
}

/** Between both ends, every order of magnitude equally likely. */
export function magnitude([low, high]: readonly [number, number], random: RandomStream): number {
  const draw = random.next()
  // Of a range that begins at 0 the bottom three orders stand for what is smaller still.
  const bottom = low > 0 ? low : high / 1_000
  if (!(bottom < high)) return high
  return bottom * Math.exp(draw * Math.log(high / bottom))
}

/** To two digits that matter: nobody reads more in a plan. */
export function rounded(value: number): number {
  return Number(value.toPrecision(2))
}

/** A range after rounding: what is drawn from it stays inside. */
export function roundedWithin(range: readonly [number, number], random: RandomStream): number {
  const value = rounded(magnitude(range, random))
  return Math.min(Math.max(value, range[0]), range[1])
}
