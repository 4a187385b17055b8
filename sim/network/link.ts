/**
 * What a link does to messages: its description as data, and the compiled policy that the network applies.
 * The parameters follow Linux netem (tc-netem(8)) where it has them: delay, loss, duplication, reordering, corruption,
 * rate and a queue limit.
 */
import { CallerError, show } from '../kernel/errors.ts'
import { unknownName } from '../kernel/nearest.ts'
import type { Delay, Sampler } from '../kernel/distributions.ts'
import { compile, constant } from '../kernel/distributions.ts'
import type { Loss, LossModel } from './loss.ts'
import { compileLoss } from './loss.ts'

/** A description of links. What is left out is inherited: from the network's default, or from what a fault degrades. */
export interface LinkOptions {
  /** One-way delay; a duration means constant. Default 1ms. */
  readonly delay?: Delay
  /** Probability that a message is lost, or a bursty model. Default 0. */
  readonly loss?: Loss
  /** Probability that a second copy arrives, with a delay of its own. Default 0. */
  readonly duplication?: number
  /** Probability that a message is held back by an extra delay, so that later ones overtake it. Default 0. */
  readonly reordering?: number | { readonly probability: number; readonly by: Delay }
  /**
   * Probability that bits are flipped on the way. A datagram's checksum (RFC 768) catches it and the datagram is dropped,
   * except for the share `undetected` (default 0), which is delivered with a mangled content.
   */
  readonly corruption?: number | { readonly probability: number; readonly undetected: number }
  /** Bits per second, or null for unlimited (the default). */
  readonly bandwidth?: number | null
  /** Bytes that may wait for a link with a bandwidth; what comes on top is dropped. Default 256 KiB. */
  readonly queue?: number
  /** Whether messages of one link never overtake each other. Default false. */
  readonly ordered?: boolean
}

/** A link's policy as the network applies it. */
export interface LinkPolicy {
  readonly delay: Sampler
  /** Probability of independent loss; 0 when the model below decides. */
  readonly lossRate: number
  /** A model that remembers (bursts); null for none. */
  readonly loss: LossModel | null
  readonly duplication: number
  readonly reordering: number
  readonly reorderBy: Sampler
  readonly corruption: number
  readonly undetected: number
  /** Microseconds per byte; 0 for unlimited. */
  readonly microsPerByte: number
  readonly queueMicros: number
  readonly ordered: boolean
  /** Whether the link needs state of its own. */
  readonly stateful: boolean
}

const KNOWN = ['delay', 'loss', 'duplication', 'reordering', 'corruption', 'bandwidth', 'queue', 'ordered']
const QUEUE_BYTES = 256 * 1024

function probability(value: number, where: string): number {
  if (!(value >= 0 && value <= 1))
    throw new CallerError(show(value), { where, expected: 'a probability from 0 to 1' })
  return value
}

/** Compiles link options; throws a CallerError that names the option at fault. */
export function compileLink(options: LinkOptions, where: string): LinkPolicy {
  for (const key of Object.keys(options)) {
    if (!KNOWN.includes(key)) throw unknownName('link option', key, KNOWN, where)
  }
  const { reordering = 0, corruption = 0, bandwidth = null, queue = QUEUE_BYTES } = options
  const reorder =
    typeof reordering === 'number' ? { probability: reordering, by: constant('10ms') } : reordering
  const corrupt = typeof corruption === 'number' ? { probability: corruption, undetected: 0 } : corruption
  if (bandwidth !== null && !(bandwidth > 0 && Number.isFinite(bandwidth))) {
    throw new CallerError(show(bandwidth), {
      where: `${where}.bandwidth`,
      expected: 'bits per second above 0, or null',
    })
  }
  if (!(queue >= 0))
    throw new CallerError(show(queue), { where: `${where}.queue`, expected: 'bytes, 0 or more' })
  const loss = options.loss === undefined ? null : compileLoss(options.loss, `${where}.loss`)
  const microsPerByte = bandwidth === null ? 0 : 8e6 / bandwidth
  const ordered = options.ordered ?? false
  return {
    delay: compile(options.delay ?? '1ms', `${where}.delay`),
    // Independent loss is one comparison, done without asking the model: it is on the path of every message.
    lossRate: loss === null || loss.remembers ? 0 : loss.meanRate,
    loss: loss?.remembers === true ? loss : null,
    duplication: probability(options.duplication ?? 0, `${where}.duplication`),
    reordering: probability(reorder.probability, `${where}.reordering`),
    reorderBy: compile(reorder.by, `${where}.reordering.by`),
    corruption: probability(corrupt.probability, `${where}.corruption`),
    undetected: probability(corrupt.undetected, `${where}.corruption.undetected`),
    microsPerByte,
    queueMicros: queue * microsPerByte,
    ordered,
    stateful: ordered || microsPerByte > 0 || loss?.remembers === true,
  }
}
