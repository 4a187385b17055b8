import { describe, expect, it } from 'vitest'
import type { RunResult } from '../../index.ts'
import { CallerError, simulate } from '../../index.ts'
import failureDetection from '../../scenarios/failure-detection.ts'

type Settings = NonNullable<Parameters<typeof simulate<(typeof failureDetection)['params']>>[1]>['params']

async function measured(params: Settings): Promise<{ detection: number; mistakes: number }> {
  let detection = 0
  let mistakes = 0
  for (const seed of [1, 2, 3]) {
    const { metrics } = await simulate(failureDetection, { seed, params: params ?? {} })
    const time = metrics['detection time']
    const wrong = metrics['false suspicions']
    detection += time?.kind === 'samples' ? time.mean / 3 : NaN
    mistakes += wrong?.kind === 'counter' ? wrong.total : 0
  }
  return { detection, mistakes }
}

describe('scenario failure-detection', () => {
  it.each(failureDetection.examples.map((example) => [example.about, example] as const))(
    '%s',
    async (_about, { set = {}, expect: expected }) => {
      for (const seed of [1, 2, 3, 4, 5]) {
        const result = await simulate(failureDetection, { params: set, seed })
        expect(result.failures).toEqual([])
        expect(result.warnings).toEqual([])
        expect([seed, result.verdict]).toEqual([seed, expected])
      }
    },
  )

  it('buys accuracy with time, whatever the detector', async () => {
    const fast = await measured({ detector: 'fixed', timeout: '500ms' })
    const slow = await measured({ detector: 'fixed', timeout: '1500ms' })
    expect(fast.detection).toBeLessThan(slow.detection)
    expect(fast.mistakes).toBeGreaterThan(slow.mistakes)
    const rash = await measured({ threshold: 1 })
    const calm = await measured({ threshold: 8 })
    expect(rash.detection).toBeLessThan(calm.detection)
    expect(rash.mistakes).toBeGreaterThan(calm.mistakes)
  })

  it('detects faster by phi than by the fixed timeout that makes as few mistakes', async () => {
    const adaptive = await measured({})
    expect(adaptive.mistakes).toBe(0)
    // Fixed timeouts that are no slower are wrong; those that are right are slower.
    expect((await measured({ detector: 'fixed', timeout: '700ms' })).mistakes).toBeGreaterThan(0)
    expect((await measured({ detector: 'fixed', timeout: '1300ms' })).detection).toBeGreaterThan(
      adaptive.detection + 400,
    )
  })

  it('suspects within two thirds of a session to a session and two ticks', async () => {
    const { detection } = await measured({ detector: 'session', timeout: '3s', stress: 'none' })
    expect(detection).toBeGreaterThan(2000)
    expect(detection).toBeLessThan(4200)
  })

  it('sees with both checks: who is never suspected, and who is suspected in vain', async () => {
    const verdictsOf = ({ checks }: RunResult): string[] => checks.map(({ verdict }) => verdict)
    const blind = await simulate(failureDetection, { params: { detector: 'fixed', timeout: '1h' } })
    expect(verdictsOf(blind)).toEqual(['violated', 'held'])
    const paranoid = await simulate(failureDetection, { params: { detector: 'fixed', timeout: '205ms' } })
    expect(verdictsOf(paranoid)).toEqual(['held', 'violated'])
  })

  it('refuses a session timeout that the service would not grant', async () => {
    const params = { detector: 'session', timeout: '700ms' } as const
    await expect(simulate(failureDetection, { params })).rejects.toThrow(CallerError)
  })
})
