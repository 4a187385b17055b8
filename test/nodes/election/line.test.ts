import { describe, expect, it } from 'vitest'
import type { Check, CheckResult, Plan } from '../../../index.ts'
import { defineNode, scenario, simulate } from '../../../index.ts'
import type { ContenderState } from '../../../nodes/election/index.ts'
import { everybodyWaitsForTheOneBefore, lineMovesUp } from '../../../nodes/election/index.ts'

/** What a contender shows of itself, by its index and by whether somebody has gone. */
type Twin = (index: number, isAfter: boolean) => Partial<ContenderState>

const own = (index: number): string => `n_000000000${index}`
const inLine = (index: number, before: number): Partial<ContenderState> =>
  index === 0 ? { own: own(0), term: 0 } : { own: own(index), waitsFor: own(before) }

async function judge(check: Check, twin: Twin, gone: string): Promise<CheckResult> {
  const contender = defineNode()({
    kind: 'contender',
    state: (): ContenderState => ({ own: undefined, term: undefined, waitsFor: undefined }),
    async start(node) {
      for (const isAfter of [false, true]) {
        Object.assign(node.state, { term: undefined, waitsFor: undefined }, twin(node.self.index, isAfter))
        node.role(node.state.term === undefined ? 'follower' : 'leader', { ...node.state })
        await node.sleep('2s')
      }
    },
  })
  const plan: Plan = [{ at: '1s', kind: 'crash', node: gone }]
  const result = await simulate(
    scenario({
      name: 'line',
      summary: 'contenders as told',
      cluster: ({ add }) => void add(contender, 4),
      faults: () => plan,
      checks: [check],
      until: '10s',
    }),
  )
  expect(result.failures).toEqual([])
  return result.checks[0]!
}

describe('everybody waits for the one before', () => {
  const check = (): Check => everybodyWaitsForTheOneBefore('predecessor', { within: '5s' })

  it('accepts a successor that closes the gap', async () => {
    const closes: Twin = (index, isAfter) => inLine(index, isAfter && index === 3 ? 1 : index - 1)
    expect(await judge(check(), closes, 'contender[2]')).toMatchObject({ verdict: 'held' })
  })

  it('catches one that goes on waiting for who is gone', async () => {
    const result = await judge(check(), (index) => inLine(index, index - 1), 'contender[2]')
    expect(result.violation?.observed).toBe('contender[3] waits for n_0000000002, not for contender[1]')
  })

  it('catches one that is not in line', async () => {
    const result = await judge(
      check(),
      (index) => (index === 3 ? {} : inLine(index, index - 1)),
      'contender[1]',
    )
    expect(result).toMatchObject({ verdict: 'violated' })
  })

  it('catches a first in line that does not lead', async () => {
    const result = await judge(check(), (index) => inLine(index, index - 1), 'contender[0]')
    expect(result.violation?.observed).toBe('contender[1] is the first in line and does not lead')
  })
})

describe('the line moves up by one', () => {
  it('accepts that, and catches somebody who jumps the queue', async () => {
    const check = (): Check => lineMovesUp({ within: '5s' })
    const stays: Twin = (index) => inLine(index, index - 1)
    expect(await judge(check(), stays, 'contender[1]')).toMatchObject({ verdict: 'held' })
    // Before the crash is noticed, one has left and joined again: it gets another number.
    const jumps: Twin = (index) => (index === 3 ? { own: 'n_0000000000', term: 0 } : { own: own(index + 1) })
    const late: Twin = (index, isAfter) => (isAfter ? jumps(index, isAfter) : stays(index, isAfter))
    const result = await judge(check(), late, 'contender[1]')
    expect(result).toMatchObject({ verdict: 'violated' })
  })
})
