/**
 * What `run` prints: one screen from which a stranger understands what was run, what happened, what was checked, and
 * what to try next; a failed run ends with what failed and the command that replays it. Verdicts are words first,
 * colours second.
 */
import { Chalk } from 'chalk'
import type { ChalkInstance } from 'chalk'
import Table from 'cli-table3'
import type { CheckResult, CheckVerdict } from '../sim/checks/check.ts'
import type { MetricSummary } from '../sim/host/metrics-store.ts'
import type { RunFailure } from '../sim/host/simulation.ts'
import { formatTime } from '../sim/kernel/time.ts'
import type { Scenario } from '../sim/scenario/scenario.ts'
import type { RunResult } from '../sim/scenario/simulate.ts'
import { histogram } from './histogram.ts'
import type { Invocation } from './invocation.ts'
import { commandLine, commandLineOf, exampleCommand } from './invocation.ts'
import { fit, LINE_WIDTH, wrap } from './text.ts'
import type { TimelineSink } from './timeline.ts'
import { timelineRows } from './timeline.ts'

export interface RunReport {
  readonly scenario: Scenario
  readonly result: RunResult
  readonly timeline: TimelineSink
  readonly invocation: Invocation
  /** Whether warnings count. */
  readonly strict: boolean
  /** Where the trace was written. */
  readonly trace?: string | undefined
}

const METRICS = 8
/** What is laid out is measured without colours. */
const NO_COLOURS = new Chalk({ level: 0 })
/** Characters of a histogram. */
const SPREAD = 8

/** The whole screen, ending in a newline. */
export function runScreen(report: RunReport, paint: ChalkInstance): string {
  const sections = [
    heading(report, paint),
    timeline(report, paint),
    checks(report.result, paint),
    metrics(report, paint),
    warnings(report, paint),
    closing(report, paint),
    next(report, paint),
    failure(report, paint),
  ]
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}

function heading({ scenario, result }: RunReport, paint: ChalkInstance): readonly string[] {
  const changed: string[] = []
  const params = Object.entries(scenario.params).map(([name, param]) => {
    const value = result.spec.params[name]
    const text = `${name}=${String(value)}`
    if (value === param.default) return text
    changed.push(text)
    return `${text} (default ${String(param.default)})`
  })
  const bold = (line: string, text: string): string => line.replace(text, () => paint.bold(text))
  return [
    ...wrap(`${scenario.name}: ${scenario.summary}`, '').map((line, index) =>
      index === 0 ? bold(line, scenario.name) : line,
    ),
    // Laid out first and coloured then: colours take no room.
    ...wrap(`seed ${result.spec.seed} ${params.join(' ')}`, '').map((line) => changed.reduce(bold, line)),
  ]
}

function timeline({ timeline: sink, result }: RunReport, paint: ChalkInstance): readonly string[] {
  const violations = result.checks.flatMap(({ violation }) =>
    violation === undefined ? [] : [violation.time],
  )
  const failures = result.failures.map(({ time }) => time)
  const { endedAt, faults } = result
  return timelineRows(sink, { endedAt, faults, violations: [...violations, ...failures] }, paint)
}

function verdictText(verdict: CheckVerdict, paint: ChalkInstance): string {
  const text = verdict.toUpperCase().padEnd(9)
  switch (verdict) {
    case 'held':
      return paint.green(text)
    case 'violated':
      return paint.red.bold(text)
    case 'undecided':
      return paint.yellow(text)
  }
}

function wordOf({ verdict, judged }: CheckResult, paint: ChalkInstance): string {
  return judged === false ? paint.dim('MEASURED ') : verdictText(verdict, paint)
}

function checks({ checks: results }: RunResult, paint: ChalkInstance): readonly string[] {
  if (results.length === 0) return [paint.dim('no checks')]
  return results.flatMap((check) => {
    const said = check.detail ?? `looked ${times(check.observations)}`
    return wrap(`${check.name} (${said})`, '            ').map((line, index) =>
      index === 0 ? `  ${wordOf(check, paint)} ${line.trimStart()}` : line,
    )
  })
}

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`)

function metrics({ scenario, result, timeline: sink }: RunReport, paint: ChalkInstance): readonly string[] {
  const names = Object.keys(result.metrics)
  const first = (scenario.highlights ?? []).filter((name) => name in result.metrics)
  const ordered = [...first, ...names.filter((name) => !first.includes(name))]
  const shown = ordered.slice(0, Math.max(METRICS, first.length))
  if (shown.length === 0) return []
  const spreads = shown.map((name) => histogram(sink.samples.get(name) ?? [], SPREAD))
  const bare = metricTable(shown, result.metrics, undefined, NO_COLOURS)
  const hasRoom = Math.max(...bare.map((line) => line.length)) + 2 + SPREAD <= LINE_WIDTH
  const isWide = hasRoom && spreads.some((spread) => spread !== '')
  const lines = metricTable(shown, result.metrics, isWide ? spreads : undefined, paint)
  const rest = ordered.length - shown.length
  return rest > 0 ? [...lines, paint.dim(`  and ${rest} more: --json shows all`)] : lines
}

/** `spreads`: histograms beside the numbers; undefined: no column for them. */
function metricTable(
  names: readonly string[],
  summaries: RunResult['metrics'],
  spreads: readonly string[] | undefined,
  paint: ChalkInstance,
): readonly string[] {
  const head = ['metric', 'count', 'mean', 'p50', 'p90', 'p99', 'max']
  const table = new Table({
    head: [...head, ...(spreads === undefined ? [] : ['spread'])].map((text) => paint.dim(text)),
    colAligns: ['left', ...head.slice(1).map(() => 'right' as const), 'left'],
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 2, 'padding-right': 0, compact: true },
  })
  for (const [index, name] of names.entries()) {
    const summary = summaries[name]
    if (summary === undefined) continue
    const spread = spreads === undefined ? [] : [paint.cyan(spreads[index] ?? '')]
    table.push([fit(name, 28), ...metricCells(summary), ...spread])
  }
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
}

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
}

/** Count (of samples, or what a counter counted), mean, p50, p90, p99, max; empty where a kind of metric has none. */
function metricCells(summary: MetricSummary): readonly string[] {
  switch (summary.kind) {
    case 'counter':
      return [numberText(summary.total), '', '', '', '', '']
    case 'samples': {
      const { count, mean, p50, p90, p99, max } = summary
      return [String(count), ...[mean, p50, p90, p99, max].map(numberText)]
    }
    case 'gauge':
      return ['', numberText(summary.mean), '', '', '', numberText(summary.max)]
  }
}

/** Three or four digits that matter; integers whole. */
export function numberText(value: number): string {
  if (Number.isInteger(value)) return String(value)
  const size = Math.abs(value)
  if (size >= 1000) return value.toFixed(0)
  if (size >= 100) return value.toFixed(1)
  if (size >= 1) return value.toFixed(2)
  return value.toPrecision(3)
}

function warnings({ result, strict }: RunReport, paint: ChalkInstance): readonly string[] {
  const lines = result.warnings.flatMap((text) =>
    wrap(`warning ${text}`, '').map((line, index) =>
      index === 0 ? line.replace('warning', () => paint.yellow('warning')) : line,
    ),
  )
  const decides = strict && result.verdict === 'held' && lines.length > 0
  return decides
    ? [...lines, `${paint.yellow('UNDECIDED')} because of --strict: what was vacuous proves nothing`]
    : lines
}

function closing({ result, trace }: RunReport, paint: ChalkInstance): readonly string[] {
  const { endedAt, events, records, fingerprint } = result
  return [
    paint.dim(`${formatTime(endedAt)} of virtual time, ${events} events, ${records} records`),
    `fingerprint ${fingerprint}${paint.dim('  (the same command gives the same one)')}`,
    ...(trace === undefined ? [] : [`trace written to ${trace}`]),
  ]
}

function next(report: RunReport, paint: ChalkInstance): readonly string[] {
  const { scenario, result, invocation, trace } = report
  const { program, source } = invocation
  const lines: [string, string][] = []
  const other = scenario.examples.find(({ expect }) => expect !== result.verdict)
  if (other !== undefined) {
    lines.push([
      exampleCommand(`${program} run ${source}`, other),
      `${other.about ?? 'a variation'} (expected: ${other.expect})`,
    ])
  }
  if (trace !== undefined)
    lines.push([`${program} replay ${trace}`, 'run the trace again and compare every record'])
  else lines.push([commandLine(invocation, '--follow'), 'see every record as it happens'])
  lines.push([commandLine({ ...invocation, seed: result.spec.seed + 1 }), 'the same with another seed'])
  return [
    'try next',
    ...lines.flatMap(([command, about]) => [`  ${paint.cyan(command)}`, paint.dim(`      ${about}`)]),
  ]
}

function failure({ scenario, result, invocation }: RunReport, paint: ChalkInstance): readonly string[] {
  if (result.verdict !== 'violated') return []
  const { seed } = result.spec
  const lines: string[] = []
  const block = (
    time: number | undefined,
    node: string | undefined,
    facts: readonly (readonly [string, string])[],
  ): void => {
    const where = [`scenario ${scenario.name}`, `seed ${seed}`]
    if (time !== undefined) where.push(`virtual time ${formatTime(time)}`)
    if (node !== undefined) where.push(`node ${node}`)
    lines.push(`${paint.red.bold('FAILED')}  ${where.join(', ')}`)
    for (const [name, text] of facts) {
      const [first = '', ...rest] = wrap(text, '            ')
      lines.push(`  ${name.padEnd(9)} ${first.trimStart()}`, ...rest)
    }
  }
  for (const one of result.failures) block(one.time, one.node, failureFacts(one))
  for (const check of result.checks) {
    if (check.verdict !== 'violated') continue
    if (lines.length > 0) lines.push('')
    block(...violationBlock(check))
  }
  lines.push(`  ${'replay'.padEnd(9)} ${paint.cyan(commandLine(invocation))}`)
  if (result.failures.length > 0 || result.checks.some(({ violation }) => violation?.record !== undefined))
    lines.push(`  ${'why'.padEnd(9)} ${paint.cyan(commandLineOf('why', invocation))}`)
  return lines
}

function violationBlock({
  name,
  violation,
}: CheckResult): Parameters<
  (time: number | undefined, node: string | undefined, facts: readonly (readonly [string, string])[]) => void
> {
  if (violation === undefined) return [undefined, undefined, [['invariant', name]]]
  const { time, node, expected, observed, record } = violation
  const facts: [string, string][] = [
    ['invariant', name],
    ['expected', expected],
    ['observed', observed],
  ]
  if (record !== undefined) facts.push(['record', String(record)])
  return [time, node, facts]
}

const LIMITS: Readonly<Record<RunFailure['kind'], string>> = {
  threw: 'no handler throws',
  'foreign-wait': 'handlers wait for nothing outside the simulation',
  'event-limit': 'a run ends within its limit of events',
  'instant-limit': 'virtual time goes on',
}

function failureFacts({ kind, where, message, stack }: RunFailure): readonly (readonly [string, string])[] {
  const facts: [string, string][] = [['invariant', LIMITS[kind]]]
  if (where !== undefined) facts.push(['handler', where])
  facts.push(['observed', message])
  for (const [index, frame] of (stack ?? '').split('\n').filter(Boolean).entries()) {
    facts.push([index === 0 ? 'at' : '', frame])
  }
  return facts
}
