/**
 * What can be measured of a run, by name: `verdict`, `endedAt`, every number that a check found (`availability`), and
 * every metric of its nodes, with a statistic where it has several (`read latency.p99`).
 */
import type { MetricSummary } from '../host/metrics-store.ts'
import { CallerError, show } from '../kernel/errors.ts'
import { nearest } from '../kernel/nearest.ts'
import type { RunOutcome } from './outcome.ts'

/** What is read of each run: a number, or whether something is so. */
export interface Measure {
  /** As it was asked for. */
  readonly name: string
  /** What it is, in a clause. */
  readonly about: string
  readonly kind: 'number' | 'share'
  /** Undefined if the run says nothing about it: no sample was taken. Of a share 1 or 0. */
  of(outcome: RunOutcome): number | undefined
}

const OWN: readonly Measure[] = [
  {
    name: 'verdict',
    about: 'share of runs that were violated',
    kind: 'share',
    of: ({ verdict }) => (verdict === 'violated' ? 1 : 0),
  },
  {
    name: 'undecided',
    about: 'share of runs that were undecided',
    kind: 'share',
    of: ({ verdict }) => (verdict === 'undecided' ? 1 : 0),
  },
  {
    name: 'endedAt',
    about: 'virtual milliseconds at the end of the run',
    kind: 'number',
    of: ({ endedAt }) => endedAt / 1000,
  },
  { name: 'events', about: 'events of the run', kind: 'number', of: ({ events }) => events },
  { name: 'records', about: 'records of the run', kind: 'number', of: ({ records }) => records },
]

/** By kind of metric: its statistics, the first one for a name without any. */
const STATISTICS: Readonly<Record<MetricSummary['kind'], readonly string[]>> = {
  counter: ['total'],
  samples: ['mean', 'min', 'p50', 'p90', 'p99', 'max', 'count'],
  gauge: ['mean', 'last', 'max'],
}

/**
 * The measure of this name, as these runs know it. Undefined if none of them has such a metric: others may.
 *
 * @throws CallerError for a statistic that the metric does not have
 */
export function findMeasure(name: string, outcomes: readonly RunOutcome[]): Measure | undefined {
  const own = OWN.find((measure) => measure.name === name)
  if (own !== undefined) return own
  const whole = kindOf(name, outcomes)
  if (whole !== undefined) return metricMeasure(name, name, whole, STATISTICS[whole][0] as string)
  if (outcomes.some(({ measures = {} }) => Object.hasOwn(measures, name))) return checkMeasure(name)
  const dot = name.lastIndexOf('.')
  if (dot < 1) return undefined
  const metric = name.slice(0, dot)
  const statistic = name.slice(dot + 1)
  const kind = kindOf(metric, outcomes)
  if (kind === undefined) return undefined
  const known = STATISTICS[kind]
  if (known.includes(statistic)) return metricMeasure(name, metric, kind, statistic)
  const close = nearest(statistic, known)
  throw new CallerError(`measure ${show(name)}: '${metric}' has no '${statistic}'`, {
    expected: known.length === 1 ? `${metric}.${known[0] ?? ''}` : `one of ${known.join(', ')}`,
    hint: close === undefined ? undefined : `did you mean '${metric}.${close}'?`,
  })
}

function checkMeasure(name: string): Measure {
  return {
    name,
    about: 'what a check of each run found',
    kind: 'number',
    of: ({ measures = {} }) => (Object.hasOwn(measures, name) ? measures[name] : undefined),
  }
}

/** All measures that these runs know, with what each is: their own, those of checks, metrics with their statistics. */
export function listMeasures(
  outcomes: readonly RunOutcome[],
): readonly { readonly name: string; readonly about: string }[] {
  const ofChecks = new Set(outcomes.flatMap(({ measures = {} }) => Object.keys(measures)))
  const metrics = new Set(outcomes.flatMap((outcome) => Object.keys(outcome.metrics)))
  return [
    ...OWN.map(({ name, about }) => ({ name, about })),
    ...[...ofChecks].sort().map((name) => ({ name, about: checkMeasure(name).about })),
    ...[...metrics].sort().map((name) => {
      const kind = kindOf(name, outcomes) as MetricSummary['kind']
      const [first = '', ...more] = STATISTICS[kind]
      const others = more.length === 0 ? '' : `; also .${more.join(', .')}`
      return { name, about: aboutText(kind, first) + others }
    }),
  ]
}

function kindOf(metric: string, outcomes: readonly RunOutcome[]): MetricSummary['kind'] | undefined {
  for (const { metrics } of outcomes) {
    const summary = Object.hasOwn(metrics, metric) ? metrics[metric] : undefined
    if (summary !== undefined) return summary.kind
  }
  return undefined
}

function metricMeasure(
  name: string,
  metric: string,
  kind: MetricSummary['kind'],
  statistic: string,
): Measure {
  // Nothing was counted: that is a count. Nothing was sampled: there is no latency to speak of.
  const absent = statistic === 'total' || statistic === 'count' ? 0 : undefined
  return {
    name,
    about: aboutText(kind, statistic),
    kind: 'number',
    of({ metrics }) {
      const summary = Object.hasOwn(metrics, metric) ? metrics[metric] : undefined
      if (summary === undefined) return absent
      return (summary as unknown as Readonly<Record<string, number>>)[statistic]
    },
  }
}

function aboutText(kind: MetricSummary['kind'], statistic: string): string {
  if (kind === 'counter') return "total of each run's counter"
  const of = kind === 'samples' ? "each run's samples" : "each run's gauge"
  return statistic === 'count' ? `number of ${of}` : `${statistic} of ${of}`
}

/** The error for a measure that no run knows. */
export function unknownMeasure(name: string, outcomes: readonly RunOutcome[]): CallerError {
  const close = nearest(name, measureNames(name, outcomes))
  return new CallerError(`unknown measure ${show(name)}`, {
    expected: `one of ${listMeasures(outcomes)
      .map((one) => one.name)
      .join(', ')}`,
    hint: close === undefined ? "'--list' tells what they are" : `did you mean '${close}'?`,
  })
}

/** Whether a name is close to one that is known: then it is a mistake, and not a metric that these runs happen to lack. */
export function isMisspelt(name: string, outcomes: readonly RunOutcome[]): boolean {
  return nearest(name, measureNames(name, outcomes)) !== undefined
}

function measureNames(name: string, outcomes: readonly RunOutcome[]): readonly string[] {
  const metrics = new Set(outcomes.flatMap((outcome) => Object.keys(outcome.metrics)))
  const ofChecks = new Set(outcomes.flatMap(({ measures = {} }) => Object.keys(measures)))
  const names = [...[...metrics].sort(), ...[...ofChecks].sort(), ...OWN.map((measure) => measure.name)]
  // What follows the last dot is compared as it stands, so that 'read latncy.p99' finds its metric.
  const statistic = /\.[^.]*$/.exec(name)?.[0]
  return statistic === undefined
    ? names
    : [...names, ...[...metrics].sort().map((metric) => metric + statistic)]
}
