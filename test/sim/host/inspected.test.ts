// What an inspected run keeps besides states of all nodes: clocks, and states of a stretch of records only.
import { describe, expect, it } from 'vitest'
import { simulate } from '../../../index.ts'
import quorum from '../../../scenarios/quorum.ts'

const plan = [
  { at: '100ms', kind: 'clock-skew', node: 'replica[0]', by: '-2s', for: '200ms' },
  { at: '200ms', kind: 'clock-drift', node: 'replica[1]', ppm: 20_000, for: '500ms' },
] as const
const options = { plan, until: '1s' } as const

describe('clocks of an inspected run', () => {
  it('are told by their changes: errors at that moment, and the rate from there on', async () => {
    const { clocks } = await simulate(quorum, { ...options, inspect: true })
    expect(
      clocks?.map(({ time, node, wallError, monotonicError, ppm }) => [
        time,
        node,
        wallError,
        monotonicError,
        ppm,
      ]),
    ).toEqual([
      [100_000, 'replica[0]', -2_000_000, 0, 0],
      [200_000, 'replica[1]', 0, 0, 20_000],
      [300_000, 'replica[0]', 0, 0, 0],
      [700_000, 'replica[1]', 10_000, 10_000, 0],
    ])
  })

  it('change no fingerprint', async () => {
    const plain = await simulate(quorum, options)
    const inspected = await simulate(quorum, { ...options, inspect: true })
    expect(inspected.fingerprint).toBe(plain.fingerprint)
  })
})

describe('states of a stretch of records', () => {
  it('are those of the whole run within it', async () => {
    const whole = await simulate(quorum, { ...options, inspect: true })
    const part = await simulate(quorum, { ...options, inspect: { from: 400, to: 600 } })
    expect(part.fingerprint).toBe(whole.fingerprint)
    for (const record of [420, 500, 600]) {
      expect(part.states?.at({ record })).toEqual(whole.states?.at({ record }))
    }
    const changes = part.states?.changes ?? []
    expect(changes.length).toBeGreaterThan(10)
    expect(Math.min(...changes.map(({ record }) => record))).toBeGreaterThanOrEqual(400)
    expect(changes.length).toBeLessThan(whole.states?.changes.length ?? 0)
  })

  it('name the first record of the event that changed them', async () => {
    const { states } = await simulate(quorum, { ...options, inspect: true })
    for (const { first, record } of states?.changes ?? []) expect(first).toBeLessThanOrEqual(record + 1)
  })
})
