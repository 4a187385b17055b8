// Predicates over the world: when they look, what they conclude, and what makes them vacuous.
import { describe, expect, it } from 'vitest'
import { always, defineNode, eventually, faults, never, sometimes } from '../../../index.ts'
import type { Check, CheckResult, World } from '../../../index.ts'
import { run } from '../support.ts'

/** Counts to ten, once every 10 ms. */
const counter = defineNode()({
  kind: 'counter',
  state: () => ({ n: 0 }),
  start(node) {
    const timer = node.every(10, () => {
      if (++node.state.n === 10) timer.cancel()
    })
  },
})

const n = (world: World): number => world.nodesOf<{ n: number }>('counter')[0]?.state?.n ?? -1

async function judged(check: Check, options: Parameters<typeof run>[1] = {}): Promise<CheckResult> {
  const result = await run(({ addOne }) => addOne(counter), { checks: [check], ...options })
  expect(result.verdict).toBe(result.checks[0]?.verdict)
  return result.checks[0] as CheckResult
}

describe('always', () => {
  it('holds if it held after every event, and counts how often it looked', async () => {
    expect(await judged(always('small', (world) => n(world) <= 10))).toMatchObject({
      name: 'small',
      verdict: 'held',
      observations: 11,
    })
  })

  it('is violated at the first event after which it does not hold, and says what was seen', async () => {
    const check = always('small', (world) => n(world) < 5 || `n is ${n(world)}`)
    expect(await judged(check)).toMatchObject({
      verdict: 'violated',
      violation: { time: 50_000, record: 6, expected: 'small', observed: 'n is 5' },
    })
  })

  it('that never saw anything is held, with a warning that it proves nothing', async () => {
    const result = await run(({ addOne }) => addOne(counter), { checks: [always('blind', () => undefined)] })
    expect(result.verdict).toBe('held')
    expect(result.warnings).toEqual(["check 'blind' is vacuous: it observed nothing"])
  })

  it('may look after certain records only', async () => {
    const check = always('crashes', () => true, { on: ['crash', 'start'] })
    const crashes = { faults: [faults.crash({ at: '55ms', node: 'counter', for: '10ms' })] }
    expect((await judged(check, crashes)).observations).toBe(3)
  })
})

describe('never and sometimes', () => {
  it('are violated by what happened, and by what did not', async () => {
    expect((await judged(never('five', (world) => n(world) === 5))).violation).toMatchObject({
      time: 50_000,
      observed: 'it happened',
    })
    expect((await judged(never('eleven', (world) => n(world) === 11))).verdict).toBe('held')
    expect((await judged(sometimes('five', (world) => n(world) === 5))).verdict).toBe('held')
    expect((await judged(sometimes('eleven', (world) => n(world) === 11))).violation).toMatchObject({
      observed: 'it was never reached',
    })
  })
})

describe('eventually', () => {
  const five = (within: `${number}ms`, options: object = {}): Check =>
    eventually('five', (world) => n(world) >= 5, { within, since: 'start', ...options })

  it('holds if it comes true in time, the very deadline included, whatever else happens then', async () => {
    expect(await judged(five('60ms'))).toMatchObject({ verdict: 'held', detail: 'after 50ms' })
    const early = defineNode()({
      kind: 'early',
      start: (node) => void node.after(50, () => undefined),
    })
    const result = await run(
      ({ addOne }) => {
        addOne(early)
        addOne(counter)
      },
      { checks: [five('50ms')] },
    )
    expect(result.checks[0]).toMatchObject({ verdict: 'held', detail: 'after 50ms' })
  })

  it('is violated at its deadline, even if it comes true later or nothing happens any more', async () => {
    expect((await judged(five('49ms'))).violation).toMatchObject({ time: 49_000 })
    const idle = eventually('eleven', (world) => n(world) === 11, { within: '5s', since: 'start' })
    expect((await judged(idle)).violation).toMatchObject({ time: 5_000_000, observed: 'it does not hold' })
  })

  it('counts from the end of the last fault unless told otherwise', async () => {
    const options = { faults: [faults.pause({ at: '5ms', node: 'counter', for: '300ms' })] }
    const check = eventually('five', (world) => n(world) >= 5, { within: '60ms' })
    expect(await judged(check, options)).toMatchObject({ verdict: 'held' })
    expect((await judged(five('60ms'), options)).verdict).toBe('violated')
  })

  it('is undecided if the run ends before its deadline', async () => {
    expect((await judged(five('60ms'), { until: '45ms' })).verdict).toBe('undecided')
  })
})
