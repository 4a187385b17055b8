/**
 * What exports are made from: a trace that was read once and found whole, and the part of it that is wanted.
 *
 * A cut leaves records out; it changes none. Causes that point into what was left out stay as they are, so that an
 * export can be compared with its trace record by record.
 */
import { parseSelector } from '../../sim/host/selectors.ts'
import { CallerError, show } from '../../sim/kernel/errors.ts'
import { nearest } from '../../sim/kernel/nearest.ts'
import type { Duration } from '../../sim/kernel/time.ts'
import { formatTime, micros } from '../../sim/kernel/time.ts'
import type { TraceFooter, TraceHeader, TraceLine, TraceReader } from '../../sim/trace/reader.ts'

/** A trace that can be read again and again. */
export interface TraceSource {
  readonly header: TraceHeader
  readonly footer: TraceFooter
  /** Names of nodes, in the order in which the run started them. */
  readonly nodes: readonly string[]
  /** Every line between header and footer, from the first. */
  lines(): Iterable<TraceLine>
}

/** The part of a trace that is exported. */
export interface Cut {
  /** Virtual microseconds, both included. */
  readonly from: number
  readonly to: number
  /** The nodes that are shown, in the order of the trace. */
  readonly nodes: readonly string[]
  readonly isWhole: boolean
  /** Whether pictures show segments of streams that carry nothing. */
  readonly acknowledgements?: boolean
}

/**
 * Reads a trace once for its checks and its nodes.
 *
 * @param open begins to read the trace anew
 * @throws CallerError if it is truncated or edited
 */
export function openSource(open: () => TraceReader): TraceSource {
  const reader = open()
  const nodes = new Set<string>()
  for (const { node, to } of reader.records()) {
    if (node !== undefined) nodes.add(node)
    if (to !== undefined) nodes.add(to)
  }
  const footer = reader.footer ?? reader.drain()
  return { header: reader.header, footer, nodes: [...nodes], lines: () => open().lines() }
}

/** What a caller says about a cut: times as durations, nodes as selectors separated by commas. */
export interface CutRequest {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly nodes?: string | undefined
  readonly acknowledgements?: boolean | undefined
}

/** @throws CallerError if a time is outside of the run, or a selector selects nothing */
export function cutOf({ nodes, footer }: TraceSource, request: CutRequest): Cut {
  const end = footer.endedAt
  const from = request.from === undefined ? 0 : timeOf('--from', request.from, end)
  const to = request.to === undefined ? end : timeOf('--to', request.to, end)
  if (from > to) {
    throw new CallerError(`--from ${formatTime(from)} is after --to ${formatTime(to)}`, {
      expected: 'a beginning that is not after the end',
    })
  }
  const shown = request.nodes === undefined ? nodes : selected(nodes, request.nodes)
  const isWhole = from === 0 && to === end && shown.length === nodes.length
  return { from, to, nodes: shown, isWhole, acknowledgements: request.acknowledgements ?? false }
}

function timeOf(option: string, text: string, end: number): number {
  const time = micros(text as Duration, option)
  if (time <= end) return time
  throw new CallerError(`${option}: ${show(text)} is after the end of the run`, {
    expected: `at most ${formatTime(end)}`,
  })
}

const INDEXED = /^(.*)\[(\d+)\]$/

function selected(nodes: readonly string[], text: string): readonly string[] {
  const chosen = new Set<string>()
  for (const part of text.split(',').map((one) => one.trim())) {
    const found = nodes.includes(part) ? [part] : matching(nodes, part)
    if (found.length === 0) throw unknownNode(nodes, part)
    for (const name of found) chosen.add(name)
  }
  return nodes.filter((name) => chosen.has(name))
}

/** Nodes of a kind or a range of it; what a role or a zone selects is not fixed in time, so they are refused. */
function matching(nodes: readonly string[], text: string): readonly string[] {
  const selector = parseSelector(text, '--nodes')
  if (selector.kind === 'all') return nodes
  if (selector.kind !== 'nodes') {
    throw new CallerError(`--nodes: ${show(text)} selects other nodes at other times`, {
      expected: "names, kinds or ranges, such as 'replica[0],client' or 'replica[1..]'",
    })
  }
  return nodes.filter((name) => {
    const [, kind = name, index] = INDEXED.exec(name) ?? []
    if (kind !== selector.node) return false
    return index === undefined || (Number(index) >= selector.first && Number(index) <= selector.last)
  })
}

function unknownNode(nodes: readonly string[], given: string): CallerError {
  const close = nearest(given, nodes)
  const kinds = new Set(nodes.map((name) => INDEXED.exec(name)?.[1] ?? name))
  return new CallerError(`--nodes: no node of the trace is called ${show(given)}`, {
    expected: `nodes of ${[...kinds].join(', ')}`,
    hint: close === undefined ? undefined : `did you mean '${close}'?`,
  })
}
