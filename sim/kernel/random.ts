/**
 * Named random streams: (seed, name) gives one stream, so a new consumer shifts no other.
 *
 * `seedrandom` (ARC4, built to turn any key into well-mixed state) makes one 128-bit key for each family of names,
 * the part before the first `/`; a member's key is the family's mixed with the hash of the rest. The stream itself is
 * sfc32 (Chris Doty-Humphrey's Small Fast Chaotic generator, 32-bit variant; passes PractRand): 16 bytes of state,
 * so that a million nodes can each have one, where an ARC4 stream takes 3 kB and 13 us.
 */
import seedrandom from 'seedrandom'

import type { Delay, Sampler } from './distributions.ts'
import { compile } from './distributions.ts'
import { CallerError } from './errors.ts'
import { hashString, mix32 } from './hash.ts'

const TWO_POW_MINUS_53 = 1 / 9007199254740992

/** One reproducible stream of random numbers. Every method draws from the stream; none allocates. */
export class RandomStream {
  private a: number
  private b: number
  private c: number
  private counter: number

  /** Four 32-bit words of key; use {@link RandomStreams.stream} to get one by name. */
  constructor(k0: number, k1: number, k2: number, k3: number) {
    this.a = k0 | 0
    this.b = k1 | 0
    this.c = k2 | 0
    this.counter = k3 | 0
    for (let i = 0; i < 12; i++) this.word()
  }

  private word(): number {
    const sum = (this.a + this.b + this.counter) | 0
    this.counter = (this.counter + 1) | 0
    this.a = this.b ^ (this.b >>> 9)
    this.b = (this.c + (this.c << 3)) | 0
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0
    return sum
  }

  /** Uniform in [0, 1) with 53 random bits. */
  next(): number {
    const high = this.word() >>> 5
    const low = this.word() >>> 6
    return (high * 67108864 + low) * TWO_POW_MINUS_53
  }

  /** Uniform integer in [0, bound), without modulo bias for bounds up to 2^32. Throws for a bound below 1. */
  int(bound: number): number {
    if (!(bound >= 1) || !Number.isSafeInteger(bound)) {
      throw new CallerError(`random.int: bound must be a positive integer, got ${bound}`)
    }
    if (bound > 4294967296) return Math.floor(this.next() * bound)
    const limit = 4294967296 - (4294967296 % bound)
    let word = this.word() >>> 0
    while (word >= limit) word = this.word() >>> 0
    return word % bound
  }

  /** Uniform integer in [min, max], both included. */
  between(min: number, max: number): number {
    return min + this.int(max - min + 1)
  }

  /** True with the given probability in [0, 1]; draws even for 0 and 1, so that changing it shifts nothing else. */
  chance(probability: number): boolean {
    return this.next() < probability
  }

  /** One element, uniformly. Throws for an empty list. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new CallerError('random.pick: the list is empty')
    return items[this.int(items.length)] as T
  }

  /** A shuffled copy (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const out = items.slice()
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.int(i + 1)
      const held = out[i] as T
      out[i] = out[j] as T
      out[j] = held
    }
    return out
  }

  /** A duration in milliseconds, drawn from a delay distribution such as `exponential('5ms')`. */
  draw(delay: Delay): number {
    return compiled(delay).sample(this) / 1000
  }

  /** Exponentially distributed with the given mean (same unit as the mean). */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next())
  }
}

const samplers = new WeakMap<object, Sampler>()

function compiled(delay: Delay): Sampler {
  if (typeof delay !== 'object') return compile(delay, 'random.draw')
  let sampler = samplers.get(delay)
  if (sampler === undefined) samplers.set(delay, (sampler = compile(delay, 'random.draw')))
  return sampler
}

/** The streams of one run. */
export class RandomStreams {
  readonly #seed: number
  readonly #families = new Map<string, Int32Array>()

  /** `seed`: an integer from 0 to 2^53 - 1. */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new CallerError(
        `seed must be an integer from 0 to ${Number.MAX_SAFE_INTEGER}, got ${String(seed)}`,
      )
    }
    this.#seed = seed
  }

  /** The 128-bit key of a family of names, made once. */
  familyKey(family: string): Int32Array {
    let key = this.#families.get(family)
    if (key === undefined) {
      const source = seedrandom(`orrery/${this.#seed}/${family}`)
      key = Int32Array.of(source.int32(), source.int32(), source.int32(), source.int32())
      this.#families.set(family, key)
    }
    return key
  }

  /** A new stream at its beginning; the caller keeps it. The same name always gives the same numbers. */
  stream(name: string): RandomStream {
    const slash = name.indexOf('/')
    if (slash < 0) return this.member(name, '')
    return this.member(name.slice(0, slash), name.slice(slash + 1))
  }

  /** The stream `family/member`, without building that string. */
  member(family: string, member: string): RandomStream {
    const key = this.familyKey(family)
    const h1 = hashString(member)
    const h2 = hashString(member, 0x9e3779b9)
    return new RandomStream(
      (key[0] as number) ^ h1,
      (key[1] as number) ^ h2,
      (key[2] as number) + mix32(h1 ^ (h2 << 7)),
      (key[3] as number) ^ mix32(h2 + 0x6c62272e),
    )
  }
}
