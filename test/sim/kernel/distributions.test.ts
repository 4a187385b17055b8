import fc from 'fast-check'
import seedrandom from 'seedrandom'
import { describe as group, expect, it } from 'vitest'
import {
  compile,
  constant,
  DELAY_MAX,
  describe,
  empirical,
  exponential,
  logNormal,
  mixture,
  normal,
  pareto,
  uniform,
} from '../../../sim/kernel/distributions.ts'
import type { Delay, UniformSource } from '../../../sim/kernel/distributions.ts'
import { CallerError } from '../../../sim/kernel/errors.ts'

const SAMPLES = 100_000
const seeded = (seed: string): UniformSource => ({ next: seedrandom(seed) })

/** Replays the given draws and counts them. */
class Scripted implements UniformSource {
  taken = 0
  readonly #draws: readonly number[]
  constructor(...draws: number[]) {
    this.#draws = draws
  }
  next(): number {
    const draw = this.#draws[this.taken++]
    if (draw === undefined) throw new Error(`draw ${this.taken} was not scripted`)
    return draw
  }
}

interface Theory {
  readonly name: string
  readonly delay: Delay
  readonly mean: number
  readonly deviation: number
  /** Pairs of a value and the probability of staying at or below it. */
  readonly below: readonly (readonly [us: number, probability: number])[]
}

// Phi(-2), Phi(-1), Phi(1), Phi(2) of the standard normal distribution, from tables.
const PHI: readonly (readonly [number, number])[] = [
  [-2, 0.0227501],
  [-1, 0.1586553],
  [0, 0.5],
  [1, 0.8413447],
  [2, 0.9772499],
]

const sigma = Math.log(10) / 2.3263478740408408
const THEORY: readonly Theory[] = [
  {
    name: 'uniform',
    delay: uniform('1ms', '5ms'),
    mean: 3_000,
    deviation: 4_000 / Math.sqrt(12),
    below: [
      [2_000, 0.25],
      [4_600, 0.9],
    ],
  },
  {
    name: 'exponential',
    delay: exponential('5ms'),
    mean: 5_000,
    deviation: 5_000,
    below: [500, 5_000, 20_000].map((us) => [us, 1 - Math.exp(-us / 5_000)]),
  },
  {
    name: 'shifted exponential',
    delay: exponential('5ms', { min: '2ms' }),
    mean: 5_000,
    deviation: 3_000,
    below: [2_300, 5_000, 14_000].map((us) => [us, 1 - Math.exp(-(us - 2_000) / 3_000)]),
  },
  {
    name: 'normal far from zero',
    delay: normal({ mean: '20ms', deviation: '2ms' }),
    mean: 20_000,
    deviation: 2_000,
    below: PHI.map(([z, p]) => [20_000 + 2_000 * z, p]),
  },
  {
    // E max(0,X) = s phi(0), E max(0,X)^2 = s^2 / 2 for mean 0.
    name: 'normal half of which is clamped',
    delay: normal({ mean: 0, deviation: '10ms' }),
    mean: 10_000 / Math.sqrt(2 * Math.PI),
    deviation: 10_000 * Math.sqrt(0.5 - 1 / (2 * Math.PI)),
    below: [
      [0, 0.5],
      [10_000, 0.8413447],
    ],
  },
  {
    // Phi(1) and phi(1) give E max(0,X) = 1.0833155 s for mean = s.
    name: 'normal clamped a little',
    delay: normal({ mean: '10ms', deviation: '10ms' }),
    mean: 10_833.155,
    deviation: 8_664.48,
    below: [[20_000, 0.8413447]],
  },
  {
    name: 'log-normal by sigma',
    delay: logNormal({ median: '4ms', sigma: 0.5 }),
    mean: 4_000 * Math.exp(0.125),
    deviation: 4_000 * Math.exp(0.125) * Math.sqrt(Math.exp(0.25) - 1),
    below: PHI.map(([z, p]) => [4_000 * Math.exp(0.5 * z), p]),
  },
  {
    name: 'log-normal by 99th percentile',
    delay: logNormal({ median: '4ms', p99: '40ms' }),
    mean: 4_000 * Math.exp(sigma ** 2 / 2),
    deviation: 4_000 * Math.exp(sigma ** 2 / 2) * Math.sqrt(Math.exp(sigma ** 2) - 1),
    below: [
      [4_000, 0.5],
      [40_000, 0.99],
    ],
  },
  {
    name: 'Pareto',
    delay: pareto({ min: '10ms', shape: 5 }),
    mean: 12_500,
    deviation: 12_500 / Math.sqrt(15),
    below: [11_000, 15_000, 25_000].map((us) => [us, 1 - (10_000 / us) ** 5]),
  },
  {
    name: 'mixture',
    delay: mixture([
      { weight: 3, of: '1ms' },
      { weight: 1, of: uniform('5ms', '9ms') },
    ]),
    mean: 2_500,
    deviation: Math.sqrt(0.75 * 1e6 + 0.25 * (49e6 + 16e6 / 12) - 2_500 ** 2),
    below: [
      [1_000, 0.75],
      [7_000, 0.875],
    ],
  },
  {
    name: 'empirical',
    delay: empirical(['3ms', '1ms', '1ms', '7ms']),
    mean: 3_000,
    deviation: Math.sqrt(6) * 1_000,
    below: [
      [1_000, 0.5],
      [6_999, 0.75],
    ],
  },
  {
    name: 'interpolated empirical',
    delay: empirical(['1ms', '2ms', '6ms'], { interpolate: true }),
    mean: 2_750,
    deviation: Math.sqrt((7 / 3 + 52 / 3) / 2 - 2.75 ** 2) * 1_000,
    below: [
      [1_500, 0.25],
      [2_000, 0.5],
      [4_000, 0.75],
    ],
  },
]

group('a compiled distribution', () => {
  it.each(THEORY)(
    '$name: mean, spread and quantiles agree with theory',
    ({ name, delay, mean, deviation, below }) => {
      const sampler = compile(delay, 'test')
      expect(sampler.meanMicros / mean).toBeCloseTo(1, 5)
      const source = seeded(name)
      const values = Array.from({ length: SAMPLES }, () => sampler.sample(source))
      const average = values.reduce((sum, value) => sum + value, 0) / SAMPLES
      const squares = values.map((value) => (value - average) ** 2)
      const variance = squares.reduce((sum, square) => sum + square, 0) / SAMPLES
      const squareError = Math.sqrt(
        squares.reduce((sum, square) => sum + (square - variance) ** 2, 0) / SAMPLES / SAMPLES,
      )
      // Four standard errors; the variance's from the observed fourth moment.
      expect(Math.abs(average - mean)).toBeLessThan((4 * deviation) / Math.sqrt(SAMPLES))
      expect(Math.abs(variance - deviation ** 2)).toBeLessThan(4 * squareError)
      for (const [us, probability] of below) {
        const share = values.filter((value) => value <= us).length / SAMPLES
        // Half a microsecond of rounding moves at most 0.0005 of the mass in these cases.
        const tolerance = 4 * Math.sqrt((probability * (1 - probability)) / SAMPLES) + 0.0005
        expect(Math.abs(share - probability), `share up to ${us}`).toBeLessThan(tolerance)
      }
    },
  )

  it('takes the documented number of draws for every sample', () => {
    const draws = (delay: Delay, ...script: number[]): number => {
      const source = new Scripted(...script)
      compile(delay, 'test').sample(source)
      return source.taken
    }
    expect(draws('3ms')).toBe(0)
    expect(draws(constant(3))).toBe(0)
    for (const one of [uniform(1, 2), exponential(1), pareto({ min: 1, shape: 2 }), empirical([1, 2])]) {
      expect(draws(one, 0.5, 0.5, 0.5), one.kind).toBe(1)
    }
    expect(draws(normal({ mean: 1, deviation: 100 }), 0.99, 0.5, 0.5)).toBe(2)
    expect(draws(logNormal({ median: 1, sigma: 1 }), 0.5, 0.5, 0.5)).toBe(2)
    const either = mixture([
      { weight: 1, of: 5 },
      { weight: 1, of: normal({ mean: 1, deviation: 1 }) },
    ])
    expect(draws(either, 0.2, 0.5, 0.5)).toBe(1)
    expect(draws(either, 0.7, 0.5, 0.5)).toBe(3)
  })

  const duration = fc.integer({ min: 1, max: 10_000_000 }).map((us) => `${us}us` as const)
  const anyDelay: fc.Arbitrary<Delay> = fc.oneof(
    duration,
    fc
      .tuple(duration, duration)
      .map(([a, b]) => (parseInt(a) <= parseInt(b) ? uniform(a, b) : uniform(b, a))),
    duration.map((mean) => exponential(mean)),
    fc.tuple(duration, duration).map(([mean, deviation]) => normal({ mean, deviation })),
    fc
      .tuple(duration, fc.double({ min: 0, max: 50, noNaN: true }))
      .map(([median, s]) => logNormal({ median, sigma: s })),
    fc
      .tuple(duration, fc.double({ min: 0.01, max: 9, noNaN: true }))
      .map(([min, shape]) => pareto({ min, shape })),
    fc.array(duration, { minLength: 1, maxLength: 9 }).map((samples) => empirical(samples)),
    fc
      .array(duration, { minLength: 1, maxLength: 9 })
      .map((samples) => empirical(samples, { interpolate: true })),
  )
  const draw = fc.oneof(
    fc.constantFrom(0, 1 - 2 ** -53),
    fc.double({ min: 0, max: 1 - 2 ** -53, noNaN: true }),
  )

  it('gives an integer from 0 to DELAY_MAX whatever is drawn, the extremes included', () => {
    fc.assert(
      fc.property(anyDelay, anyDelay, fc.tuple(draw, draw, draw), (a, b, draws) => {
        const delay = mixture([
          { weight: 1e-300, of: a },
          { weight: 1e300, of: b },
        ])
        for (const each of [a, b, delay]) {
          const us = compile(each, 'test').sample(new Scripted(...draws))
          if (!Number.isSafeInteger(us) || us < 0 || us > DELAY_MAX || Object.is(us, -0)) return false
        }
        return true
      }),
      { seed: 11, numRuns: 2_000 },
    )
  })

  it('is plain data: a copy through JSON samples the same and describes itself the same', () => {
    fc.assert(
      fc.property(anyDelay, fc.tuple(draw, draw, draw), (delay, draws) => {
        const copy = JSON.parse(JSON.stringify(delay)) as Delay
        const pick = (d: Delay): number => compile(d, 'test').sample(new Scripted(...draws))
        return pick(copy) === pick(delay) && describe(copy) === describe(delay)
      }),
      { seed: 12 },
    )
  })

  it('turns a larger draw into a delay at least as long where one draw decides', () => {
    fc.assert(
      fc.property(anyDelay, draw, draw, (delay, x, y) => {
        const twoDraws = typeof delay === 'object' && (delay.kind === 'normal' || delay.kind === 'logNormal')
        fc.pre(!twoDraws)
        const sampler = compile(delay, 'test')
        const [low, high] = x <= y ? [x, y] : [y, x]
        return sampler.sample(new Scripted(low)) <= sampler.sample(new Scripted(high))
      }),
      { seed: 13 },
    )
  })

  it('includes both ends of a uniform delay', () => {
    const sampler = compile(uniform('2us', '4us'), 'test')
    expect(sampler.sample(new Scripted(0))).toBe(2)
    expect(sampler.sample(new Scripted(1 - 2 ** -53))).toBe(4)
  })

  it('cuts a tail that no clock could count', () => {
    const sampler = compile(pareto({ min: '1s', shape: 0.01 }), 'test')
    expect(sampler.sample(new Scripted(0.999))).toBe(DELAY_MAX)
    expect(sampler.meanMicros).toBe(Infinity)
  })
})

group('describe', () => {
  it.each<[Delay, string]>([
    ['3ms', '3ms'],
    [0.25, '250us'],
    [constant('2s'), '2s'],
    [uniform(1, 5), 'uniform 1ms to 5ms'],
    [exponential('5ms'), 'exponential, mean 5ms'],
    [exponential('5ms', { min: 1 }), 'exponential, mean 5ms, at least 1ms'],
    [normal({ mean: 5, deviation: 1 }), 'normal, mean 5ms, deviation 1ms'],
    [logNormal({ median: 5, sigma: 0.5 }), 'log-normal, median 5ms, sigma 0.5'],
    [logNormal({ median: 5, p99: 50 }), 'log-normal, median 5ms, p99 50ms'],
    [pareto({ min: 5, shape: 1.5 }), 'Pareto, at least 5ms, shape 1.5'],
    [empirical([1]), 'empirical, 1 sample'],
    [empirical([1, 2], { interpolate: true }), 'empirical, 2 samples, interpolated'],
  ])('says %o in words', (delay, words) => {
    expect(describe(delay)).toBe(words)
  })

  it('says how the parts of a mixture share the traffic', () => {
    const delay = mixture([
      { weight: 99, of: exponential('1ms') },
      { weight: 1, of: '1s' },
    ])
    expect(describe(delay)).toBe('mixture: 99% (exponential, mean 1ms), 1% (1s)')
  })
})

group('a mistaken distribution', () => {
  it.each<[unknown, string]>([
    [-5, 'link.delay: duration -5 is negative'],
    ['5', "link.delay: '5' is not a duration"],
    [null, 'link.delay: null is not a delay'],
    [['5ms'], 'link.delay: ["5ms"] is not a delay'],
    [{}, "link.delay: unknown distribution kind 'undefined'"],
    [{ kind: 'exponental', mean: 5 }, "did you mean 'exponential'?"],
    [{ kind: 'toString' }, "unknown distribution kind 'toString'"],
    [
      { kind: 'exponential', meen: 5 },
      "unknown field of exponential 'meen'; expected one of mean, min; did you mean 'mean'?",
    ],
    [{ kind: 'exponential' }, 'link.delay.mean: undefined is not a duration'],
    [{ kind: 'exponential', mean: 5, min: 6 }, 'link.delay: min 6ms is above mean 5ms'],
    [{ kind: 'uniform', min: '2s', max: '1s' }, 'link.delay: min 2s is above max 1s'],
    [{ kind: 'normal', mean: 5, deviation: -1 }, 'link.delay.deviation: duration -1 is negative'],
    [{ kind: 'logNormal', median: 5 }, 'neither sigma nor p99 is given; expected exactly one of them'],
    [{ kind: 'logNormal', median: 5, sigma: 1, p99: 9 }, 'both sigma and p99 are given'],
    [{ kind: 'logNormal', median: 5, sigma: -1 }, 'sigma -1 is negative'],
    [{ kind: 'logNormal', median: 5, p99: 4 }, 'median 5ms is above p99 4ms'],
    [{ kind: 'logNormal', median: 0, sigma: 1 }, 'median 0 is zero'],
    [{ kind: 'pareto', min: 5, shape: 0 }, 'link.delay.shape: tail index 0 is not above 0'],
    [{ kind: 'pareto', min: 5, shape: '2' }, "link.delay.shape: '2' is not a finite number"],
    [{ kind: 'mixture', parts: [] }, 'link.delay.parts: the list is empty'],
    [{ kind: 'mixture', parts: 'x' }, "link.delay.parts: 'x' is not a list"],
    [
      { kind: 'mixture', parts: [{ weight: 0, of: 1 }] },
      'link.delay.parts[0].weight: weight 0 is not above 0',
    ],
    [{ kind: 'mixture', parts: [{ weight: 1, to: 1 }] }, "link.delay.parts[0]: unknown field 'to'"],
    [{ kind: 'mixture', parts: [3] }, 'link.delay.parts[0]: 3 is not a part of a mixture'],
    [{ kind: 'mixture', parts: [{ weight: 1, of: '1x' }] }, "link.delay.parts[0].of: '1x' is not a duration"],
    [{ kind: 'empirical', samples: [] }, 'link.delay.samples: the list is empty'],
    [{ kind: 'empirical', samples: [1, -1] }, 'link.delay.samples[1]: duration -1 is negative'],
    [{ kind: 'empirical', samples: [1], interpolate: 1 }, 'interpolate is 1; expected true or false'],
    [{ kind: 'constant', value: '1e6h' }, 'is too long'],
  ])('%j is refused, naming place and value', (written, message) => {
    const call = (): unknown => compile(written as Delay, 'link.delay')
    expect(call).toThrow(CallerError)
    expect(call).toThrow(message)
  })

  it('is refused where it is made, not where it is first used', () => {
    expect(() => uniform(2, 1)).toThrow('uniform(): min 2ms is above max 1ms')
    expect(() => exponential('fast' as '1ms')).toThrow("exponential().mean: 'fast' is not a duration")
  })
})
