// Arbitraries: what they draw fits the scenario, and what fails shrinks to what matters.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { paramsOf, planOf, runOf } from 'orrery-sim/fast-check'
import type { FaultName } from 'orrery-sim/fast-check'

import { vocabulary } from '../../faults/vocabulary.ts'
import { simulate } from '../../index.ts'
import type { Duration, Params } from '../../index.ts'
import { micros } from '../../sim/kernel/time.ts'
import { scenarioParams } from '../../sim/scenario/scenario.ts'
import { make as ackBeforeSync } from '../explore/bugs/ack-before-sync.ts'
import { make as wallClockLease } from '../explore/bugs/wall-clock-lease.ts'
import counter from '../fixtures/counter.ts'

const us = (time: Duration): number => micros(time, 'time')
/** Every property is drawn from a seed that is written down: a test that fails, fails again. */
const RUNS = { seed: 20_261_125, numRuns: 300 }

describe('paramsOf', () => {
  it('draws what the parameters and the rules between them accept', () => {
    fc.assert(
      fc.property(paramsOf(counter), (params) => {
        expect(scenarioParams(counter, params)).toEqual(params)
        expect(params.clients).toBeLessThanOrEqual(9)
      }),
      RUNS,
    )
  })

  it('draws both ends of what is bounded, all choices, and durations around the default', () => {
    const drawn = fc.sample(paramsOf(counter), { seed: 1, numRuns: 2000 })
    expect(Math.min(...drawn.map(({ clients }) => clients))).toBe(1)
    expect(Math.max(...drawn.map(({ clients }) => clients))).toBe(9)
    expect(Math.max(...drawn.map(({ loss }) => loss))).toBe(0.9)
    expect(new Set(drawn.map(({ mode }) => mode))).toEqual(new Set(['plain', 'quiet']))
    const pauses = drawn.map(({ pause }) => us(pause))
    expect([Math.min(...pauses), Math.max(...pauses)]).toEqual([2000, 80_000])
  })

  it('keeps what is given, and draws from arbitraries that are given', () => {
    const given = { clients: 3, loss: fc.constantFrom(0.1, 0.2) }
    fc.assert(
      fc.property(paramsOf(counter, given), ({ clients, loss }) => {
        expect(clients).toBe(3)
        expect([0.1, 0.2]).toContain(loss)
      }),
      RUNS,
    )
  })

  it('shrinks each to the least that still fails', () => {
    const outcome = fc.check(
      fc.property(paramsOf(counter), ({ clients, pause }) => clients < 4 || us(pause) < 30_000),
      RUNS,
    )
    expect(outcome.counterexample?.[0]).toEqual({
      clients: 4,
      additions: 1,
      loss: 0,
      pause: '30ms',
      mode: 'plain',
    })
  })

  it('says which parameter there is not, and when the rules accept nothing', () => {
    expect(() => paramsOf(counter, { cleints: 3 } as object)).toThrow("did you mean 'clients'?")
    expect(() => fc.sample(paramsOf(counter, { clients: 9, additions: fc.integer({ min: 50 }) }), 1)).toThrow(
      'scenario counter refused 10000 draws of parameters: clients times additions cannot exceed 100',
    )
  })
})

const ALL = vocabulary.kinds as readonly FaultName[]

describe('planOf', () => {
  it.each(ALL)('draws %s as the vocabulary wants it, over before the quiet period', async (kind) => {
    const bug = ackBeforeSync(true)
    const until = us(bug.until as Duration)
    const plans = fc.sample(planOf(bug, {}, { kinds: [kind], most: 3, quiet: '4s' }), {
      seed: 7,
      numRuns: 40,
    })
    const faults = plans.flat()
    if (kind === 'cpu-slow' || kind === 'partition-ring') {
      // Nobody here has a CPU model, and a ring of three nodes is not cut.
      expect(faults).toEqual([])
      return
    }
    expect(faults.length).toBeGreaterThan(20)
    for (const fault of faults) {
      expect(fault.kind).toBe(kind)
      const lasting = 'for' in fault && fault.for !== undefined ? us(fault.for) : 0
      expect(us(fault.at) + lasting).toBeLessThanOrEqual(until - 4_000_000)
    }
    // Targets that can match nothing, and values out of range, are refused before a run begins.
    for (const plan of plans) await simulate(bug, { plan, until: 0 })
  })

  it('aims at those that are no clients, or at those that are named', () => {
    const bug = ackBeforeSync(true)
    const nodesOf = (options: object): ReadonlySet<unknown> =>
      new Set(
        fc
          .sample(planOf(bug, {}, { kinds: ['pause'], ...options }), { seed: 3, numRuns: 100 })
          .flatMap((plan) => plan.map((fault) => ('node' in fault ? fault.node : ''))),
      )
    expect([...nodesOf({})].every((name) => String(name).startsWith('store'))).toBe(true)
    expect(nodesOf({ nodes: ['store[1]'] })).toEqual(new Set(['store[1]']))
  })

  it('shrinks to fewer faults, shorter, weaker and later ones', () => {
    const isSlowed = (run: { readonly kind: string; readonly factor?: number }): boolean =>
      run.kind === 'disk-slow' && (run.factor ?? 0) >= 7
    const bug = ackBeforeSync(true)
    const outcome = fc.check(
      fc.property(
        planOf(bug, {}, { kinds: ['crash', 'disk-slow', 'degrade'], quiet: '1s' }),
        (plan) => !plan.some(isSlowed),
      ),
      RUNS,
    )
    const end = us(bug.until as Duration) - 1_000_000
    const [plan] = outcome.counterexample ?? []
    expect(plan).toHaveLength(1)
    const [fault] = plan ?? []
    expect(fault).toMatchObject({ kind: 'disk-slow', node: 'store[0]', factor: 7 })
    const lasting = us((fault as { readonly for: Duration }).for)
    expect(lasting).toBeLessThanOrEqual(20_000)
    expect(us(fault!.at) + lasting).toBe(end)
  })

  it.each([
    [{ kinds: ['crsh'] }, "did you mean 'crash'?"],
    [{ nodes: ['stroe'] }, "did you mean 'store'?"],
    [{ most: -1 }, 'most: -1; expected a whole number'],
    [{ quiet: '1h' }, 'no time is left for faults'],
  ])('refuses %j', (options, message) => {
    expect(() => planOf(ackBeforeSync(true), {}, options as object)).toThrow(message)
  })
})

describe('runOf', () => {
  const find = async <P extends Params>(bug: Parameters<typeof runOf<P>>[0], kinds: readonly FaultName[]) => {
    const outcome = await fc.check(
      fc.asyncProperty(
        runOf<P>(bug, {}, { kinds }),
        async (run) => (await simulate(bug, run)).verdict === 'held',
      ),
      { seed: 5, numRuns: 200 },
    )
    const run = outcome.counterexample?.[0]
    if (run === undefined) throw new Error('not found')
    return { run, first: outcome.failed, shrinks: outcome.numShrinks }
  }

  it('finds a lease that is timed by the wall clock, and shrinks it to one step of one clock', async () => {
    const bug = wallClockLease(true)
    const { run, shrinks } = await find(bug, ['clock-step', 'partition', 'degrade'])
    expect(shrinks).toBeGreaterThan(0)
    expect(run.plan).toHaveLength(1)
    expect(run.plan[0]).toMatchObject({ kind: 'clock-step' })
    expect(String((run.plan[0] as { readonly by: unknown }).by)).toMatch(/^-/)
    expect((await simulate(bug, run)).verdict).toBe('violated')
  })

  it('does not find it in the lease that is timed as it should be', async () => {
    await fc.assert(
      fc.asyncProperty(
        runOf(wallClockLease(false), {}, { kinds: ['clock-step', 'partition', 'degrade'] }),
        async (run) => (await simulate(wallClockLease(false), run)).verdict === 'held',
      ),
      { seed: 5, numRuns: 60 },
    )
  })
})
