/**
 * Comparing the cells of a grid of parameters by what their runs measure.
 *
 * Every cell gets the same seeds (common random numbers): what is drawn from streams that both cells have, such as the
 * workload, is the same in both. Where that is what makes runs differ, the differences between two cells, taken seed by
 * seed, vary less than the cells do; where chance takes another course as soon as a parameter changes (lost
 * messages), they may vary more. The interval of the paired differences is right either way.
 */
import { CallerError, show } from '../kernel/errors.ts'
import { unknownName } from '../kernel/nearest.ts'
import type { Param, Params } from '../scenario/params.ts'
import { parseParam, resolveParams } from '../scenario/params.ts'
import type { Scenario } from '../scenario/scenario.ts'
import type { Measure } from './measures.ts'
import type { RunOutcome } from './outcome.ts'
import type { Interval } from './statistics.ts'
import { mean, meanInterval, percentile, shareInterval, variance } from './statistics.ts'

/** One parameter and the values it takes, in the order in which they were given. */
export interface Variation {
  readonly param: string
  readonly values: readonly (number | boolean | string)[]
}

/** One combination of values. */
export interface Cell {
  /** Of the varied parameters, in the order of the variations. */
  readonly values: Readonly<Record<string, number | boolean | string>>
  /** All parameters that are given: the varied ones and those that are set for all cells, as text or as values. */
  readonly given: Readonly<Record<string, unknown>>
}

export interface Grid {
  readonly variations: readonly Variation[]
  readonly cells: readonly Cell[]
  /** Combinations that the scenario's own rules refuse, with what they say. */
  readonly leftOut: readonly { readonly values: Cell['values']; readonly reason: string }[]
}

/** What the command line may ask for in one range. */
const LARGEST_RANGE = 10_000

/**
 * Reads `n=3,5,7`, `strategy=herd,predecessor` or `n=3..9`.
 *
 * @throws CallerError for an unknown parameter, a value that it does not take, an empty or reversed range
 */
export function parseVariation(params: Params, text: string, scenario: string): Variation {
  const at = text.indexOf('=')
  if (at < 1)
    throw new CallerError(`--vary: ${show(text)}`, { expected: 'name=values, such as n=3,5,7 or n=3..9' })
  const name = text.slice(0, at)
  const param = Object.hasOwn(params, name) ? params[name] : undefined
  if (param === undefined) throw unknownName('parameter', name, Object.keys(params), `scenario ${scenario}`)
  const values: (number | boolean | string)[] = []
  for (const part of text.slice(at + 1).split(',')) {
    for (const value of partValues(param, part.trim(), name)) {
      if (values.includes(value)) {
        throw new CallerError(`--vary ${name}: ${show(value)} was given twice`, { expected: 'it once' })
      }
      values.push(value)
    }
  }
  return { param: name, values }
}

function partValues(param: Param, part: string, name: string): readonly (number | boolean | string)[] {
  const [, first, last] = /^(-?\d+)\.\.(-?\d+)$/.exec(part) ?? []
  const where = `--vary ${name}`
  if (first === undefined || last === undefined) {
    if (part === '')
      throw new CallerError(`${where} has an empty value`, { expected: 'values such as 3,5,7' })
    return [parseParam(param, part, where)]
  }
  if (param.kind !== 'integer') {
    throw new CallerError(`${where}: ${show(part)}`, {
      expected: 'values one by one: a range is for integers',
    })
  }
  const from = parseParam(param, first, where) as number
  const to = parseParam(param, last, where) as number
  if (to < from) {
    throw new CallerError(`${where}: ${show(part)} ends before it begins`, {
      hint: `did you mean ${to}..${from}?`,
    })
  }
  if (to - from >= LARGEST_RANGE) {
    throw new CallerError(`${where}: ${show(part)} has ${to - from + 1} values`, {
      expected: `at most ${LARGEST_RANGE}`,
    })
  }
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

/**
 * All combinations, the last variation changing fastest. Combinations that the scenario's rules between parameters
 * refuse are left out.
 *
 * @throws CallerError if a parameter is varied twice or also set, or if no combination is left
 */
export function makeGrid(
  scenario: Scenario,
  variations: readonly Variation[],
  set: Readonly<Record<string, unknown>>,
): Grid {
  const names = variations.map(({ param }) => param)
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) !== index) {
      throw new CallerError(`--vary: ${name} was given twice`, { hint: 'list all its values in one' })
    }
    if (Object.hasOwn(set, name)) {
      throw new CallerError(`parameter ${name} is both varied and set`, {
        expected: 'one of --vary and --set',
      })
    }
  }
  let combinations: Cell['values'][] = [{}]
  for (const { param, values } of variations) {
    combinations = combinations.flatMap((before) => values.map((value) => ({ ...before, [param]: value })))
  }
  const cells: Cell[] = []
  const leftOut: { values: Cell['values']; reason: string }[] = []
  for (const values of combinations) {
    const given = { ...set, ...values }
    const valid = scenario.valid?.(resolveParams(scenario.params, given, scenario.name)) ?? true
    if (valid === true) cells.push({ values, given })
    else leftOut.push({ values, reason: valid })
  }
  if (cells.length === 0) {
    throw new CallerError(
      `scenario ${scenario.name}: no combination is possible: ${leftOut[0]?.reason ?? ''}`,
    )
  }
  return { variations, cells, leftOut }
}

/** What the runs of one cell measured. */
export interface CellSummary {
  /** By seed, in the order of the seeds; undefined where a run says nothing. */
  readonly values: readonly (number | undefined)[]
  /** Runs that say something. */
  readonly runs: number
  /** Absent if no run says anything; so are the others. */
  readonly mean?: number
  /** 95 %: Student's t, of shares Wilson's. Absent for a single run. */
  readonly interval?: Interval
  readonly deviation?: number
  readonly percentiles?: Percentiles
  /** This cell less the first, seed by seed: mean and (not of shares) 95 % interval. Absent for the first cell. */
  readonly difference?: { readonly mean: number; readonly interval?: Interval; readonly pairs: number }
}

export interface Percentiles {
  readonly min: number
  readonly p10: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

/** One measure over all cells, in their order. `runs[cell]` are the outcomes of a cell by seed. */
export function compareCells(
  measure: Measure,
  runs: readonly (readonly RunOutcome[])[],
): readonly CellSummary[] {
  const values = runs.map((outcomes) => outcomes.map((outcome) => measure.of(outcome)))
  return values.map((own, index) => {
    const present = own.filter((value) => value !== undefined)
    if (present.length === 0) return { values: own, runs: 0 }
    const interval =
      measure.kind === 'share'
        ? shareInterval(present.filter((value) => value === 1).length, present.length)
        : meanInterval(present)
    const difference = index === 0 ? undefined : pairedDifference(values[0] ?? [], own, measure.kind)
    return {
      values: own,
      runs: present.length,
      mean: mean(present),
      ...(interval === undefined ? {} : { interval }),
      ...(present.length < 2 ? {} : { deviation: Math.sqrt(variance(present)) }),
      ...(measure.kind === 'share' ? {} : { percentiles: percentilesOf(present) }),
      ...(difference === undefined ? {} : { difference }),
    }
  })
}

function percentilesOf(values: readonly number[]): Percentiles {
  const at = (share: number): number => percentile(values, share)
  return { min: at(0), p10: at(0.1), p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) }
}

function pairedDifference(
  first: readonly (number | undefined)[],
  own: readonly (number | undefined)[],
  kind: Measure['kind'],
): CellSummary['difference'] {
  const list = own.flatMap((value, index) => {
    const other = first[index]
    return value === undefined || other === undefined ? [] : [value - other]
  })
  if (list.length === 0) return undefined
  // Student's t would take differences of 0 in a few runs for certainty.
  const interval = kind === 'share' ? undefined : meanInterval(list)
  return { mean: mean(list), ...(interval === undefined ? {} : { interval }), pairs: list.length }
}
