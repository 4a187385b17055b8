import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Server, Strategy } from '../../../nodes/balancing/index.ts'
import {
  choose,
  drawWork,
  imbalance,
  learn,
  newServer,
  secondMoment,
  workloads,
} from '../../../nodes/balancing/index.ts'
import { RandomStreams } from '../../../sim/kernel/random.ts'

const random = new RandomStreams(1).stream('test')

function servers(...differences: readonly Partial<Server>[]): Server[] {
  return differences.map((difference) => ({ ...newServer(), ...difference }))
}

function picks(strategy: Strategy, pool: readonly Server[], count: number, source = 1): number[] {
  return Array.from({ length: count }, () => pool.indexOf(choose(strategy, pool, source, random)))
}

describe('strategies', () => {
  it('round robin goes round', () => {
    expect(picks('round-robin', servers({}, {}, {}), 7)).toEqual([0, 1, 2, 0, 1, 2, 0])
  })

  it('round robin goes on with whoever is left', () => {
    const pool = servers({}, {}, {})
    picks('round-robin', pool, 4)
    const left = [pool[0]!, pool[2]!]
    const counts = [0, 0]
    for (const index of picks('round-robin', left, 100)) counts[index]!++
    expect(Math.abs(counts[0]! - counts[1]!)).toBeLessThanOrEqual(2)
  })

  it('agents weigh turns, and the turns of a heavy server are spread out as NGINX does it', () => {
    // Weights 5, 1, 1: the sequence of NGINX's commit message on smooth weighted round robin.
    expect(picks('agent', servers({ percent: 50 }, { percent: 10 }, { percent: 10 }), 7)).toEqual([
      0, 0, 1, 0, 2, 0, 0,
    ])
  })

  it('weighted turns come out in exact proportion over a cycle', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 6 }), (weights) => {
        const pool = servers(...weights.map((percent) => ({ percent })))
        const counts = weights.map(() => 0)
        for (const index of picks(
          'agent',
          pool,
          weights.reduce((sum, weight) => sum + weight, 0),
        ))
          counts[index]!++
        expect(counts).toEqual(weights)
      }),
      { seed: 5, numRuns: 300 },
    )
  })

  it('source hash keeps a client on its server, whatever the load', () => {
    const pool = servers({}, { connections: 50 }, {}, {})
    for (const source of [0, 1, 0x7f000001, 0xffffffff])
      expect(new Set(picks('source', pool, 5, source)).size).toBe(1)
  })

  it('source hash spreads neighbouring addresses evenly', () => {
    const counts = [0, 0, 0, 0]
    for (let source = 0; source < 4000; source++)
      counts[picks('source', servers({}, {}, {}, {}), 1, source)[0]!]!++
    // Standard deviation of each count: sqrt(4000 * 3/16), about 27.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(4 * 27.4)
  })

  it('least connections takes the emptiest, and turns among equals', () => {
    expect(
      picks('least-connections', servers({ connections: 2 }, { connections: 1 }, { connections: 3 }), 3),
    ).toEqual([1, 1, 1])
    expect(picks('least-connections', servers({ connections: 1 }, {}, {}), 4)).toEqual([1, 2, 1, 2])
  })

  it('response time weighs a queue with how fast it moves', () => {
    const pool = servers({ responseTime: 10, connections: 2 }, { responseTime: 40, connections: 0 })
    expect(picks('response-time', pool, 1)).toEqual([0])
    pool[0]!.connections = 4
    expect(picks('response-time', pool, 1)).toEqual([1])
  })

  it('response time takes a server it knows nothing of for one like the others', () => {
    const pool = servers({ responseTime: 10, connections: 2 }, { responseTime: 30, connections: 1 }, {})
    // 30, 60, and 20 for a server of unknown speed; then 40 with one request more.
    expect(picks('response-time', pool, 1)).toEqual([2])
    pool[2]!.connections = 1
    expect(picks('response-time', pool, 1)).toEqual([0])
  })

  it('two choices never takes the fullest of more than two', () => {
    expect(picks('two-choices', servers({ connections: 9 }, {}, {}), 200)).not.toContain(0)
    expect(picks('two-choices', servers({ connections: 9 }), 2)).toEqual([0, 0])
  })

  it('learns response times exponentially', () => {
    const server = newServer()
    learn(server, 100)
    expect(server.responseTime).toBe(100)
    learn(server, 200)
    expect(server.responseTime).toBeCloseTo(110)
  })
})

describe('drawWork', () => {
  it.each(workloads)('%s has the mean and the second moment that it says', (work) => {
    const draws = Array.from({ length: 200_000 }, () => drawWork(work, 1, random))
    const moment = (power: number): { mean: number; error: number } => {
      const values = draws.map((draw) => (power === 1 ? draw : draw * draw))
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length
      const variance = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / values.length
      return { mean, error: Math.sqrt(variance / values.length) }
    }
    const first = moment(1)
    expect(Math.abs(first.mean - 1)).toBeLessThanOrEqual(4 * first.error + 1e-9)
    const second = moment(2)
    expect(Math.abs(second.mean - secondMoment(work))).toBeLessThanOrEqual(5 * second.error + 1e-9)
  })
})

describe('imbalance', () => {
  it('is the largest over the mean', () => {
    expect(imbalance([1, 1, 2])).toBe(1.5)
    expect(imbalance([0, 0, 9])).toBe(3)
    expect(imbalance([0, 0])).toBe(1)
  })
})
