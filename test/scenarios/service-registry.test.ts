import { describe, expect, it } from 'vitest'
import type { RunResult } from '../../index.ts'
import { simulate } from '../../index.ts'
import serviceRegistry from '../../scenarios/service-registry.ts'

const DEAD = 'no dead address on a list for more than 3000 ms'
const NEW = 'a new address is on every list after 3000 ms'
const LEADER = 'the leader is not on the list of workers'
const FAILED = 'at most 0.03 of all calls fail'

function violated({ checks }: RunResult): string[] {
  return checks.filter(({ verdict }) => verdict === 'violated').map(({ name }) => name)
}

function failedCalls({ metrics }: RunResult): number {
  const metric = metrics['calls failed']
  return metric?.kind === 'counter' ? metric.total : 0
}

function longestDead({ metrics }: RunResult): number {
  const metric = metrics['dead address kept']
  return metric?.kind === 'samples' ? metric.max : 0
}

describe('scenario service-registry', () => {
  it.each(serviceRegistry.examples.map((example) => [example.about, example] as const))(
    '%s',
    async (_about, { set = {}, expect: expected }) => {
      for (const seed of [1, 2, 3, 4, 5]) {
        const result = await simulate(serviceRegistry, { params: set, seed })
        expect(result.failures).toEqual([])
        expect(result.warnings).toEqual([])
        expect([seed, result.verdict]).toEqual([seed, expected])
      }
    },
  )

  it('keeps a dead address for two thirds of a session to a session and a tick', async () => {
    for (const [sessionTimeout, ms] of [
      ['2s', 2000],
      ['5s', 5000],
    ] as const) {
      const longest = longestDead(await simulate(serviceRegistry, { params: { sessionTimeout } }))
      expect(longest).toBeGreaterThan((ms * 2) / 3 - 1000)
      expect(longest).toBeLessThan(ms + 1000)
    }
  })

  it('keeps it until the next look of the operator, or until the worker is back', async () => {
    const pushed = await simulate(serviceRegistry, { params: { discovery: 'pushed', pushEvery: '4s' } })
    expect(longestDead(pushed)).toBeLessThan(6000)
    const own = await simulate(serviceRegistry, { params: { discovery: 'static' } })
    expect(longestDead(own)).toBeGreaterThan(19_000)
    expect(violated(own)).toEqual([DEAD, NEW, FAILED])
    expect(failedCalls(own)).toBeGreaterThan(5 * failedCalls(await simulate(serviceRegistry)))
  })

  it('loses no call to a worker that leaves properly: it is off the lists before it ends', async () => {
    const result = await simulate(serviceRegistry, { plan: [] })
    expect(result.verdict).toBe('held')
    // The first calls find an empty list.
    expect(failedCalls(result)).toBeLessThanOrEqual(16)
    expect(longestDead(result)).toBe(0)
  })

  it('has the leader leave the list: the check catches one that does not', async () => {
    // An operator that does not know of elections: the leader of the configuration serves nobody and is on all lists.
    const result = await simulate(serviceRegistry, { plan: [], params: { discovery: 'static' } })
    expect(violated(result)).not.toContain(LEADER)
    const { cluster, ...rest } = serviceRegistry
    expect(cluster).toBeDefined()
    const careless = {
      ...rest,
      cluster: (setup: Parameters<typeof cluster>[0]) =>
        cluster({
          ...setup,
          add: ((kind: { kind: string }, count: number, config: unknown, placement?: never) =>
            setup.add(
              kind as never,
              count,
              (kind.kind === 'client'
                ? { ...(config as object), workers: ['worker[0]:8080'] }
                : config) as never,
              placement,
            )) as typeof setup.add,
        }),
    }
    const caught = await simulate(careless as typeof serviceRegistry, {
      plan: [],
      params: { discovery: 'static' },
    })
    expect(violated(caught)).toContain(LEADER)
  })
})
