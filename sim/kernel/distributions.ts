/**
 * Distributions of delays as plain data, which can stand in a scenario, a YAML plan or a trace header.
 *
 * `compile` checks the data once and turns it into a sampler that draws integer microseconds. A bare duration
 * stands for a constant wherever a distribution is accepted. Correlation between successive delays is left
 * out: each draw is independent (a slow spell is a fault with a beginning and an end).
 *
 * Draws taken from the source per sample, which matters where draws are keyed by message:
 *
 * | kind                                               | draws                     |
 * | constant                                           | 0                         |
 * | uniform, exponential, pareto, empirical            | 1                         |
 * | normal, logNormal (Box and Muller 1958)            | 2                         |
 * | mixture                                            | 1 + those of the part hit |
 *
 * One draw goes through the inverse of the distribution function, so a larger draw means a longer delay.
 * Only `Math.log`, `exp`, `sqrt` and `cos` are used: they give the same bits on every engine measured.
 */
import { CallerError, show } from './errors.ts'
import { unknownName } from './nearest.ts'
import {
  ConstantSampler,
  DELAY_MAX,
  EmpiricalSampler,
  ExponentialSampler,
  InterpolatingSampler,
  LogNormalSampler,
  MixtureSampler,
  NormalSampler,
  ParetoSampler,
  UniformSampler,
} from './samplers.ts'
import type { Sampler } from './samplers.ts'
import { formatTime, micros } from './time.ts'
import type { Duration } from './time.ts'

export { DELAY_MAX } from './samplers.ts'
export type { Sampler, UniformSource } from './samplers.ts'

/** Always the same delay. */
export interface ConstantDistribution {
  readonly kind: 'constant'
  readonly value: Duration
}

/** Every microsecond from `min` to `max`, both included, is equally likely. */
export interface UniformDistribution {
  readonly kind: 'uniform'
  readonly min: Duration
  readonly max: Duration
}

/** Memoryless above `min` (default 0). `mean` is the mean of the whole delay, `min` included. */
export interface ExponentialDistribution {
  readonly kind: 'exponential'
  readonly mean: Duration
  readonly min?: Duration
}

/** Bell-shaped; what would be negative becomes 0 (clamped, not drawn again: the number of draws stays fixed). */
export interface NormalDistribution {
  readonly kind: 'normal'
  readonly mean: Duration
  readonly deviation: Duration
}

/** The logarithm is normal. Its spread is given as `sigma` or as the 99th percentile `p99`: exactly one of them. */
export interface LogNormalDistribution {
  readonly kind: 'logNormal'
  readonly median: Duration
  readonly sigma?: number
  readonly p99?: Duration
}

/** Power-law tail above `min`: P(delay > x) = (min / x)^shape. Mean infinite for `shape` <= 1. */
export interface ParetoDistribution {
  readonly kind: 'pareto'
  readonly min: Duration
  readonly shape: number
}

/** One of `parts`, chosen in proportion to its weight (weights need not add up to 1). */
export interface MixtureDistribution {
  readonly kind: 'mixture'
  readonly parts: readonly { readonly weight: number; readonly of: Delay }[]
}

/** One of the measured samples; with `interpolate`, anything between two neighbours of the sorted samples. */
export interface EmpiricalDistribution {
  readonly kind: 'empirical'
  readonly samples: readonly Duration[]
  readonly interpolate?: boolean
}

/** A distribution of delays as data. */
export type Distribution =
  | ConstantDistribution
  | UniformDistribution
  | ExponentialDistribution
  | NormalDistribution
  | LogNormalDistribution
  | ParetoDistribution
  | MixtureDistribution
  | EmpiricalDistribution

/** What is accepted wherever a delay is asked for: a fixed duration or a distribution. */
export type Delay = Duration | Distribution

/** Always `value`. Throws CallerError for an unusable duration, as all constructors here do. */
export function constant(value: Duration): ConstantDistribution {
  return checked({ kind: 'constant', value })
}

/** Uniform from `min` to `max`, both included. */
export function uniform(min: Duration, max: Duration): UniformDistribution {
  return checked({ kind: 'uniform', min, max })
}

/** Exponential with the given mean; `min` shifts the start, `mean` stays the mean of the whole. */
export function exponential(
  mean: Duration,
  options: { readonly min?: Duration } = {},
): ExponentialDistribution {
  return checked({ kind: 'exponential', mean, ...options })
}

/** Normal, clamped at 0. */
export function normal(shape: { readonly mean: Duration; readonly deviation: Duration }): NormalDistribution {
  return checked({ kind: 'normal', ...shape })
}

/** Log-normal by median and either `sigma` (of the logarithm) or 99th percentile. */
export function logNormal(
  shape:
    | { readonly median: Duration; readonly sigma: number }
    | { readonly median: Duration; readonly p99: Duration },
): LogNormalDistribution {
  return checked({ kind: 'logNormal', ...shape })
}

/** Pareto with the given minimum and tail index. */
export function pareto(shape: { readonly min: Duration; readonly shape: number }): ParetoDistribution {
  return checked({ kind: 'pareto', ...shape })
}

/** A weighted choice between delays: `mixture([{ weight: 99, of: '1ms' }, { weight: 1, of: exponential('1s') }])`. */
export function mixture(
  parts: readonly { readonly weight: number; readonly of: Delay }[],
): MixtureDistribution {
  return checked({ kind: 'mixture', parts })
}

/** The distribution of measured samples (any order, repeats count). */
export function empirical(
  samples: readonly Duration[],
  options: { readonly interpolate?: boolean } = {},
): EmpiricalDistribution {
  return checked({ kind: 'empirical', samples, ...options })
}

function checked<D extends Distribution>(distribution: D): D {
  compile(distribution, `${distribution.kind}()`)
  return distribution
}

const FIELDS: Readonly<Record<Distribution['kind'], readonly string[]>> = {
  constant: ['value'],
  uniform: ['min', 'max'],
  exponential: ['mean', 'min'],
  normal: ['mean', 'deviation'],
  logNormal: ['median', 'sigma', 'p99'],
  pareto: ['min', 'shape'],
  mixture: ['parts'],
  empirical: ['samples', 'interpolate'],
}

// 99th percentile of the standard normal distribution.
const Z99 = 2.3263478740408408

/**
 * Checks a delay, however it was written, and makes the sampler for it.
 *
 * @param where where the delay stands; a part of it is named `where.part`
 * @throws CallerError for an unknown kind or field, an unusable duration or number, or contradicting parts
 */
export function compile(delay: Delay, where: string): Sampler {
  if (typeof delay === 'number' || typeof delay === 'string') return new ConstantSampler(length(delay, where))
  checkFields(delay, where)
  switch (delay.kind) {
    case 'constant':
      return new ConstantSampler(length(delay.value, `${where}.value`))
    case 'uniform': {
      const min = length(delay.min, `${where}.min`)
      const max = length(delay.max, `${where}.max`)
      atMost(min, max, 'min', 'max', where)
      return new UniformSampler(min, max)
    }
    case 'exponential': {
      const mean = length(delay.mean, `${where}.mean`)
      const min = delay.min === undefined ? 0 : length(delay.min, `${where}.min`)
      atMost(min, mean, 'min', 'mean', where)
      return new ExponentialSampler(mean, min)
    }
    case 'normal':
      return new NormalSampler(
        length(delay.mean, `${where}.mean`),
        length(delay.deviation, `${where}.deviation`),
      )
    case 'logNormal':
      return compileLogNormal(delay, where)
    case 'pareto':
      return new ParetoSampler(
        length(delay.min, `${where}.min`),
        above0(delay.shape, `${where}.shape`, 'tail index'),
      )
    case 'mixture':
      return compileMixture(delay, where)
    case 'empirical':
      return compileEmpirical(delay, where)
    default:
      return unreachable(delay)
  }
}

/** One line for people: `exponential, mean 5ms`, `uniform 1ms to 5ms`, `3ms`. */
export function describe(delay: Delay): string {
  if (typeof delay === 'number' || typeof delay === 'string') return span(delay)
  switch (delay.kind) {
    case 'constant':
      return span(delay.value)
    case 'uniform':
      return `uniform ${span(delay.min)} to ${span(delay.max)}`
    case 'exponential':
      return `exponential, mean ${span(delay.mean)}${delay.min === undefined ? '' : `, at least ${span(delay.min)}`}`
    case 'normal':
      return `normal, mean ${span(delay.mean)}, deviation ${span(delay.deviation)}`
    case 'logNormal': {
      const spread = delay.p99 === undefined ? `sigma ${delay.sigma}` : `p99 ${span(delay.p99)}`
      return `log-normal, median ${span(delay.median)}, ${spread}`
    }
    case 'pareto':
      return `Pareto, at least ${span(delay.min)}, shape ${delay.shape}`
    case 'mixture': {
      const total = delay.parts.reduce((sum, part) => sum + part.weight, 0)
      const shares = delay.parts.map((part) => `${percent(part.weight / total)} (${describe(part.of)})`)
      return `mixture: ${shares.join(', ')}`
    }
    case 'empirical': {
      const count = delay.samples.length
      return `empirical, ${count} sample${count === 1 ? '' : 's'}${delay.interpolate === true ? ', interpolated' : ''}`
    }
    default:
      return unreachable(delay)
  }
}

function compileLogNormal(delay: LogNormalDistribution, where: string): Sampler {
  const median = length(delay.median, `${where}.median`)
  if (median === 0) {
    throw new CallerError(`median ${show(delay.median)} is zero`, { where, expected: 'at least 1us' })
  }
  if ((delay.sigma === undefined) === (delay.p99 === undefined)) {
    const given =
      delay.sigma === undefined ? 'neither sigma nor p99 is given' : 'both sigma and p99 are given'
    throw new CallerError(given, { where, expected: 'exactly one of them' })
  }
  if (delay.p99 === undefined) {
    const sigma = number(delay.sigma, `${where}.sigma`, 'a finite number, 0 or more')
    if (sigma < 0) throw new CallerError(`sigma ${sigma} is negative`, { where, expected: '0 or more' })
    return new LogNormalSampler(median, sigma)
  }
  const p99 = length(delay.p99, `${where}.p99`)
  atMost(median, p99, 'median', 'p99', where)
  return new LogNormalSampler(median, Math.log(p99 / median) / Z99)
}

function compileMixture(delay: MixtureDistribution, where: string): Sampler {
  const parts = list(delay.parts, `${where}.parts`, 'a list of { weight, of }')
  const samplers: Sampler[] = []
  const weights: number[] = []
  parts.forEach((part, i) => {
    const at = `${where}.parts[${i}]`
    if (typeof part !== 'object' || part === null) {
      throw new CallerError(`${show(part)} is not a part of a mixture`, {
        where: at,
        expected: '{ weight, of }',
      })
    }
    for (const field of Object.keys(part)) {
      if (field !== 'weight' && field !== 'of') throw unknownName('field', field, ['weight', 'of'], at)
    }
    weights.push(above0(part.weight, `${at}.weight`, 'weight'))
    samplers.push(compile(part.of, `${at}.of`))
  })
  return new MixtureSampler(samplers, weights)
}

function compileEmpirical(delay: EmpiricalDistribution, where: string): Sampler {
  const samples = list(delay.samples, `${where}.samples`, 'a list of durations')
  const interpolate: unknown = delay.interpolate ?? false
  if (typeof interpolate !== 'boolean') {
    throw new CallerError(`interpolate is ${show(interpolate)}`, { where, expected: 'true or false' })
  }
  const sorted = Float64Array.from(samples, (sample, i) => length(sample, `${where}.samples[${i}]`)).sort()
  return interpolate ? new InterpolatingSampler(sorted) : new EmpiricalSampler(sorted)
}

function checkFields(delay: Distribution, where: string): void {
  if (typeof delay !== 'object' || delay === null || Array.isArray(delay)) {
    throw new CallerError(`${show(delay)} is not a delay`, {
      where,
      expected: "a duration such as '5ms' or a distribution such as { kind: 'exponential', mean: '5ms' }",
    })
  }
  const kind: unknown = delay.kind
  if (typeof kind !== 'string' || !Object.hasOwn(FIELDS, kind)) {
    throw unknownName(
      'distribution kind',
      typeof kind === 'string' ? kind : show(kind),
      Object.keys(FIELDS),
      where,
    )
  }
  const known = FIELDS[delay.kind]
  for (const field of Object.keys(delay)) {
    if (field !== 'kind' && !known.includes(field)) {
      throw unknownName(`field of ${delay.kind}`, field, known, where)
    }
  }
}

function length(written: Duration, where: string): number {
  const us = micros(written, where)
  if (us > DELAY_MAX) {
    throw new CallerError(`delay ${show(written)} is too long`, {
      where,
      expected: `at most ${DELAY_MAX} us (31 years)`,
    })
  }
  return us
}

function number(value: unknown, where: string, expected: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw new CallerError(`${show(value)} is not a finite number`, { where, expected })
}

function above0(value: unknown, where: string, what: string): number {
  const given = number(value, where, `a ${what} above 0`)
  if (given > 0) return given
  throw new CallerError(`${what} ${given} is not above 0`, { where })
}

function atMost(low: number, high: number, lowName: string, highName: string, where: string): void {
  if (low <= high) return
  throw new CallerError(`${lowName} ${formatTime(low)} is above ${highName} ${formatTime(high)}`, { where })
}

function list<T>(value: readonly T[], where: string, expected: string): readonly T[] {
  const isList = Array.isArray(value)
  if (isList && value.length > 0) return value as readonly T[]
  const problem = isList ? 'the list is empty' : `${show(value)} is not a list`
  throw new CallerError(problem, { where, expected: `${expected}, at least one` })
}

function span(written: Duration): string {
  return formatTime(micros(written, 'describe()'))
}

function percent(share: number): string {
  return `${Math.round(share * 1_000) / 10}%`
}

function unreachable(value: never): never {
  throw new CallerError(`${show(value)} is not a delay`)
}
