/**
 * The data of the page of a sweep: every run in a few numbers, failures by signature, how metrics are distributed over
 * runs, what checks reached and faults touched.
 */
import type { SweepSummary } from '../../sweep.ts'
import { verdictOf } from '../../sweep.ts'
import { commandLine, commandLineOf } from '../../invocation.ts'
import { signatureText } from '../../../sim/explore/outcome.ts'
import type { SweepOutcome } from '../../../sim/explore/sweep-tally.ts'
import { isLost } from '../../../sim/explore/sweep-tally.ts'
import { rangeText } from '../../../sim/explore/sweep.ts'

/** How a run ended; 3 and up: violated, and 3 less is the position of its failure. */
export const ENDED = { held: 0, undecided: 1, lost: 2, violated: 3 } as const

export interface FailureData {
  readonly signature: string
  readonly runs: number
  readonly seed: number
  readonly events: number
  readonly expected?: string
  readonly observed?: string
  /** Virtual microseconds. */
  readonly time?: number
  readonly replay: string
  readonly shrink: string
  /** The report of the run, relative to the page. */
  readonly report?: string
}

/** How the runs of a sweep are distributed by one number. */
export interface DistributionData {
  readonly name: string
  /** What the number of a run is. */
  readonly about: string
  readonly least: number
  readonly most: number
  /** Runs in equally wide classes from least to most; of a single value one class. */
  readonly counts: readonly number[]
  readonly p10: number
  readonly p50: number
  readonly p90: number
}

export interface SweepData {
  readonly scenario: string
  readonly verdict: 'held' | 'violated' | 'undecided'
  readonly params: readonly (readonly [string, string])[]
  readonly seeds: string
  readonly shard: string | undefined
  readonly runs: number
  readonly verdicts: Readonly<Record<'held' | 'violated' | 'undecided' | 'lost', number>>
  readonly verified: number
  readonly events: number
  readonly virtualMicros: number
  /** By ascending seed, the three of the same length. */
  readonly run: {
    readonly seeds: readonly number[]
    readonly ended: readonly number[]
    readonly events: readonly number[]
  }
  readonly failures: readonly FailureData[]
  readonly lost: readonly { readonly reason: string; readonly runs: number; readonly seed: number }[]
  readonly checks: readonly {
    readonly name: string
    readonly observed: number
    readonly violated: number
    readonly undecided: number
    /** Of a check that one run is enough for: runs that got there. */
    readonly reached?: number
  }[]
  readonly faults: readonly {
    readonly kind: string
    readonly runs: number
    readonly planned: number
    readonly fired: number
    readonly touched: number
  }[]
  readonly distributions: readonly DistributionData[]
  readonly warnings: readonly string[]
  /** One run; `SEED` stands for its seed. */
  readonly oneRun: string
  readonly command: string
}

const CLASSES = 32
/** More runs than this are not shown one by one. */
export const MOST_RUNS = 200_000

interface Noted {
  readonly seed: number
  readonly signature: string | undefined
  readonly ended: number
  readonly events: number
}

/** Sees the outcomes of a sweep and keeps what its page shows of each. */
export class SweepRuns {
  private readonly runs: Noted[] = []
  private readonly values = new Map<string, { readonly about: string; readonly list: number[] }>()

  readonly add = (outcome: SweepOutcome): void => {
    const { seed } = outcome
    if (isLost(outcome)) {
      this.runs.push({ seed, signature: undefined, ended: ENDED.lost, events: 0 })
      return
    }
    const { verdict, signature, events, endedAt, metrics } = outcome
    const text = signature === undefined ? undefined : signatureText(signature)
    this.runs.push({ seed, signature: text, ended: ENDED[verdict], events })
    this.note('events', 'events of the run', events)
    this.note('ended at', 'virtual milliseconds at the end of the run', endedAt / 1000)
    for (const [name, summary] of Object.entries(metrics)) {
      switch (summary.kind) {
        case 'counter':
          this.note(name, 'total of the run', summary.total)
          break
        case 'samples':
          this.note(name, 'mean of the samples of the run', summary.mean)
          this.note(`${name}.p99`, '99th percentile of the samples of the run', summary.p99)
          break
        case 'gauge':
          this.note(name, 'mean over time', summary.mean)
          break
      }
    }
  }

  private note(name: string, about: string, value: number): void {
    const held = this.values.get(name)
    if (held === undefined) this.values.set(name, { about, list: [value] })
    else held.list.push(value)
  }

  /** `reports`: pages of runs by seed, relative to the page. */
  data(summary: SweepSummary, command: string, reports: ReadonlyMap<number, string>): SweepData {
    const { scenario, params, seeds, shard, report, verified, verdict, invocation } = summary
    const failures = report.failures.map(({ signature, runs, cheapest }): FailureData => {
      const { seed, events, failure } = cheapest
      const one = { ...invocation, seed }
      const { expected, observed, time } = failure ?? {}
      const page = reports.get(seed)
      return {
        ...{ signature: signatureText(signature), runs, seed, events },
        ...(expected === undefined ? {} : { expected }),
        ...(observed === undefined ? {} : { observed }),
        ...(time === undefined ? {} : { time }),
        replay: commandLine(one),
        shrink: commandLineOf('shrink', one),
        ...(page === undefined ? {} : { report: page }),
      }
    })
    const positions = new Map(failures.map(({ signature }, index) => [signature, index]))
    const sorted = this.runs.toSorted((a, b) => a.seed - b.seed).slice(0, MOST_RUNS)
    const endedOf = ({ ended, signature }: Noted): number =>
      ended === ENDED.violated ? ended + (positions.get(signature ?? '') ?? 0) : ended
    return {
      scenario,
      verdict: verdictOf(summary),
      params: Object.entries(params).map(([name, value]) => [name, String(value)]),
      seeds: rangeText(seeds),
      shard: shard.count === 1 ? undefined : `${shard.index}/${shard.count}`,
      runs: report.runs,
      verdicts: report.verdicts,
      verified,
      events: report.events,
      virtualMicros: report.virtualMicros,
      run: {
        seeds: sorted.map(({ seed }) => seed),
        ended: sorted.map(endedOf),
        events: sorted.map(({ events }) => events),
      },
      failures,
      lost: report.lost,
      checks: report.checks.map(({ name, observed, violated, undecided, reached }) => ({
        ...{ name, observed, violated, undecided },
        ...(reached === undefined ? {} : { reached }),
      })),
      faults: report.faults.map(({ kind, runs, planned, fired, touched }) => {
        return { kind, runs, planned, fired, touched }
      }),
      distributions: [...this.values]
        .map(([name, { about, list }]) => distributionOf(name, about, list))
        .sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1)),
      warnings: verdict.warnings,
      oneRun: commandLine({ ...invocation, seed: 0 }).replace('--seed 0', '--seed SEED'),
      command,
    }
  }
}

/** What is the same in all runs comes last. */
function rank({ least, most }: DistributionData): number {
  return least === most ? 1 : 0
}

/** Classes and percentiles (nearest rank) of at least one number. */
export function distributionOf(name: string, about: string, values: readonly number[]): DistributionData {
  const sorted = Float64Array.from(values).sort()
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
  const [least, most] = [at(0), at(1)]
  const classes = least === most ? 1 : CLASSES
  const counts = Array.from({ length: classes }, () => 0)
  for (const value of sorted) {
    const index = classes === 1 ? 0 : Math.floor(((value - least) / (most - least)) * classes)
    const clamped = Math.min(classes - 1, index)
    counts[clamped] = (counts[clamped] ?? 0) + 1
  }
  return { name, about, least, most, counts, p10: at(0.1), p50: at(0.5), p90: at(0.9) }
}
