// Each check of an election must catch the bug it is there for: contenders with a planted one.
import { describe, expect, it } from 'vitest'

import type { Check, CheckResult, Node, Plan } from '../../../index.ts'
import { defineNode, scenario, simulate } from '../../../index.ts'
import {
  leaderWithin,
  oneLeaderAtATime,
  oneLeaderPerTerm,
  rejoinsAsFollower,
} from '../../../nodes/election/index.ts'

interface Silent {
  nothing(): void
}

interface TwinConfig {
  readonly live: (node: Node, index: number, incarnation: number) => void | Promise<void>
}

/** Nodes that take roles as the test says. The disk counts incarnations. */
async function judge(check: Check, live: TwinConfig['live'], plan: Plan = []): Promise<CheckResult> {
  const twin = defineNode<Silent, TwinConfig>()({
    kind: 'contender',
    async start(node) {
      const before = await node.disk.read('lives')
      await node.disk.append('lives', 1)
      await node.disk.sync('lives')
      await node.config.live(node, node.self.index, before.length + 1)
    },
  })
  const result = await simulate(
    scenario({
      name: 'twin',
      summary: 'roles as told',
      cluster: ({ add }) => void add(twin, 3, { live }),
      faults: () => plan,
      checks: [check],
      until: '10s',
    }),
  )
  expect(result.failures).toEqual([])
  return result.checks[0]!
}

const lead = (node: Node, term: number): void => node.role('leader', { term })

describe('at most one leader per term', () => {
  it('catches a term that is given twice, even one after the other', async () => {
    const result = await judge(oneLeaderPerTerm(), async (node, index) => {
      await node.sleep(1000 * index + 1)
      lead(node, 7)
      await node.sleep(500)
      node.role('follower')
    })
    expect(result).toMatchObject({
      verdict: 'violated',
      violation: { time: 1_001_000, node: 'contender[1]' },
    })
  })

  it('lets one node lead its term again, and others lead other terms', async () => {
    const result = await judge(oneLeaderPerTerm(), async (node, index) => {
      lead(node, index)
      node.role('looking')
      await node.sleep(10)
      lead(node, index)
    })
    expect(result).toMatchObject({ verdict: 'held', observations: 3 })
  })
})

describe('one leader at a time', () => {
  it('catches two leaders of different terms', async () => {
    const result = await judge(oneLeaderAtATime(), (node, index) => {
      if (index < 2) lead(node, index)
    })
    expect(result).toMatchObject({ verdict: 'violated' })
    expect(result.violation?.observed).toContain('contender[0] (term 0) and contender[1] (term 1)')
  })

  it('does not count a leader that is paused until it wakes up', async () => {
    const plan: Plan = [{ at: '1s', kind: 'pause', node: 'contender[0]', for: '3s' }]
    const result = await judge(
      oneLeaderAtATime(),
      async (node, index) => {
        await node.sleep(2000 * index)
        if (index < 2) lead(node, index)
      },
      plan,
    )
    expect(result).toMatchObject({ verdict: 'violated', violation: { time: 4_000_000 } })
  })

  it('counts only leaders that reach the node it is about', async () => {
    const plan: Plan = [{ at: 0, kind: 'partition', groups: [['contender[0]'], ['rest']] }]
    const live: TwinConfig['live'] = (node, index) => (index < 2 ? lead(node, index) : undefined)
    expect(await judge(oneLeaderAtATime({ reaching: 'contender[2]' }), live, plan)).toMatchObject({
      verdict: 'held',
    })
    expect(await judge(oneLeaderAtATime(), live, plan)).toMatchObject({ verdict: 'violated' })
  })
})

describe('a leader again within a bound', () => {
  const crash: Plan = [{ at: '2s', kind: 'crash', node: 'role:leader' }]
  const takeOverAt =
    (time: number): TwinConfig['live'] =>
    async (node, index) => {
      if (index > 0) await node.sleep(time)
      if (index < 2) lead(node, index)
    }

  it('catches a cluster that is too late by a millisecond, and says since when', async () => {
    expect(await judge(leaderWithin(1000), takeOverAt(2999), crash)).toMatchObject({
      verdict: 'held',
      detail: 'longest time without a leader: 999ms',
    })
    const late = await judge(leaderWithin(1000), takeOverAt(3001), crash)
    expect(late).toMatchObject({
      verdict: 'violated',
      violation: { time: 3_000_000, observed: 'no leader since 2s' },
    })
  })

  it('catches a cluster that never has one', async () => {
    expect(await judge(leaderWithin(1000), () => undefined)).toMatchObject({ verdict: 'violated' })
  })
})

describe('the old leader rejoins as a follower', () => {
  const plan: Plan = [{ at: '2s', kind: 'crash', node: 'contender[0]', for: '1s' }]

  it('catches one that leads at once when it is back', async () => {
    const result = await judge(
      rejoinsAsFollower(),
      (node, index, life) => (index === 0 ? lead(node, life) : undefined),
      plan,
    )
    expect(result).toMatchObject({
      verdict: 'violated',
      violation: { time: 3_000_000, node: 'contender[0]' },
    })
  })

  it('accepts one that follows first and leads later', async () => {
    const result = await judge(
      rejoinsAsFollower(),
      async (node, index, life) => {
        if (index !== 0) return
        if (life > 1) {
          node.role('looking')
          node.role('follower')
          await node.sleep('2s')
        }
        lead(node, life)
      },
      plan,
    )
    expect(result).toMatchObject({ verdict: 'held', observations: 1 })
  })
})
