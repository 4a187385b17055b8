/**
 * A trace as a log with vector clocks, for ShiViz and TSViz.
 *
 * Each event is two lines: host and clock, then what happened. The first line of the file is the regular expression
 * with which ShiViz reads it, the second the one that separates executions (none here), as ShiViz takes them from an
 * uploaded file.
 *
 * Clocks follow Mattern and Fidge over the causes of the trace: an event knows all that led to it. What a cut leaves out
 * counts no tick, but what was known through it is still known, so the clocks of a part are those of the whole,
 * restricted to what is shown.
 *
 * Sources: ShiViz's documentation, "Log format"; F. Mattern, "Virtual time and global states of distributed systems",
 * 1988; C. Fidge, "Timestamps in message-passing systems that preserve the partial ordering", 1988.
 */
import { CallerError } from '../../sim/kernel/errors.ts'
import { formatTime } from '../../sim/kernel/time.ts'
import type { TraceRecord } from '../../sim/trace/records.ts'
import { valueText } from '../values.ts'
import type { Cut, TraceSource } from './source.ts'

/** What reads the log, in ShiViz's syntax of named groups. */
export const SHIVIZ_PARSER = String.raw`(?<host>\S*) (?<clock>{.*})\n(?<event>.*)`

/** Events written at most: ShiViz lays out each as an element of a page. */
export const SHIVIZ_EVENTS = 20_000

/** The host of what happens to no node. */
const WORLD = 'world'

/** A vector clock: ticks by position of the host; absent: none. */
type Clock = Map<number, number>

interface Host {
  readonly name: string
  readonly index: number
  readonly isShown: boolean
  readonly clock: Clock
}

/**
 * The text of the file, in pieces.
 *
 * @throws CallerError if the cut holds more events than ShiViz can draw
 */
export function* shivizText(source: TraceSource, cut: Cut): Generator<string, void, undefined> {
  yield `${SHIVIZ_PARSER}\n\n`
  const hosts = hostsOf(source.nodes, cut)
  /** Clocks of records that another host may still hear of. */
  const told = new Map<number, ReadonlyMap<number, number>>()
  const nodeOf: string[] = []
  let events = 0
  for (const { record } of source.lines()) {
    if (record === undefined) continue
    const { id, t, node = WORLD, cause } = record
    if (t > cut.to) break
    const host = hosts.get(node)
    if (host === undefined) continue
    nodeOf[id] = node
    if (cause !== undefined && nodeOf[cause] !== node) merge(host.clock, told.get(cause))
    const isShown = host.isShown && t >= cut.from
    if (isShown) {
      if (++events > SHIVIZ_EVENTS) throw tooMany(t, cut)
      host.clock.set(host.index, (host.clock.get(host.index) ?? 0) + 1)
      yield `${host.name} ${clockText(host.clock, hosts)}\n${eventText(record)}\n`
    }
    if (TELLS.has(record.kind)) told.set(id, new Map(host.clock))
    // A message arrives once, and its copies have records of their own.
    if (record.kind === 'deliver' && cause !== undefined) told.delete(cause)
  }
}

/** Kinds whose records are causes of what happens elsewhere. */
const TELLS: ReadonlySet<string> = new Set([
  ...['send', 'request', 'reply', 'duplicate', 'connect', 'stream', 'reset'],
  ...['fault', 'heal', 'crash', 'stop', 'start', 'pause', 'resume', 'drop'],
])

/** All nodes and the world, each with a name without spaces, as the format asks for. */
function hostsOf(nodes: readonly string[], cut: Cut): ReadonlyMap<string, Host> {
  const shown = new Set(cut.nodes)
  const taken = new Set<string>()
  const hosts = new Map<string, Host>()
  for (const [index, node] of [...nodes, WORLD].entries()) {
    if (hosts.has(node)) continue
    let name = node.replace(/\s/g, '_')
    while (taken.has(name)) name += "'"
    taken.add(name)
    // The world has no part in a cut by nodes, unless something happens to it: its events are few.
    hosts.set(node, { name, index, isShown: node === WORLD || shown.has(node), clock: new Map() })
  }
  return hosts
}

function merge(into: Clock, other: ReadonlyMap<number, number> | undefined): void {
  if (other === undefined) return
  for (const [host, ticks] of other) if (ticks > (into.get(host) ?? 0)) into.set(host, ticks)
}

function clockText(clock: Clock, hosts: ReadonlyMap<string, Host>): string {
  const entries = [...hosts.values()].flatMap(({ name, index }) => {
    const ticks = clock.get(index)
    return ticks === undefined ? [] : [`${JSON.stringify(name)}:${ticks}`]
  })
  return `{${entries.join(', ')}}`
}

/** One line, whatever stands in the values. */
function eventText(record: TraceRecord): string {
  const { id, t, kind, type, from, to } = record
  const said = [`#${id} ${formatTime(t)} ${kind}`]
  if (type !== undefined) said.push(type)
  if (from !== undefined) said.push(`<- ${from}`)
  if (to !== undefined) said.push(`-> ${to}`)
  if ('data' in record) said.push(valueText(record.data))
  return said.join(' ').replace(/[\r\n\u2028\u2029]/g, ' ')
}

function tooMany(t: number, cut: Cut): CallerError {
  return new CallerError(`there are more than ${SHIVIZ_EVENTS} events, which ShiViz cannot draw`, {
    expected: 'a part of the trace: --from, --to, --nodes',
    hint: t > cut.from ? `--to ${formatTime(t - 1).replaceAll(' ', '')} would fit` : undefined,
  })
}
