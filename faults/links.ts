/**
 * Links that get worse without being cut (`degrade`), and messages that are kept back to arrive late (hold/release).
 *
 * A degradation replaces parts of what the links did before, as `tc qdisc change ... netem` would. Of overlapping ones
 * the later wins, part by part; when one ends, what it covered shows again.
 */
import { z } from 'zod'
import type { Delay } from '../sim/kernel/distributions.ts'
import { compile } from '../sim/kernel/distributions.ts'
import { CallerError, show } from '../sim/kernel/errors.ts'
import { unknownName } from '../sim/kernel/nearest.ts'
import type { LinkOptions } from '../sim/network/link.ts'
import { compileLink } from '../sim/network/link.ts'
import { delay, loss } from './delay.ts'
import { duration, explainedBy, flag, number, probability, targets } from './fields.ts'
import { faultKind, named, perRun } from './kind.ts'
import { linked, union } from './partitions.ts'

const CHANCE = 'a probability from 0 to 1'

/** A probability, or an object with it and one more field. */
function chanceWith<K extends string, T>(
  field: K,
  schema: z.ZodType<T>,
  check: (value: T, where: string) => unknown,
  description: string,
): z.ZodType<number | ({ readonly probability: number } & Readonly<Record<K, T>>)> {
  const fields = ['probability', field]
  const parser = (value: unknown, where: string): void => {
    if (typeof value !== 'object' || value === null) {
      checkChance(value, where)
      return
    }
    for (const name of Object.keys(value)) {
      if (!fields.includes(name)) throw unknownName('field', name, fields, where)
    }
    const parts = value as Readonly<Record<string, unknown>>
    for (const name of fields) {
      if (parts[name] === undefined) {
        throw new CallerError(`${name} is missing`, { where, expected: `{ ${fields.join(', ')} }` })
      }
    }
    checkChance(parts.probability, `${where}.probability`)
    check(parts[field] as T, `${where}.${field}`)
  }
  const object = z.strictObject({
    probability: probability('How likely it is, from 0 to 1.'),
    [field]: schema,
  })
  return explainedBy(parser, z.union([probability(description), object]).describe(description))
}

function checkChance(value: unknown, where: string): void {
  if (!(typeof value === 'number' && value >= 0 && value <= 1)) {
    throw new CallerError(show(value), { where, expected: CHANCE })
  }
}

const changes = {
  delay: delay.optional().describe('One-way delay of messages, instead of the usual one.'),
  loss: loss.optional().describe('Probability that a message is lost, from 0 to 1; or a model of bursts.'),
  duplication: probability('Probability that a second copy arrives, with a delay of its own.').optional(),
  reordering: chanceWith(
    'by',
    delay,
    (value: Delay, where) => compile(value, where),
    'Probability that a message is held back so that later ones overtake it; with `by` how long (default 10ms).',
  ).optional(),
  corruption: chanceWith(
    'undetected',
    probability('Share of corrupted messages that the checksum does not catch, from 0 to 1.'),
    checkChance,
    'Probability that bits flip on the way. The checksum catches it and the message is dropped, apart from the share ' +
      '`undetected` (default 0), which arrives with changed content.',
  ).optional(),
  bandwidth: number({ above: 0 }, 'bits per second, above 0', 'Bits per second of each link.').optional(),
  queue: number(
    { min: 0 },
    'bytes, 0 or more',
    'Bytes that may wait for a link with a bandwidth; what comes on top is dropped. Default 256 KiB.',
  ).optional(),
}

const FIELDS = Object.keys(changes)

const ends = {
  from: targets("Nodes at one end of the links. Default 'all'.").optional().meta({ default: 'all' }),
  to: targets("Nodes at the other end. Default 'all'.").optional().meta({ default: 'all' }),
  oneWay: flag('Only messages from `from` to `to`. Default false: both directions.')
    .optional()
    .meta({ default: false }),
}

/** `degrade`: links lose, delay, double, reorder, corrupt or throttle. */
export const degradeKind = faultKind(
  {
    kind: 'degrade',
    about:
      'Degrades links without cutting them: slow, lossy, reordering or narrow. States what the links do instead; what ' +
      'is left out stays as it was.',
    fields: { ...ends, ...changes, for: duration('How long. Left out: for the rest of the run.').optional() },
    example: { at: '1s', from: 'zone:eu', to: 'zone:us', delay: '250ms', loss: 0.1, for: '10s' },
  },
  (fault, place) => {
    const { at: _at, kind: _kind, for: _for, from = 'all', to = 'all', oneWay = false, ...given } = fault
    const options: LinkOptions = given
    if (Object.keys(options).length === 0) {
      throw new CallerError('nothing is degraded', {
        where: place.where,
        expected: `at least one of ${FIELDS.join(', ')}`,
      })
    }
    compileLink(options, place.where)
    const sources = place.targets('from', from)
    const destinations = place.targets('to', to)
    return (control) => {
      const a = control.select(sources)
      const b = control.select(destinations)
      if (!linked(a, b)) return { touched: [] }
      const degradation = control.degrade(a, b, options, !oneWay)
      const touched = named(control, union(a, b))
      return {
        touched,
        end: () => {
          control.restore(degradation)
          return touched
        },
      }
    }
  },
)

const activeHolds = perRun(() => new Map<() => void, readonly string[]>())

/** `hold`: messages are kept back. */
export const holdKind = faultKind(
  {
    kind: 'hold',
    about:
      'Holds messages back: what is sent on these links waits until the hold is over (or a release), and sets out then, ' +
      'in the order in which it was sent. What is under way already arrives.',
    fields: { ...ends, for: duration('How long. Left out: until a release.').optional() },
    example: { at: '2s', from: 'replica[0]', to: 'replica[1]', oneWay: true, for: '3s' },
  },
  ({ from = 'all', to = 'all', oneWay = false }, place) => {
    const sources = place.targets('from', from)
    const destinations = place.targets('to', to)
    return (control) => {
      const a = control.select(sources)
      const b = control.select(destinations)
      if (!linked(a, b)) return { touched: [] }
      const holds = activeHolds(control)
      const release = control.hold(a, b, !oneWay)
      const touched = named(control, union(a, b))
      holds.set(release, touched)
      return {
        touched,
        end: () => {
          if (!holds.delete(release)) return []
          release()
          return touched
        },
      }
    }
  },
)

/** `release`: nothing is held any more. */
export const releaseKind = faultKind(
  {
    kind: 'release',
    about: 'Releases everything that any hold keeps back.',
    fields: {},
    example: { at: '5s' },
  },
  () => (control) => {
    const holds = activeHolds(control)
    const touched = [...new Set([...holds.values()].flat())]
    for (const release of holds.keys()) release()
    holds.clear()
    return { touched }
  },
)
