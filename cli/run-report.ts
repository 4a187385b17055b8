/**
 * The report of one run: the run is executed a second time, inspected, because states and clocks are kept only when
 * asked for, and because the first run tells how many records there are and which of them matters.
 */
import type { Page } from '../reports/html/page.ts'
import type { RunKnown } from '../reports/html/run/build.ts'
import { focusOf, runData } from '../reports/html/run/build.ts'
import { grouped } from '../reports/html/model/ticks.ts'
import type { RunData } from '../reports/html/run/data.ts'
import type { RunSurroundings } from '../reports/html/run/facts.ts'
import { factsOfResult, factsOfTrace, nodeData } from '../reports/html/run/facts.ts'
import { HistoryReader, orderData } from '../reports/html/run/operations.ts'
import { RECORD_LIMIT, stretchOf } from '../reports/html/run/selection.ts'
import type { Bundle } from '../sim/explore/bundle.ts'
import { signatureText } from '../sim/explore/outcome.ts'
import { CallerError, invariant } from '../sim/kernel/errors.ts'
import type { Scenario } from '../sim/scenario/scenario.ts'
import type { RunResult, RunSpec } from '../sim/scenario/simulate.ts'
import type { TraceFooter, TraceHeader } from '../sim/trace/reader.ts'
import { readTrace } from '../sim/trace/reader.ts'
import type { ObserverRecord, TraceRecord } from '../sim/trace/records.ts'
import type { Arguments, OptionSpec } from './command.ts'
import type { Given } from './run-spec.ts'
import { execute, readCount } from './run-spec.ts'
import { fileLines } from './trace-file.ts'

export const limitOption = {
  kind: 'text',
  about: `records that the page shows at most (default ${RECORD_LIMIT}); of longer runs those around the violation`,
} as const satisfies OptionSpec

export function readLimit(args: Arguments): number {
  const limit = readCount(args, 'records') ?? RECORD_LIMIT
  if (limit >= LEAST) return limit
  throw new CallerError(`--records: '${limit}'`, { expected: `at least ${LEAST}` })
}

const LEAST = 10

/** What is known of a run before it is executed for its report. */
export interface FirstRun {
  readonly records: number
  readonly fingerprint: string
  /** The record that matters; undefined: the last. */
  readonly focus: number | undefined
}

/** What the first run of a report found. */
export function firstRun(result: RunResult): FirstRun {
  const { records, fingerprint, checks } = result
  const violated = checks.flatMap(({ violation }) => (violation === undefined ? [] : [violation]))
  const earliest = [...violated].sort((a, b) => a.time - b.time)
  return { records, fingerprint, focus: focusOf(earliest) }
}

export interface ReportedRun {
  readonly scenario: Scenario
  readonly spec: RunSpec
  readonly given?: Partial<Pick<Given, 'plan' | 'maxEvents'>>
  readonly around: RunSurroundings
  readonly limit: number
}

/**
 * Executes a run again and makes its page. `fingerprint` is the one it has now: another one than that of the first run
 * means that it is another run.
 */
export async function reportedRun(
  { scenario, spec, given, around, limit }: ReportedRun,
  first: FirstRun,
): Promise<{ readonly data: RunData; readonly fingerprint: string }> {
  const stretch = stretchOf(first.records, first.focus, limit)
  const window = { from: Math.max(1, stretch.from), to: Math.max(1, stretch.to) }
  const result = await execute(scenario, spec, [], given, { records: true, inspect: window })
  const { trace, states, clocks } = result
  invariant(trace !== undefined && states !== undefined && clocks !== undefined, 'an inspected run keeps all')
  const lines = (): Iterable<TraceRecord | ObserverRecord> => trace.lines()
  const facts = factsOfResult(scenario, result, lastErrorOf(lines()), around)
  const missing =
    result.fingerprint === first.fingerprint
      ? []
      : [
          `Executed again the run has fingerprint ${result.fingerprint}, not ${first.fingerprint}: it is another run.`,
        ]
  const known: RunKnown = {
    facts,
    nodes: nodeData(result.nodes),
    lines,
    operations: result.history,
    orders: orderData(result.checks),
    clocks,
    states,
    highlights: scenario.highlights ?? [],
    missing,
  }
  return { data: runData(known, limit), fingerprint: result.fingerprint }
}

/** What the page of a run holds of which there is nothing but its trace; `why`: why it cannot be executed again. */
export function tracedRun(
  file: string,
  {
    header,
    footer,
    spec,
  }: { readonly header: TraceHeader; readonly footer: TraceFooter; readonly spec: RunSpec },
  commands: RunSurroundings['commands'],
  why: string,
  limit: number,
): RunData {
  function* lines(): Generator<TraceRecord | ObserverRecord, void, undefined> {
    for (const { record, observer } of readTrace(fileLines(file), file).lines()) yield record ?? observer
  }
  const history = new HistoryReader()
  const names = new Set<string>()
  let lastError = 0
  for (const line of lines()) {
    if (line.node !== undefined) names.add(line.node)
    if (!('id' in line)) continue
    for (const peer of [line.to, line.from]) if (peer !== undefined) names.add(peer)
    if (line.kind === 'error') lastError = line.id
    history.record(line)
  }
  return runData(
    {
      facts: factsOfTrace(spec, header, footer, lastError, commands),
      nodes: nodeData([...names]),
      lines,
      operations: history.operations,
      orders: [],
      clocks: [],
      states: undefined,
      highlights: [],
      missing: [
        `${why} So states of nodes (time travel), errors of clocks, orders of operations and checks that held are missing; ` +
          'records, causes, the history and metrics are those of the trace.',
      ],
    },
    limit,
  )
}

/** What the page of a failure holds that cannot be executed: no records, but what its bundle says. */
export function toldRun(bundle: Bundle, around: RunSurroundings, why: string): RunData {
  const { spec, fingerprint, records, signature } = bundle
  const nothing = { verdict: 'violated', records: 0, events: 0, endedAt: 0, fingerprint }
  const violation = { name: signatureText(signature), kind: 'failure', time: 0, observed: '' } as const
  const header = { format: 0, version: around.version, source: around.source, spec: { ...spec } }
  const facts = factsOfTrace(spec, header, { ...nothing, violations: [violation] }, 0, around.commands)
  const known: RunKnown = {
    facts: { ...facts, story: around.story ?? [] },
    nodes: [],
    lines: () => [],
    operations: [],
    orders: [],
    clocks: [],
    states: undefined,
    highlights: [],
    missing: [why, `The run had ${grouped(records)} records.`],
  }
  return runData(known, RECORD_LIMIT)
}

/** The page that shows the data of a run. */
export function runPage(data: RunData): Page {
  const { scenario, seed, verdict } = data.facts
  return { title: `${scenario}, seed ${seed}: ${verdict}`, data }
}

function lastErrorOf(lines: Iterable<TraceRecord | ObserverRecord>): number {
  let last = 0
  for (const line of lines) if ('id' in line && line.kind === 'error') last = line.id
  return last
}
