/**
 * What many runs say together: verdicts, failures by signature with the cheapest run of each, what faults touched, what
 * checks saw, metrics. A tally is fed one outcome at a time and keeps none of them; whatever the order, and however the
 * runs were divided, the same outcomes give the same report, bit for bit.
 */
import type { MetricSummary } from '../host/metrics-store.ts'
import type { FailureDetail, FaultCount, HookCount, RunOutcome, Signature } from './outcome.ts'
import { signatureText } from './outcome.ts'
import { ExactSum } from './sweep-sum.ts'

/** A run that has no outcome: it took its worker with it, each time it was tried. */
export interface LostRun {
  readonly seed: number
  /** What became of the worker. */
  readonly lost: string
}

export type SweepOutcome = RunOutcome | LostRun

export function isLost(outcome: SweepOutcome): outcome is LostRun {
  return 'lost' in outcome
}

/** Whether a sweep that is to stop at the first failure stops here. */
export function isFailure(outcome: SweepOutcome): boolean {
  return isLost(outcome) || outcome.verdict === 'violated'
}

/** All failed runs of one signature. */
export interface FailureGroup {
  readonly signature: Signature
  readonly runs: number
  /** The run with the fewest events, of several the one with the lowest seed. */
  readonly cheapest: CheapestRun
}

export interface CheapestRun {
  readonly seed: number
  readonly events: number
  readonly fingerprint: string
  readonly failure?: FailureDetail
}

/** Lost runs that ended in the same way. */
export interface LostGroup {
  readonly reason: string
  readonly runs: number
  /** The lowest. */
  readonly seed: number
}

/** One check across the runs. */
export interface CheckAcrossRuns {
  readonly name: string
  /** In all runs together; 0 says that it proved nothing. */
  readonly observations: number
  /** Runs in which it observed anything. */
  readonly observed: number
  /** Runs whose signature names it. */
  readonly violated: number
  readonly undecided: number
  /** For a check of which one run is enough: the runs that got there. */
  readonly reached?: number
  /** Runs in which it only measured, since their faults were random; absent when there are none. */
  readonly unjudged?: number
}

/** One kind of fault across the runs. */
export interface FaultAcrossRuns extends FaultCount {
  readonly kind: string
  /** Runs that had it in their plan. */
  readonly runs: number
}

/** One exploration hook across the runs that had hooks on. */
export interface HookAcrossRuns {
  readonly name: string
  /** Runs in which a node came by. */
  readonly runs: number
  /** Runs, of those, in which it could fire at all. */
  readonly live: number
  /** Runs in which it fired. */
  readonly fired: number
  /** In all runs together: how often a node came by ... */
  readonly visits: number
  /** ... and how often it fired. */
  readonly hits: number
}

/**
 * One metric across the runs. For a counter the numbers are over the runs' totals; for samples `mean` is the mean of the
 * runs' means, `min` and `max` are over all samples; for a gauge `mean` is the mean of the runs' means, `min` the lowest
 * of these, `max` the highest value of any node.
 */
export interface MetricAcrossRuns {
  readonly kind: MetricSummary['kind']
  /** Runs that reported it. */
  readonly runs: number
  readonly mean: number
  readonly min: number
  readonly max: number
  /** For samples: how many in all. */
  readonly count?: number
}

export interface SweepReport {
  readonly runs: number
  readonly verdicts: {
    readonly held: number
    readonly violated: number
    readonly undecided: number
    readonly lost: number
  }
  readonly events: number
  /** Virtual microseconds, all runs together. */
  readonly virtualMicros: number
  /** Most runs first. */
  readonly failures: readonly FailureGroup[]
  readonly lost: readonly LostGroup[]
  /** In the order in which the scenario lists them. */
  readonly checks: readonly CheckAcrossRuns[]
  /** Sorted by kind. */
  readonly faults: readonly FaultAcrossRuns[]
  /** Sorted by name; empty when hooks are off. */
  readonly hooks: readonly HookAcrossRuns[]
  /** Sorted by name. */
  readonly metrics: Readonly<Record<string, MetricAcrossRuns>>
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

interface CheckTally extends Mutable<CheckAcrossRuns> {
  position: number
}

interface MetricTally {
  readonly name: string
  readonly kind: MetricSummary['kind']
  runs: number
  readonly sum: ExactSum
  min: number
  max: number
  count: number
}

export class SweepTally {
  private runs = 0
  private readonly verdicts = { held: 0, violated: 0, undecided: 0, lost: 0 }
  private events = 0
  private virtualMicros = 0
  private readonly failures = new Map<string, Mutable<FailureGroup>>()
  private readonly lost = new Map<string, Mutable<LostGroup>>()
  private readonly checks = new Map<string, CheckTally>()
  private readonly faults = new Map<string, Mutable<FaultAcrossRuns>>()
  private readonly hooks = new Map<string, Mutable<HookAcrossRuns>>()
  private readonly metrics = new Map<string, MetricTally>()

  /** Counts one run. Each seed must come once. */
  add(outcome: SweepOutcome): void {
    this.runs++
    if (isLost(outcome)) {
      this.addLost(outcome)
      return
    }
    this.verdicts[outcome.verdict]++
    this.events += outcome.events
    this.virtualMicros += outcome.endedAt
    this.addChecks(outcome)
    this.addFailure(outcome)
    for (const [kind, count] of Object.entries(outcome.faults)) this.addFault(kind, count)
    for (const [name, count] of Object.entries(outcome.hooks ?? {})) this.addHook(name, count)
    for (const [name, summary] of Object.entries(outcome.metrics)) this.addMetric(name, summary)
  }

  /** What all runs so far say. */
  report(): SweepReport {
    const byRuns = (a: { readonly runs: number }, b: { readonly runs: number }): number => b.runs - a.runs
    return {
      runs: this.runs,
      verdicts: { ...this.verdicts },
      events: this.events,
      virtualMicros: this.virtualMicros,
      failures: sorted(this.failures).sort(byRuns),
      lost: sorted(this.lost).sort(byRuns),
      checks: sorted(this.checks)
        .sort((a, b) => a.position - b.position)
        .map(({ position: _, ...check }) => check),
      faults: sorted(this.faults),
      hooks: sorted(this.hooks),
      metrics: this.metricsReport(),
    }
  }

  private metricsReport(): Readonly<Record<string, MetricAcrossRuns>> {
    const metrics = sorted(this.metrics)
    const kindsOf = (wanted: string): number => metrics.filter(({ name }) => name === wanted).length
    return Object.fromEntries(
      metrics.map(({ name, kind, runs, sum, min, max, count }) => [
        kindsOf(name) === 1 ? name : `${name} (${kind})`,
        { kind, runs, mean: sum.value / runs, min, max, ...(kind === 'samples' ? { count } : {}) },
      ]),
    )
  }

  private addLost({ seed, lost: reason }: LostRun): void {
    this.verdicts.lost++
    const group = this.lost.get(reason)
    if (group === undefined) this.lost.set(reason, { reason, runs: 1, seed })
    else {
      group.runs++
      group.seed = Math.min(group.seed, seed)
    }
  }

  private addChecks({ observations, sometimes, undecided, unjudged = [], signature }: RunOutcome): void {
    Object.entries(observations).forEach(([name, observed], position) => {
      const check = this.check(name, position)
      check.observations += observed
      if (observed > 0) check.observed++
      const reached = sometimes[name]
      if (reached !== undefined) check.reached = (check.reached ?? 0) + (reached ? 1 : 0)
    })
    for (const name of undecided) this.check(name).undecided++
    for (const name of unjudged) {
      const check = this.check(name)
      check.unjudged = (check.unjudged ?? 0) + 1
    }
    if (signature?.kind === 'check') this.check(signature.subject).violated++
  }

  private check(name: string, position = Number.MAX_SAFE_INTEGER): CheckTally {
    let check = this.checks.get(name)
    if (check === undefined) {
      check = { name, observations: 0, observed: 0, violated: 0, undecided: 0, position }
      this.checks.set(name, check)
    }
    check.position = Math.min(check.position, position)
    return check
  }

  private addFailure({ signature, seed, events, fingerprint, failure }: RunOutcome): void {
    if (signature === undefined) return
    const text = signatureText(signature)
    const run = { seed, events, fingerprint, ...(failure === undefined ? {} : { failure }) }
    const group = this.failures.get(text)
    if (group === undefined) {
      this.failures.set(text, { signature, runs: 1, cheapest: run })
      return
    }
    group.runs++
    const { cheapest } = group
    if (events < cheapest.events || (events === cheapest.events && seed < cheapest.seed)) group.cheapest = run
  }

  private addFault(kind: string, { planned, fired, touched }: FaultCount): void {
    const fault = this.faults.get(kind)
    if (fault === undefined) {
      this.faults.set(kind, { kind, runs: 1, planned, fired, touched })
      return
    }
    fault.runs++
    fault.planned += planned
    fault.fired += fired
    fault.touched += touched
  }

  private addHook(name: string, { live, visits, hits }: HookCount): void {
    let hook = this.hooks.get(name)
    if (hook === undefined) {
      hook = { name, runs: 0, live: 0, fired: 0, visits: 0, hits: 0 }
      this.hooks.set(name, hook)
    }
    hook.runs++
    if (live) hook.live++
    if (hits > 0) hook.fired++
    hook.visits += visits
    hook.hits += hits
  }

  private addMetric(name: string, summary: MetricSummary): void {
    const { kind } = summary
    // A name may stand for a counter in one run and for samples in another: those are two metrics.
    const key = `${name}\u0000${kind}`
    let metric = this.metrics.get(key)
    if (metric === undefined) {
      metric = { name, kind, runs: 0, sum: new ExactSum(), min: Infinity, max: -Infinity, count: 0 }
      this.metrics.set(key, metric)
    }
    const { centre, min, max, count } = spread(summary)
    metric.runs++
    metric.sum.add(centre)
    metric.min = Math.min(metric.min, min)
    metric.max = Math.max(metric.max, max)
    metric.count += count
  }
}

function spread(summary: MetricSummary): {
  readonly centre: number
  readonly min: number
  readonly max: number
  readonly count: number
} {
  switch (summary.kind) {
    case 'counter':
      return { centre: summary.total, min: summary.total, max: summary.total, count: 0 }
    case 'samples':
      return { centre: summary.mean, min: summary.min, max: summary.max, count: summary.count }
    case 'gauge':
      return { centre: summary.mean, min: summary.mean, max: summary.max, count: 0 }
  }
}

/** Values in the order of their keys: insertion order is that of arrival. */
function sorted<T>(map: ReadonlyMap<string, T>): T[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value)
}
