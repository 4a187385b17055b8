/**
 * Delays and losses as they stand in a plan, for editors: the simulator's own compilers (sim/kernel/distributions.ts,
 * sim/network/loss.ts) decide, and word the errors. A test holds both to the same answers.
 */
import { z } from 'zod'
import type { Delay } from '../sim/kernel/distributions.ts'
import { compile } from '../sim/kernel/distributions.ts'
import type { Loss } from '../sim/network/loss.ts'
import { compileLoss } from '../sim/network/loss.ts'
import { duration, explainedBy, number, probability } from './fields.ts'

const weight = number({ above: 0 }, 'a number above 0', 'Its share, relative to the weights of the others.')

const distribution = z.discriminatedUnion('kind', [
  z
    .strictObject({ kind: z.literal('constant'), value: duration('The delay.') })
    .describe('Always the same delay.'),
  z
    .strictObject({
      kind: z.literal('uniform'),
      min: duration('Shortest delay, included.'),
      max: duration('Longest delay, included.'),
    })
    .describe('Every delay between min and max is equally likely.'),
  z
    .strictObject({
      kind: z.literal('exponential'),
      mean: duration('Mean of the whole delay, `min` included.'),
      min: duration('Shortest delay; default 0.').optional(),
    })
    .describe('Memoryless above min.'),
  z
    .strictObject({
      kind: z.literal('normal'),
      mean: duration('Mean.'),
      deviation: duration('Standard deviation.'),
    })
    .describe('Bell-shaped; what would be negative becomes 0.'),
  z
    .strictObject({
      kind: z.literal('logNormal'),
      median: duration('Median, above 0.'),
      sigma: number({ min: 0 }, 'a finite number, 0 or more', 'Deviation of the logarithm.').optional(),
      p99: duration('99th percentile.').optional(),
    })
    .describe('The logarithm is normal: a long tail. Takes either sigma or p99.'),
  z
    .strictObject({
      kind: z.literal('pareto'),
      min: duration('Shortest delay.'),
      shape: number({ above: 0 }, 'a number above 0', 'Tail index: the smaller, the heavier the tail.'),
    })
    .describe('A power-law tail: P(delay > x) = (min / x)^shape.'),
  z
    .strictObject({
      kind: z.literal('mixture'),
      parts: z
        .array(
          z.strictObject({
            weight,
            get of(): z.ZodType<Delay> {
              return delay
            },
          }),
        )
        .min(1)
        .describe('The parts.'),
    })
    .describe('One of several delays, chosen in proportion to their weights.'),
  z
    .strictObject({
      kind: z.literal('empirical'),
      samples: z.array(duration('A measured delay.')).min(1).describe('Measured delays, in any order.'),
      interpolate: z
        .boolean()
        .optional()
        .describe('Whether anything between two neighbouring samples may be drawn; default false.'),
    })
    .describe('One of the measured delays.'),
])

/** A delay: a fixed duration or a distribution. */
export const delay: z.ZodType<Delay> = explainedBy(
  (value, where) => compile(value as Delay, where),
  z.union([duration('A fixed delay.'), distribution]).meta({
    id: 'Delay',
    description: "A delay: a duration ('40ms'), or a distribution such as { kind: exponential, mean: 5ms }.",
  }),
)

/** Loss of messages: independent or in bursts. */
export const loss: z.ZodType<Loss> = explainedBy(
  (value, where) => compileLoss(value as Loss, where),
  z
    .union([
      probability('Every message is lost with this probability.'),
      z
        .strictObject({
          kind: z.literal('independent'),
          probability: probability('Every message is lost with this probability.'),
        })
        .describe('The same chance for every message.'),
      z
        .strictObject({
          kind: z.literal('bursty'),
          toBad: probability('Chance per message of turning from the good state to the bad one.'),
          toGood: probability('Chance per message of turning back; a bad spell lasts 1 / toGood messages.'),
          lossInGood: probability('Chance of loss in the good state; default 0.').optional(),
          lossInBad: probability('Chance of loss in the bad state; default 1.').optional(),
        })
        .describe('Bursts (Gilbert-Elliott): each link is in a good or a bad state.'),
    ])
    .meta({
      id: 'Loss',
      description:
        'Probability that a message is lost (0 to 1), or { kind: bursty, toBad, toGood } for bursts.',
    }),
)
