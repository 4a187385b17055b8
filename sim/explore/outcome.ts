/**
 * What is kept of one run among many: plain JSON, small enough to be sent between workers and written by the million.
 */
import type { HookReport } from '../host/hooks.ts'
import type { MetricSummary } from '../host/metrics-store.ts'
import type { RunResult, RunSpec } from '../scenario/simulate.ts'
import type { Verdict } from '../scenario/scenario.ts'

/**
 * What kind of failure a run shows; runs with the same signature are taken to show the same bug. Seeds, times, node
 * indices and values are not part of it.
 */
export interface Signature {
  /** `check`: a check was violated; the others are kinds of {@link RunResult.failures}. */
  readonly kind: 'check' | 'threw' | 'foreign-wait' | 'event-limit' | 'instant-limit'
  /** The check's name, or the node's kind and where it happened: `replica on.write`. */
  readonly subject: string
  /** What more tells bugs apart: the error's class and message without its numbers. */
  readonly detail?: string
}

/** How often one kind of fault was planned, fired and touched anything in a run. */
export interface FaultCount {
  readonly planned: number
  readonly fired: number
  readonly touched: number
}

/** What became of one exploration hook in a run. */
export type HookCount = Omit<HookReport, 'name'>

/** What a failure looked like in one run, for people. */
export interface FailureDetail {
  /** Virtual microseconds. */
  readonly time: number
  readonly node?: string
  /** The record to look at. */
  readonly record?: number
  readonly expected?: string
  readonly observed: string
}

/** One run's outcome. */
export interface RunOutcome {
  readonly seed: number
  /** Without the checks of {@link sometimes}: among many runs, one that does not get there is no failure. */
  readonly verdict: Verdict
  /** Present when the verdict is `violated`. */
  readonly signature?: Signature
  /** What the signature stands for in this run, its texts cut to a few hundred characters. */
  readonly failure?: FailureDetail
  readonly fingerprint: string
  readonly events: number
  readonly records: number
  /** Virtual microseconds. */
  readonly endedAt: number
  /** By kind of fault. */
  readonly faults: Readonly<Record<string, FaultCount>>
  /** Observations by name of check: 0 says that it proved nothing. */
  readonly observations: Readonly<Record<string, number>>
  /** The checks of which one run among many is enough (`sometimes`), by name: whether this run got there. */
  readonly sometimes: Readonly<Record<string, boolean>>
  /** Names of checks that were undecided. */
  readonly undecided: readonly string[]
  /** Names of checks that only measured, since the faults were random; absent when there are none. */
  readonly unjudged?: readonly string[]
  readonly metrics: Readonly<Record<string, MetricSummary>>
  /** By name of hook (`node.maybe`), those that were visited; absent when hooks are off. */
  readonly hooks?: Readonly<Record<string, HookCount>>
  /** Numbers that checks found, by name; absent when none did. */
  readonly measures?: Readonly<Record<string, number>>
}

/** The outcome of a run. */
export function outcomeOf(result: RunResult): RunOutcome {
  const one: RunResult = { ...result, checks: result.checks.filter(({ across }) => across !== 'some') }
  const verdict = verdictOf(one)
  const signature = verdict === 'violated' ? signatureOf(one) : undefined
  const failure = signature === undefined ? undefined : failureDetail(one)
  const unjudged = result.checks.filter(({ judged }) => judged === false).map(({ name }) => name)
  const faults: Record<string, { planned: number; fired: number; touched: number }> = {}
  for (const { kind, fired, touched } of result.faults) {
    const count = (faults[kind] ??= { planned: 0, fired: 0, touched: 0 })
    count.planned++
    if (fired) count.fired++
    if (touched.length > 0) count.touched++
  }
  return {
    seed: result.spec.seed,
    verdict,
    ...(signature === undefined ? {} : { signature }),
    ...(failure === undefined ? {} : { failure }),
    fingerprint: result.fingerprint,
    events: result.events,
    records: result.records,
    endedAt: result.endedAt,
    faults,
    observations: Object.fromEntries(result.checks.map(({ name, observations }) => [name, observations])),
    sometimes: Object.fromEntries(
      result.checks.flatMap(({ name, across, verdict: reached }) =>
        across === 'some' ? [[name, reached === 'held']] : [],
      ),
    ),
    undecided: one.checks.filter(({ verdict }) => verdict === 'undecided').map(({ name }) => name),
    ...(unjudged.length === 0 ? {} : { unjudged }),
    metrics: result.metrics,
    ...(result.hooks === undefined
      ? {}
      : { hooks: Object.fromEntries(result.hooks.map(({ name, ...count }) => [name, count])) }),
    ...measuresOf(result),
  }
}

/** What checks measured. Of two checks that give a number the same name, the first counts. */
function measuresOf({ checks }: RunResult): Pick<RunOutcome, 'measures'> {
  const measures: Record<string, number> = {}
  for (const check of checks) {
    for (const [name, value] of Object.entries(check.measures ?? {})) {
      if (!Object.hasOwn(measures, name)) measures[name] = value
    }
  }
  return Object.keys(measures).length === 0 ? {} : { measures }
}

function verdictOf({ failures, checks }: RunResult): Verdict {
  if (failures.length > 0 || checks.some(({ verdict }) => verdict === 'violated')) return 'violated'
  return checks.some(({ verdict }) => verdict === 'undecided') ? 'undecided' : 'held'
}

const DETAIL_LENGTH = 400

/** What {@link signatureOf} names, as it was seen. */
function failureDetail({ failures, checks }: RunResult): FailureDetail | undefined {
  const cut = (text: string): string =>
    text.length <= DETAIL_LENGTH ? text : `${text.slice(0, DETAIL_LENGTH - 3)}...`
  const [failure] = failures
  if (failure !== undefined) {
    const { time, node, message } = failure
    return { time, ...(node === undefined ? {} : { node }), observed: cut(message) }
  }
  const violation = checks.find(({ verdict }) => verdict === 'violated')?.violation
  if (violation === undefined) return undefined
  const { time, node, record, expected, observed } = violation
  return {
    time,
    ...(node === undefined ? {} : { node }),
    ...(record === undefined ? {} : { record }),
    expected: cut(expected),
    observed: cut(observed),
  }
}

/** The signature of a failed run: its first failure of the code, else its first violated check. */
export function signatureOf(result: RunResult): Signature | undefined {
  const [failure] = result.failures
  if (failure !== undefined) {
    const kind = (failure.node ?? '').replace(/\[\d+\]$/, '')
    return {
      kind: failure.kind,
      subject: [kind, failure.where].filter(Boolean).join(' '),
      ...(failure.kind === 'threw' ? { detail: withoutNumbers(failure.message) } : {}),
    }
  }
  const violated = result.checks.find(({ verdict }) => verdict === 'violated')
  return violated === undefined ? undefined : { kind: 'check', subject: violated.name }
}

/** Whether two runs show the same kind of failure. */
export function sameSignature(a: Signature | undefined, b: Signature | undefined): boolean {
  return a?.kind === b?.kind && a?.subject === b?.subject && a?.detail === b?.detail
}

/** One line for people, and the key by which failures are grouped. */
export function signatureText({ kind, subject, detail }: Signature): string {
  // A limit that is hit outside of any node has no subject.
  const head = kind === 'check' ? subject : [kind, subject].filter(Boolean).join(': ')
  return detail === undefined ? head : `${head}: ${detail}`
}

function withoutNumbers(text: string): string {
  return text.replace(/\d+(\.\d+)?/g, '#').slice(0, 120)
}

/** How a many-run tool runs one spec; handed in, since only the command line knows workers and files. */
export type Execute = (spec: RunSpec) => Promise<RunResult>
