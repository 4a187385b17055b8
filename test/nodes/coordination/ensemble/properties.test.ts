// What must hold of the service whatever happens, over many seeds.
import { describe, expect, test } from 'vitest'

import { runObserved } from './observed.ts'
import { ROUGH, SLEEPER } from './rough.ts'

describe('under random crashes, pauses, partitions and wrong clocks', () => {
  const seeds = Number(process.env.SEEDS ?? 12)
  test.each(Array.from({ length: seeds }, (_, i) => i + 1))('the guarantees hold: seed %i', async (seed) => {
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
