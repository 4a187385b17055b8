// A power failure in the middle of a write leaves half a log entry, which recovery must drop.
import { expect, it } from 'vitest'

import { simulate } from '../../../index.ts'
import leaderElection from '../../../scenarios/leader-election.ts'

it('recovers from a log whose last entry is torn', async () => {
  let torn = 0
  for (let seed = 1; seed <= 20; seed++) {
    const result = await simulate(leaderElection, {
      seed,
      until: '3s',
      records: true,
      plan: [
        { at: 0, kind: 'disk-slow', node: 'coordination', factor: 50 },
        { at: 10, kind: 'crash', node: 'coordination', for: '1s', torn: true },
      ],
    })
    expect(result.failures).toEqual([])
    for (const { type, data } of result.trace?.records() ?? []) {
      if (type === 'lost' && (data as { tornFiles: readonly string[] }).tornFiles.length > 0) torn++
    }
  }
  expect(torn).toBeGreaterThan(0)
})
