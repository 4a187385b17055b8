import { describe, expect, it } from 'vitest'
import { CallerError, simulate } from '../../index.ts'
import splitBrain from '../../scenarios/split-brain.ts'
import { verdicts } from './verdicts.ts'

describe('scenario split-brain', () => {
  it.each(splitBrain.examples.map((example) => [example.about, example] as const))(
    '%s',
    async (_about, { set = {}, expect: expected }) => {
      for (const seed of [1, 2, 3, 4, 5]) {
        const result = await simulate(splitBrain, { params: set, seed })
        expect(result.failures).toEqual([])
        expect(result.warnings).toEqual([])
        expect([seed, result.verdict]).toEqual([seed, expected])
      }
    },
  )

  it.each(['sequence', 'zxid', 'epoch'] as const)(
    'loses nothing with the token %s, whatever happens',
    async (fencing) => {
      for (const set of [
        { fault: 'pause' },
        { fault: 'partition', stepDown: 'expired' },
        { fault: 'late' },
      ] as const) {
        const counts = await verdicts(splitBrain, { fencing, ...set })
        expect(counts.get('no acknowledged entry is lost')).toEqual({ held: 20 })
        expect(counts.get('no deposed leader changes the store')).toEqual({ held: 20 })
      }
    },
  )

  it('refuses the old leader with fencing, and counts the damage without', async () => {
    const fenced = await simulate(splitBrain)
    expect(fenced.metrics['writes refused']).toMatchObject({ total: 1 })
    expect(fenced.metrics['entries overwritten']).toBeUndefined()
    const unfenced = await simulate(splitBrain, { params: { fencing: 'none' } })
    expect(unfenced.metrics['writes refused']).toBeUndefined()
    const overwritten = unfenced.metrics['entries overwritten']
    expect(overwritten?.kind === 'counter' && overwritten.total).toBeGreaterThan(5)
  })

  it('has two that believe to lead in either case: fencing makes it harmless, not impossible', async () => {
    for (const fencing of ['none', 'sequence'] as const) {
      const { checks } = await simulate(splitBrain, { params: { fencing } })
      expect(checks.find(({ name }) => name === 'two nodes believe that they lead')?.verdict).toBe('held')
    }
  })

  it('refuses a session timeout that the service would not grant', async () => {
    await expect(simulate(splitBrain, { params: { sessionTimeout: '11s' } })).rejects.toThrow(CallerError)
  })
})
