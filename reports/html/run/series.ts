/**
 * Measures over virtual time, in equal spans from 0 to the end of the run: what nodes measured themselves, and what can
 * be told of any run: operations, their latencies and availability, messages, queues in front of CPUs, errors of clocks.
 *
 * A span of no samples has no percentile (null), which is not the same as 0. Percentiles are by nearest rank, exact
 * within a span.
 */
import type { ClockChange } from '../../../sim/host/clock-history.ts'
import type { ObserverRecord, TraceRecord } from '../../../sim/trace/records.ts'
import { isAcknowledgement } from '../../segments.ts'
import type { SeriesData } from './data.ts'

/** Spans in which a run is cut. */
export const SPANS = 120
/** Lines in one chart; where there are more, those with the highest values are kept. */
const LINES = 8
/** Charts of metrics that nodes report. */
const CHARTS = 40

type Line = SeriesData['lines'][number]

/** Values of one name in each span. */
class Spans {
  private readonly lists: number[][] = []

  add(span: number, value: number): void {
    ;(this.lists[span] ??= []).push(value)
  }

  sums(): number[] {
    return this.map((list) => list.reduce((sum, value) => sum + value, 0)).map((sum) => sum ?? 0)
  }

  percentile(share: number): (number | null)[] {
    return this.map((list) => list[Math.max(0, Math.ceil(share * list.length) - 1)] ?? null)
  }

  sort(): this {
    for (const list of this.lists) list?.sort((a, b) => a - b)
    return this
  }

  private map(of: (list: readonly number[]) => number | null): (number | null)[] {
    return Array.from({ length: SPANS }, (_, span) => {
      const list = this.lists[span]
      return list === undefined ? null : of(list)
    })
  }
}

/** A number that goes up and down, by key: its highest value within each span. */
class Levels {
  readonly lines = new Map<string, (number | null)[]>()
  private readonly now = new Map<string, { value: number; span: number }>()

  set(key: string, span: number, value: number): void {
    let line = this.lines.get(key)
    if (line === undefined) this.lines.set(key, (line = Array.from({ length: SPANS }, () => null)))
    const held = this.now.get(key)
    if (held !== undefined) for (let at = held.span + 1; at <= span; at++) line[at] = held.value
    line[span] = Math.max(line[span] ?? -Infinity, value)
    this.now.set(key, { value, span })
  }

  change(key: string, span: number, by: number): void {
    this.set(key, span, Math.max(0, (this.now.get(key)?.value ?? 0) + by))
  }

  finish(): Line[] {
    for (const [key, { value, span }] of this.now) {
      const line = this.lines.get(key) ?? []
      for (let at = span + 1; at < SPANS; at++) line[at] = value
    }
    return [...this.lines].map(([label, values]) => ({ label, values }))
  }
}

/** Takes all lines of a run in order. */
export class SeriesBuilder {
  private readonly spanLength: number
  private readonly begun = new Map<number, { readonly t: number; readonly name: string }>()
  private readonly ended = { ok: new Spans(), fail: new Spans(), unknown: new Spans() }
  private readonly latencies = new Map<string, Spans>()
  private readonly open = new Levels()
  private readonly messages = { sent: new Spans(), dropped: new Spans() }
  private readonly queues = new Levels()
  private readonly queued = new Set<number>()
  /** Kinds of messages wait in front of a CPU on these nodes only. */
  private readonly withCpu = new Set<string>()
  private readonly arrivals: { readonly node: string; readonly id: number; readonly t: number }[] = []
  private readonly taken: { readonly node: string; readonly cause: number; readonly t: number }[] = []
  private readonly counts = new Map<string, Spans>()
  private readonly samples = new Map<string, Spans>()
  private readonly gauges = new Map<string, Levels>()

  /** @param endedAt virtual microseconds */
  constructor(endedAt: number) {
    this.spanLength = Math.max(1, Math.ceil((endedAt + 1) / SPANS))
  }

  private span(t: number): number {
    return Math.min(SPANS - 1, Math.floor(t / this.spanLength))
  }

  record(record: TraceRecord): void {
    const { id, t, kind, type = '', node = '', cause, to } = record
    const span = this.span(t)
    switch (kind) {
      case 'invoke':
        this.begun.set(id, { t, name: type })
        this.open.change('open', span, 1)
        return
      case 'ok':
      case 'fail':
      case 'unknown':
        this.end(record, kind, span)
        return
      case 'send':
      case 'request':
      case 'reply':
      case 'connect':
      case 'stream':
      case 'reset':
        // Of streams the segments; those without content would be half of all.
        if (kind === 'connect' || kind === 'stream' || kind === 'reset') {
          if (to === undefined || isAcknowledgement(kind, type)) return
        }
        this.messages.sent.add(span, 1)
        return
      case 'drop':
        this.messages.dropped.add(span, 1)
        return
      case 'deliver':
        this.arrivals.push({ node, id, t })
        return
      case 'handle':
        this.withCpu.add(node)
        if (cause !== undefined) this.taken.push({ node, cause, t })
        return
      default:
    }
  }

  private end({ t, data }: TraceRecord, status: 'ok' | 'fail' | 'unknown', span: number): void {
    this.ended[status].add(span, 1)
    this.open.change('open', span, -1)
    const begun = this.begun.get((data as { readonly operation?: number } | undefined)?.operation ?? -1)
    if (begun === undefined || status !== 'ok') return
    let spans = this.latencies.get(begun.name)
    if (spans === undefined) this.latencies.set(begun.name, (spans = new Spans()))
    spans.add(span, (t - begun.t) / 1000)
  }

  observer({ kind, t, node = '', type = '', data }: ObserverRecord): void {
    if (kind !== 'metric') return
    const span = this.span(t)
    const { count, sample, gauge } = data as {
      readonly count?: number
      readonly sample?: number
      readonly gauge?: number
    }
    if (count !== undefined) of(this.counts, type, () => new Spans()).add(span, count)
    if (sample !== undefined) of(this.samples, type, () => new Spans()).add(span, sample)
    if (gauge !== undefined) of(this.gauges, type, () => new Levels()).set(node, span, gauge)
  }

  /** @param highlights metrics that come first */
  finish(highlights: readonly string[], clocks: readonly ClockChange[]): SeriesData[] {
    return [
      ...this.operations(),
      ...this.traffic(),
      ...this.queueLengths(),
      ...clockErrors(clocks, this.spanLength),
      ...this.metrics(highlights),
    ]
  }

  private perSecond(values: readonly number[]): number[] {
    return values.map((value) => (value * 1_000_000) / this.spanLength)
  }

  private operations(): SeriesData[] {
    const sums = {
      ok: this.ended.ok.sums(),
      fail: this.ended.fail.sums(),
      unknown: this.ended.unknown.sums(),
    }
    const statuses = (['ok', 'fail', 'unknown'] as const).filter((status) =>
      sums[status].some((value) => value > 0),
    )
    if (statuses.length === 0) return []
    const availability = sums.ok.map((ok, span) => {
      const all = ok + (sums.fail[span] as number) + (sums.unknown[span] as number)
      return all === 0 ? null : (100 * ok) / all
    })
    const several = this.latencies.size > 1
    const latencies = [...this.latencies].slice(0, 4).flatMap(([name, spans]) => {
      const sorted = spans.sort()
      const label = (rank: string): string => (several ? `${name} ${rank}` : rank)
      return [
        { label: label('p50'), values: sorted.percentile(0.5) },
        ...(several ? [] : [{ label: 'p90', values: sorted.percentile(0.9) }]),
        { label: label('p99'), values: sorted.percentile(0.99) },
      ]
    })
    return [
      {
        name: 'Operations per second',
        group: 'operations',
        unit: 'per second',
        lines: statuses.map((label) => ({ label, values: this.perSecond(sums[label]) })),
      },
      ...(latencies.length === 0
        ? []
        : [{ name: 'Latency of operations', group: 'operations', unit: 'ms', lines: latencies } as const]),
      {
        name: 'Availability',
        group: 'operations',
        unit: '% of operations that ended ok',
        lines: [{ label: 'availability', values: availability }],
      },
      { name: 'Operations in progress', group: 'operations', unit: 'at most', lines: this.open.finish() },
    ]
  }

  private traffic(): SeriesData[] {
    const lines = [
      { label: 'sent', values: this.perSecond(this.messages.sent.sums()) },
      { label: 'dropped', values: this.perSecond(this.messages.dropped.sums()) },
    ].filter(({ values }) => values.some((value) => value > 0))
    if (lines.length === 0) return []
    return [{ name: 'Messages per second', group: 'messages', unit: 'per second', lines }]
  }

  /** Messages that have arrived and wait for the CPU. */
  private queueLengths(): SeriesData[] {
    if (this.withCpu.size === 0) return []
    for (const { cause } of this.taken) this.queued.add(cause)
    const steps = [
      // What never leaves a queue (its node crashed) is not counted as if it waited for ever.
      ...this.arrivals.filter(({ id }) => this.queued.has(id)).map(({ node, t }) => ({ node, t, by: 1 })),
      ...this.taken.map(({ node, t }) => ({ node, t, by: -1 })),
    ].sort((a, b) => a.t - b.t || b.by - a.by)
    for (const { node, t, by } of steps) this.queues.change(node, this.span(t), by)
    const lines = highest(this.queues.finish())
    return [{ name: 'Messages waiting for the CPU', group: 'queues', unit: 'at most', lines }]
  }

  private metrics(highlights: readonly string[]): SeriesData[] {
    const all = new Map<string, SeriesData>()
    for (const [name, spans] of this.counts) {
      const values = this.perSecond(spans.sums())
      all.set(name, { name, group: 'metrics', unit: 'per second', lines: [{ label: 'rate', values }] })
    }
    for (const [name, spans] of this.samples) {
      const sorted = spans.sort()
      const lines = [0.5, 0.9, 0.99].map((share) => ({
        label: `p${Math.round(share * 100)}`,
        values: sorted.percentile(share),
      }))
      all.set(name, { name, group: 'metrics', unit: 'samples', lines })
    }
    for (const [name, levels] of this.gauges)
      all.set(name, { name, group: 'metrics', unit: 'at most', lines: highest(levels.finish()) })
    const names = [...all.keys()].sort()
    const first = highlights.filter((name) => all.has(name))
    return [...first, ...names.filter((name) => !first.includes(name))]
      .slice(0, CHARTS)
      .map((name) => rounded(all.get(name) as SeriesData))
  }
}

function of<V>(map: Map<string, V>, key: string, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) map.set(key, (value = make()))
  return value
}

function highest(lines: readonly Line[]): Line[] {
  const peak = ({ values }: Line): number =>
    values.reduce((most: number, value) => Math.max(most, value ?? 0), 0)
  const kept = new Set([...lines].sort((a, b) => peak(b) - peak(a)).slice(0, LINES))
  return lines.filter((line) => kept.has(line))
}

/** Digits that nobody can see in a chart are left out. */
function rounded(series: SeriesData): SeriesData {
  const lines = series.lines.map(({ label, values }) => ({
    label,
    values: values.map((value) => (value === null ? null : Number(value.toPrecision(6)))),
  }))
  return { ...series, lines }
}

/** The errors of both clocks at the middle of each span, in milliseconds; of machines whose clocks are ever wrong. */
function clockErrors(changes: readonly ClockChange[], spanLength: number): SeriesData[] {
  const byNode = new Map<string, ClockChange[]>()
  for (const change of changes) of(byNode, change.node, () => []).push(change)
  const lines = (which: 'wallError' | 'monotonicError'): Line[] =>
    [...byNode].map(([label, list]) => ({
      label,
      values: Array.from({ length: SPANS }, (_, span) => {
        const time = (span + 0.5) * spanLength
        const last = list.findLast((change) => change.time <= time)
        if (last === undefined) return 0
        return (last[which] + ((time - last.time) * last.ppm) / 1_000_000) / 1000
      }),
    }))
  const chart = (name: string, all: Line[]): SeriesData[] => {
    const wrong = all.filter(({ values }) => values.some((value) => value !== 0))
    return wrong.length === 0
      ? []
      : [rounded({ name, group: 'clocks', unit: 'ms ahead', lines: wrong.slice(0, LINES) })]
  }
  return [
    ...chart('Error of wall clocks', lines('wallError')),
    ...chart('Error of monotonic clocks', lines('monotonicError')),
  ]
}
