// Descriptions of random faults: what may stand in them, and what is said about the rest.
import { describe, expect, it } from 'vitest'
import { checkMix } from '../../../faults/generate/mix.ts'
import { declaredMix, planner } from '../../../faults/generate/planner.ts'
import { scenario } from '../../../index.ts'
import { system } from '../../sim/support.ts'

describe('a description of random faults', () => {
  it('may be empty, and may say everything', () => {
    const whole = {
      nodes: ['replica', 'service'],
      roles: ['leader'],
      from: '1s',
      quiet: '20s',
      maxDown: 2,
      faults: {
        crash: {
          every: '5s',
          for: { kind: 'exponential', mean: '1s' },
          role: 0.5,
          zone: 0,
          torn: 1,
          forever: 0.1,
        },
        pause: true,
        partition: { shapes: { halves: 2, bridge: 1 } },
        degrade: { loss: [0, 0.5], delay: ['1ms', 200], oneWay: 1 },
        hold: { links: 3 },
        'clock-skew': { by: ['10ms', '1s'] },
        'clock-drift': { ppm: [10, 500] },
        'cpu-slow': false,
        'disk-sync-lie': { every: '10s' },
      },
    }
    expect(checkMix({})).toEqual({})
    expect(checkMix(whole)).toEqual(whole)
  })

  it.each([
    [null, 'null is no description of random faults; expected an object such as { faults: { crash: true } }'],
    [['crash'], /is no description of random faults/],
    [
      { quite: '2s' },
      "unknown field 'quite'; expected one of nodes, roles, from, quiet, maxDown, faults; did you mean 'quiet'?",
    ],
    [{ quiet: '2 s' }, "quiet: '2 s' is not a duration; expected milliseconds as a number"],
    [{ quiet: -1 }, 'quiet: duration -1 is negative'],
    [{ maxDown: 0 }, 'maxDown: 0; expected a whole number, 1 or more'],
    [{ maxDown: 1.5 }, 'maxDown: 1.5; expected a whole number, 1 or more'],
    [{ nodes: 'rest' }, "nodes: 'rest' names no node here"],
    [{ roles: 'leader' }, "roles: 'leader'; expected a list of names"],
    [{ roles: [''] }, "roles[0]: ''; expected a list of names"],
    [{ faults: ['crash'] }, 'expected sources of faults, such as { crash: true }'],
    [
      { faults: { crsh: true } },
      /^faults: unknown field 'crsh'; expected one of crash, pause, .*; did you mean 'crash'\?$/,
    ],
    [
      { faults: { crash: 'often' } },
      "faults.crash: 'often'; expected true, false, or options (every, for, role, zone, torn, forever)",
    ],
    [{ faults: { crash: { often: 1 } } }, /^faults\.crash: unknown field 'often'/],
    [{ faults: { crash: { torn: 2 } } }, 'faults.crash.torn: 2; expected a probability from 0 to 1'],
    [{ faults: { pause: { every: 'daily' } } }, /^faults\.pause\.every: 'daily' is not a duration/],
    [
      { faults: { pause: { for: { kind: 'exponental', mean: '1s' } } } },
      /^faults\.pause\.for: unknown distribution kind 'exponental'.*'exponential'/,
    ],
    [
      { faults: { degrade: { loss: 0.5 } } },
      'faults.degrade.loss: 0.5; expected two numbers from 0 to 1, the smaller one first',
    ],
    [{ faults: { degrade: { loss: [0.1, 2] } } }, 'faults.degrade.loss[1]: 2; expected a number from 0 to 1'],
    [
      { faults: { degrade: { delay: ['1s', '10ms'] } } },
      "faults.degrade.delay: '1s' is above '10ms'; expected two durations above 0",
    ],
    [
      { faults: { 'clock-step': { by: ['0s', '1s'] } } },
      "faults.clock-step.by[0]: '0s'; expected a duration above 0",
    ],
    [
      { faults: { partition: { shapes: { rng: 1 } } } },
      /^faults\.partition\.shapes: unknown shape 'rng'.*did you mean 'ring'\?$/,
    ],
    [
      { faults: { partition: { shapes: { ring: -1 } } } },
      'faults.partition.shapes.ring: -1; expected a number, 0 or more',
    ],
    [
      { faults: { partition: { shapes: { ring: 0 } } } },
      'faults.partition.shapes: all weights are 0; expected at least one above 0',
    ],
    [{ faults: { hold: { links: 0 } } }, 'faults.hold.links: 0; expected a whole number, 1 or more'],
  ])('is refused with the place of the mistake: %o', (mix, message) => {
    expect(() => checkMix(mix)).toThrow(message)
  })
})

describe('a scenario', () => {
  const named = (randomFaults: Readonly<Record<string, unknown>>) => ({
    ...system(() => undefined),
    randomFaults,
  })

  it('declares what its random faults are like, as data or from its parameters', () => {
    expect(declaredMix(named({ quiet: '3s' }), {})).toEqual({ quiet: '3s' })
    expect(
      declaredMix(
        system(() => undefined),
        {},
      ),
    ).toEqual({})
    const made = scenario({
      name: 'declares',
      summary: 'its random faults',
      params: {},
      cluster: () => undefined,
      randomFaults: () => ({ maxDown: 1, faults: { crash: true } }),
      checks: [],
      until: '10s',
    })
    expect(declaredMix(made, {})).toEqual({ maxDown: 1, faults: { crash: true } })
  })

  it('is named when what it declares is wrong', () => {
    expect(() => declaredMix(named({ quiet: 'long' }), {})).toThrow(
      /^scenario test: randomFaults\.quiet: 'long'/,
    )
  })

  it('is named when what it declares does not fit', async () => {
    const { default: quorum } = await import('../../../scenarios/quorum.ts')
    const { scenarioParams } = await import('../../../sim/scenario/scenario.ts')
    const wrong = { ...quorum, randomFaults: { faults: { 'cpu-slow': true } } }
    const make = planner(wrong, scenarioParams(wrong, {}), { horizonMicros: 10_000_000 })
    expect(() => make(1)).toThrow(
      'scenario quorum: randomFaults: faults.cpu-slow: none of the nodes has a CPU model',
    )
  })
})
