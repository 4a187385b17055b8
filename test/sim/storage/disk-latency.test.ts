import fc from 'fast-check'
import seedrandom from 'seedrandom'
import { describe, expect, it } from 'vitest'
import { exponential } from '../../../sim/kernel/distributions.ts'
import { DELAY_MAX } from '../../../sim/kernel/samplers.ts'
import { DiskTimes } from '../../../sim/storage/disk-latency.ts'
import type { DiskLatency } from '../../../sim/storage/disk-latency.ts'

const noDraws = {
  next(): number {
    throw new Error('constants draw nothing')
  },
}

describe('disk latency', () => {
  it('is nothing by default', () => {
    const times = new DiskTimes({}, 'disk')
    expect(times.instant).toBe(true)
    expect(times.latency('sync', 1e9, 100, noDraws)).toBe(0)
  })

  it('is that of the operation, plus a price for each kilobyte, times the slowness', () => {
    const times = new DiskTimes({ append: '10us', sync: '2ms', read: '100us', perKb: '8us' }, 'disk')
    expect(times.instant).toBe(false)
    expect(times.latency('append', 0, 1, noDraws)).toBe(10)
    expect(times.latency('append', 1_024, 1, noDraws)).toBe(18)
    expect(times.latency('read', 512, 1, noDraws)).toBe(104)
    expect(times.latency('sync', 0, 1, noDraws)).toBe(2_000)
    expect(times.latency('sync', 0, 2.5, noDraws)).toBe(5_000)
    expect(times.latency('sync', 1e12, 1e12, noDraws)).toBe(DELAY_MAX)
  })

  it('grows with size and slowness for the same draws', () => {
    const times = new DiskTimes({ read: exponential('1ms'), perKb: exponential('10us') }, 'disk')
    const size = fc.nat({ max: 1_000_000 })
    const slow = fc.double({ min: 0.1, max: 100, noNaN: true })
    fc.assert(
      fc.property(size, size, slow, slow, fc.nat(), (a, b, s, t, seed) => {
        const latency = (bytes: number, slowness: number): number =>
          times.latency('read', bytes, slowness, { next: seedrandom(String(seed)) })
        const small = latency(Math.min(a, b), Math.min(s, t))
        return Number.isSafeInteger(small) && small >= 0 && small <= latency(Math.max(a, b), Math.max(s, t))
      }),
      { seed: 8 },
    )
  })

  it('refuses unknown parts and unusable delays', () => {
    expect(() => new DiskTimes({ snyc: 1 } as DiskLatency, 'disk.latency')).toThrow(
      "disk.latency: unknown part of a disk latency 'snyc'; expected one of append, sync, read, perKb; did you mean 'sync'?",
    )
    expect(() => new DiskTimes({ sync: -1 }, 'disk.latency')).toThrow(
      'disk.latency.sync: duration -1 is negative',
    )
    expect(() => new DiskTimes('fast' as DiskLatency, 'disk.latency')).toThrow("'fast' is not a disk latency")
  })
})
