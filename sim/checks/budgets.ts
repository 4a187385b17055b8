/**
 * Numeric budgets: what a run may cost at most, or must reach at least. They turn a measurement into a verdict, so that a
 * sweep finds the seeds in which a protocol is correct but too slow, too chatty or hardly ever there.
 */
import { CallerError, show } from '../kernel/errors.ts'
import { nearest } from '../kernel/nearest.ts'
import { summarizeSamples } from '../host/metrics-store.ts'
import type { Check } from './check.ts'
import type { World } from './world.ts'

/** Something that can be counted out of a run. */
export interface Measure {
  /** What it is, with its unit: `read latency p99 (ms)`. */
  readonly name: string
  /** Begins to measure; what it returns is asked at the end. */
  begin(world: World): () => Measured
}

export interface Measured {
  /** Undefined: there was nothing to be measured. */
  readonly value: number | undefined
  /** Out of how many operations, samples or messages. */
  readonly observations: number
}

export type Statistic = 'count' | 'mean' | 'min' | 'p50' | 'p90' | 'p99' | 'max'
const STATISTICS: readonly Statistic[] = ['count', 'mean', 'min', 'p50', 'p90', 'p99', 'max']

interface Bounds {
  readonly atMost?: number
  readonly atLeast?: number
}

/** What is bounded: a metric that nodes report, or a measure. */
export type BudgetOptions = Bounds &
  (
    | {
        readonly metric: string
        /** For a metric of samples; a counter has its total only. Default: the total, or the mean. */
        readonly statistic?: Statistic
        readonly measure?: never
      }
    | {
        readonly metric?: never
        readonly statistic?: never
        /** One of {@link latency}, {@link availability}, {@link messagesPerOperation}, or a function of the end. */
        readonly measure: Measure | ((world: World) => number | undefined)
      }
  )

/**
 * A number stays within bounds (inclusive), judged at the end of the run. With nothing to measure it holds with 0
 * observations.
 */
export function budget(name: string, options: BudgetOptions): Check {
  const { atMost, atLeast } = options
  const where = `budget ${show(name)}`
  if (atMost === undefined && atLeast === undefined) {
    throw new CallerError('no bound', { where, expected: 'atMost, atLeast, or both' })
  }
  for (const bound of [atMost, atLeast]) {
    if (bound !== undefined && Number.isNaN(bound))
      throw new CallerError(show(bound), { where, expected: 'a number' })
  }
  const measure = measureOf(name, options, where)
  return {
    name,
    begin({ world }) {
      const measured = measure.begin(world)
      return {
        finish() {
          const { value, observations } = measured()
          if (value === undefined)
            return { name, verdict: 'held', observations: 0, detail: 'nothing was measured' }
          // A measure without a name has the check's, which stands before it.
          const detail = measure.name === name ? numberText(value) : `${measure.name}: ${numberText(value)}`
          const measures = { [measure.name]: value }
          const isHigh = atMost !== undefined && value > atMost
          const isLow = atLeast !== undefined && value < atLeast
          if (!isHigh && !isLow) return { name, verdict: 'held', observations, measures, detail }
          const bounds = [
            ...(atLeast === undefined ? [] : [`at least ${numberText(atLeast)}`]),
            ...(atMost === undefined ? [] : [`at most ${numberText(atMost)}`]),
          ]
          return {
            name,
            verdict: 'violated',
            observations,
            measures,
            violation: {
              time: Math.round(world.now * 1000),
              record: world.lastRecord,
              expected: `${measure.name} ${bounds.join(' and ')}`,
              observed: numberText(value),
            },
            detail,
          }
        },
      }
    },
  }
}

function measureOf(check: string, options: BudgetOptions, where: string): Measure {
  if (options.metric !== undefined) return metricOf(options.metric, options.statistic, where)
  const { measure } = options
  if (typeof measure !== 'function') return measure
  return {
    // A function says nothing of what it measures; the check's name does.
    name: check,
    begin: (world) => () => {
      const value = measure(world)
      return { value, observations: value === undefined ? 0 : 1 }
    },
  }
}

function metricOf(metric: string, statistic: Statistic | undefined, where: string): Measure {
  checkStatistic(statistic, where)
  return {
    name: statistic === undefined ? metric : `${metric} ${statistic}`,
    begin: (world) => () => {
      const samples = world.samples(metric)
      if (samples.length > 0) {
        return { value: summarizeSamples(samples)[statistic ?? 'mean'], observations: samples.length }
      }
      const total = world.counter(metric)
      if (statistic !== undefined || total === 0) return { value: undefined, observations: 0 }
      return { value: total, observations: 1 }
    },
  }
}

/** Latency in milliseconds of operations that succeeded; `of`: only those of this name. */
export function latency(statistic: Statistic, of?: string): Measure {
  checkStatistic(statistic, 'latency')
  return {
    name: `${of === undefined ? '' : `${of} `}latency ${statistic} (ms)`,
    begin: (world) => () => {
      const samples: number[] = []
      for (const { name, status, invoked, completed } of world.operations) {
        if (status !== 'ok' || completed === undefined || (of !== undefined && name !== of)) continue
        samples.push((completed - invoked) / 1000)
      }
      if (samples.length === 0) return { value: undefined, observations: 0 }
      return { value: summarizeSamples(samples)[statistic], observations: samples.length }
    },
  }
}

/** Share of operations that succeeded, 0 to 1, of all that were begun; `of`: only those of this name. */
export function availability(of?: string): Measure {
  return {
    name: `availability${of === undefined ? '' : ` of ${of}`}`,
    begin: (world) => () => {
      const begun = world.operations.filter(({ name }) => of === undefined || name === of)
      if (begun.length === 0) return { value: undefined, observations: 0 }
      const good = begun.filter(({ status }) => status === 'ok').length
      return { value: good / begun.length, observations: begun.length }
    },
  }
}

/** Messages that left a node (datagrams, requests, replies), for each operation that succeeded. */
export function messagesPerOperation(): Measure {
  return {
    name: 'messages per operation',
    begin(world) {
      const messages = world.countRecords(['send', 'request', 'reply'])
      return () => {
        const good = world.operations.filter(({ status }) => status === 'ok').length
        return { value: good === 0 ? undefined : messages() / good, observations: good }
      }
    },
  }
}

function checkStatistic(statistic: Statistic | undefined, where: string): void {
  if (statistic === undefined || STATISTICS.includes(statistic)) return
  const close = nearest(statistic, STATISTICS)
  throw new CallerError(`unknown statistic ${show(statistic)}`, {
    where,
    expected: STATISTICS.join(', '),
    ...(close === undefined ? {} : { hint: `did you mean '${close}'?` }),
  })
}

function numberText(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)))
}
