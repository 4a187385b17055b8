/**
 * A source of random faults: one of the things that go wrong, with options of its own, and random streams of its own, so
 * that switching one source off leaves what the others do as it was.
 */
import { z } from 'zod'
import type { Delay } from '../../sim/kernel/distributions.ts'
import { compile } from '../../sim/kernel/distributions.ts'
import { CallerError, show } from '../../sim/kernel/errors.ts'
import type { RandomStream, RandomStreams } from '../../sim/kernel/random.ts'
import { ExponentialSampler, UniformSampler } from '../../sim/kernel/samplers.ts'
import { delay } from '../delay.ts'
import { explainedBy } from '../fields.ts'
import type { FaultSpec } from '../vocabulary.ts'
import type { Fields, OptionsOf } from './fields.ts'
import { readFields } from './fields.ts'
import type { Scene, Spell } from './scene.ts'

/** How often and how long, unless the description says so. */
export interface Pace {
  /** Faults to be expected in the window, or in a minute of it if it is longer. */
  readonly count: number
  /** The longest duration as a share of the window, or of a minute of it. Durations begin at a tenth of it. */
  readonly longest: number
  /** How many of them may be in force at once; further ones are left out. */
  readonly atMost: number
}

/** How a swarm run bends a source: rates and durations are multiplied. */
export interface Intensity {
  readonly rate: number
  readonly length: number
}

/** What a source makes its faults from. */
export interface Making<O> {
  readonly options: O
  readonly scene: Scene
  /** When, in order of time. */
  readonly spells: Iterable<Spell>
  /** What and to whom. */
  readonly random: RandomStream
  /** Those of its variants that are on in this run: all, or some of them in a swarm run. Never none of several. */
  readonly variants: <T>(all: readonly T[]) => readonly T[]
  /** Where the options stand, for error messages. */
  readonly where: string
}

export interface Timing {
  readonly every?: Delay | undefined
  readonly for?: Delay | undefined
}

/** A source with its types forgotten. */
export interface Source {
  readonly name: string
  /** Whether it is on when the description does not say which are. */
  readonly usual: boolean
  readonly about: string
  readonly schema: z.ZodType
  /** True, or why it has nothing to do in this scene. */
  readonly possible: (scene: Scene) => true | string
  /** Its faults in order of time. `swarm`: how this run bends it. */
  readonly generate: (
    options: object,
    scene: Scene,
    streams: RandomStreams,
    swarm: SwarmDraw | undefined,
  ) => readonly FaultSpec[]
}

/** What swarm runs draw for one source. */
export interface SwarmDraw {
  readonly intensity: Intensity
  /** For the variants. */
  readonly random: RandomStream
}

/** A delay that says what it is here; a described schema is a copy, which needs the parser anew. */
function timeOf(description: string): z.ZodType<Delay> {
  return explainedBy((value, where) => compile(value as Delay, where), delay.describe(description))
}

const timing = {
  every: timeOf('Time between the beginnings of two faults; a duration or a distribution.'),
  for: timeOf('How long each lasts; a duration or a distribution.'),
} satisfies Fields

/** Declares a source. The options `every` and `for` are everyone's. */
export function source<const N extends string, F extends Fields>(
  declaration: {
    readonly name: N
    readonly usual: boolean
    readonly about: string
    readonly pace: Pace
    readonly fields: F
    readonly possible?: (scene: Scene) => true | string
  },
  make: (making: Making<OptionsOf<F>>) => readonly FaultSpec[],
): Source & { readonly name: N; readonly schema: z.ZodType<boolean | OptionsOf<F & typeof timing>> } {
  const { name, usual, about, pace, possible = () => true } = declaration
  const fields: F & typeof timing = { ...timing, ...declaration.fields }
  return {
    name,
    usual,
    about,
    schema: switchable(fields, about),
    possible,
    generate(options, scene, streams, swarm) {
      const where = `faults.${name}`
      const intensity = swarm?.intensity ?? { rate: 1, length: 1 }
      return make({
        options: options as OptionsOf<F>,
        scene,
        where,
        spells: spells(options, pace, scene, intensity, streams.stream(`faults/${name}/times`), where),
        random: streams.stream(`faults/${name}/choices`),
        variants: (all) => (swarm === undefined ? all : someOf(all, swarm.random)),
      })
    },
  }
}

/** A schema whose parser decides. */
export function anything<T>(description: string): z.ZodType<T> {
  return z.unknown().describe(description) as unknown as z.ZodType<T>
}

/** True, false, or options. */
function switchable<F extends Fields>(fields: F, about: string): z.ZodType<boolean | OptionsOf<F>> {
  const parser = (value: unknown, where: string): unknown => {
    if (typeof value === 'boolean') return value
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new CallerError(show(value), {
        where,
        expected: `true, false, or options (${Object.keys(fields).join(', ')})`,
      })
    }
    return readFields(fields, value, where)
  }
  return explainedBy<boolean | OptionsOf<F>>(parser, anything(about))
}

const MANY = 10_000
const MINUTE = 60_000_000

function* spells(
  options: Timing,
  pace: Pace,
  scene: Scene,
  { rate, length }: Intensity,
  random: RandomStream,
  where: string,
): Generator<Spell, void, undefined> {
  const { from, end, quantum } = scene
  const span = Math.min(end - from, MINUTE)
  const longest = Math.max(1, Math.round(span * pace.longest))
  const gap =
    options.every === undefined
      ? new ExponentialSampler(span / pace.count, 0)
      : compile(options.every, `${where}.every`)
  const duration =
    options.for === undefined
      ? new UniformSampler(Math.ceil(longest / 10), longest)
      : compile(options.for, `${where}.for`)
  const ends: number[] = []
  let time = from
  for (let count = 0; ; count++) {
    time += Math.max(1, gap.sample(random) / rate)
    const at = Math.ceil(time / quantum) * quantum
    if (at >= end) return
    if (count >= MANY) {
      throw new CallerError(`more than ${MANY} faults in one plan`, {
        where: `${where}.every`,
        expected: 'more time between faults',
      })
    }
    const wanted = Math.max(1, Math.round((duration.sample(random) * length) / quantum)) * quantum
    const lasting = Math.min(wanted, end - at)
    for (let i = ends.length - 1; i >= 0; i--) if ((ends[i] as number) < at) ends.splice(i, 1)
    if (ends.length >= pace.atMost) continue
    ends.push(at + lasting)
    yield { at, lasting }
  }
}

/** Each of several with an even chance, but at least one. */
function someOf<T>(all: readonly T[], random: RandomStream): readonly T[] {
  if (all.length === 0) return all
  const chosen = all.filter(() => random.chance(0.5))
  const spare = random.pick(all)
  return chosen.length === 0 ? [spare] : chosen
}
