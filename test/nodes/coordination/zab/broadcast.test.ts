import { describe, expect, test } from 'vitest'

import { runZab } from './cluster.ts'

describe('an ensemble without faults', () => {
  test.each([
    { servers: 1, observers: 0 },
    { servers: 3, observers: 0 },
    { servers: 5, observers: 2 },
  ])('of $servers servers and $observers observers commits everything, the same everywhere', async (size) => {
    const { monitor, lists } = await runZab({ ...size, until: 5000 })
    expect(monitor.violations).toEqual([])
    expect(monitor.leaders.length).toBe(1)
    expect(monitor.acknowledged.length).toBeGreaterThan(50)
    for (const list of lists.values()) expect(list.length).toBeGreaterThan(monitor.acknowledged.length - 5)
  })
})
