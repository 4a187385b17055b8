/**
 * Numbers that nodes report: counters, distributions of samples, and gauges weighted by time. Percentiles are exact
 * (nearest rank), since all samples of a run are kept.
 */
import { CallerError, show } from '../kernel/errors.ts'

export interface CounterSummary {
  readonly kind: 'counter'
  readonly total: number
}

export interface SampleSummary {
  readonly kind: 'samples'
  readonly count: number
  readonly mean: number
  readonly min: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

export interface GaugeSummary {
  readonly kind: 'gauge'
  /** Value at the end of the run, summed over nodes. */
  readonly last: number
  /** Mean over time from its first setting, summed over nodes. */
  readonly mean: number
  /** Highest value of any node. */
  readonly max: number
}

export type MetricSummary = CounterSummary | SampleSummary | GaugeSummary

interface Gauge {
  value: number
  since: number
  readonly first: number
  area: number
  max: number
}

export class MetricsStore {
  private readonly counters = new Map<string, number>()
  private readonly samples = new Map<string, number[]>()
  private readonly gauges = new Map<string, Map<number, Gauge>>()

  count(name: string, by: number): void {
    this.counters.set(name, (this.counters.get(name) ?? 0) + finite(name, by))
  }

  sample(name: string, value: number): void {
    const list = this.samples.get(name)
    if (list === undefined) this.samples.set(name, [finite(name, value)])
    else list.push(finite(name, value))
  }

  gauge(name: string, node: number, value: number, now: number): void {
    finite(name, value)
    let byNode = this.gauges.get(name)
    if (byNode === undefined) this.gauges.set(name, (byNode = new Map<number, Gauge>()))
    const held = byNode.get(node)
    if (held === undefined) byNode.set(node, { value, since: now, first: now, area: 0, max: value })
    else {
      held.area += held.value * (now - held.since)
      held.value = value
      held.since = now
      held.max = Math.max(held.max, value)
    }
  }

  /** All samples under a name, in order of reporting. */
  samplesOf(name: string): readonly number[] {
    return this.samples.get(name) ?? []
  }

  counterOf(name: string): number {
    return this.counters.get(name) ?? 0
  }

  /** Summaries by name, sorted by name. `now`: the end of the run in microseconds. */
  summarize(now: number): Readonly<Record<string, MetricSummary>> {
    const out = new Map<string, MetricSummary>()
    for (const [name, total] of this.counters) out.set(name, { kind: 'counter', total })
    for (const [name, list] of this.samples) out.set(name, summarizeSamples(list))
    for (const [name, byNode] of this.gauges) out.set(name, summarizeGauges([...byNode.values()], now))
    return Object.fromEntries([...out].sort(([a], [b]) => (a < b ? -1 : 1)))
  }
}

function finite(name: string, value: number): number {
  if (Number.isFinite(value)) return value
  throw new CallerError(`metric '${name}': ${show(value)}`, { expected: 'a finite number' })
}

/** Count, mean, extremes and nearest-rank percentiles of at least one sample. */
export function summarizeSamples(list: readonly number[]): SampleSummary {
  const sorted = Float64Array.from(list).sort()
  const rank = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number
  let sum = 0
  for (const value of sorted) sum += value
  return {
    kind: 'samples',
    count: sorted.length,
    mean: sum / sorted.length,
    min: rank(0),
    p50: rank(0.5),
    p90: rank(0.9),
    p99: rank(0.99),
    max: rank(1),
  }
}

function summarizeGauges(gauges: readonly Gauge[], now: number): GaugeSummary {
  let last = 0
  let mean = 0
  let max = -Infinity
  for (const gauge of gauges) {
    const span = now - gauge.first
    const area = gauge.area + gauge.value * (now - gauge.since)
    last += gauge.value
    mean += span > 0 ? area / span : gauge.value
    max = Math.max(max, gauge.max)
  }
  return { kind: 'gauge', last, mean, max }
}
