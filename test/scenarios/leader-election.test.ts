import { describe, expect, it } from 'vitest'

import { CallerError, simulate } from '../../index.ts'
import leaderElection from '../../scenarios/leader-election.ts'
import { verdicts } from './verdicts.ts'

const strategies = ['predecessor', 'herd', 'bully'] as const

describe('scenario leader-election', () => {
  it.each(leaderElection.examples.map((example) => [example.about, example] as const))(
    '%s',
    async (_about, { set = {}, expect: expected }) => {
      for (const seed of [1, 2, 3, 4, 5]) {
        const result = await simulate(leaderElection, { params: set, seed })
        expect(result.failures).toEqual([])
        expect(result.warnings).toEqual([])
        expect(result.verdict).toBe(expected)
      }
    },
  )

  it.each(strategies)('keeps all promises of %s when the leader crashes', async (strategy) => {
    for (const count of (await verdicts(leaderElection, { strategy })).values())
      expect(count).toEqual({ held: 20 })
  })

  it.each(['predecessor', 'herd'] as const)('keeps them under loss: %s', async (strategy) => {
    for (const fault of ['crash', 'partition'] as const) {
      const counts = await verdicts(leaderElection, { strategy, fault, loss: 0.1 })
      for (const count of counts.values()) expect(count).toEqual({ held: 20 })
    }
  })

  it('violates nothing but what each fault is about', async () => {
    const violated = async (
      params: Parameters<typeof verdicts<typeof leaderElection.params>>[1],
    ): Promise<string[]> =>
      [...(await verdicts(leaderElection, params))]
        .filter(([, { held }]) => held === undefined)
        .map(([name]) => name)
    const double = 'one leader at a time among nodes that reach coordination'
    expect(await violated({ fault: 'pause' })).toEqual([double])
    expect(await violated({ fault: 'partition', stepDown: 'expired' })).toEqual([double])
    expect(await violated({ fault: 'service' })).toEqual(['a leader again within 2.75s'])
    expect(await violated({ strategy: 'bully', fault: 'pause' })).toEqual(['one leader at a time'])
    expect(await violated({ strategy: 'bully', fault: 'split' })).toEqual([
      'at most one leader per term',
      'one leader at a time',
    ])
  })

  it('gives terms that rise: the number of the znode, which no other leader ever has', async () => {
    const { trace } = await simulate(leaderElection, { records: true, params: { fault: 'crash', at: '5s' } })
    const terms: unknown[] = []
    for (const line of trace!.lines()) {
      if (line.kind === 'role' && line.type === 'leader' && line.node?.startsWith('contender'))
        terms.push([line.node, line.data])
    }
    expect(terms).toEqual([
      ['contender[0]', { term: 0 }],
      ['contender[1]', { term: 1 }],
    ])
  })

  it('closes the gap when one in the middle goes: nobody but its successor is told', async () => {
    const { metrics, verdict } = await simulate(leaderElection, { params: { situation: 'middle-dies' } })
    expect(metrics['coordination notifications']).toMatchObject({ total: 1 })
    expect(metrics['leaders elected']).toMatchObject({ total: 1 })
    expect(verdict).toBe('held')
  })

  it.each(['join', 'leader-dies', 'rejoin', 'middle-dies'] as const)(
    'goes as it should in the situation %s, with one, three or five servers and either strategy',
    async (situation) => {
      for (const strategy of ['predecessor', 'herd'] as const) {
        for (const servers of [1, 3, 5]) {
          const { verdict, checks } = await simulate(leaderElection, {
            seed: 3,
            params: { situation, strategy, servers },
          })
          expect([strategy, servers, verdict]).toEqual([strategy, servers, 'held'])
          for (const { observations } of checks) expect(observations).toBeGreaterThan(0)
        }
      }
    },
  )

  it('takes by hand as long as the people take, and by election as long as the session', async () => {
    const without = async (params: Parameters<typeof verdicts<typeof leaderElection.params>>[1]) => {
      const { metrics } = await simulate(leaderElection, { params: { situation: 'leader-dies', ...params } })
      const summary = metrics['time without a leader']
      return summary?.kind === 'samples' ? summary.max : NaN
    }
    const byHand = await without({ strategy: 'by-hand', reaction: '30s' })
    expect(byHand).toBeGreaterThan(32_000)
    expect(byHand).toBeLessThan(40_000)
    expect(await without({})).toBeLessThan(2600)
  })

  it('loses no more time than timeout, tick and some messages, and hardly less than two thirds of the timeout', async () => {
    for (const sessionTimeout of ['1s', '4s', '8s'] as const) {
      const { checks } = await simulate(leaderElection, { params: { sessionTimeout } })
      const within = checks.find(({ name }) => name.startsWith('a leader again'))
      expect(within?.verdict).toBe('held')
      const longest = /leader: ([\d.]+)(ms|s)$/.exec(within?.detail ?? '')
      const ms = Number(longest?.[1]) * (longest?.[2] === 's' ? 1000 : 1)
      expect(ms).toBeGreaterThan((Number.parseInt(sessionTimeout) * 2000) / 3)
    }
  })

  it('is one run for one spec, with records or without', async () => {
    for (const strategy of strategies) {
      const plain = await simulate(leaderElection, { seed: 7, params: { strategy } })
      const watched = await simulate(leaderElection, {
        seed: 7,
        params: { strategy },
        records: true,
        inspect: true,
      })
      expect(watched.fingerprint).toBe(plain.fingerprint)
      const other = await simulate(leaderElection, { seed: 8, params: { strategy } })
      expect(other.fingerprint).not.toBe(plain.fingerprint)
    }
  })

  it('keeps its verdicts whatever the order of what happens at one instant', async () => {
    for (const { set = {}, expect: expected } of leaderElection.examples) {
      const result = await simulate(leaderElection, { params: set, profile: { ties: 'shuffled' } })
      expect(result.verdict).toBe(expected)
    }
  })

  it('refuses a session timeout that the service would not grant', async () => {
    await expect(simulate(leaderElection, { params: { sessionTimeout: '900ms' } })).rejects.toThrow(
      CallerError,
    )
    await expect(simulate(leaderElection, { params: { sessionTimeout: '11s' } })).rejects.toThrow(
      '2 to 20 ticks',
    )
  })
})
