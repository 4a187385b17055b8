/**
 * The story of a failing run on one screen: what the cluster was, what clients did and what went wrong in order of
 * virtual time, the messages and steps that led to the violation (found by following causes back from its record), and
 * what was expected against what was observed.
 */
import type { ChalkInstance } from 'chalk'
import type { Fault } from '../sim/host/fault.ts'
import type { Failing } from '../sim/explore/failing.ts'
import { failedAt, failingOf } from '../sim/explore/failing.ts'
import type { Signature } from '../sim/explore/outcome.ts'
import { signatureText } from '../sim/explore/outcome.ts'
import { invariant } from '../sim/kernel/errors.ts'
import { formatTime } from '../sim/kernel/time.ts'
import type { Scenario } from '../sim/scenario/scenario.ts'
import type { RunResult, RunSpec } from '../sim/scenario/simulate.ts'
import type { TraceRecord } from '../sim/trace/records.ts'
import { clockText, dataText, recordText } from './records.ts'
import { wrap } from './text.ts'

/** Lines between heading and verdict. */
const LINES = 32
/** Steps shown of a chain of causes. */
const STEPS = 20
const INDENT = '            '

/** Lines for people, at most about forty. `result` must have its trace. */
export function storyLines(
  scenario: Scenario,
  result: RunResult,
  signature: Signature,
  paint: ChalkInstance,
): readonly string[] {
  const failing = failingOf(result, signature)
  return [
    ...setting(scenario, result, paint),
    '',
    ...events(result, signature, failing, paint),
    '',
    ...verdict(result, signature, failing, paint),
  ]
}

function setting(scenario: Scenario, { spec, nodes }: RunResult, paint: ChalkInstance): readonly string[] {
  const counts = new Map<string, number>()
  for (const name of nodes) {
    const kind = name.replace(/\[\d+\]$/, '')
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  const cluster = [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ')
  const params = Object.entries(scenario.params)
    .filter(([name, param]) => spec.params[name] !== param.default)
    .map(([name]) => `${name}=${String(spec.params[name])}`)
  const parts = [
    `${scenario.name}, seed ${spec.seed}: ${cluster}`,
    ...(params.length === 0 ? [] : [`with ${params.join(' ')}`]),
    ...profileText(spec),
  ]
  const [first = '', ...rest] = wrap(parts.join('; '), '')
  return [paint.bold(first), ...rest.map((line) => paint.bold(line))]
}

function profileText({ profile }: RunSpec): readonly string[] {
  const { ties, hooks, network } = profile
  return [
    ...(network?.delay === 'constant' ? ['constant delays'] : []),
    ...(network?.faults === 'none' ? ['no loss by the network itself'] : []),
    ...(ties === 'shuffled' ? ['ties shuffled'] : []),
    ...(hooks === true ? ['exploration hooks on'] : []),
  ]
}

/** A line of the story, and how much would be missing without it: 0 is the most important. */
interface Line {
  readonly record: TraceRecord
  readonly rank: number
}

function events(
  result: RunResult,
  signature: Signature,
  failing: Failing | undefined,
  paint: ChalkInstance,
): readonly string[] {
  const { trace, spec } = result
  invariant(trace !== undefined, 'a story is told from records')
  const records = [...trace.records()]
  const distance = causesOf(records, rootsOf(records, failing))
  const end = failedAt(result, signature)
  const lines = records.flatMap((record): readonly Line[] => {
    if (record.t > end) return []
    const rank = rankOf(record, distance.get(record.id))
    return rank === undefined ? [] : [{ record, rank }]
  })
  const shown = new Set(
    [...lines].sort((a, b) => a.rank - b.rank || b.record.id - a.record.id).slice(0, LINES),
  )
  const out: string[] = []
  let skipped = 0
  const gap = (): void => {
    if (skipped > 0) out.push(paint.dim(`${INDENT} ... ${skipped} less important`))
    skipped = 0
  }
  for (const line of lines) {
    if (!shown.has(line)) {
      skipped++
      continue
    }
    gap()
    out.push(...textOf(line.record, result, spec, paint))
  }
  gap()
  return out
}

/** Where to follow causes back from: the violation's record, and the operations that a history check names. */
function rootsOf(records: readonly TraceRecord[], failing: Failing | undefined): readonly number[] {
  if (failing?.kind === 'failure') {
    const { failure } = failing
    const error = records.findLast(
      ({ kind, t, node }) => kind === 'error' && t === failure.time && node === failure.node,
    )
    const last = error ?? records.findLast(({ node }) => node === failure.node)
    return last === undefined ? [] : [last.id]
  }
  const violation = failing?.violation
  if (violation === undefined) return []
  const { operations = [] } = violation as {
    readonly operations?: readonly { readonly record: number; readonly endRecord?: number }[]
  }
  const ends = operations.flatMap(({ endRecord, record }) => endRecord ?? record)
  return violation.record === undefined ? ends : [violation.record, ...ends]
}

/** How many causes lie between each record on the way and one of the roots. */
function causesOf(records: readonly TraceRecord[], roots: readonly number[]): ReadonlyMap<number, number> {
  const distance = new Map<number, number>()
  for (const root of roots) {
    let steps = 0
    for (let id: number | undefined = root; id !== undefined && id > 0; id = records[id - 1]?.cause) {
      if ((distance.get(id) ?? Infinity) <= steps) break
      distance.set(id, steps)
      steps++
    }
  }
  return distance
}

/** Undefined for records that are not part of the story. */
function rankOf({ kind, data, cause }: TraceRecord, distance: number | undefined): number | undefined {
  if (distance === 0) return 0
  switch (kind) {
    case 'fault':
      return 0
    case 'heal':
    case 'crash':
    case 'stop':
    case 'error':
      return 1
    case 'start':
      // The first incarnations of all nodes are what the heading tells.
      return (data as { readonly incarnation?: number } | undefined)?.incarnation === 1 ? undefined : 1
    case 'invoke':
    case 'ok':
    case 'fail':
    case 'unknown':
      return distance === undefined ? 2 : 1
    case 'role':
      return 2
    case 'condition':
    case 'handle':
    case 'timer':
    case 'work':
      // What comes of it, at the same time on the same node, says it.
      return undefined
    case 'disk':
      // What a node does on its own before anybody asked it is no news.
      return cause === undefined ? undefined : stepRank(distance)
    case 'pause':
    case 'resume':
      return 3
    case 'drop':
    case 'timeout':
      return stepRank(distance) ?? 5
    default:
      return stepRank(distance)
  }
}

/** The nearer to what failed, the more it tells; what is far is left out. */
function stepRank(distance: number | undefined): number | undefined {
  return distance === undefined || distance > STEPS ? undefined : 1.5 + distance / STEPS
}

/** One line, or several for a fault of many words. */
function textOf(
  record: TraceRecord,
  result: RunResult,
  spec: RunSpec,
  paint: ChalkInstance,
): readonly string[] {
  if (record.kind !== 'fault') return [recordText(plain(record), paint)]
  const { index } = record.data as { readonly index: number }
  const fault = spec.plan[index]
  const touched = result.faults[index]?.touched ?? []
  const what = touched.length === 0 ? 'touches nothing' : `touches ${touched.join(', ')}`
  const time = clockText(record.t)
  const node = 'world'.padEnd(14)
  const indent = ' '.repeat(`${time} ${node} fault     `.length)
  const [first = '', ...rest] = wrap(
    `${fault === undefined ? String(record.type) : faultText(fault)}: ${what}`,
    indent,
  )
  return [`${paint.dim(time)} ${node} ${paint.red('fault')}     ${first.trimStart()}`, ...rest]
}

/** The end of an operation with what it gave alone: which one it was, the reader sees. */
function plain(record: TraceRecord): TraceRecord {
  if (record.kind !== 'ok' && record.kind !== 'fail' && record.kind !== 'unknown') return record
  const { data, ...rest } = record
  const { output, reason } = (data ?? {}) as { readonly output?: unknown; readonly reason?: string }
  const said = record.kind === 'ok' ? output : reason
  return said === undefined ? rest : { ...rest, data: said }
}

/** A fault in a few words, without its time: `crash node=replica[0] for=2s`. */
export function faultText({ at: _at, kind, ...fields }: Fault): string {
  return [kind, ...Object.entries(fields).map(([name, value]) => `${name}=${fieldText(value)}`)].join(' ')
}

function fieldText(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return `[${value.map(fieldText).join(', ')}]`
  return dataText(value)
}

function verdict(
  result: RunResult,
  signature: Signature,
  failing: Failing | undefined,
  paint: ChalkInstance,
): readonly string[] {
  const at = formatTime(failedAt(result, signature))
  const facts: [string, string][] = []
  let node: string | undefined
  if (failing?.kind === 'failure') {
    const { failure } = failing
    node = failure.node
    if (failure.where !== undefined) facts.push(['handler', failure.where])
    facts.push(['observed', failure.message])
  } else if (failing?.violation !== undefined) {
    const { violation } = failing
    node = violation.node
    if (violation.expected !== failing.name) facts.push(['expected', violation.expected])
    facts.push(['observed', violation.observed])
  }
  const where = `at ${at}${node === undefined ? '' : ` on ${node}`}`
  return [
    `${paint.red.bold('VIOLATED')}  ${signatureText(signature)}, ${where}`,
    ...facts.flatMap(([name, text]) => {
      const [first = '', ...rest] = wrap(text, INDENT)
      return [`  ${name.padEnd(9)} ${first.trimStart()}`, ...rest]
    }),
  ]
}
