/**
 * Compiled delay distributions: one small class a kind, so that a draw is arithmetic on fields and allocates
 * nothing. `distributions.ts` has the data they are made from and says how many draws each takes.
 *
 * Draws are in [0,1), so `1 - draw` is in (0,1] and its logarithm finite. A heavy tail is cut at `DELAY_MAX`:
 * adding it to any time of a simulation of less than 250 years stays an exact integer.
 */

/** Where uniform numbers come from: a random stream, or draws keyed by a message. */
export interface UniformSource {
  /** Uniform in [0,1). */
  next(): number
}

/** A compiled distribution. */
export interface Sampler {
  /** One delay in integer microseconds, 0 to `DELAY_MAX`. */
  sample(source: UniformSource): number
  /** The mean of the distribution in microseconds, before rounding and the cut; may be Infinity (Pareto). */
  readonly meanMicros: number
}

/** The longest delay there is, in microseconds: 10^15, about 31 years. */
export const DELAY_MAX = 1_000_000_000_000_000

const TWO_PI = 2 * Math.PI

// Written so that negative values and NaN become 0.
function rounded(us: number): number {
  // The common range by conversion to an integer: Math.round costs twice as much as the logarithm before it.
  if (us < 1e9) return us > 0 ? (us + 0.5) | 0 : 0
  return us >= DELAY_MAX ? DELAY_MAX : Math.round(us)
}

// Box and Muller, "A Note on the Generation of Random Normal Deviates" (1958). The second deviate of the pair is
// thrown away: keeping it would be state, and draws keyed by message must not depend on earlier ones.
function standardNormal(source: UniformSource): number {
  const radius = Math.sqrt(-2 * Math.log(1 - source.next()))
  return radius * Math.cos(TWO_PI * source.next())
}

export class ConstantSampler implements Sampler {
  readonly meanMicros: number

  constructor(value: number) {
    this.meanMicros = value
  }

  sample(_source: UniformSource): number {
    return this.meanMicros
  }
}

export class UniformSampler implements Sampler {
  readonly meanMicros: number
  readonly #min: number
  readonly #count: number

  constructor(min: number, max: number) {
    this.meanMicros = (min + max) / 2
    this.#min = min
    this.#count = max - min + 1
  }

  sample(source: UniformSource): number {
    return this.#min + Math.floor(source.next() * this.#count)
  }
}

export class ExponentialSampler implements Sampler {
  readonly meanMicros: number
  readonly #min: number
  readonly #scale: number

  constructor(mean: number, min: number) {
    this.meanMicros = mean
    this.#min = min
    this.#scale = mean - min
  }

  sample(source: UniformSource): number {
    return rounded(this.#min - this.#scale * Math.log(1 - source.next()))
  }
}

export class NormalSampler implements Sampler {
  readonly meanMicros: number
  readonly #mean: number
  readonly #deviation: number

  constructor(mean: number, deviation: number) {
    this.#mean = mean
    this.#deviation = deviation
    this.meanMicros = clampedNormalMean(mean, deviation)
  }

  sample(source: UniformSource): number {
    return rounded(this.#mean + this.#deviation * standardNormal(source))
  }
}

// E max(0, X) for normal X = mean Phi(z) + deviation phi(z) with z = mean / deviation, which is never negative here.
// Phi by its Taylor series around 0 multiplied by phi (all terms positive); beyond 9 it is 1 in double precision.
function clampedNormalMean(mean: number, deviation: number): number {
  const z = mean / deviation
  if (deviation === 0 || z > 9) return mean
  const density = Math.exp((-z * z) / 2) / Math.sqrt(TWO_PI)
  let sum = 0
  let term = z
  for (let odd = 3; term > sum * 1e-17; odd += 2) {
    sum += term
    term *= (z * z) / odd
  }
  return mean * (0.5 + density * sum) + deviation * density
}

export class LogNormalSampler implements Sampler {
  readonly meanMicros: number
  readonly #median: number
  readonly #sigma: number

  constructor(median: number, sigma: number) {
    this.meanMicros = median * Math.exp((sigma * sigma) / 2)
    this.#median = median
    this.#sigma = sigma
  }

  sample(source: UniformSource): number {
    return rounded(this.#median * Math.exp(this.#sigma * standardNormal(source)))
  }
}

export class ParetoSampler implements Sampler {
  readonly meanMicros: number
  readonly #min: number
  readonly #exponent: number

  constructor(min: number, shape: number) {
    this.meanMicros = shape > 1 ? (min * shape) / (shape - 1) : Infinity
    this.#min = min
    this.#exponent = -1 / shape
  }

  sample(source: UniformSource): number {
    return rounded(this.#min * Math.exp(this.#exponent * Math.log(1 - source.next())))
  }
}

export class MixtureSampler implements Sampler {
  readonly meanMicros: number
  readonly #parts: readonly Sampler[]
  // Upper border of each part's share of [0,1); the last is never reached from below.
  readonly #borders: Float64Array

  /** `weights`: above 0, one for each part. */
  constructor(parts: readonly Sampler[], weights: readonly number[]) {
    const largest = Math.max(...weights)
    // Scaled first, so that huge weights do not add up to Infinity.
    const shares = weights.map((weight) => weight / largest)
    const total = shares.reduce((sum, share) => sum + share, 0)
    this.#parts = parts
    this.#borders = new Float64Array(parts.length)
    let below = 0
    let mean = 0
    parts.forEach((part, i) => {
      const share = (shares[i] as number) / total
      below += share
      this.#borders[i] = below
      mean += share * part.meanMicros
    })
    this.meanMicros = mean
  }

  sample(source: UniformSource): number {
    const draw = source.next()
    const last = this.#parts.length - 1
    let i = 0
    while (i < last && draw >= (this.#borders[i] as number)) i++
    return (this.#parts[i] as Sampler).sample(source)
  }
}

export class EmpiricalSampler implements Sampler {
  readonly meanMicros: number
  readonly #sorted: Float64Array

  /** `sorted`: ascending, at least one. */
  constructor(sorted: Float64Array) {
    this.meanMicros = sorted.reduce((sum, sample) => sum + sample / sorted.length, 0)
    this.#sorted = sorted
  }

  sample(source: UniformSource): number {
    return this.#sorted[Math.floor(source.next() * this.#sorted.length)] as number
  }
}

export class InterpolatingSampler implements Sampler {
  readonly meanMicros: number
  readonly #sorted: Float64Array

  /** `sorted`: ascending, at least one. */
  constructor(sorted: Float64Array) {
    const steps = Math.max(1, sorted.length - 1)
    let mean = 0
    for (let i = 0; i < steps; i++) {
      const low = sorted[i] as number
      mean += (low + (sorted[i + 1] ?? low)) / 2 / steps
    }
    this.meanMicros = mean
    this.#sorted = sorted
  }

  sample(source: UniformSource): number {
    const place = source.next() * (this.#sorted.length - 1)
    const i = Math.floor(place)
    const low = this.#sorted[i] as number
    const high = this.#sorted[i + 1] ?? low
    return Math.round(low + (place - i) * (high - low))
  }
}
