/** `orrery diff`: the states of both runs at their first difference, by executing them again where that is possible. */
import { comparisonLines, sameState } from '../reports/states.ts'
import { wrap } from '../reports/text.ts'
import type { Instant, NodeAtInstant } from '../sim/explore/instant.ts'
import { CallerError } from '../sim/kernel/errors.ts'
import { formatTime } from '../sim/kernel/time.ts'
import type { TraceFooter, TraceHeader } from '../sim/trace/reader.ts'
import type { TraceRecord } from '../sim/trace/records.ts'
import type { Context } from './context.ts'
import { nodeJson } from './replay-states.ts'
import { instantOfTrace, scenarioOf } from './trace-scenario.ts'

/** One of the two traces. */
export interface DiffSide {
  readonly file: string
  readonly header: TraceHeader
  readonly footer: TraceFooter
  /** The first record that differs; undefined if this trace ends there. */
  readonly record: TraceRecord | undefined
}

/** The states of one side after the event that made its record, or why there are none. */
type SideStates = { readonly instant: Instant } | { readonly missing: string }

export interface DiffStates {
  readonly sides: readonly [SideStates, SideStates]
  /** Names of the nodes on which the records were made, or which the events changed. */
  readonly concerned: readonly string[]
}

/** Executes both runs again, up to their first difference. */
export async function statesAtDifference(a: DiffSide, b: DiffSide): Promise<DiffStates> {
  const sides = [await statesOf(a), await statesOf(b)] as const
  const concerned = new Set<string>()
  for (const { record } of [a, b]) if (record?.node !== undefined) concerned.add(record.node)
  if (concerned.size === 0) {
    for (const side of sides) {
      if ('instant' in side) for (const { node } of side.instant.changes) concerned.add(node)
    }
  }
  return { sides, concerned: [...concerned] }
}

async function statesOf({ file, header, footer, record }: DiffSide): Promise<SideStates> {
  const target = record?.id ?? footer.records
  if (target === 0) return { missing: 'the trace has no records' }
  try {
    const { scenario, spec } = await scenarioOf(undefined, header, file)
    const instant = await instantOfTrace(file, scenario, spec, { record: target })
    return instant === undefined
      ? { missing: `${header.source} does not reproduce it any more: was it changed since?` }
      : { instant }
  } catch (error) {
    if (error instanceof CallerError) return { missing: error.message }
    throw error
  }
}

/** The states of the nodes concerned, against each other; or why that cannot be shown. */
export function stateDifferenceLines(
  { sides, concerned }: DiffStates,
  names: readonly [string, string],
  { paint }: Context,
): readonly string[] {
  const [a, b] = sides
  const title = paint.bold('states after these records')
  const missing = sides.flatMap((side, index) =>
    'missing' in side ? [`  not at hand for ${names[index] ?? ''}: ${side.missing}`] : [],
  )
  if (!('instant' in a) || !('instant' in b)) return [title, ...missing]
  const left = byName(a.instant)
  const right = byName(b.instant)
  const others = [...new Set([...left.keys(), ...right.keys()])].filter((name) => !concerned.includes(name))
  const differing = others.filter((name) => {
    const one = left.get(name)
    const other = right.get(name)
    return one === undefined || other === undefined || !sameState(one, other)
  })
  const times = `${formatTime(a.instant.time)} and ${formatTime(b.instant.time)}`
  return [
    a.instant.time === b.instant.time ? title : `${title}, at ${times}`,
    ...concerned.flatMap((name) => comparisonLines([left.get(name), right.get(name)], names, paint)),
    ...othersLine(others.length, differing, concerned.length === 0 ? '' : 'other '),
  ]
}

const NAMED = 8

function othersLine(count: number, differing: readonly string[], other: string): readonly string[] {
  if (count === 0) return []
  if (differing.length === 0) return [`the states of all ${other}nodes are the same in both`]
  const rest = differing.length - NAMED
  const named = differing.slice(0, NAMED).join(', ')
  return wrap(`${other}nodes whose states differ: ${named}${rest > 0 ? ` and ${rest} more` : ''}`, '')
}

/** The same for programs: per side its nodes concerned, or why there are none. */
export function stateDifferenceJson({ sides, concerned }: DiffStates): unknown {
  const json = (side: SideStates): unknown => {
    if ('missing' in side) return { missing: side.missing }
    const { time, nodes } = side.instant
    return { time, nodes: nodes.filter(({ name }) => concerned.includes(name)).map(nodeJson) }
  }
  return { a: json(sides[0]), b: json(sides[1]) }
}

function byName({ nodes }: Instant): ReadonlyMap<string, NodeAtInstant> {
  return new Map(nodes.map((node) => [node.name, node]))
}
