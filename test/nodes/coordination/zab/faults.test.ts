import { describe, expect, test } from 'vitest'

import type { Monitor, ZabSetup } from './cluster.ts'
import { runZab } from './cluster.ts'

/** Everything that may go wrong while a majority can live, with small limits so that snapshots and gaps happen. */
const ROUGH: ZabSetup = {
  servers: 3,
  until: 30_000,
  config: { tick: 200, snapCount: 40, commitLogCount: 30, maxNotificationInterval: 2000 },
  faults: {
    nodes: 'server',
    quiet: '12s',
    faults: {
      crash: { every: '3s', for: '1500ms', torn: 0.5 },
      pause: { every: '5s', for: '1s' },
      partition: { every: '5s', for: '2s' },
      'clock-step': true,
      'clock-drift': true,
      degrade: true,
    },
  },
}

/** Whether the ensemble works at the end: the last seconds saw acknowledged writes. */
function recovered(
  { acknowledged, committed }: Monitor,
  lists: ReadonlyMap<string, readonly string[]>,
): boolean {
  const last = new Set(committed.slice(-40).map(({ txn }) => txn))
  return (
    acknowledged.slice(-10).some((txn) => last.has(txn)) &&
    [...lists.values()].every((list) => list.length > committed.length - 10)
  )
}

describe('under random crashes, pauses, partitions and wrong clocks', () => {
  const seeds = Number(process.env.SEEDS ?? 12)
  test.each(Array.from({ length: seeds }, (_, i) => i + 1))(
    'nothing acknowledged is lost, all agree, one leads an epoch, and it goes on afterwards: seed %i',
    async (seed) => {
      const { monitor, lists } = await runZab({
        ...ROUGH,
        servers: seed % 3 === 0 ? 5 : 3,
        observers: seed % 4 === 0 ? 1 : 0,
        run: { seed },
      })
      expect(monitor.violations).toEqual([])
      expect(monitor.acknowledged.length).toBeGreaterThan(20)
      expect(recovered(monitor, lists)).toBe(true)
    },
  )
})
