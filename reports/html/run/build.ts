/**
 * From a run to what its page holds. A run that was executed again, inspected, has everything; of one that is known from
 * its trace alone there are records, and what can be told from them.
 */
import type { ClockChange } from '../../../sim/host/clock-history.ts'
import type { Operation } from '../../../sim/host/history.ts'
import type { StateHistory } from '../../../sim/host/inspector.ts'
import type { ObserverRecord, TraceRecord } from '../../../sim/trace/records.ts'
import { grouped } from '../model/ticks.ts'
import type { ClockData, LogData, NodeData, RunData, RunFacts, StateData } from './data.ts'
import { OPERATION_LIMIT, operationData } from './operations.ts'
import type { OrderData } from './data.ts'
import { RecordPacker } from './record-columns.ts'
import type { Stretch } from './selection.ts'
import { outsideOf, stretchOf } from './selection.ts'
import { SeriesBuilder } from './series.ts'
import { StatePacker } from './state-values.ts'

/** What is known of a run. */
export interface RunKnown {
  readonly facts: RunFacts
  readonly nodes: readonly NodeData[]
  /** All lines of the trace, in order; asked several times. */
  readonly lines: () => Iterable<TraceRecord | ObserverRecord>
  readonly operations: readonly Operation[]
  readonly orders: readonly OrderData[]
  readonly clocks: readonly ClockChange[]
  /** Undefined where the run could not be executed again. */
  readonly states: StateHistory | undefined
  /** Metrics whose charts come first. */
  readonly highlights: readonly string[]
  /** What is missing, in sentences. */
  readonly missing: readonly string[]
}

/** Log lines that a page shows at most, and roughly the characters of its table of states. */
const LOG_LIMIT = 20_000
const STATE_SIZE = 60_000_000

/** The record at which a run went wrong first; undefined if it did not, or nobody knows. */
export function focusOf(violations: readonly { readonly record?: number }[]): number | undefined {
  return violations.find(({ record }) => record !== undefined && record > 0)?.record
}

/** Everything that the page of a run holds. `limit`: records that it shows at most. */
export function runData(known: RunKnown, limit: number): RunData {
  const { facts, nodes, lines, clocks, states } = known
  const focus = focusOf(facts.violations)
  const stretch = stretchOf(facts.records, focus, limit)
  const outside =
    facts.records <= limit ? new Set<number>() : outsideOf(recordsOf(lines()), stretch, focus, limit)
  const names = new Map(nodes.map(({ name }, index) => [name, index]))
  const records = new RecordPacker(names)
  const series = new SeriesBuilder(facts.endedAt)
  const logs = new LogCollector(names, stretch)
  for (const line of lines()) {
    if (!('id' in line)) {
      series.observer(line)
      logs.take(line)
      continue
    }
    series.record(line)
    if ((line.id >= stretch.from && line.id <= stretch.to) || outside.has(line.id)) records.add(line)
  }
  const operations = keptOperations(known.operations, stretch)
  const packed = states === undefined ? undefined : stateData(states, names)
  const missing = [
    ...known.missing,
    ...leftOut(facts.records, stretch, outside.size, limit),
    ...countMissing('operations', known.operations.length, operations.length),
    ...countMissing('log lines', logs.seen, logs.list.length),
    ...(packed?.whole === false ? ['States near the end of the run are left out: there are too many.'] : []),
  ]
  return {
    page: 'run',
    facts,
    nodes,
    records: records.finish(stretch, facts.records),
    logs: logs.list,
    ...(packed === undefined ? {} : { states: packed.data }),
    clocks: clocks.flatMap((change) => clockData(change, names)),
    operations: operationData(operations, names),
    orders: known.orders,
    series: series.finish(known.highlights, clocks),
    missing,
  }
}

function* recordsOf(lines: Iterable<TraceRecord | ObserverRecord>): Generator<TraceRecord, void, undefined> {
  for (const line of lines) if ('id' in line) yield line
}

function leftOut(total: number, { from, to }: Stretch, outside: number, limit: number): string[] {
  if (total <= limit) return []
  const omitted = total - (to - from + 1) - outside
  return [
    `${grouped(omitted)} of ${grouped(total)} records are left out: shown are records ${grouped(from)} to ${grouped(to)}, and ` +
      `${grouped(outside)} others (starts, crashes, roles, faults, errors, causes of the violation). Charts cover the whole run.`,
  ]
}

function countMissing(what: string, all: number, shown: number): string[] {
  return all === shown ? [] : [`${grouped(all - shown)} of ${grouped(all)} ${what} are left out.`]
}

class LogCollector {
  readonly list: LogData[] = []
  seen = 0
  private readonly nodes: ReadonlyMap<string, number>
  private readonly stretch: Stretch

  constructor(nodes: ReadonlyMap<string, number>, stretch: Stretch) {
    this.nodes = nodes
    this.stretch = stretch
  }

  take({ kind, t, node = '', cause = 0, type = '', data }: ObserverRecord): void {
    if (kind !== 'log') return
    this.seen++
    if (cause < this.stretch.from || cause > this.stretch.to || this.list.length >= LOG_LIMIT) return
    const { text, data: more } = data as { readonly text: string; readonly data?: unknown }
    const said = more === undefined ? text : `${text} ${JSON.stringify(more)}`
    this.list.push({ t, node: this.nodes.get(node) ?? -1, cause, level: type, text: said })
  }
}

/** Operations that were going on within the stretch; of too many the last. */
function keptOperations(operations: readonly Operation[], { from, to }: Stretch): readonly Operation[] {
  if (operations.length <= OPERATION_LIMIT) return operations
  const within = operations.filter(({ record, endRecord = Infinity }) => endRecord >= from && record <= to)
  return within.slice(-OPERATION_LIMIT)
}

function clockData(
  { node, time, wallError, monotonicError, ppm }: ClockChange,
  nodes: ReadonlyMap<string, number>,
): ClockData[] {
  const at = nodes.get(node)
  return at === undefined ? [] : [{ node: at, t: time, wall: wallError, monotonic: monotonicError, ppm }]
}

function stateData(
  { changes }: StateHistory,
  nodes: ReadonlyMap<string, number>,
): { readonly data: StateData; readonly whole: boolean } {
  const packer = new StatePacker()
  const columns: { [K in keyof StateData['changes']]: number[] } = {
    node: [],
    first: [],
    record: [],
    t: [],
    value: [],
  }
  const latest = new Map<string, unknown>()
  let lastTime = 0
  for (const { node, first, record, time, state } of changes) {
    if (packer.size > STATE_SIZE) break
    const before = latest.get(node)
    latest.set(node, state)
    columns.node.push(nodes.get(node) ?? -1)
    columns.first.push(first - record)
    columns.record.push(record)
    columns.t.push(time - lastTime)
    columns.value.push(typeof state === 'object' && state !== null ? packer.pack(state, before) : -1)
    lastTime = time
  }
  const { values, shapes } = packer
  return { data: { values, shapes, changes: columns }, whole: packer.size <= STATE_SIZE }
}
