/**
 * What is kept of one run among many: plain JSON, small enough to be sent between workers and written by the million.
 */
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

/** One run's outcome. */
export interface RunOutcome {
  readonly seed: number
  readonly verdict: Verdict
  /** Present when the verdict is `violated`. */
  readonly signature?: Signature
  readonly fingerprint: string
  readonly events: number
  readonly records: number
  /** Virtual microseconds. */
  readonly endedAt: number
  /** By kind of fault. */
  readonly faults: Readonly<Record<string, FaultCount>>
  /** Observations by name of check: 0 says that it proved nothing. */
  readonly observations: Readonly<Record<string, number>>
  /** Names of checks that were undecided. */
  readonly undecided: readonly string[]
  readonly metrics: Readonly<Record<string, MetricSummary>>
}

/** The outcome of a run. */
export function outcomeOf(result: RunResult): RunOutcome {
  const signature = signatureOf(result)
  const faults: Record<string, { planned: number; fired: number; touched: number }> = {}
  for (const { kind, fired, touched } of result.faults) {
    const count = (faults[kind] ??= { planned: 0, fired: 0, touched: 0 })
    count.planned++
    if (fired) count.fired++
    if (touched.length > 0) count.touched++
  }
  return {
    seed: result.spec.seed,
    verdict: result.verdict,
    ...(signature === undefined ? {} : { signature }),
    fingerprint: result.fingerprint,
    events: result.events,
    records: result.records,
    endedAt: result.endedAt,
    faults,
    observations: Object.fromEntries(result.checks.map(({ name, observations }) => [name, observations])),
    undecided: result.checks.filter(({ verdict }) => verdict === 'undecided').map(({ name }) => name),
    metrics: result.metrics,
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
  const head = kind === 'check' ? subject : `${kind}: ${subject}`
  return detail === undefined ? head : `${head}: ${detail}`
}

function withoutNumbers(text: string): string {
  return text.replace(/\d+(\.\d+)?/g, '#').slice(0, 120)
}

/** How a many-run tool runs one spec; handed in, since only the command line knows workers and files. */
export type Execute = (spec: RunSpec) => Promise<RunResult>
