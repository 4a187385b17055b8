/**
 * Random degradations of links, and messages held back on several links at once: the links clog one by one and open
 * again in another order, so that what was sent first may arrive last.
 *
 * How bad it gets is drawn so that every order of magnitude is equally likely: a system that stands 50 % loss may well
 * fail at 1 %, where most things still work.
 */
import type { RandomStream } from '../../sim/kernel/random.ts'
import { micros } from '../../sim/kernel/time.ts'
import type { Duration } from '../../sim/kernel/time.ts'
import { number, probability } from '../fields.ts'
import type { FaultSpec } from '../vocabulary.ts'
import { durations, numbers } from './fields.ts'
import type { Scene } from './scene.ts'
import { ofAnyKind, roundedWithin, selectors, written, zonesOf } from './scene.ts'
import { source } from './source.ts'

type Degrade = Extract<FaultSpec, { readonly kind: 'degrade' }>
type Change = Pick<Degrade, 'delay' | 'loss' | 'duplication' | 'reordering' | 'corruption' | 'bandwidth'>

const RANGES = {
  loss: [0.005, 0.5],
  duplication: [0.005, 0.3],
  corruption: [0.005, 0.2],
  reordering: [0.02, 0.5],
  delay: ['2ms', '500ms'],
  bandwidth: [50_000, 10_000_000],
} as const satisfies Readonly<Record<string, readonly [number, number] | readonly [Duration, Duration]>>

const CHANGES = ['loss', 'duplication', 'corruption', 'reordering', 'delay', 'bandwidth'] as const

/** `degrade`: links get worse. */
export const degradeSource = source(
  {
    name: 'degrade',
    usual: true,
    about: 'Links lose, delay, duplicate, reorder, corrupt or throttle messages.',
    pace: { count: 3, longest: 1 / 4, atMost: 3 },
    fields: {
      loss: numbers(0, 1, 'Probabilities that a message is lost. Default [0.005, 0.5].'),
      duplication: numbers(0, 1, 'Probabilities of a second copy. Default [0.005, 0.3].'),
      corruption: numbers(
        0,
        1,
        'Probabilities that bits flip, which the checksum notices. Default [0.005, 0.2].',
      ),
      reordering: numbers(0, 1, 'Probabilities that later messages overtake one. Default [0.02, 0.5].'),
      delay: durations("Mean delays. Default ['2ms', '500ms']."),
      bandwidth: numbers(1, 1e12, 'Bits per second. Default [50000, 10000000].'),
      oneWay: probability('Share of degradations in one direction only. Default 0.3.'),
    },
    possible: ({ nodes }) => nodes.length > 1 || 'there is only one node',
  },
  ({ options, scene, spells, random, variants }) => {
    const named = CHANGES.filter((name) => options[name] !== undefined)
    const usable = variants(named.length > 0 ? named : CHANGES)
    const { oneWay = 0.3 } = options
    return [...spells].map(({ at, lasting }): FaultSpec => {
      const chosen = usable.filter(() => random.chance(0.4))
      const spare = random.pick(usable)
      const change: Change = Object.assign(
        {},
        ...(chosen.length === 0 ? [spare] : chosen).map((name) =>
          name === 'delay'
            ? { delay: slowDelay(options.delay ?? RANGES.delay, random) }
            : changed(name, options[name] ?? RANGES[name], random),
        ),
      ) as Change
      return {
        at: written(at),
        kind: 'degrade',
        ...links(scene, oneWay, random),
        ...change,
        for: written(lasting),
      }
    })
  },
)

function changed(
  name: Exclude<(typeof CHANGES)[number], 'delay'>,
  range: readonly [number, number],
  random: RandomStream,
): Change {
  const drawn = roundedWithin(range, random)
  if (name === 'loss' && random.chance(0.3)) {
    // Bad spells of some ten messages, so often that as many are lost in all.
    const toGood = 0.1
    const share = Math.min(drawn, 0.9)
    return {
      loss: { kind: 'bursty', toBad: Number(((share * toGood) / (1 - share)).toPrecision(2)), toGood },
    }
  }
  return { [name]: drawn }
}

function slowDelay(range: readonly [Duration, Duration], random: RandomStream): Change['delay'] {
  const ends = [micros(range[0], 'delay'), micros(range[1], 'delay')] as const
  const mean = written(Math.max(1, Math.round(roundedWithin(ends, random))))
  return random.chance(0.5) ? mean : { kind: 'exponential', mean }
}

/** Which links: all, those of one node, those between two, or those of a zone. */
function links(scene: Scene, oneWay: number, random: RandomStream): Pick<Degrade, 'from' | 'to' | 'oneWay'> {
  const { nodes, targets } = scene
  const where = random.int(4)
  const directed = random.chance(oneWay)
  const one = random.pick(targets)
  const others = nodes.filter((node) => node !== one)
  const other = ofAnyKind(others, random)
  const zones = zonesOf(nodes)
  const zone = random.int(Math.max(1, zones.length))
  const sides =
    where === 0 && zones.length > 1
      ? { from: `zone:${zones[zone] as string}` }
      : where <= 1
        ? {}
        : { from: name(one, scene), ...(where === 2 ? {} : { to: name(other, scene) }) }
  return { ...sides, ...(directed && 'from' in sides ? { oneWay: true } : {}) }
}

const MOST_LINKS = 6

/** `hold`: links clog, one after the other. */
export const holdSource = source(
  {
    name: 'hold',
    usual: true,
    about:
      'Several links clog one by one, and are released in another order: what they hold arrives late, and out of order.',
    pace: { count: 2, longest: 1 / 6, atMost: 1 },
    fields: {
      links: number(
        { min: 1 },
        'a whole number, 1 or more',
        'The most links, in one direction each. Default 6.',
      ).int('a whole number, 1 or more'),
    },
    possible: ({ nodes }) => nodes.length > 1 || 'there is only one node',
  },
  ({ options, scene, spells, random }) => {
    const { nodes, targets, quantum } = scene
    const most = Math.min(options.links ?? MOST_LINKS, targets.length * (nodes.length - 1))
    const faults: FaultSpec[] = []
    for (const { at, lasting } of spells) {
      const count = random.between(Math.min(2, most), most)
      const pairs = distinctPairs(scene, count, random)
      // All are clogged in the middle half: beginnings in the first quarter, releases in the last one.
      const step = Math.max(quantum, Math.floor(lasting / 4 / count / quantum) * quantum)
      const order = random.shuffle(pairs.map((_pair, index) => index))
      pairs.forEach(([from, to], index) => {
        const begin = at + index * step
        const end = Math.max(begin + quantum, at + lasting - (order[index] as number) * step)
        if (end > scene.end) return
        faults.push({ at: written(begin), kind: 'hold', from, to, oneWay: true, for: written(end - begin) })
      })
    }
    return faults
  },
)

/** Directed links between different nodes, one end of each a target; each at most once. */
function distinctPairs(
  scene: Scene,
  count: number,
  random: RandomStream,
): readonly (readonly [string, string])[] {
  const { nodes, targets } = scene
  const seen = new Map<string, readonly [string, string]>()
  while (seen.size < count) {
    const one = random.pick(targets)
    const others = nodes.filter((node) => node !== one)
    const other = ofAnyKind(others, random)
    const pair = random.chance(0.5) ? ([one, other] as const) : ([other, one] as const)
    const [from, to] = pair.map((node) => name(node, scene)) as [string, string]
    seen.set(`${from} ${to}`, [from, to])
  }
  return [...seen.values()]
}

function name(node: Scene['nodes'][number], { nodes }: Scene): string {
  return selectors([node], nodes)[0] as string
}
