/** From a comparison to the lines of a chart: one measure against one parameter, a line for each value of another. */
import type { CompareData, MeasureData } from './data.ts'

/** Which parameter is what; positions in `varied`. */
export interface ChartChoice {
  readonly x: number
  /** Undefined: a single line. */
  readonly line: number | undefined
  /** The values of all other parameters, by position in `varied`. */
  readonly fixed: readonly string[]
}

export interface PlotPoint {
  /** Position along x, from 0 to 1. */
  readonly at: number
  readonly value: string
  readonly mean: number
  readonly low: number
  readonly high: number
  readonly runs: number
}

export interface PlotLine {
  readonly label: string
  readonly points: readonly PlotPoint[]
}

/** The choice that a page begins with: along x numbers, the most values first; the lines are what is text, if anything is. */
export function firstChoice({ varied }: CompareData): ChartChoice {
  const all = varied.map((param, index) => ({ ...param, index }))
  const [x] = all.toSorted(
    (a, b) =>
      Number(b.isNumeric) - Number(a.isNumeric) || b.values.length - a.values.length || a.index - b.index,
  )
  const [line] = all
    .filter(({ index }) => index !== x?.index)
    .toSorted((a, b) => Number(a.isNumeric) - Number(b.isNumeric) || a.index - b.index)
  return { x: x?.index ?? 0, line: line?.index, fixed: varied.map(({ values }) => values[0] ?? '') }
}

/** Whether a chart of these values is logarithmic along x: equal steps would crowd the small ones. */
export function isLogarithmic(values: readonly number[]): boolean {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  return values.length > 2 && least > 0 && most / least >= 20
}

/** Where each value of a parameter stands, from 0 to 1. Text is a scale of equal steps, in the order given. */
export function positionsOf({ varied }: CompareData, x: number): ReadonlyMap<string, number> {
  const { values = [], isNumeric = false } = varied[x] ?? {}
  const numbers = values.map(Number)
  const scale = isLogarithmic(numbers) ? Math.log : (value: number) => value
  const placed = numbers.map((value, index) => (isNumeric ? scale(value) : index))
  const [least, most] = [Math.min(...placed), Math.max(...placed)]
  return new Map(
    values.map((value, index) => [
      value,
      most === least ? 0.5 : ((placed[index] ?? 0) - least) / (most - least),
    ]),
  )
}

/** The lines of a measure; cells of which no run says anything have no point. */
export function plotLines(data: CompareData, measure: MeasureData, choice: ChartChoice): readonly PlotLine[] {
  const positions = positionsOf(data, choice.x)
  const { line } = choice
  const labels = line === undefined ? [''] : (data.varied[line]?.values ?? [])
  return labels.map((label) => ({
    label: line === undefined ? measure.name : `${data.varied[line]?.param ?? ''}=${label}`,
    points: data.cells
      .flatMap((cell, index): readonly PlotPoint[] => {
        const fits = cell.every((value, at) => {
          if (at === choice.x) return true
          return value === (at === line ? label : choice.fixed[at])
        })
        const { mean, low, high, runs = 0 } = measure.cells[index] ?? {}
        const value = cell[choice.x] ?? ''
        if (!fits || mean === undefined) return []
        return [{ at: positions.get(value) ?? 0, value, mean, low: low ?? mean, high: high ?? mean, runs }]
      })
      .sort((a, b) => a.at - b.at),
  }))
}
