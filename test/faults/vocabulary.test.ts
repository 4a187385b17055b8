import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkFault, kinds, vocabulary } from '../../faults/vocabulary.ts'
import type { FaultSpec } from '../../faults/vocabulary.ts'
import * as make from '../../faults/constructors.ts'
import type { Plan } from '../../sim/host/fault.ts'
import { compile } from '../../sim/kernel/distributions.ts'
import type { Delay } from '../../sim/kernel/distributions.ts'
import { CallerError } from '../../sim/kernel/errors.ts'
import { recordsOf, run, touched } from './support.ts'

/** The error that a run with this fault as the third of its plan ends in, before anything happens. */
async function refused(fault: unknown): Promise<CallerError> {
  const heal: FaultSpec = { at: 0, kind: 'heal' }
  const plan = [heal, heal, fault] as FaultSpec[]
  const error: unknown = await run(plan, { zones: true }).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(CallerError)
  return error as CallerError
}

describe('a mistake in a fault is refused with its place, the value, and what was expected', () => {
  const DURATION =
    "expected milliseconds as a number, or a string such as '40us', '150ms', '1.5s', '2m' or '1h'"
  const SELECTOR =
    "expected a node ('replica[0]'), a range ('replica[1..]'), a kind ('replica'), 'role:leader', 'replica[role:leader]', 'zone:eu' or 'all'"
  const ALL = vocabulary.kinds.join(', ')

  it.each<[title: string, fault: unknown, where: string, message: string]>([
    [
      'not an object',
      'crash',
      'plan[2]',
      `'crash'; expected a fault such as { at: '2s', kind: 'crash', node: 'all' }`,
    ],
    ['no kind', { at: 1, node: 'all' }, 'plan[2]', `kind is missing; expected one of ${ALL}`],
    [
      'a misspelt kind',
      { at: 1, kind: 'crahs', node: 'all' },
      'plan[2].kind',
      `unknown kind of fault 'crahs'; expected one of ${ALL}; did you mean 'crash'?`,
    ],
    [
      'a misspelt field, before the field that is missing for it',
      { at: 1, kind: 'crash', nodes: 'all' },
      'plan[2]',
      "unknown field 'nodes'; expected one of at, kind, node, for, torn; did you mean 'node'?",
    ],
    [
      'a missing field',
      { at: 1, kind: 'pause' },
      'plan[2]',
      `node is missing; ${SELECTOR}; or a list of these`,
    ],
    ['no time', { kind: 'heal' }, 'plan[2]', `at is missing; ${DURATION}`],
    ['a negative time', { at: -5, kind: 'heal' }, 'plan[2].at', `duration -5 is negative; ${DURATION}`],
    [
      'an endless time',
      { at: Infinity, kind: 'heal' },
      'plan[2].at',
      `duration Infinity is not a finite duration; ${DURATION}`,
    ],
    [
      'a time without a unit',
      { at: 1, kind: 'pause', node: 'all', for: '5' },
      'plan[2].for',
      `'5' is not a duration; ${DURATION}; write '5ms' or the number 5`,
    ],
    [
      'an end where there is none',
      { at: 1, kind: 'heal', for: 3 },
      'plan[2]',
      "unknown field 'for'; expected one of at, kind",
    ],
    [
      'a wrong type',
      { at: 1, kind: 'crash', node: 'all', torn: 'yes' },
      'plan[2].torn',
      "'yes'; expected true or false",
    ],
    [
      'a number out of range',
      { at: 1, kind: 'cpu-slow', node: 'all', factor: 0.5 },
      'plan[2].factor',
      '0.5; expected a factor above 1, at most 1000000',
    ],
    [
      'a fraction where a whole number belongs',
      { at: 1, kind: 'clock-drift', node: 'all', ppm: 0.5 },
      'plan[2].ppm',
      '0.5; expected an integer number of parts per million from -500000 to 1000000',
    ],
    [
      'a selector that is no text',
      { at: 1, kind: 'crash', node: ['all', 3] },
      'plan[2].node[1]',
      `3; ${SELECTOR}`,
    ],
    [
      'a misspelt node deep in a list',
      { at: 1, kind: 'partition', groups: [['peer[0]', 'per[1]'], ['rest']] },
      'plan[2].groups[0][1]',
      "unknown node 'per[1]'; expected one of peer, peer[0], peer[1], peer[2]; did you mean 'peer[1]'?",
    ],
    [
      'a zone that does not exist',
      { at: 1, kind: 'isolate', node: 'zone:c' },
      'plan[2].node',
      "unknown zone 'c'; expected one of a, b; did you mean 'a'?",
    ],
    [
      'rest where there are no groups',
      { at: 1, kind: 'isolate', node: 'rest' },
      'plan[2].node',
      `'rest' names no node here; ${SELECTOR} ('rest' is for groups)`,
    ],
    [
      'rest in two groups',
      { at: 1, kind: 'partition', groups: ['rest', ['peer', 'rest']] },
      'plan[2].groups[1][1]',
      "'rest' stands in plan[2].groups[0] already; expected 'rest' at most once",
    ],
    [
      'a single group',
      { at: 1, kind: 'partition', groups: [['peer']] },
      'plan[2].groups',
      `[["peer"]]; expected a list of at least two groups, such as [['replica[0]'], ['replica[1..]']]`,
    ],
    [
      'a degradation of nothing',
      { at: 1, kind: 'degrade', from: 'peer[0]' },
      'plan[2]',
      'nothing is degraded; expected at least one of delay, loss, duplication, reordering, corruption, bandwidth, queue',
    ],
    [
      'a misspelt distribution',
      { at: 1, kind: 'degrade', delay: { kind: 'exponental', mean: 5 } },
      'plan[2].delay',
      "unknown distribution kind 'exponental'; expected one of constant, uniform, exponential, normal, logNormal, pareto, " +
        "mixture, empirical; did you mean 'exponential'?",
    ],
    [
      'a contradiction that only the simulator knows',
      { at: 1, kind: 'degrade', delay: { kind: 'uniform', min: 5, max: 3 } },
      'plan[2].delay',
      'min 5ms is above max 3ms',
    ],
    [
      'a misspelt part of a loss',
      { at: 1, kind: 'degrade', loss: { kind: 'bursty', toBad: 0.1, toGod: 0.5 } },
      'plan[2].loss',
      "unknown field of bursty loss 'toGod'; expected one of toBad, toGood, lossInGood, lossInBad; did you mean 'toGood'?",
    ],
    [
      'a wrong part of a reordering',
      { at: 1, kind: 'degrade', reordering: { probability: 2, by: 3 } },
      'plan[2].reordering.probability',
      '2; expected a probability from 0 to 1',
    ],
    [
      'a misspelt part of a corruption',
      { at: 1, kind: 'degrade', corruption: { probability: 0.5, undetcted: 1 } },
      'plan[2].corruption',
      "unknown field 'undetcted'; expected one of probability, undetected; did you mean 'undetected'?",
    ],
    [
      'a step without a unit',
      { at: 1, kind: 'clock-step', node: 'all', by: '--2s' },
      'plan[2].by',
      `'--2s' is not a duration; ${DURATION}`,
    ],
  ])('%s', async (_title, fault, where, message) => {
    const error = await refused(fault)
    expect(error.message).toBe(`${where}: ${message}`)
    expect(error.where).toBe(where)
  })

  // The simulator's parser of selectors puts the place into the text only.
  it.each([
    [
      { at: 1, kind: 'crash', node: 'peer[' },
      "plan[2].node: 'peer[' is not a selector; expected a node ('replica[0]'), a range ('replica[1..]'), a kind, " +
        "'role:leader', 'replica[role:leader]', 'zone:eu', 'all' or 'rest'",
    ],
    [
      { at: 1, kind: 'crash', node: 'peer[3]' },
      "plan[2].node: 'peer[3]' matches no node; expected an index from 0 to 2 (there are 3 nodes of kind peer)",
    ],
  ])('a selector that cannot match: %o', async (fault, message) => {
    expect((await refused(fault)).message).toBe(message)
  })
})

describe('the vocabulary', () => {
  it('has a kind for each constructor, which makes that kind', () => {
    const made = Object.values(make).map((construct) => {
      const fault = (construct as (fields: unknown) => FaultSpec)({ at: 1 })
      return fault.kind
    })
    expect(made).toEqual(vocabulary.kinds)
    expect(make.crash({ at: '2s', node: 'role:leader', for: '3s' })).toEqual({
      at: '2s',
      kind: 'crash',
      node: 'role:leader',
      for: '3s',
    })
  })

  it('records a fault in its normal form, whatever the order of its fields', async () => {
    const written = { for: 5, torn: undefined, node: 'peer[0]', kind: 'crash', at: 1 } as unknown as FaultSpec
    const result = await run([written])
    const [record] = recordsOf(result, 'fault')
    expect(JSON.stringify(record?.data)).toBe('{"index":0,"at":1,"node":"peer[0]","for":5}')
    const straight = await run([{ at: 1, kind: 'crash', node: 'peer[0]', for: 5 }])
    expect(straight.fingerprint).toBe(result.fingerprint)
  })

  it('keeps nothing from one run to the next', async () => {
    const plan: Plan = [
      make.pause({ at: 100, node: 'all' }),
      make.isolate({ at: 100, node: 'peer[0]' }),
      make.hold({ at: 100 }),
    ]
    const first = await run(plan as FaultSpec[])
    const second = await run(plan as FaultSpec[])
    expect(second.fingerprint).toBe(first.fingerprint)
    const after = await run([
      make.heal({ at: 100 }),
      make.release({ at: 100 }),
      make.resume({ at: 100, node: 'all' }),
    ])
    expect(touched(after)).toEqual([[], [], []])
  })

  it('checks faults without knowing the nodes', () => {
    expect(checkFault({ kind: 'crash', node: 'nobody[7]', at: 0 }, '[0]')).toEqual({
      at: 0,
      kind: 'crash',
      node: 'nobody[7]',
    })
    expect(() => checkFault({ kind: 'crash', node: '[7]', at: 0 }, '[0]')).toThrow(
      "[0].node: '[7]' is not a selector",
    )
  })

  it('accepts the example of every kind', () => {
    for (const { kind, schema } of kinds) {
      const [example] = schema.meta()?.examples as readonly [FaultSpec]
      expect(checkFault(example, kind)).toEqual(example)
    }
  })

  it('agrees with the simulator about every delay', () => {
    const time = fc.oneof(
      fc.constantFrom('1ms', '2s', 'x', '-1s', ''),
      fc.integer({ min: -1, max: 20 }),
      fc.constant(null),
    )
    const amount = fc.oneof(fc.constantFrom(-1, 0, 0.5, 2, NaN, Infinity), fc.constant('1'))
    const shape = (delay: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
      fc.record(
        {
          kind: fc.constantFrom(
            'constant',
            'uniform',
            'exponential',
            'normal',
            'logNormal',
            'pareto',
            'mixture',
            'empirical',
            'none',
          ),
          value: time,
          min: time,
          max: time,
          mean: time,
          deviation: time,
          median: time,
          sigma: amount,
          p99: time,
          shape: amount,
          samples: fc.array(time, { maxLength: 2 }),
          parts: fc.array(fc.record({ weight: amount, of: delay }, { requiredKeys: ['of'] }), {
            maxLength: 2,
          }),
          interpolate: fc.constantFrom(true, 1),
        },
        { requiredKeys: ['kind'] },
      )
    // Only fields that the kind has, most of the time: else nearly everything would be refused for a surplus field.
    const known: Readonly<Record<string, readonly string[]>> = {
      constant: ['value'],
      uniform: ['min', 'max'],
      exponential: ['mean', 'min'],
      normal: ['mean', 'deviation'],
      logNormal: ['median', 'sigma', 'p99'],
      pareto: ['min', 'shape'],
      mixture: ['parts'],
      empirical: ['samples', 'interpolate'],
    }
    const trimmed = (delay: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
      fc.tuple(shape(delay), fc.nat(9)).map(([value, surplus]) => {
        const given = value as { readonly kind: string }
        const fields = [...(known[given.kind] ?? []), 'kind', ...(surplus === 0 ? ['min'] : [])]
        return Object.fromEntries(Object.entries(given).filter(([field]) => fields.includes(field)))
      })
    const accepts = (check: () => unknown): boolean => {
      try {
        check()
        return true
      } catch (error) {
        if (error instanceof CallerError) return false
        throw error
      }
    }
    let accepted = 0
    fc.assert(
      fc.property(fc.oneof(time, trimmed(trimmed(time))), (delay) => {
        const simulator = accepts(() => compile(delay as Delay, 'delay'))
        if (simulator) accepted++
        expect(accepts(() => checkFault({ at: 0, kind: 'degrade', delay }, 'fault'))).toBe(simulator)
      }),
      { seed: 7, numRuns: 3_000 },
    )
    expect(accepted).toBeGreaterThan(300)
  })
})

describe('the types', () => {
  it('know the fields of each kind, and fit into a plan', () => {
    const plan: FaultSpec[] = [
      { at: '2s', kind: 'partition', groups: [['replica[0]'], ['replica[1..]']], for: '5s' },
      // @ts-expect-error the field is called node
      { at: 1, kind: 'crash', nodes: 'all' },
      // @ts-expect-error a heal does not end
      { at: 1, kind: 'heal', for: 3 },
      // @ts-expect-error no such kind
      { at: 1, kind: 'explode' },
      // @ts-expect-error a time has a unit
      { at: '2', kind: 'heal' },
      // @ts-expect-error a factor is needed
      make.cpuSlow({ at: 1, node: 'all' }),
    ]
    const loose: Plan = plan
    expect(loose).toHaveLength(6)
  })
})
