/** A comparison of cells: as tables for the terminal, as CSV for spreadsheets and plots, as JSON for programs. */
import type { ChalkInstance } from 'chalk'
import Table from 'cli-table3'
import type { Cell, CellSummary, Grid } from '../sim/explore/compare.ts'
import type { Measure } from '../sim/explore/measures.ts'
import type { SeedRange } from '../sim/explore/sweep.ts'
import { countSeeds } from '../sim/explore/sweep.ts'
import { fit, LINE_WIDTH, wrap } from './text.ts'

export interface Comparison {
  readonly scenario: string
  readonly set: Readonly<Record<string, string>>
  readonly seeds: SeedRange
  readonly grid: Grid
  readonly measures: readonly { readonly measure: Measure; readonly cells: readonly CellSummary[] }[]
}

const NO_LINES = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '' },
}

/** The tables, one a measure, ending in a newline. */
export function comparisonText(comparison: Comparison, paint: ChalkInstance): string {
  const sections = [
    heading(comparison, paint),
    ...comparison.measures.map(({ measure, cells }) => table(comparison.grid, measure, cells, paint)),
    leftOut(comparison.grid, paint),
    legend(comparison, paint),
  ]
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}

function heading({ scenario, set, seeds, grid }: Comparison, paint: ChalkInstance): readonly string[] {
  const count = countSeeds(seeds)
  const cells = grid.cells.length === 1 ? '1 cell' : `${grid.cells.length} cells`
  const each = count === 1 ? `seed ${seeds.from}` : `seeds ${seeds.from} to ${seeds.to}`
  const runs = grid.cells.length * count
  const settings = Object.entries(set).map(([name, value]) => `${name}=${value}`)
  return [
    `${paint.bold(scenario)}: ${cells}, ${each}${grid.cells.length === 1 ? '' : ' in each'}: ${runs} ${runs === 1 ? 'run' : 'runs'}`,
    ...(settings.length === 0 ? [] : wrap(`in all cells ${settings.join(' ')}`, '')),
  ]
}

function table(
  { variations, cells }: Grid,
  measure: Measure,
  summaries: readonly CellSummary[],
  paint: ChalkInstance,
): readonly string[] {
  const names = variations.map(({ param }) => param)
  const isShare = measure.kind === 'share'
  const format = isShare ? percentText : numberFormat(summaries)
  const hasDifferences = cells.length > 1
  const head = [
    ...names,
    isShare ? 'share' : 'mean',
    '95 % interval',
    ...(isShare ? ['runs'] : ['p50', 'p90', 'max']),
    ...(hasDifferences ? ['less the first'] : []),
  ]
  const out = new Table({
    head: head.map((text) => paint.dim(text)),
    colAligns: head.map((_, index) => (index < names.length ? 'left' : 'right')),
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 2, 'padding-right': 0, compact: true },
  })
  for (const [index, cell] of cells.entries()) {
    const summary = summaries[index]
    if (summary === undefined) continue
    const { percentiles } = summary
    out.push([
      ...names.map((name) => fit(String(cell.values[name]), 20)),
      summary.mean === undefined ? '-' : paint.bold(format(summary.mean)),
      intervalText(summary.interval, format),
      ...(isShare
        ? [`${summary.values.filter((value) => value === 1).length} of ${summary.runs}`]
        : [percentiles?.p50, percentiles?.p90, percentiles?.max].map((value) =>
            value === undefined ? '' : format(value),
          )),
      ...(hasDifferences ? [differenceText(summary, format)] : []),
    ])
  }
  const missing = summaries.reduce((sum, { values, runs }) => sum + values.length - runs, 0)
  const note = missing === 0 ? '' : `; ${missing} ${missing === 1 ? 'run says' : 'runs say'} nothing about it`
  return [
    ...wrap(`${measure.name} (${measure.about}${note})`, '').map((line, index) =>
      index === 0 ? line.replace(measure.name, paint.bold(measure.name)) : line,
    ),
    ...out
      .toString()
      .split('\n')
      .map((line) => line.trimEnd()),
  ]
}

type Format = (value: number) => string

const percentText: Format = (share) =>
  `${(share * 100).toFixed(share * 100 === Math.round(share * 100) ? 0 : 1)} %`

/** As many decimals for all numbers of a table as its largest one deserves; none if all are whole. */
function numberFormat(summaries: readonly CellSummary[]): Format {
  const numbers = summaries.flatMap(({ mean, interval, percentiles, difference }) => [
    ...(mean === undefined ? [] : [mean]),
    ...(interval === undefined ? [] : [interval.low, interval.high]),
    ...(percentiles === undefined ? [] : Object.values(percentiles as unknown as Record<string, number>)),
    ...(difference === undefined ? [] : [difference.mean]),
  ])
  const size = Math.max(0, ...numbers.map(Math.abs))
  const decimals = numbers.every(Number.isInteger)
    ? 0
    : size >= 1000
      ? 0
      : size >= 100
        ? 1
        : size >= 10
          ? 2
          : 3
  return (value) => {
    const text = value.toFixed(decimals)
    // A cell a thousand times smaller than the largest must not look like nothing.
    if (value !== 0 && Number(text) === 0) return value.toPrecision(2)
    return Number(text) === 0 ? text.replace('-', '') : text
  }
}

function intervalText(interval: CellSummary['interval'], format: Format): string {
  return interval === undefined ? '' : `${format(interval.low)} .. ${format(interval.high)}`
}

function differenceText({ difference }: CellSummary, format: Format): string {
  if (difference === undefined) return ''
  const { mean, interval } = difference
  const sign = mean > 0 ? '+' : ''
  if (interval === undefined) return sign + format(mean)
  return `${sign}${format(mean)} ± ${format((interval.high - interval.low) / 2)}`
}

const LEFT_OUT = 8

function leftOut({ leftOut: list }: Grid, paint: ChalkInstance): readonly string[] {
  if (list.length === 0) return []
  const shown = list.slice(0, LEFT_OUT).map(({ values, reason }) => {
    return `  ${fit(`${valuesText(values)}: ${reason}`, LINE_WIDTH - 2)}`
  })
  const rest = list.length - shown.length
  return [
    paint.yellow('left out, since the scenario does not allow it'),
    ...shown,
    ...(rest > 0 ? [`  and ${rest} more`] : []),
  ]
}

function valuesText(values: Cell['values']): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ')
}

function legend({ seeds, grid }: Comparison, paint: ChalkInstance): readonly string[] {
  if (countSeeds(seeds) === 1) return [paint.dim('one seed says nothing about chance: more with --seeds 20')]
  if (grid.cells.length === 1) return []
  return wrap(
    "percentiles are over runs; 'less the first' is the mean of the differences to the first cell, seed by seed, " +
      'with half its 95 % interval',
    '',
  ).map((line) => paint.dim(line))
}

/** The whole comparison for `document`. */
export function comparisonJson({ scenario, set, seeds, grid, measures }: Comparison): unknown {
  return {
    scenario,
    set,
    seeds,
    vary: Object.fromEntries(grid.variations.map(({ param, values }) => [param, values])),
    leftOut: grid.leftOut,
    cells: grid.cells.map(({ values }, index) => ({
      values,
      measures: Object.fromEntries(
        measures.map(({ measure, cells }) => {
          const { values: own, ...summary } = cells[index] ?? { values: [], runs: 0 }
          return [measure.name, { ...summary, values: own.map((value) => value ?? null) }]
        }),
      ),
    })),
  }
}

const COLUMNS = ['runs', 'mean', 'low', 'high', 'deviation'] as const
const PERCENTILES = ['min', 'p10', 'p50', 'p90', 'p99', 'max'] as const

/** One line for each cell and measure, as RFC 4180 has it, with a header. */
export function comparisonCsv({ grid, measures }: Comparison): string {
  const names = grid.variations.map(({ param }) => param)
  const differences = ['difference', 'differenceLow', 'differenceHigh']
  const lines = [[...names, 'measure', ...COLUMNS, ...PERCENTILES, ...differences]]
  for (const [index, { values }] of grid.cells.entries()) {
    for (const { measure, cells } of measures) {
      const { runs = 0, mean, interval, deviation, percentiles, difference } = cells[index] ?? {}
      const numbers = [
        ...[runs, mean, interval?.low, interval?.high, deviation],
        ...PERCENTILES.map((name) => percentiles?.[name]),
        ...[difference?.mean, difference?.interval?.low, difference?.interval?.high],
      ]
      lines.push([
        ...names.map((name) => String(values[name])),
        measure.name,
        ...numbers.map((value) => (value === undefined ? '' : String(value))),
      ])
    }
  }
  return lines.map((cells) => `${cells.map(csvCell).join(',')}\r\n`).join('')
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
