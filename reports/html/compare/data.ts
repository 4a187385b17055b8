/** The data of the page of a comparison: its grid, what was measured in each cell, and the same as CSV. */
import type { Comparison } from '../../comparison.ts'
import { comparisonCsv } from '../../comparison.ts'
import { rangeText } from '../../../sim/explore/sweep.ts'
import { countSeeds } from '../../../sim/explore/sweep.ts'

/** A parameter that is varied, and its values as text, in the order in which they were given. */
export interface VariedParam {
  readonly param: string
  readonly values: readonly string[]
  /** Whether the values are numbers, and so a scale. */
  readonly isNumeric: boolean
}

/** What was measured in one cell; absent: no run said anything. */
export interface CellData {
  readonly runs: number
  readonly mean?: number
  /** 95 %. */
  readonly low?: number
  readonly high?: number
  readonly deviation?: number
  readonly p50?: number
  readonly p90?: number
  readonly max?: number
}

export interface MeasureData {
  readonly name: string
  readonly about: string
  /** A share is a number from 0 to 1, shown as per cent. */
  readonly kind: 'number' | 'share'
  /** In the order of the cells. */
  readonly cells: readonly CellData[]
}

export interface CompareData {
  readonly scenario: string
  readonly summary: string
  /** What is the same in all cells. */
  readonly set: readonly (readonly [string, string])[]
  readonly seeds: string
  readonly seedCount: number
  readonly varied: readonly VariedParam[]
  /** The values of each cell, in the order of `varied`. */
  readonly cells: readonly (readonly string[])[]
  readonly leftOut: readonly { readonly values: string; readonly reason: string }[]
  readonly measures: readonly MeasureData[]
  readonly csv: string
  readonly command: string
}

/** `command` repeats the comparison. */
export function compareData(comparison: Comparison, summary: string, command: string): CompareData {
  const { scenario, set, seeds, grid, measures } = comparison
  const names = grid.variations.map(({ param }) => param)
  return {
    scenario,
    summary,
    set: Object.entries(set),
    seeds: rangeText(seeds),
    seedCount: countSeeds(seeds),
    varied: grid.variations.map(({ param, values }) => ({
      param,
      values: values.map(String),
      isNumeric: values.every((value) => typeof value === 'number'),
    })),
    cells: grid.cells.map(({ values }) => names.map((name) => String(values[name]))),
    leftOut: grid.leftOut.map(({ values, reason }) => ({
      values: Object.entries(values)
        .map(([name, value]) => `${name}=${String(value)}`)
        .join(' '),
      reason,
    })),
    measures: measures.map(({ measure: { name, about, kind }, cells }) => ({
      ...{ name, about, kind },
      cells: cells.map(({ runs, mean, interval, deviation, percentiles }) => ({
        runs,
        ...(mean === undefined ? {} : { mean }),
        ...(interval === undefined ? {} : { low: interval.low, high: interval.high }),
        ...(deviation === undefined ? {} : { deviation }),
        ...(percentiles === undefined
          ? {}
          : { p50: percentiles.p50, p90: percentiles.p90, max: percentiles.max }),
      })),
    })),
    csv: comparisonCsv(comparison),
    command,
  }
}
