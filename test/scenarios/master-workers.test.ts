import { describe, expect, it } from 'vitest'
import type { Plan, RunResult } from '../../index.ts'
import { simulate } from '../../index.ts'
import masterWorkers from '../../scenarios/master-workers.ts'

const DONE = 'every task is done'
const ONCE = 'every task counts exactly once'

function total({ metrics }: RunResult, name: string): number {
  const metric = metrics[name]
  return metric?.kind === 'counter' ? metric.total : 0
}

describe('scenario master-workers', () => {
  it.each(masterWorkers.examples.map((example) => [example.about, example] as const))(
    '%s',
    async (_about, { set = {}, expect: expected }) => {
      for (const seed of [1, 2, 3, 4, 5]) {
        const result = await simulate(masterWorkers, { params: set, seed })
        expect(result.failures).toEqual([])
        expect(result.warnings).toEqual([])
        expect([seed, result.verdict]).toEqual([seed, expected])
      }
    },
  )

  it('does every task, and counts it once, through whatever happens to masters and workers', async () => {
    const plans: readonly Plan[] = [
      [{ at: '1s', kind: 'crash', node: 'role:leader', for: '200ms' }],
      [{ at: '800ms', kind: 'pause', node: 'role:leader', for: '5s' }],
      [{ at: '1s', kind: 'partition', groups: [['worker[0..1]'], ['coordination']], for: '4s' }],
      [
        { at: '700ms', kind: 'crash', node: 'coordination', for: '800ms' },
        { at: '1800ms', kind: 'crash', node: ['master', 'worker'], for: '300ms' },
      ],
    ]
    for (const plan of plans) {
      for (const recording of ['create-once', 'multi'] as const) {
        for (const seed of [1, 2, 3, 4, 5]) {
          const { checks } = await simulate(masterWorkers, { seed, plan, params: { tasks: 30, recording } })
          expect(checks.map(({ name, verdict }) => [name, verdict])).toEqual([
            [DONE, 'held'],
            [ONCE, 'held'],
          ])
        }
      }
    }
  })

  it('does some tasks twice, and none without faults', async () => {
    expect(total(await simulate(masterWorkers), 'tasks executed')).toBeGreaterThan(80)
    const calm = await simulate(masterWorkers, { params: { faults: 'none' } })
    expect(total(calm, 'tasks executed')).toBe(80)
    expect(total(calm, 'tasks taken back')).toBe(0)
  })

  it('takes back what a worker was given when its session expires, and not before', async () => {
    const back = async (lasting: '500ms' | '5s'): Promise<number> =>
      total(
        await simulate(masterWorkers, {
          plan: [{ at: '900ms', kind: 'crash', node: 'worker[0]', for: lasting }],
        }),
        'tasks taken back',
      )
    expect(await back('500ms')).toBe(0)
    expect(await back('5s')).toBeGreaterThan(0)
  })

  it('finds out that tasks are not done: without workers', async () => {
    const { checks } = await simulate(masterWorkers, {
      plan: [{ at: '600ms', kind: 'crash', node: 'worker' }],
    })
    expect(checks.find(({ name }) => name === DONE)?.verdict).toBe('violated')
  })
})
