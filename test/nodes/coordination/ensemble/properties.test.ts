// What must hold of the service whatever happens, over many seeds.
import { describe, expect, test } from 'vitest'

import { runObserved } from './observed.ts'
import { ROUGH, ROUGH_FOR_ALL, SLEEPER } from './rough.ts'

/** `SEEDS=300 FIRST=1000` for more and others. */
const first = Number(process.env.FIRST ?? 1)
const seedsOr = (usual: number): readonly number[] =>
  Array.from({ length: Number(process.env.SEEDS ?? usual) }, (_, i) => i + first)

describe('under random crashes, pauses, partitions and wrong clocks', () => {
  test.each(seedsOr(12))('the guarantees hold: seed %i', async (seed) => {
    const { observer, linearizable } = await runObserved({
      seed,
      faults: ROUGH,
      plan: SLEEPER,
      ensemble: {
        participants: seed % 4 === 0 ? 5 : 3,
        observers: seed % 3 === 0 ? 1 : 0,
        snapCount: 50,
        commitLogCount: 30,
      },
    })
    expect(observer.violations).toEqual([])
    expect(linearizable).toBe('held')
    expect(observer.acknowledged.length).toBeGreaterThan(20)
    expect(observer.counts.watches).toBeGreaterThan(3)
  })
})

describe('under faults of servers, clients and everything between them', () => {
  test.each(seedsOr(10))('the guarantees hold with 2 to 5 servers: seed %i', async (seed) => {
    const { observer, linearizable } = await runObserved({
      seed,
      faults: ROUGH_FOR_ALL,
      plan: SLEEPER,
      clients: 2 + (seed % 3),
      ensemble: {
        participants: 2 + (seed % 4),
        observers: seed % 3 === 0 ? 1 : 0,
        snapCount: 20,
        commitLogCount: 10 + (seed % 20),
      },
    })
    expect(observer.violations).toEqual([])
    expect(linearizable).toBe('held')
    expect(observer.counts.reads).toBeGreaterThan(20)
  })
})
