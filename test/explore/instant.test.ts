// The states of a shortened run, watched from outside, against those of a whole inspected run.
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { simulate } from '../../index.ts'
import type { ExecuteWatched, Instant, When } from '../../sim/explore/instant.ts'
import { instantOf } from '../../sim/explore/instant.ts'
import type { RunResult } from '../../sim/scenario/simulate.ts'
import { optionsOf } from '../../sim/scenario/simulate.ts'
import type { TraceRecord } from '../../sim/trace/records.ts'
import election from '../../scenarios/leader-election.ts'
import counter from '../fixtures/counter.ts'

const execute: ExecuteWatched = (scenario, spec, sinks) => simulate(scenario, { ...optionsOf(spec), sinks })

const cases = [
  ['the counter', counter, { params: { loss: 0.4 } }],
  ['an election with a crash', election, {}],
  ['an election with shuffled ties', election, { seed: 3, profile: { ties: 'shuffled' } }],
] as const

describe.each(cases)('the states of %s at an instant', (_name, scenario, options) => {
  let result: RunResult
  let records: readonly TraceRecord[]

  beforeAll(async () => {
    result = await simulate(scenario as typeof election, { ...options, inspect: true, records: true })
    records = [...result.trace!.records()]
  })

  const at = (when: When): Promise<Instant | undefined> => instantOf(execute, scenario, result.spec, when)
  const states = (instant: Instant): ReadonlyMap<string, unknown> =>
    new Map(instant.nodes.map(({ name, state }) => [name, state]))
  const expected = (when: When): ReadonlyMap<string, unknown> => {
    const known = result.states!.at(when)
    return new Map(result.nodes.map((name) => [name, known.get(name)]))
  }

  it('after a record are those of a whole inspected run after its event', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: result.records }), async (record) => {
        const instant = (await at({ record }))!
        expect(instant.first).toBeLessThanOrEqual(record)
        expect(instant.last).toBeGreaterThanOrEqual(record)
        expect(states(instant)).toEqual(expected({ record: instant.last }))
        expect(instant.hash).toBe(records[instant.last - 1]!.hash)
        const event = records.slice(instant.first - 1, instant.last)
        expect(instant.records.map(({ id, hash }) => [id, hash])).toEqual(
          [...event.slice(0, 50), ...(event.length > 50 ? event.slice(-1) : [])].map(({ id, hash }) => [
            id,
            hash,
          ]),
        )
      }),
      { seed: 1, numRuns: 15 },
    )
  })

  it('at a time are those of everything that had happened by then', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: result.endedAt }), async (time) => {
        const instant = (await at({ time }))!
        expect(states(instant)).toEqual(expected({ time }))
        expect(instant.last).toBe(records.filter(({ t }) => t <= time).length)
      }),
      { seed: 1, numRuns: 15 },
    )
  })

  it('come with what the event changed', async () => {
    for (const change of result.states!.changes.filter((_, index) => index % 17 === 0)) {
      const instant = (await at({ record: change.record }))!
      expect(instant.last).toBe(change.record)
      const own = instant.changes.find(({ node }) => node === change.node)
      expect(own?.after).toEqual(change.state)
    }
  })

  it('are unknown beyond its end', async () => {
    expect(await at({ record: result.records + 1 })).toBeUndefined()
  })
})
