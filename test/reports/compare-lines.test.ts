import { describe, expect, it } from 'vitest'
import type { CompareData } from '../../reports/html/compare/data.ts'
import { firstChoice, isLogarithmic, plotLines, positionsOf } from '../../reports/html/compare/lines.ts'
import { distributionOf } from '../../reports/html/sweep/data.ts'

const measure = {
  ...{ name: 'latency', about: 'mean', kind: 'number' as const },
  cells: [
    { runs: 2, mean: 1, low: 0.5, high: 1.5 },
    { runs: 2, mean: 2 },
    { runs: 0 },
    { runs: 2, mean: 4, low: 3, high: 5 },
  ],
}
const data: CompareData = {
  ...{ scenario: 's', summary: '', set: [], seeds: '1..2', seedCount: 2, leftOut: [], csv: '', command: '' },
  varied: [
    { param: 'strategy', values: ['herd', 'one'], isNumeric: false },
    { param: 'n', values: ['3', '9'], isNumeric: true },
  ],
  cells: [
    ['herd', '3'],
    ['herd', '9'],
    ['one', '3'],
    ['one', '9'],
  ],
  measures: [measure],
}

describe('the lines of a comparison', () => {
  it('begin with numbers along x, and a line for each value of what is text', () => {
    expect(firstChoice(data)).toEqual({ x: 1, line: 0, fixed: ['herd', '3'] })
  })

  it('have a point for each cell of which a run says anything, with its interval where there is one', () => {
    expect(plotLines(data, measure, firstChoice(data))).toEqual([
      {
        label: 'strategy=herd',
        points: [
          { at: 0, value: '3', mean: 1, low: 0.5, high: 1.5, runs: 2 },
          { at: 1, value: '9', mean: 2, low: 2, high: 2, runs: 2 },
        ],
      },
      { label: 'strategy=one', points: [{ at: 1, value: '9', mean: 4, low: 3, high: 5, runs: 2 }] },
    ])
  })

  it('are one line where no second parameter is chosen, with the others held fixed', () => {
    const [line, ...others] = plotLines(data, measure, { x: 1, line: undefined, fixed: ['one', '3'] })
    expect(others).toEqual([])
    expect(line?.points.map(({ mean }) => mean)).toEqual([4])
  })

  it('place text at equal steps, numbers to scale, and numbers of several magnitudes by their logarithm', () => {
    expect([...positionsOf(data, 0).values()]).toEqual([0, 1])
    const wide = { ...data, varied: [{ param: 'n', values: ['1', '10', '100'], isNumeric: true }] }
    expect([...positionsOf(wide, 0).values()].map((at) => at.toFixed(3))).toEqual(['0.000', '0.500', '1.000'])
    const narrow = { ...data, varied: [{ param: 'n', values: ['1', '4', '10'], isNumeric: true }] }
    expect(positionsOf(narrow, 0).get('4')).toBeCloseTo(1 / 3)
    expect([isLogarithmic([1, 10, 100]), isLogarithmic([0, 10, 100]), isLogarithmic([1, 100])]).toEqual([
      true,
      false,
      false,
    ])
  })
})

describe('a distribution over runs', () => {
  it('has classes that hold every run, and percentiles by nearest rank', () => {
    const values = Array.from({ length: 100 }, (_, index) => index + 1)
    const { least, most, counts, p10, p50, p90 } = distributionOf('x', 'y', values)
    expect([least, most, p10, p50, p90]).toEqual([1, 100, 10, 50, 90])
    expect(counts).toHaveLength(32)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(100)
  })

  it('of one value is one class', () => {
    expect(distributionOf('x', 'y', [7, 7])).toMatchObject({ least: 7, most: 7, counts: [2], p50: 7 })
  })
})
