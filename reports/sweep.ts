/**
 * What `sweep` and `merge` print: how many runs ended how, what checks saw and faults touched, metrics over all runs, and
 * for each kind of failure its cheapest run with the commands that replay and shrink it.
 */
import type { ChalkInstance } from 'chalk'
import Table from 'cli-table3'
import type { CheapestRun, CheckAcrossRuns, FailureGroup, SweepReport } from '../sim/explore/sweep-tally.ts'
import type { SweepVerdict } from '../sim/explore/sweep-verdict.ts'
import type { SeedRange, Shard } from '../sim/explore/sweep.ts'
import { countSeeds, rangeText } from '../sim/explore/sweep.ts'
import { signatureText } from '../sim/explore/outcome.ts'
import { formatTime } from '../sim/kernel/time.ts'
import type { Invocation } from './invocation.ts'
import { commandLine, commandLineOf } from './invocation.ts'
import { document } from './json.ts'
import { numberText } from './terminal.ts'
import { fit, wrap } from './text.ts'

/** A sweep and what it found. */
export interface SweepSummary {
  readonly scenario: string
  readonly params: Readonly<Record<string, unknown>>
  readonly seeds: SeedRange
  readonly shard: Shard
  /** Whether it was to stop at the first failure. */
  readonly bail: boolean
  /** Runs that another thread repeated, with the same result. */
  readonly verified: number
  readonly report: SweepReport
  readonly verdict: SweepVerdict
  /** How one run is asked for; its seed does not count. */
  readonly invocation: Invocation
  /** Whether warnings count. */
  readonly strict: boolean
}

/** The whole screen, ending in a newline. */
export function sweepScreen(summary: SweepSummary, paint: ChalkInstance): string {
  const sections = [
    heading(summary, paint),
    verdicts(summary, paint),
    checks(summary, paint),
    faults(summary, paint),
    hooks(summary, paint),
    metrics(summary, paint),
    warnings(summary, paint),
    closing(summary, paint),
    ...failures(summary, paint),
  ]
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}

/** What `--json` prints. */
export function sweepJson(summary: SweepSummary): string {
  const { scenario, params, seeds, shard, bail, verified, report, verdict, invocation } = summary
  const { failures: groups, lost, ...rest } = report
  return document({
    scenario,
    params,
    seeds: { from: seeds.from, to: seeds.to === Infinity ? null : seeds.to },
    shard: `${shard.index}/${shard.count}`,
    bail,
    verdict: verdictOf(summary),
    ...rest,
    verified,
    unreached: verdict.unreached,
    failures: groups.map((group) => ({ ...group, ...commands(group.cheapest.seed, invocation) })),
    lost: lost.map((group) => ({ ...group, replay: commands(group.seed, invocation).replay })),
    warnings: verdict.warnings,
  })
}

/** The verdict with vacuity counted if it is to be. */
export function verdictOf({
  verdict: { verdict, warnings: said },
  strict,
}: SweepSummary): SweepVerdict['verdict'] {
  return verdict === 'held' && strict && said.length > 0 ? 'undecided' : verdict
}

function commands(
  seed: number,
  invocation: Invocation,
): { readonly replay: string; readonly shrink: string } {
  const one = { ...invocation, seed }
  return { replay: commandLine(one), shrink: commandLineOf('shrink', one) }
}

function heading(
  { scenario, params, seeds, shard, invocation }: SweepSummary,
  paint: ChalkInstance,
): readonly string[] {
  const part = shard.count === 1 ? '' : `, shard ${shard.index}/${shard.count}`
  const values = Object.entries(params).map(([name, value]) => {
    const text = `${name}=${String(value)}`
    return Object.hasOwn(invocation.set, name) ? paint.bold(text) : text
  })
  const { random, plan, hooks } = invocation
  const how: string[] = []
  if (random !== undefined) how.push(random.swarm ? 'random faults, by swarm' : 'random faults')
  if (plan !== undefined) how.push(`faults from ${plan}`)
  if (hooks === true) how.push('hooks on')
  const head = `sweep of ${paint.bold(scenario)}, seeds ${rangeText(seeds)}${part}`
  return [
    how.length === 0 ? head : `${head}, ${how.join(', ')}`,
    ...(values.length === 0 ? [] : paint.level === 0 ? wrap(values.join('  '), '') : [values.join('  ')]),
  ]
}

function verdicts({ report }: SweepSummary, paint: ChalkInstance): readonly string[] {
  const { held, violated, undecided, lost } = report.verdicts
  const count = (name: string, runs: number, colour: (text: string) => string): string => {
    const text = `${name.padEnd(9)} ${runs}`
    return `  ${runs === 0 ? paint.dim(text) : colour(text)}`
  }
  return [
    count('HELD', held, paint.green),
    count('VIOLATED', violated, paint.red.bold),
    count('UNDECIDED', undecided, paint.yellow),
    ...(lost === 0 ? [] : [count('LOST', lost, paint.red.bold)]),
  ]
}

function checks({ report, verdict }: SweepSummary, paint: ChalkInstance): readonly string[] {
  if (report.checks.length === 0) return [paint.dim('no checks')]
  const word = ({ name, violated, undecided, reached, unjudged }: CheckAcrossRuns): string => {
    if (unjudged !== undefined) return paint.dim('not judged')
    if (violated > 0) return paint.red.bold('VIOLATED')
    if (reached !== undefined) {
      if (reached > 0) return paint.green('REACHED')
      return verdict.unreached.includes(name) ? paint.red.bold('NEVER REACHED') : paint.yellow('not here')
    }
    return undecided > 0 ? paint.yellow('UNDECIDED') : paint.green('HELD')
  }
  const rows = report.checks.map((check) => [
    fit(check.name, 44),
    word(check),
    String(check.violated),
    String(check.undecided),
    check.reached === undefined ? '' : String(check.reached),
    String(check.observed),
  ])
  return table(['check', '', 'violated', 'undecided', 'reached', 'observed in'], rows, paint, 2)
}

function faults({ report }: SweepSummary, paint: ChalkInstance): readonly string[] {
  if (report.faults.length === 0) return []
  const rows = report.faults.map(({ kind, planned, fired, touched, runs }) => [
    kind,
    String(planned),
    String(fired),
    String(touched),
    String(runs),
    touched === 0 ? paint.yellow('vacuous') : '',
  ])
  return table(['fault', 'planned', 'fired', 'touched', 'runs', ''], rows, paint, 1)
}

function hooks({ report }: SweepSummary, paint: ChalkInstance): readonly string[] {
  if (report.hooks.length === 0) return []
  const rows = report.hooks.map(({ name, runs, live, fired, visits, hits }) => [
    fit(name, 40),
    String(visits),
    String(hits),
    String(live),
    String(fired),
    String(runs),
    hits === 0 ? paint.yellow(live === 0 ? 'never live' : 'vacuous') : '',
  ])
  return table(['hook', 'visits', 'hits', 'live in', 'fired in', 'runs', ''], rows, paint, 1)
}

const METRICS = 12

function metrics({ report }: SweepSummary, paint: ChalkInstance): readonly string[] {
  const all = Object.entries(report.metrics)
  if (all.length === 0) return []
  const rows = all
    .slice(0, METRICS)
    .map(([name, { mean, min, max, runs }]) => [
      fit(name, 28),
      ...[mean, min, max].map(numberText),
      String(runs),
    ])
  const lines = table(['metric', 'mean', 'min', 'max', 'runs'], rows, paint, 1)
  const rest = all.length - METRICS
  return rest > 0 ? [...lines, paint.dim(`  and ${rest} more: --json shows all`)] : lines
}

function warnings({ verdict, strict }: SweepSummary, paint: ChalkInstance): readonly string[] {
  const lines = verdict.warnings.map((text) => `${paint.yellow('warning')} ${text}`)
  return lines.length > 0 && strict && verdict.verdict === 'held'
    ? [...lines, `${paint.yellow('UNDECIDED')} because of --strict: what was vacuous proves nothing`]
    : lines
}

function closing(
  { report, seeds, shard, bail, verified }: SweepSummary,
  paint: ChalkInstance,
): readonly string[] {
  const { runs, events, virtualMicros } = report
  const total = countSeeds(seeds, shard)
  const of = runs === total || total === Infinity ? '' : ` of ${total}`
  const why = of !== '' && bail ? ', to the first failure' : ''
  return [
    paint.dim(
      `${count(runs, 'run')}${of}${why}: ${formatTime(virtualMicros)} of virtual time, ${count(events, 'event')}`,
    ),
    ...(verified === 0
      ? []
      : [paint.dim(`${count(verified, 'run')} repeated by another thread, with the same result`)]),
  ]
}

function failures(summary: SweepSummary, paint: ChalkInstance): readonly (readonly string[])[] {
  const { report, verdict, invocation } = summary
  return [
    ...report.failures.map((group) => failureBlock(group, invocation, paint)),
    ...report.lost.map(({ reason, runs, seed }) => [
      failedLine(runs, 'lost', paint),
      ...fact('observed', reason),
      ...fact('seed', String(seed)),
      command('replay', commands(seed, invocation).replay, paint),
    ]),
    ...verdict.unreached.map((name) => [
      `${paint.red.bold('FAILED')}  in no run: ${name}`,
      ...fact('expected', 'some run gets there'),
      ...fact('observed', `none of ${report.runs} did`),
    ]),
  ]
}

function failureBlock(
  { signature, runs, cheapest }: FailureGroup,
  invocation: Invocation,
  paint: ChalkInstance,
): readonly string[] {
  const { replay, shrink } = commands(cheapest.seed, invocation)
  return [
    failedLine(runs, signatureText(signature), paint),
    ...facts(cheapest),
    command('replay', replay, paint),
    command('shrink', shrink, paint),
  ]
}

function facts({ seed, events, failure }: CheapestRun): readonly string[] {
  const place = [`seed ${seed}`, count(events, 'event')]
  if (failure !== undefined) place.push(`virtual time ${formatTime(failure.time)}`)
  if (failure?.node !== undefined) place.push(`node ${failure.node}`)
  return [
    ...fact('cheapest', place.join(', ')),
    ...(failure?.expected === undefined ? [] : fact('expected', failure.expected)),
    ...(failure === undefined ? [] : fact('observed', failure.observed)),
  ]
}

function failedLine(runs: number, what: string, paint: ChalkInstance): string {
  return `${paint.red.bold('FAILED')}  ${count(runs, 'run')}: ${what}`
}

function fact(name: string, text: string): readonly string[] {
  const [first = '', ...rest] = wrap(text, '            ')
  return [`  ${name.padEnd(9)} ${first.trimStart()}`, ...rest]
}

function command(name: string, text: string, paint: ChalkInstance): string {
  return `  ${name.padEnd(9)} ${paint.cyan(text)}`
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}

const NO_LINES = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right']
    .concat(['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'])
    .map((name) => [name, '']),
)

/** `left`: how many of the first columns are text. */
function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  paint: ChalkInstance,
  left: number,
): readonly string[] {
  const made = new Table({
    head: head.map((text) => paint.dim(text)),
    colAligns: head.map((_, index) => (index < left ? 'left' : 'right')),
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 2, 'padding-right': 0, compact: true },
  })
  for (const row of rows) made.push([...row])
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
}
