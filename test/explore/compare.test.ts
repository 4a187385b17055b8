import { describe, expect, it } from 'vitest'
import { simulate } from '../../index.ts'
import { compareCells, makeGrid, parseVariation } from '../../sim/explore/compare.ts'
import { findMeasure, isMisspelt, unknownMeasure } from '../../sim/explore/measures.ts'
import type { RunOutcome } from '../../sim/explore/outcome.ts'
import { outcomeOf } from '../../sim/explore/outcome.ts'
import { studentQuantile } from '../../sim/explore/statistics.ts'
import quorum from '../../scenarios/quorum.ts'
import counter from '../fixtures/counter.ts'

const outcome = (seed: number, fields: Partial<RunOutcome>): RunOutcome => ({
  seed,
  verdict: 'held',
  fingerprint: '',
  events: 0,
  records: 0,
  endedAt: 0,
  faults: {},
  observations: {},
  sometimes: {},
  undecided: [],
  metrics: {},
  ...fields,
})

const vary = (text: string): ReturnType<typeof parseVariation> =>
  parseVariation(quorum.params, text, 'quorum')
const grid = (
  texts: readonly string[],
  set: Readonly<Record<string, unknown>> = {},
): ReturnType<typeof makeGrid> => makeGrid(quorum, texts.map(vary), set)

describe('variations', () => {
  it('are lists, ranges of integers, or both, as values of the parameter', () => {
    expect(vary('n=3,5,7')).toEqual({ param: 'n', values: [3, 5, 7] })
    expect(vary('n=3..6,9')).toEqual({ param: 'n', values: [3, 4, 5, 6, 9] })
    expect(vary('loss=0,0.05')).toEqual({ param: 'loss', values: [0, 0.05] })
    expect(vary('ask=all,quorum')).toEqual({ param: 'ask', values: ['all', 'quorum'] })
    expect(vary('writeBack=true,false')).toEqual({ param: 'writeBack', values: [true, false] })
    expect(parseVariation(counter.params, 'pause=1ms,2s', 'counter').values).toEqual(['1ms', '2s'])
  })

  it.each([
    ['m=3', "unknown parameter 'm'"],
    ['n', "--vary: 'n'; expected name=values"],
    ['=3', "--vary: '=3'; expected name=values"],
    ['n=', 'has an empty value'],
    ['n=3,,5', 'has an empty value'],
    ['n=3,4,3', '3 was given twice'],
    ['n=5..3', "'5..3' ends before it begins; did you mean 3..5?"],
    ['n=1..99', 'expected an integer from 1 to 15'],
    ['n=x', 'expected an integer from 1 to 15'],
    ['loss=0..1', 'a range is for integers'],
    ['ask=al', "did you mean 'all'?"],
  ])('refuses %s', (text, message) => {
    expect(() => vary(text)).toThrow(message)
  })
})

describe('a grid', () => {
  it('has every combination, the last parameter changing fastest, and says what is not possible', () => {
    const { cells, leftOut } = grid(['n=2,3', 'r=2,3'])
    expect(cells.map(({ values }) => values)).toEqual([
      { n: 2, r: 2 },
      { n: 3, r: 2 },
      { n: 3, r: 3 },
    ])
    expect(leftOut).toEqual([
      { values: { n: 2, r: 3 }, reason: 'r = 3 replicas cannot answer when there are n = 2' },
    ])
  })

  it('refuses a parameter that is given twice, and to be empty', () => {
    expect(() => grid(['n=3', 'n=4'])).toThrow('n was given twice')
    expect(() => grid(['n=3'], { n: '4' })).toThrow('both varied and set')
    expect(() => grid(['r=4,5'])).toThrow('no combination is possible: r = 4 replicas cannot answer')
  })
})

describe('measures', () => {
  const samples = { kind: 'samples', count: 4, mean: 2, min: 1, p50: 2, p90: 3, p99: 4, max: 5 } as const
  const metrics = {
    'read latency': samples,
    'dotted.name': { kind: 'counter', total: 7 },
    load: { kind: 'gauge', last: 1, mean: 0.5, max: 9 },
  } as const
  const run = outcome(1, { metrics, endedAt: 1500, verdict: 'violated' })
  const read = (name: string, of = run): number | undefined => findMeasure(name, [run])?.of(of)

  it('are metrics with a statistic, or with the usual one of their kind', () => {
    expect([read('read latency'), read('read latency.p99'), read('read latency.count')]).toEqual([2, 4, 4])
    expect([read('load'), read('load.max'), read('load.last')]).toEqual([0.5, 9, 1])
    expect([read('dotted.name'), read('dotted.name.total')]).toEqual([7, 7])
    expect([read('verdict'), read('undecided'), read('endedAt')]).toEqual([1, 0, 1.5])
  })

  it('of a run that counted nothing are 0, of one that sampled nothing unknown', () => {
    const silent = outcome(2, {})
    expect(read('dotted.name', silent)).toBe(0)
    expect(read('read latency.count', silent)).toBe(0)
    expect(read('read latency', silent)).toBeUndefined()
  })

  it('that are mistyped are told from those that no run has reported yet', () => {
    expect(findMeasure('read latncy', [run])).toBeUndefined()
    expect(isMisspelt('read latncy', [run])).toBe(true)
    expect(isMisspelt('elections', [run])).toBe(false)
    expect(unknownMeasure('verdct', [run]).message).toContain("did you mean 'verdict'?")
    expect(unknownMeasure('read latncy.p99', [run]).message).toContain("did you mean 'read latency.p99'?")
    expect(() => read('read latency.p98')).toThrow("did you mean 'read latency.p90'?")
    expect(() => read('dotted.name.p99')).toThrow("'dotted.name' has no 'p99'; expected dotted.name.total")
  })
})

describe('cells', () => {
  const events = (...list: readonly number[]): RunOutcome[] =>
    list.map((count, index) => outcome(index + 1, { events: count }))
  const measure = findMeasure('events', [])!

  it('are compared seed by seed: a constant difference is certain, however much the seeds differ', () => {
    const [first, second] = compareCells(measure, [events(10, 500, 90), events(13, 503, 93)])
    expect(first?.difference).toBeUndefined()
    expect(second?.difference).toEqual({ mean: 3, interval: { low: 3, high: 3 }, pairs: 3 })
    expect(second!.interval!.high - second!.interval!.low).toBeGreaterThan(1000)
  })

  it('have the mean, its interval and percentiles over their runs', () => {
    const [cell] = compareCells(measure, [events(2, 4, 4, 4, 5, 5, 7, 9)])
    const half = (studentQuantile(0.95, 7) * Math.sqrt(32 / 7)) / Math.sqrt(8)
    expect(cell).toMatchObject({ runs: 8, mean: 5, percentiles: { min: 2, p10: 2, p50: 4, p90: 9, max: 9 } })
    expect(cell!.interval!.low).toBeCloseTo(5 - half, 12)
    expect(cell!.interval!.high).toBeCloseTo(5 + half, 12)
  })

  it('pair only what both runs say something about', () => {
    const latency = (mean: number): RunOutcome['metrics'] => ({
      wait: { kind: 'samples', count: 1, mean, min: mean, p50: mean, p90: mean, p99: mean, max: mean },
    })
    const runs = [
      [outcome(1, { metrics: latency(1) }), outcome(2, { metrics: latency(2) }), outcome(3, {})],
      [outcome(1, {}), outcome(2, { metrics: latency(7) }), outcome(3, { metrics: latency(9) })],
    ]
    const [first, second] = compareCells(findMeasure('wait', runs.flat())!, runs)
    expect(first).toMatchObject({ values: [1, 2, undefined], runs: 2, mean: 1.5 })
    expect(second?.difference).toEqual({ mean: 5, pairs: 1 })
  })

  it('get an interval for a share even if all runs agree', () => {
    const verdicts = (verdict: RunOutcome['verdict']): RunOutcome[] =>
      [1, 2, 3].map((seed) => outcome(seed, { verdict }))
    const [held, violated] = compareCells(findMeasure('verdict', [])!, [
      verdicts('held'),
      verdicts('violated'),
    ])
    expect(held).toMatchObject({ mean: 0, interval: { low: 0 } })
    expect(held!.interval!.high).toBeGreaterThan(0.5)
    expect(violated).toMatchObject({ mean: 1, interval: { high: 1 }, difference: { mean: 1, pairs: 3 } })
    expect(violated?.percentiles).toBeUndefined()
  })

  it('with the same workload differ less than their runs do, since seeds are shared', async () => {
    const seeds = [1, 2, 3, 4, 5, 6]
    const cell = (r: number): Promise<RunOutcome[]> =>
      Promise.all(
        seeds.map(async (seed) => {
          const params = { r, w: 3, loss: 0, operations: 50, check: 'stale' } as const
          return outcomeOf(await simulate(quorum, { seed, params, plan: [] }))
        }),
      )
    const endedAt = findMeasure('endedAt', [])!
    const [, second] = compareCells(endedAt, [await cell(1), await cell(2)])
    const width = ({ low, high }: { readonly low: number; readonly high: number }): number => high - low
    expect(width(second!.difference!.interval!)).toBeLessThan(width(second!.interval!))
  })
})
