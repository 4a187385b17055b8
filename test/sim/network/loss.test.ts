import fc from 'fast-check'
import seedrandom from 'seedrandom'
import { describe, expect, it } from 'vitest'
import { CallerError } from '../../../sim/kernel/errors.ts'
import { burstyLoss, compileLoss, independentLoss, newLossState } from '../../../sim/network/loss.ts'
import type { Loss, LossModel } from '../../../sim/network/loss.ts'

const PACKETS = 200_000

function run(model: LossModel, seed: string, packets = PACKETS): boolean[] {
  const source = { next: seedrandom(seed) }
  const state = newLossState()
  return Array.from({ length: packets }, () => model.lost(source, state))
}

const share = (outcomes: readonly boolean[]): number => outcomes.filter(Boolean).length / outcomes.length

/** Lengths of the runs of consecutive losses. */
function spells(outcomes: readonly boolean[]): number[] {
  const lengths: number[] = []
  let length = 0
  for (const lost of outcomes) {
    if (lost) length++
    else if (length > 0) {
      lengths.push(length)
      length = 0
    }
  }
  return lengths
}

describe('independent loss', () => {
  it.each([0, 0.01, 0.5, 1])('loses a share of %d of the packets', (p) => {
    const model = compileLoss(p, 'test')
    const tolerance = 4 * Math.sqrt((p * (1 - p)) / PACKETS)
    expect(Math.abs(share(run(model, `independent ${p}`)) - p)).toBeLessThanOrEqual(tolerance)
    expect(model.meanRate).toBe(p)
  })

  it('needs no state: the outcome depends on the draw alone', () => {
    const model = compileLoss(independentLoss(0.3), 'test')
    expect(model.remembers).toBe(false)
    for (const draw of [0, 0.2999, 0.3, 0.9]) {
      const source = { next: () => draw }
      expect(model.lost(source, { bad: true })).toBe(draw < 0.3)
      expect(model.lost(source, { bad: false })).toBe(draw < 0.3)
    }
  })
})

describe('bursty loss (Gilbert-Elliott)', () => {
  it.each([
    { toBad: 0.01, toGood: 0.2, lossInGood: 0, lossInBad: 1 },
    { toBad: 0.05, toGood: 0.25, lossInGood: 0.01, lossInBad: 0.6 },
    { toBad: 0.9, toGood: 0.8, lossInGood: 0.1, lossInBad: 0.9 },
  ])('loses the stationary share of packets: %j', (shape) => {
    const { toBad: p, toGood: r, lossInGood, lossInBad } = shape
    const model = compileLoss(burstyLoss(shape), 'test')
    const bad = p / (p + r)
    const mean = bad * lossInBad + (1 - bad) * lossInGood
    expect(model.meanRate).toBeCloseTo(mean, 12)
    // Variance of the average of a correlated sequence: Cov(X_0, X_k) = (difference of losses)^2 b(1-b) lambda^k.
    const lambda = 1 - p - r
    const covariances = (((lossInBad - lossInGood) ** 2 * bad * (1 - bad) * lambda) / (1 - lambda)) * 2
    const error = Math.sqrt((mean * (1 - mean) + covariances) / PACKETS)
    expect(Math.abs(share(run(model, JSON.stringify(shape))) - mean)).toBeLessThan(4 * error)
  })

  it('loses in spells of 1 / toGood packets on average, far longer than independent loss of the same rate', () => {
    const outcomes = run(compileLoss(burstyLoss({ rate: 0.02, length: 8 }), 'test'), 'spells')
    const lengths = spells(outcomes)
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length
    // Geometric lengths with mean m have the deviation sqrt(m^2 - m).
    expect(Math.abs(mean - 8)).toBeLessThan((4 * Math.sqrt(64 - 8)) / Math.sqrt(lengths.length))
    expect(Math.abs(share(outcomes) - 0.02)).toBeLessThan(0.005)
    const independent = spells(run(compileLoss(0.02, 'test'), 'spells'))
    expect(Math.max(...independent)).toBeLessThan(mean)
  })

  it('starts good, stays where it is while idle, and belongs to one link only', () => {
    const model = compileLoss(burstyLoss({ toBad: 1, toGood: 0 }), 'test')
    const source = { next: () => 0.5 }
    const first = newLossState()
    const second = newLossState()
    expect([model.lost(source, first), model.lost(source, first), model.lost(source, first)]).toEqual([
      false,
      true,
      true,
    ])
    expect(second.bad).toBe(false)
    expect(model.lost(source, second)).toBe(false)
  })

  it('takes two draws per packet in either state', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.double({ min: 0, max: 0.999, noNaN: true }), (bad, draw) => {
        let taken = 0
        const source = { next: () => (taken++, draw) }
        compileLoss({ kind: 'bursty', toBad: 0.3, toGood: 0.3 }, 'test').lost(source, { bad })
        return taken === 2
      }),
      { seed: 4 },
    )
  })

  it('built from rate and length has that rate', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 0.5, noNaN: true }),
        fc.double({ min: 1, max: 100, noNaN: true }),
        (rate, length) => {
          return Math.abs(compileLoss(burstyLoss({ rate, length }), 'test').meanRate - rate) < 1e-9
        },
      ),
      { seed: 5 },
    )
  })

  it('of a chain that never moves has the rate of the good state', () => {
    expect(compileLoss(burstyLoss({ toBad: 0, toGood: 0, lossInGood: 0.1 }), 'test').meanRate).toBe(0.1)
  })
})

describe('mistaken loss', () => {
  it.each<[unknown, string]>([
    [1.5, 'link.loss: 1.5 is not a probability; expected a number from 0 to 1'],
    [NaN, 'link.loss: NaN is not a probability'],
    ['1%', "link.loss: '1%' is not a loss"],
    [null, 'link.loss: null is not a loss'],
    [{ kind: 'independent', probability: -1 }, 'link.loss.probability: -1 is not a probability'],
    [{ kind: 'bursti', toBad: 0.1, toGood: 0.1 }, "did you mean 'bursty'?"],
    [{ kind: 'bursty', toBad: 0.1 }, 'link.loss.toGood: undefined is not a probability'],
    [{ kind: 'bursty', toBad: 0.1, toGodo: 0.1 }, "unknown field of bursty loss 'toGodo'"],
  ])('%j is refused, naming place and value', (written, message) => {
    const call = (): unknown => compileLoss(written as Loss, 'link.loss')
    expect(call).toThrow(CallerError)
    expect(call).toThrow(message)
  })

  it('a rate that spells of such length cannot reach is refused with the length that would do', () => {
    expect(() => burstyLoss({ rate: 0.9, length: 2 })).toThrow('make length at least 9')
    expect(() => burstyLoss({ rate: 1, length: 2 })).toThrow('rate 1; expected 0 or more, below 1')
    expect(() => burstyLoss({ rate: 0.1, length: 0.5 })).toThrow('length 0.5')
    expect(() => independentLoss(2)).toThrow('independentLoss().probability: 2 is not a probability')
  })
})
