// Checks stated for a scenario's own faults: judged under any stated plan, only measured under random faults.
import { describe, expect, it } from 'vitest'
import { always, defineNode, eventually, sometimes, underOwnFaults } from '../../../index.ts'
import type { Check, CheckResult, RunResult } from '../../../index.ts'
import { outcomeOf } from '../../../sim/explore/outcome.ts'
import { SweepTally } from '../../../sim/explore/sweep-tally.ts'
import { sweepVerdict } from '../../../sim/explore/sweep-verdict.ts'
import { run } from '../support.ts'

const idle = defineNode()({ kind: 'idle', start: (node) => void node.after(10, () => undefined) })

const wrong = (): Check => always('never so', () => 'it is not so')
const quick = (): Check => eventually('early', (world) => world.now >= 5, { within: '1s' })
const RANDOM = { profile: { faults: 'random' as const } }

const judge = (checks: readonly Check[], options: object = {}): Promise<RunResult> =>
  run(({ addOne }) => addOne(idle), { checks, ...options })

describe('a check stated for the own faults of a scenario', () => {
  it("judges under the scenario's plan and under another that is stated", async () => {
    for (const options of [{}, { plan: [{ at: 1, kind: 'crash', node: 'idle', for: 1 }] }]) {
      const [stated, bare] = [
        await judge([underOwnFaults(wrong())], options),
        await judge([wrong()], options),
      ]
      expect(stated.checks).toEqual(bare.checks)
      expect(stated.verdict).toBe('violated')
    }
  })

  it('measures only under random faults, and says so', async () => {
    const result = await judge([underOwnFaults(wrong()), underOwnFaults(quick())], RANDOM)
    expect(result.verdict).toBe('held')
    expect(result.checks).toMatchObject([
      { verdict: 'held', judged: false, detail: 'not judged: the faults are random' },
      { judged: false, measures: (await judge([quick()])).checks[0]?.measures },
    ])
    expect((result.checks[0] as CheckResult).violation).toBeUndefined()
    expect(result.warnings).toEqual([])
  })

  it('leaves the others of the run to judge', async () => {
    const result = await judge([underOwnFaults(wrong()), wrong()], RANDOM)
    expect(result.checks.map(({ verdict }) => verdict)).toEqual(['held', 'violated'])
    expect(outcomeOf(result)).toMatchObject({ verdict: 'violated', unjudged: ['never so'] })
  })

  it('need not be reached by any run of a sweep then', async () => {
    const tally = new SweepTally()
    const never = (): Check => sometimes('reached', () => false)
    tally.add(outcomeOf(await judge([underOwnFaults(never()), quick()], RANDOM)))
    const report = tally.report()
    expect(report.checks[0]).toMatchObject({ name: 'reached', unjudged: 1, violated: 0 })
    expect(sweepVerdict(report, false)).toEqual({ verdict: 'held', unreached: [], warnings: [] })
  })

  it('warns of a sweep in which nothing else judged', async () => {
    const tally = new SweepTally()
    tally.add(outcomeOf(await judge([underOwnFaults(wrong())], RANDOM)))
    expect(sweepVerdict(tally.report(), false).warnings).toEqual([
      "no check judged anything: all are stated for the scenario's own faults",
    ])
  })
})

it('refuses a profile with faults of any other kind', async () => {
  await expect(judge([], { profile: { faults: 'own' } })).rejects.toThrow(
    "profile.faults: 'own'; expected 'random', or nothing",
  )
})
