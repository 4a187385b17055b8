import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { always, defineNode, scenario, simulate, sometimes } from '../../index.ts'
import { outcomeOf } from '../../sim/explore/outcome.ts'
import { UntilFirstFailure } from '../../sim/explore/sweep-bail.ts'
import { ExactSum } from '../../sim/explore/sweep-sum.ts'
import type { SweepOutcome, SweepReport } from '../../sim/explore/sweep-tally.ts'
import { isFailure, SweepTally } from '../../sim/explore/sweep-tally.ts'
import { sweepVerdict } from '../../sim/explore/sweep-verdict.ts'
import { seedsOf } from '../../sim/explore/sweep.ts'
import { heldRun, outcomes } from './outcomes.ts'

const seed = 40_811

function reportOf(runs: Iterable<SweepOutcome>): SweepReport {
  const tally = new SweepTally()
  for (const run of runs) tally.add(run)
  return tally.report()
}

describe('a tally', () => {
  it('of shards, each read back from its lines, is that of the unsharded sweep, bit for bit', () => {
    const divided = fc.tuple(outcomes, fc.integer({ min: 1, max: 5 })).chain(([runs, count]) => {
      const shards = Array.from({ length: count }, (_, index) => {
        const seeds = new Set(seedsOf({ from: 1, to: runs.length }, { index: index + 1, count }))
        return fc.shuffledSubarray(
          runs.filter((run) => seeds.has(run.seed)),
          { minLength: seeds.size },
        )
      })
      return fc.record({ runs: fc.constant(runs), shards: fc.tuple(...shards) })
    })
    fc.assert(
      fc.property(divided, ({ runs, shards }) => {
        const merged = shards.flat().map((run) => JSON.parse(JSON.stringify(run)) as SweepOutcome)
        expect(merged.length).toBe(runs.length)
        expect(JSON.stringify(reportOf(merged))).toBe(JSON.stringify(reportOf(runs)))
      }),
      { seed, numRuns: 300 },
    )
  })

  it('adds up what became of exploration hooks, and says which of them proved nothing', () => {
    const report = reportOf([
      heldRun(1, {
        hooks: {
          flush: { live: true, visits: 4, hits: 2 },
          never: { live: false, visits: 3, hits: 0 },
          unlucky: { live: true, visits: 1, hits: 0 },
        },
      }),
      heldRun(2, { hooks: { flush: { live: false, visits: 5, hits: 0 } } }),
      heldRun(3),
    ])
    expect(report.hooks).toEqual([
      { name: 'flush', runs: 2, live: 1, fired: 1, visits: 9, hits: 2 },
      { name: 'never', runs: 1, live: 0, fired: 0, visits: 3, hits: 0 },
      { name: 'unlucky', runs: 1, live: 1, fired: 0, visits: 1, hits: 0 },
    ])
    expect(sweepVerdict(report, false).warnings).toEqual([
      "hook 'never' was live in no run: more seeds would show it",
      "hook 'unlucky' is vacuous: it fired in no run",
    ])
  })

  it('groups failures by signature, most runs first, and names the run with the fewest events', () => {
    const safe = { kind: 'check', subject: 'safe' } as const
    const threw = { kind: 'threw', subject: 'replica on.read', detail: 'RangeError: #' } as const
    const { failures, verdicts } = reportOf([
      heldRun(1),
      heldRun(2, { verdict: 'violated', signature: threw, events: 3 }),
      heldRun(9, { verdict: 'violated', signature: safe, events: 70 }),
      heldRun(5, { verdict: 'violated', signature: safe, events: 70 }),
      heldRun(4, { verdict: 'violated', signature: safe, events: 71 }),
    ])
    expect(verdicts).toEqual({ held: 1, violated: 4, undecided: 0, lost: 0 })
    expect(
      failures.map(({ signature, runs, cheapest }) => [signature, runs, cheapest.seed, cheapest.events]),
    ).toEqual([
      [safe, 3, 5, 70],
      [threw, 1, 2, 3],
    ])
  })

  it('means the means of the runs and keeps the extremes', () => {
    const samples = (mean: number, min: number, max: number) =>
      ({ kind: 'samples', count: 2, mean, min, max, p50: mean, p90: max, p99: max }) as const
    const { metrics } = reportOf([
      heldRun(1, { metrics: { latency: samples(10, 1, 20), retries: { kind: 'counter', total: 4 } } }),
      heldRun(2, { metrics: { latency: samples(20, 5, 90) } }),
    ])
    expect(metrics).toEqual({
      latency: { kind: 'samples', runs: 2, mean: 15, min: 1, max: 90, count: 4 },
      retries: { kind: 'counter', runs: 1, mean: 4, min: 4, max: 4 },
    })
  })

  it('keeps a name apart that is a counter in one run and samples in another', () => {
    const { metrics } = reportOf([
      heldRun(1, { metrics: { size: { kind: 'counter', total: 4 } } }),
      heldRun(2, { metrics: { size: { kind: 'gauge', last: 1, mean: 2, max: 3 } } }),
    ])
    expect(Object.keys(metrics)).toEqual(['size (counter)', 'size (gauge)'])
  })
})

describe('a sum', () => {
  it('does not depend on the order of its terms', () => {
    const terms = fc.array(fc.double({ min: -1e100, max: 1e100, noNaN: true }), { maxLength: 30 })
    const both = terms.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    )
    const sum = (all: readonly number[]): number => {
      const exact = new ExactSum()
      for (const term of all) exact.add(term)
      return exact.value
    }
    fc.assert(
      fc.property(both, ([all, shuffled]) => {
        expect(sum(shuffled)).toBe(sum(all))
      }),
      { seed, numRuns: 500 },
    )
  })

  it('loses nothing to large terms that cancel', () => {
    const exact = new ExactSum()
    for (const term of [1e16, 1, 1, -1e16, 0.5]) exact.add(term)
    expect(exact.value).toBe(2.5)
    const tenths = new ExactSum()
    for (let i = 0; i < 10; i++) tenths.add(0.1)
    expect(tenths.value).toBe(1)
  })

  it('rounds halves to even, by what lies below them', () => {
    const sum = (...terms: number[]): number => {
      const exact = new ExactSum()
      for (const term of terms) exact.add(term)
      return exact.value
    }
    const half = Number.EPSILON / 2
    expect(sum(1, half)).toBe(1)
    expect(sum(1, half, half * Number.EPSILON)).toBe(1 + Number.EPSILON)
    expect(sum(1, Number.EPSILON, half, -half * Number.EPSILON)).toBe(1 + Number.EPSILON)
  })
})

describe('a sweep to the first failure', () => {
  it('is the same runs in whatever order they arrive', () => {
    const arrivals = outcomes.chain((runs) =>
      fc.tuple(fc.constant(runs), fc.shuffledSubarray([...runs], { minLength: runs.length })),
    )
    fc.assert(
      fc.property(arrivals, ([runs, arriving]) => {
        const taken: number[] = []
        const gate = new UntilFirstFailure(seedsOf({ from: 1, to: runs.length }), (run) =>
          taken.push(run.seed),
        )
        for (const run of arriving) gate.add(run)
        gate.finish()
        const first = runs.findIndex(isFailure)
        const expected = first < 0 ? runs.length : first + 1
        expect(taken.sort((a, b) => a - b)).toEqual(Array.from({ length: expected }, (_, index) => index + 1))
        expect(gate.limit).toBe(first < 0 ? Infinity : first + 1)
      }),
      { seed, numRuns: 300 },
    )
  })

  it('counts a failure though runs before it were never made', () => {
    const taken: number[] = []
    const gate = new UntilFirstFailure(seedsOf({ from: 1, to: 9 }), (run) => taken.push(run.seed))
    for (const run of [heldRun(2), { seed: 4, lost: 'gone' }, heldRun(6)]) gate.add(run)
    gate.finish()
    expect(taken).toEqual([2, 4])
  })
})

describe('the verdict of a sweep', () => {
  const crash = { crash: { planned: 2, fired: 2, touched: 0 } }

  it('is violated when one run is, or was lost, and undecided when one is', () => {
    const verdict = (...runs: SweepOutcome[]): string =>
      sweepVerdict(reportOf([heldRun(1), ...runs]), false).verdict
    expect(verdict()).toBe('held')
    expect(verdict(heldRun(2, { verdict: 'undecided', undecided: ['safe'] }))).toBe('undecided')
    expect(verdict(heldRun(2, { verdict: 'violated', signature: { kind: 'check', subject: 'safe' } }))).toBe(
      'violated',
    )
    expect(verdict({ seed: 2, lost: 'its worker died' })).toBe('violated')
  })

  it('is violated when no run reached what some run must, unless these are a part of the runs', () => {
    const away = reportOf([heldRun(1, { observations: { safe: 1, there: 4 }, sometimes: { there: false } })])
    expect(sweepVerdict(away, false)).toMatchObject({ verdict: 'violated', unreached: ['there'] })
    expect(sweepVerdict(away, true)).toMatchObject({ verdict: 'held', unreached: [] })
    expect(sweepVerdict(away, true).warnings).toEqual([
      "check 'there' was not reached in this part of the runs",
    ])
    const there = heldRun(2, { observations: { safe: 1, there: 4 }, sometimes: { there: true } })
    const both = reportOf([heldRun(1, { observations: { safe: 1 }, sometimes: { there: false } }), there])
    expect(sweepVerdict(both, false)).toEqual({ verdict: 'held', unreached: [], warnings: [] })
  })

  it('warns of faults that touched nothing and checks that saw nothing in any run', () => {
    const report = reportOf([
      heldRun(1, { faults: crash, observations: { safe: 0 } }),
      heldRun(2, { faults: crash }),
    ])
    expect(sweepVerdict(report, false).warnings).toEqual([
      "faults of kind 'crash' are vacuous: none touched anything",
    ])
    const blind = reportOf([heldRun(1, { observations: { safe: 0 } })])
    expect(sweepVerdict(blind, false).warnings).toEqual([
      "check 'safe' is vacuous: it observed nothing in any run",
    ])
  })

  it('is undecided without any run', () => {
    expect(sweepVerdict(reportOf([]), false)).toMatchObject({
      verdict: 'undecided',
      warnings: ['no run was finished'],
    })
  })
})

describe('the outcome of a run that does not reach what some run must', () => {
  const idle = defineNode()({
    kind: 'idle',
    state: () => ({}),
    start: (node) => void node.every('1ms', () => undefined),
  })
  const lonely = (held: boolean) =>
    scenario({
      name: 'lonely',
      summary: 'reaches nothing',
      cluster({ addOne }) {
        addOne(idle)
      },
      checks: [
        sometimes('there are two', ({ nodes }) => nodes.length === 2),
        always('it is well', () => held),
      ],
      until: '5ms',
    })

  it('is no failure, while the run alone is violated', async () => {
    const result = await simulate(lonely(true))
    expect(result.verdict).toBe('violated')
    const { verdict, signature, sometimes: reached, failure } = outcomeOf(result)
    expect({ verdict, signature, reached, failure }).toEqual({
      verdict: 'held',
      signature: undefined,
      reached: { 'there are two': false },
      failure: undefined,
    })
  })

  it('has the signature of the check that every run must satisfy', async () => {
    const { verdict, signature, failure } = outcomeOf(await simulate(lonely(false)))
    expect({ verdict, signature, failure }).toEqual({
      verdict: 'violated',
      signature: { kind: 'check', subject: 'it is well' },
      failure: { time: 0, record: 1, expected: 'it is well', observed: 'it does not hold' },
    })
  })
})
