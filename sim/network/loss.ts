/**
 * Which packets a link loses: independently, or in bursts.
 *
 * Bursts follow the model of Gilbert ("Capacity of a burst-noise channel", Bell System Technical Journal 39,
 * 1960) with Elliott's loss in both states ("Estimates of error rates for codes on burst-noise channels", BSTJ
 * 42, 1963), in the parameters p and r of Hasslinger and Hohlfeld ("The Gilbert-Elliott Model for Packet Loss in
 * Real Time Services on the Internet", MMB 2008). Their h and k are chances of arriving; here 1 - h and 1 - k,
 * chances of loss, as Linux netem's `loss gemodel` takes them.
 *
 * The chain moves once per packet, not with time: an idle link stays in its state. This is the only part of a
 * network whose outcome depends on earlier packets, so the state exists per configured link and nowhere else.
 * Left out: longer memory (Markov chains of more states), loss caused by full buffers (bandwidth models that).
 */
import { CallerError, show } from '../kernel/errors.ts'
import { unknownName } from '../kernel/nearest.ts'
import type { UniformSource } from '../kernel/samplers.ts'

/** Every packet is lost with the same probability, 0 to 1, whatever happened to others. */
export interface IndependentLoss {
  readonly kind: 'independent'
  readonly probability: number
}

/** Gilbert-Elliott: a link is in a good or a bad state and loses packets accordingly. All values from 0 to 1. */
export interface BurstyLoss {
  readonly kind: 'bursty'
  /** p: chance per packet of going from good to bad. */
  readonly toBad: number
  /** r: chance per packet of going from bad to good; a bad spell lasts 1 / toGood packets on average. */
  readonly toGood: number
  /** 1 - k: chance of loss in the good state. Default 0 (Gilbert's model). */
  readonly lossInGood?: number
  /** 1 - h: chance of loss in the bad state. Default 1. */
  readonly lossInBad?: number
}

/** What is accepted wherever loss is asked for; a bare number is an independent probability. */
export type Loss = number | IndependentLoss | BurstyLoss

/** What a link remembers between packets. A new link is in the good state. */
export interface LossState {
  bad: boolean
}

/** A compiled loss model; one serves any number of links. */
export interface LossModel {
  /**
   * Whether this packet is lost; may change `state`. Takes a fixed number of draws, whatever the values and the
   * state: 1 if independent, 2 if bursty (the first decides the packet, the second the state after it).
   */
  lost(source: UniformSource, state: LossState): boolean
  /** Whether `lost` looks at the state at all; if not, one state may be shared by all links. */
  readonly remembers: boolean
  /** Long-run share of packets lost; for a chain that never moves, that of the good state it starts in. */
  readonly meanRate: number
}

/** Independent loss. Throws CallerError unless 0 <= probability <= 1. */
export function independentLoss(probability: number): IndependentLoss {
  const loss: IndependentLoss = { kind: 'independent', probability }
  compileLoss(loss, 'independentLoss()')
  return loss
}

/**
 * Bursty loss, either by the chain itself or by what is seen of it: the long-run `rate` of loss (0 to below 1)
 * and the mean `length` (packets, at least 1) of a bad spell in which everything is lost.
 *
 * Throws CallerError for values out of range, also for a rate that the length makes impossible:
 * rate / (1 - rate) cannot exceed length.
 */
export function burstyLoss(
  shape: Omit<BurstyLoss, 'kind'> | { readonly rate: number; readonly length: number },
): BurstyLoss {
  const loss: BurstyLoss = 'rate' in shape ? fromRate(shape.rate, shape.length) : { kind: 'bursty', ...shape }
  compileLoss(loss, 'burstyLoss()')
  return loss
}

function fromRate(rate: number, length: number): BurstyLoss {
  const where = 'burstyLoss()'
  if (!(rate >= 0 && rate < 1))
    throw new CallerError(`rate ${show(rate)}`, { where, expected: '0 or more, below 1' })
  if (!(length >= 1 && length < Infinity)) {
    throw new CallerError(`length ${show(length)}`, {
      where,
      expected: 'a mean number of packets, at least 1',
    })
  }
  const toGood = 1 / length
  const toBad = (toGood * rate) / (1 - rate)
  if (toBad > 1) {
    const hint = `make length at least ${Math.ceil(rate / (1 - rate) - 1e-9)}`
    throw new CallerError(`rate ${rate} cannot come from spells of ${length} packets`, { where, hint })
  }
  return { kind: 'bursty', toBad, toGood }
}

const FIELDS: Readonly<Record<'independent' | 'bursty', readonly string[]>> = {
  independent: ['probability'],
  bursty: ['toBad', 'toGood', 'lossInGood', 'lossInBad'],
}

/**
 * Checks loss, however it was written, and makes the model for it.
 *
 * @param where where the value stands; a part of it is named `where.part`
 * @throws CallerError for an unknown kind or field, or a probability outside 0 to 1
 */
export function compileLoss(loss: Loss, where: string): LossModel {
  if (typeof loss === 'number') return new Independent(probability(loss, where))
  checkFields(loss, where)
  switch (loss.kind) {
    case 'independent':
      return new Independent(probability(loss.probability, `${where}.probability`))
    case 'bursty':
      return new GilbertElliott(
        probability(loss.toBad, `${where}.toBad`),
        probability(loss.toGood, `${where}.toGood`),
        probability(loss.lossInGood ?? 0, `${where}.lossInGood`),
        probability(loss.lossInBad ?? 1, `${where}.lossInBad`),
      )
    default:
      return loss satisfies never
  }
}

/** The state of a link on which nothing was sent yet. */
export function newLossState(): LossState {
  return { bad: false }
}

class Independent implements LossModel {
  readonly remembers = false
  readonly meanRate: number

  constructor(rate: number) {
    this.meanRate = rate
  }

  lost(source: UniformSource, _state: LossState): boolean {
    return source.next() < this.meanRate
  }
}

class GilbertElliott implements LossModel {
  readonly remembers = true
  readonly meanRate: number
  readonly #toBad: number
  readonly #toGood: number
  readonly #lossInGood: number
  readonly #lossInBad: number

  constructor(toBad: number, toGood: number, lossInGood: number, lossInBad: number) {
    this.#toBad = toBad
    this.#toGood = toGood
    this.#lossInGood = lossInGood
    this.#lossInBad = lossInBad
    const bad = toBad === 0 ? 0 : toBad / (toBad + toGood)
    this.meanRate = bad * lossInBad + (1 - bad) * lossInGood
  }

  lost(source: UniformSource, state: LossState): boolean {
    const lost = source.next() < (state.bad ? this.#lossInBad : this.#lossInGood)
    const move = source.next() < (state.bad ? this.#toGood : this.#toBad)
    if (move) state.bad = !state.bad
    return lost
  }
}

function checkFields(loss: IndependentLoss | BurstyLoss, where: string): void {
  if (typeof loss !== 'object' || loss === null || Array.isArray(loss)) {
    throw new CallerError(`${show(loss)} is not a loss`, {
      where,
      expected: "a probability or { kind: 'bursty', toBad, toGood }",
    })
  }
  const kind: unknown = loss.kind
  if (typeof kind !== 'string' || !Object.hasOwn(FIELDS, kind)) {
    throw unknownName('loss kind', typeof kind === 'string' ? kind : show(kind), Object.keys(FIELDS), where)
  }
  const known = FIELDS[loss.kind]
  for (const field of Object.keys(loss)) {
    if (field !== 'kind' && !known.includes(field))
      throw unknownName(`field of ${loss.kind} loss`, field, known, where)
  }
}

function probability(value: unknown, where: string): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value
  throw new CallerError(`${show(value)} is not a probability`, { where, expected: 'a number from 0 to 1' })
}
