/**
 * A run in a few rows of characters: when faults were in force, and who had which role, was down or paused. Only
 * nodes to which something happened get a row; a row is as wide as the whole run.
 */
import type { ChalkInstance } from 'chalk'
import { formatTime } from '../sim/kernel/time.ts'
import type { FaultReport } from '../sim/scenario/plan-runner.ts'
import type { NodeDirectory } from '../sim/trace/memory-trace.ts'
import type { RecordSink } from '../sim/trace/recorder.ts'
import { kindCode } from '../sim/trace/records.ts'
import type { ObserverKind, RecordKind } from '../sim/trace/records.ts'
import type { StringTable } from '../sim/trace/string-table.ts'
import { fit } from './text.ts'

const WATCHED = ['start', 'stop', 'crash', 'pause', 'resume', 'role', 'fault', 'heal'] as const
type WatchedKind = (typeof WATCHED)[number]

const BY_CODE: readonly (WatchedKind | undefined)[] = (() => {
  const kinds: (WatchedKind | undefined)[] = []
  for (const kind of WATCHED) kinds[kindCode(kind satisfies RecordKind)] = kind
  return kinds
})()

interface Entry {
  readonly id: number
  readonly time: number
  readonly kind: WatchedKind
  /** -1 for the world. */
  readonly node: number
  readonly cause: number
  readonly type: string
  /** Position in the plan, for faults. */
  readonly index: number
}

/** Entries kept at most: a run with more is too busy for a few rows anyway. */
const KEPT = 20_000

/** Collects, during a run, what the timeline shows, and the samples that metrics were made of. */
export class TimelineSink implements RecordSink {
  readonly entries: Entry[] = []
  readonly samples = new Map<string, number[]>()
  private readonly strings: StringTable
  private readonly directory: NodeDirectory

  constructor(strings: StringTable, directory: NodeDirectory) {
    this.strings = strings
    this.directory = directory
  }

  record(
    id: number,
    time: number,
    code: number,
    node: number,
    cause: number,
    _peer: number,
    type: number,
    data: unknown,
  ): void {
    const kind = BY_CODE[code]
    if (kind === undefined || this.entries.length >= KEPT) return
    if (kind === 'start' && (data as { readonly incarnation?: number }).incarnation === 1) return
    const index = kind === 'fault' ? ((data as { readonly index?: number }).index ?? -1) : -1
    this.entries.push({ id, time, kind, node, cause, type: this.strings.text(type), index })
  }

  observe(_t: number, kind: ObserverKind, _node: number, _cause: number, type: string, data: unknown): void {
    if (kind !== 'metric') return
    const { sample } = data as { readonly sample?: number }
    if (sample === undefined) return
    const list = this.samples.get(type)
    if (list === undefined) this.samples.set(type, [sample])
    else list.push(sample)
  }

  nodeName(id: number): string {
    return this.directory.nodeName(id)
  }
}

const LABEL = 16
const WIDTH = 62
const ROWS = 8
const UP = '·'
const DOWN = ' '
const CRASH = 'X'
const PAUSED = '~'

/** The rows, each at most 80 columns wide; none if nothing happened that they could show. */
export function timelineRows(
  sink: TimelineSink,
  run: {
    readonly endedAt: number
    readonly faults: readonly FaultReport[]
    readonly violations: readonly number[]
  },
  paint: ChalkInstance,
): readonly string[] {
  const end = Math.max(run.endedAt, 1)
  const column = (time: number): number => Math.min(WIDTH - 1, Math.floor((time / end) * WIDTH))
  const faults = faultRows(sink, run.faults, column, paint)
  const nodes = nodeRows(sink, column, paint)
  if (faults.length + nodes.rows.length === 0) return []
  const violations = violationRow(run.violations, column, paint)
  return [axis(end, column, paint), ...faults, ...nodes.rows, ...violations, ...nodes.legend]
}

function row(label: string, cells: string): string {
  return `  ${fit(label, LABEL - 1).padEnd(LABEL - 1)} ${cells}`.trimEnd()
}

/** The scale: round times where they stand, and the end of the run. */
function axis(end: number, column: (time: number) => number, paint: ChalkInstance): string {
  const last = shortTime(end)
  const lastFrom = WIDTH - last.length
  let text = '0s'
  const step = roundStep(end / TICKS)
  for (let time = step; time < end; time += step) {
    const label = formatTime(time)
    const from = column(time)
    if (from < text.length + 2 || from + label.length + 2 > lastFrom) continue
    text = text.padEnd(from) + label
  }
  return paint.dim(row('time', text.padEnd(lastFrom) + last))
}

const TICKS = 5

/** The smallest of 1, 2, 5, 10, 20 ... microseconds that is not below the given one. */
function roundStep(least: number): number {
  let unit = 1
  while (unit * 10 < least) unit *= 10
  return [1, 2, 5, 10].map((factor) => factor * unit).find((step) => step >= least) ?? unit
}

/** A time rounded to what a column can show. */
function shortTime(us: number): string {
  const unit = us >= 10_000_000 ? 100_000 : us >= 100_000 ? 1_000 : 1
  return formatTime(Math.round(us / unit) * unit)
}

function faultRows(
  sink: TimelineSink,
  reports: readonly FaultReport[],
  column: (time: number) => number,
  paint: ChalkInstance,
): readonly string[] {
  const begins = sink.entries.filter((entry) => entry.kind === 'fault')
  const ends = new Map(
    sink.entries.filter((entry) => entry.kind === 'heal').map((entry) => [entry.cause, entry.time]),
  )
  const rows = begins.slice(0, ROWS).map((begin) => {
    const from = column(begin.time)
    const endTime = ends.get(begin.id)
    const bar = endTime === undefined ? '!' : barText(column(endTime) - from)
    const names = touchedText(reports[begin.index])
    const after = WIDTH - from - bar.length - 1
    const fits = names.length <= Math.max(after, from - 1)
    if (after >= names.length || !fits) {
      return row(
        begin.type,
        `${' '.repeat(from)}${paint.red(bar)} ${paint.dim(fit(names, Math.max(3, after)))}`,
      )
    }
    return row(begin.type, `${paint.dim(names.padStart(from - 1))} ${paint.red(bar)}`)
  })
  const rest = begins.length - rows.length
  return rest > 0 ? [...rows, paint.dim(row('', `and ${rest} more faults`))] : rows
}

/** From the column in which it begins to the one in which it ends. */
function barText(columns: number): string {
  return columns === 0 ? '|' : `[${'='.repeat(columns - 1)}]`
}

function touchedText(report: FaultReport | undefined): string {
  if (report === undefined) return ''
  if (report.touched.length === 0) return 'nothing (vacuous)'
  if (report.touched.length <= 3) return report.touched.join(', ')
  return `${report.touched.slice(0, 2).join(', ')} and ${report.touched.length - 2} more`
}

function nodeRows(
  sink: TimelineSink,
  column: (time: number) => number,
  paint: ChalkInstance,
): { readonly rows: readonly string[]; readonly legend: readonly string[] } {
  const byNode = new Map<number, Entry[]>()
  for (const entry of sink.entries) {
    if (entry.node < 0) continue
    const list = byNode.get(entry.node)
    if (list === undefined) byNode.set(entry.node, [entry])
    else list.push(entry)
  }
  if (byNode.size === 0) return { rows: [], legend: [] }
  const letters = roleLetters(sink.entries)
  const nodes = [...byNode].sort(([a], [b]) => a - b)
  const seen = new Set<string>()
  const rows = mostEventful(nodes).map(([node, entries]) => {
    const cells = nodeCells(entries, letters, column)
    for (const cell of cells) seen.add(cell)
    return row(sink.nodeName(node), paintCells(cells.join(''), paint))
  })
  const rest = nodes.length - rows.length
  if (rest > 0) rows.push(paint.dim(row('', `and ${rest} more nodes`)))
  const legend = [
    ...[...letters].filter(([, letter]) => seen.has(letter)).map(([role, letter]) => `${letter} ${role}`),
    ...(seen.has(CRASH) ? [`${CRASH} crash`] : []),
    ...(seen.has(DOWN) ? ['blank: down'] : []),
    ...(seen.has(PAUSED) ? [`${PAUSED} paused`] : []),
    ...(seen.has(UP) ? [`${UP} up`] : []),
  ]
  return { rows, legend: [paint.dim(row('', legend.join('   ')))] }
}

/** All nodes if they fit; else those to which the most happened, leaving out those with a single event. */
function mostEventful(
  nodes: readonly (readonly [number, readonly Entry[]])[],
): readonly (readonly [number, readonly Entry[]])[] {
  if (nodes.length <= ROWS) return nodes
  const eventful = nodes.filter(([, entries]) => entries.length > 1)
  return (eventful.length === 0 ? nodes.slice() : eventful)
    .sort(([a, one], [b, other]) => other.length - one.length || a - b)
    .slice(0, ROWS)
    .sort(([a], [b]) => a - b)
}

/** Roles that are the same in every run, so that their letters are, too; who looks for a leader has none yet. */
const KNOWN_LETTERS: Readonly<Record<string, string>> = {
  leader: 'L',
  follower: 'F',
  observer: 'O',
  candidate: 'C',
  looking: '?',
}

/** One letter a role: of the others the first letter that is not taken yet, in the order in which they appear. */
function roleLetters(entries: readonly Entry[]): ReadonlyMap<string, string> {
  const letters = new Map<string, string>()
  const taken = new Set<string>([CRASH])
  const roles = new Set(
    entries.filter(({ kind, type }) => kind === 'role' && type !== '').map(({ type }) => type),
  )
  for (const type of roles) {
    const letter = Object.hasOwn(KNOWN_LETTERS, type) ? KNOWN_LETTERS[type] : undefined
    if (letter === undefined) continue
    letters.set(type, letter)
    taken.add(letter)
  }
  for (const type of roles) {
    if (letters.has(type)) continue
    const candidates = `${type.toUpperCase()}0123456789`.match(/[A-Z0-9]/g) ?? []
    const letter = candidates.find((one) => !taken.has(one)) ?? '#'
    taken.add(letter)
    letters.set(type, letter)
  }
  return letters
}

function nodeCells(
  entries: readonly Entry[],
  letters: ReadonlyMap<string, string>,
  column: (time: number) => number,
): readonly string[] {
  const cells = Array.from({ length: WIDTH }, () => UP)
  let role = UP
  let up = true
  let paused = false
  for (const { time, kind, type } of entries) {
    if (kind === 'role') role = letters.get(type) ?? UP
    else if (kind === 'pause') paused = true
    else if (kind === 'resume') paused = false
    else if (kind === 'start') up = true
    else {
      // A new incarnation has no role until it takes one.
      up = false
      paused = false
      role = UP
    }
    const from = column(time)
    cells.fill(!up ? DOWN : paused ? PAUSED : role, from)
    if (kind === 'crash') cells[from] = CRASH
  }
  // A crash must stay visible even if the restart falls into the same column.
  for (const { time, kind } of entries) if (kind === 'crash') cells[column(time)] = CRASH
  return cells
}

function paintCells(cells: string, paint: ChalkInstance): string {
  return cells.replace(/(.)\1*/gu, (stretch, cell: string) => {
    switch (cell) {
      case UP:
        return paint.dim(stretch)
      case CRASH:
        return paint.red(stretch)
      case DOWN:
        return stretch
      case PAUSED:
        return paint.yellow(stretch)
      default:
        return paint.cyan(stretch)
    }
  })
}

function violationRow(
  times: readonly number[],
  column: (time: number) => number,
  paint: ChalkInstance,
): readonly string[] {
  if (times.length === 0) return []
  const cells = Array.from({ length: WIDTH }, () => ' ')
  for (const time of times) cells[column(time)] = '^'
  return [row('violated', paint.red(cells.join('').trimEnd()))]
}
