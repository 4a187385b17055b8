/**
 * A chain of causes for people: from the root downwards, one row a record, with what each step waited for; what repeats
 * (heartbeats, retries) is told once.
 */
import type { ChalkInstance } from 'chalk'
import { formatTime } from '../sim/kernel/time.ts'
import type {
  Circumstance,
  EarlierFault,
  Explanation,
  RequestFate,
  Step,
  Waiting,
} from '../sim/explore/why.ts'
import type { TraceViolation } from '../sim/trace/reader.ts'
import type { TraceRecord } from '../sim/trace/records.ts'
import { clockText, nodePaint } from './records.ts'
import { fit, LINE_WIDTH, wrap } from './text.ts'
import { valueText } from './values.ts'

export interface WhyReport {
  readonly explanation: Explanation
  /** Present if the record was found by what went wrong. */
  readonly violation?: TraceViolation | undefined
  /** Shows every step, however many there are. */
  readonly all: boolean
}

const NODE = 13
const TOOK = 16
/** Longest stretch of steps of which repetitions are recognized, and how often it must come to be folded. */
const PERIOD = 16
const REPEATED = 3
/** Rows shown next to the root and next to the record when there are many. */
const HEAD = 8
const TAIL = 32

/** The whole answer, ending in a newline. */
export function whyText(report: WhyReport, paint: ChalkInstance): string {
  const { explanation, violation } = report
  const { steps } = explanation
  const last = steps.at(-1)
  const root = steps[0]
  if (last === undefined || root === undefined) return ''
  const sections = [
    heading(last.record, violation, paint),
    [`root: ${rootText(root.record)}`],
    rows(report, paint),
    faultLines(explanation.faults, last.record.t, paint),
  ]
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}

function heading(
  record: TraceRecord,
  violation: TraceViolation | undefined,
  paint: ChalkInstance,
): readonly string[] {
  const at = `${formatTime(record.t)}${record.node === undefined ? '' : ` on ${record.node}`}`
  const first = paint.bold(`why record ${record.id}`) + ` (${record.kind} at ${at})`
  if (violation === undefined) return [first]
  const { name, expected, observed } = violation
  const facts = [
    [violation.kind === 'check' ? 'violated' : 'failed', name],
    ...(expected === undefined || expected === name ? [] : [['expected', expected]]),
    ['observed', observed],
  ] as const
  return [
    first,
    ...facts.flatMap(([label, text]) => {
      const [line = '', ...rest] = wrap(text, '           ')
      return [`  ${label.padEnd(8)} ${line.trimStart()}`, ...rest]
    }),
  ]
}

/** What a chain begins with, in a clause. */
export function rootText({ id, kind, node, type, t }: TraceRecord): string {
  const at = `(#${id}, at ${formatTime(t)})`
  if (kind === 'start') return `the start of ${node ?? 'a node'} ${at}`
  if (kind === 'fault') return `the fault ${type ?? ''} ${at}`
  if (kind === 'timer') return `a timer of ${node ?? 'a node'} ${at}`
  return `${kind}${type === undefined ? '' : ` ${type}`} ${node === undefined ? '' : `on ${node} `}${at}`
}

type Row = { readonly step: Step } | { readonly lines: readonly string[] }

function rows({ explanation, all }: WhyReport, paint: ChalkInstance): readonly string[] {
  const { steps, omitted, omittedAt } = explanation
  const width = String(steps.at(-1)?.record.id ?? 0).length + 1
  const indent = ' '.repeat(width + 1)
  const left = (count: number): Row => ({
    lines: [`${indent}... ${count} steps are left out${omitted > 0 ? '' : ' (--all shows them)'} ...`],
  })
  const parts = omitted > 0 ? [steps.slice(0, omittedAt), steps.slice(omittedAt)] : [steps]
  let list: Row[] = parts.flatMap((part, index) => [
    ...(index > 0 ? [left(omitted)] : []),
    ...(all ? part.map((step) => ({ step })) : folded(part, indent)),
  ])
  if (!all && list.length > HEAD + TAIL + 2) {
    list = [...list.slice(0, HEAD), left(list.length - HEAD - TAIL), ...list.slice(-TAIL)]
  }
  return list.flatMap((row) =>
    'lines' in row ? row.lines.map((line) => paint.dim(line)) : stepLines(row.step, width, paint),
  )
}

/** Stretches that come again and again are shown once, with how often. */
function folded(steps: readonly Step[], indent: string): Row[] {
  const shapes = steps.map(shapeOf)
  const out: Row[] = []
  for (let i = 0; i < steps.length;) {
    const { period, times } = repetition(shapes, i)
    if (times < REPEATED) {
      out.push({ step: steps[i] as Step })
      i++
      continue
    }
    const end = i + period * times
    // The first and the last time are shown: what differs in the last one may be what matters.
    for (const step of steps.slice(i, i + period)) out.push({ step })
    const again = times - 2
    const from = steps[i] as Step
    const to = steps[end - period] as Step
    const every = (to.record.t - from.record.t) / (times - 1)
    const what = period === 1 ? 'the same' : `these ${period} steps`
    const pace = every > 0 ? `, every ${shortTime(Math.round(every))} on average` : ''
    out.push({ lines: [`${indent}... ${what} ${again === 1 ? 'once' : `${again} times`} more${pace} ...`] })
    for (const step of steps.slice(end - period, end)) out.push({ step })
    i = end
  }
  return out
}

/** Steps of one shape may be told together. One that was held up by a pause or a crash is like no other. */
function shapeOf({ record, circumstances }: Step): string {
  const { id, node, kind, type, from, to } = record
  const isSpecial = circumstances.some((one) => one.kind !== 'request')
  return [node, kind, type, from, to, isSpecial ? id : ''].join('\n')
}

/** The repetition that begins here and saves the most. */
function repetition(shapes: readonly string[], at: number): { period: number; times: number } {
  let best = { period: 1, times: 1 }
  for (let period = 1; period <= PERIOD; period++) {
    let end = at + period
    while (end < shapes.length && shapes[end] === shapes[end - period]) end++
    const times = Math.floor((end - at) / period)
    if (times >= REPEATED && (times - 2) * period > (best.times - 2) * best.period) best = { period, times }
  }
  return best
}

function stepLines(step: Step, width: number, paint: ChalkInstance): readonly string[] {
  const { record, took, waiting, circumstances } = step
  const { id, t, node = 'world', kind } = record
  const name = fit(node, NODE).padEnd(NODE)
  const start = `${`#${id}`.padStart(width)} ${clockText(t)} `
  const time = waiting === 'none' ? '' : tookText(took, waiting)
  const room = LINE_WIDTH - start.length - NODE - 1 - (time === '' ? 0 : Math.max(TOOK, time.length) + 1)
  const said = fit(whatText(record), room)
  const line =
    `${paint.dim(start)}${nodePaint(paint, node)(name)} ${colourOf(kind, paint)(said)}` +
    (time === '' ? '' : `${' '.repeat(room - said.length + 1)}${paint.yellow(time)}`)
  const indent = ' '.repeat(width + 3)
  return [
    line.trimEnd(),
    ...circumstances.flatMap((one) => {
      const [first = '', ...rest] = wrap(circumstanceText(one), `${indent}  `)
      return [`${indent}${paint.dim('·')} ${first.trimStart()}`, ...rest]
    }),
  ]
}

/** What a record says, without its time and node. */
function whatText(record: TraceRecord): string {
  const { kind, type, from, to } = record
  const said: string[] = [kind]
  if (type !== undefined) said.push(type)
  if (from !== undefined) said.push(`<- ${from}`)
  if (to !== undefined) said.push(`-> ${to}`)
  if ('data' in record) said.push(valueText(record.data))
  return said.join(' ')
}

function colourOf(kind: TraceRecord['kind'], paint: ChalkInstance): ChalkInstance {
  switch (kind) {
    case 'fault':
    case 'crash':
    case 'error':
      return paint.red
    case 'drop':
    case 'timeout':
      return paint.yellow
    default:
      return paint.reset
  }
}

/** What a step waited for, in a word. */
export const WAITED_FOR: Readonly<Record<Exclude<Waiting, 'none'>, string>> = {
  wire: 'wire',
  cpu: 'CPU',
  work: 'CPU',
  timer: 'timer',
  timeout: 'wait',
  disk: 'disk',
  fault: 'in force',
  'hold-up': 'paused',
  other: 'later',
}

function tookText(took: number, waiting: Exclude<Waiting, 'none'>): string {
  return `${shortTime(took)} ${WAITED_FOR[waiting]}`
}

/** A span rounded to what a narrow column holds. */
function shortTime(us: number): string {
  return formatTime(us >= 1_000_000 ? Math.round(us / 1000) * 1000 : us)
}

/** What a step's chain does not show, in a clause. */
export function circumstanceText(one: Circumstance): string {
  switch (one.kind) {
    case 'request':
      return `request #${one.request} ${fateText(one.fate)}`
    case 'paused': {
      const { node, pause, until } = one
      const end = until === undefined ? 'and still is' : `until ${formatTime(until)}`
      return `${node} was paused from ${formatTime(pause.t)} ${end} (#${pause.id}${byText(pause)})`
    }
    case 'down': {
      const { node, end } = one
      return `${node} was down since ${formatTime(end.t)} (${end.kind} #${end.id}${byText(end)})`
    }
  }
}

function byText({ cause }: TraceRecord): string {
  return cause === undefined ? '' : `, because of #${cause}`
}

function fateText(fate: RequestFate): string {
  switch (fate.kind) {
    case 'lost':
      return `did not arrive: ${fate.by.type ?? 'lost'} (#${fate.by.id} at ${formatTime(fate.by.t)})`
    case 'answer-lost': {
      const { id, type, t } = fate.by
      return `was answered, but the reply did not arrive: ${type ?? 'lost'} (#${id} at ${formatTime(t)})`
    }
    case 'delivered':
      return `arrived at ${formatTime(fate.by.t)} (#${fate.by.id}), and was not answered in time`
    case 'answered':
      return `was answered at ${formatTime(fate.by.t)} (#${fate.by.id}); the reply was still under way`
    case 'under-way':
      return 'was still under way'
  }
}

function faultLines(faults: readonly EarlierFault[], now: number, paint: ChalkInstance): readonly string[] {
  if (faults.length === 0) return []
  const lines = faults.map(({ fault, until }) => {
    const { index: _, at: __, ...fields } = (fault.data ?? {}) as Readonly<Record<string, unknown>>
    const end = until === undefined ? '' : until === now ? ', just over' : ` to ${formatTime(until)}`
    const from = `${formatTime(fault.t)}${end}`
    return `  ${fit(`#${fault.id} ${fault.type ?? 'fault'} at ${from} ${valueText(fields)}`, LINE_WIDTH - 2)}`
  })
  return [paint.bold('faults before it, the latest first'), ...lines]
}
