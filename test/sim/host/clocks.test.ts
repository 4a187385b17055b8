// What nodes see of time: timers on drifting clocks, steps that move no timer, skew that only the wall clock shows.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defineNode, faults } from '../../../index.ts'
import type { Node, RunResult } from '../../../index.ts'
import { recordsOf, run, story } from '../support.ts'

interface ClockOf {
  readonly offset?: number
  readonly drift?: number
}

function on(
  clock: ClockOf,
  start: (node: Node) => void | Promise<void>,
  options: Parameters<typeof run>[1] = {},
): Promise<RunResult> {
  const kind = defineNode()({ kind: 'clocked', start })
  return run(({ addOne }) => addOne(kind, undefined, { clock }), options)
}

/** True microseconds until a clock of this drift has advanced by so many: the first instant at which it has. */
function trueMicros(local: number, ppm: number): number {
  return Number((BigInt(local) * 1_000_000n + BigInt(1_000_000 + ppm) - 1n) / BigInt(1_000_000 + ppm))
}

describe('a timer', () => {
  it('fires at the first true microsecond at which the clock of its machine has advanced by its delay', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: -500_000, max: 1_000_000 }),
        fc.array(fc.integer({ min: 0, max: 5_000_000 }), { minLength: 1, maxLength: 5 }),
        async (drift, delays) => {
          const result = await on(
            { drift },
            async (node) => {
              for (const delay of delays) node.after(delay / 1000, () => node.role(`after ${delay}`))
              await node.sleep(1)
              node.role('slept')
            },
            { until: '100s' },
          )
          const fired = new Map(recordsOf(result, 'role').map(({ t, type }) => [type, t]))
          for (const delay of delays) expect(fired.get(`after ${delay}`)).toBe(trueMicros(delay, drift))
          expect(fired.get('slept')).toBe(trueMicros(1000, drift))
        },
      ),
      { seed: 81, numRuns: 60 },
    )
  })

  it('never fires early by the clock of its own machine', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: -500_000, max: 1_000_000 }),
        fc.array(fc.tuple(fc.nat(900), fc.integer({ min: -500_000, max: 1_000_000 })), { maxLength: 4 }),
        fc.integer({ min: 1, max: 1_000_000 }),
        async (drift, changes, delay) => {
          const early: number[] = []
          await on(
            { drift },
            (node) => {
              const began = node.clock.monotonic()
              node.after(delay / 1000, () => {
                // Milliseconds are doubles here; microseconds are exact.
                const waited = Math.round(node.clock.monotonic() * 1000) - Math.round(began * 1000)
                if (waited < delay) early.push(waited)
              })
            },
            { faults: changes.map(([at, ppm]) => faults.clockDrift({ at, node: 'clocked', ppm })) },
          )
          expect(early).toEqual([])
        },
      ),
      { seed: 82, numRuns: 100 },
    )
  })

  it('is set anew when the drift changes: what is left is counted at the new rate', async () => {
    const result = await on(
      {},
      async (node) => {
        node.after(100, () => node.role('timer'))
        void node.sleep(200).then(() => node.role('sleep'))
        node.every(60, () => node.role('every'))
        await node.sleep(1)
      },
      {
        until: '150ms',
        faults: [
          // Twice as fast from 50 ms on: 50 ms are left of the timer, 150 of the sleep, 10 of the interval.
          faults.clockDrift({ at: '50ms', node: 'clocked', ppm: 1_000_000 }),
        ],
      },
    )
    expect(story(result, 'role')).toEqual([
      '55 role clocked every',
      '75 role clocked timer',
      '85 role clocked every',
      '115 role clocked every',
      '125 role clocked sleep',
      '145 role clocked every',
    ])
  })

  it('keeps its place among those due at the same instant when the drift changes', async () => {
    const result = await on(
      {},
      (node) => {
        const cancelled = [1, 2, 3, 4].map((i) => node.after(i, () => undefined))
        // Slots of cancelled timers are given out again in another order.
        node.after(5, () => {
          for (const timer of cancelled) timer.cancel()
          for (let i = 0; i < 6; i++) {
            if (i % 2 === 0) node.after(100, () => node.role(`${i}`))
            else void node.sleep(100).then(() => node.role(`${i}`))
          }
        })
      },
      { faults: [faults.clockDrift({ at: '50ms', node: 'clocked', ppm: 100 })] },
    )
    expect(recordsOf(result, 'role').map(({ type }) => type)).toEqual(['0', '1', '2', '3', '4', '5'])
    expect(new Set(recordsOf(result, 'role').map(({ t }) => t)).size).toBe(1)
  })

  it('that was cancelled does not come back when the drift changes', async () => {
    const result = await on(
      {},
      (node) => {
        const timer = node.after(100, () => node.role('never'))
        node.after(10, () => timer.cancel())
      },
      { faults: [faults.clockDrift({ at: '50ms', node: 'clocked', ppm: 100 })] },
    )
    expect(story(result, 'role')).toEqual([])
  })

  it('is not moved by a step or a skew of the wall clock', async () => {
    const result = await on({ offset: -5000 }, (node) => void node.every(100, () => node.role('tick')), {
      until: '450ms',
      faults: [
        faults.clockStep({ at: '50ms', node: 'clocked', by: '-1h' }),
        faults.clockStep({ at: '150ms', node: 'clocked', by: '2h' }),
        faults.clockSkew({ at: '250ms', node: 'clocked', by: '1s', for: '100ms' }),
      ],
    })
    expect(recordsOf(result, 'role').map(({ t }) => t / 1000)).toEqual([100, 200, 300, 400])
  })

  it('of a request runs on the clock of the node that waits', async () => {
    const deaf = defineNode<{ ask(): void }>()({ kind: 'deaf', on: {} })
    const result = await run(({ addOne, network }) => {
      const to = addOne(deaf)
      const client = defineNode()({
        kind: 'client',
        async start(node) {
          await node.request(to, 'ask', undefined, { timeout: '100ms' })
          node.role('timeout')
        },
      })
      addOne(client, undefined, { clock: { drift: 1_000_000 } })
      network({ loss: 1 })
    })
    expect(story(result, 'role')).toEqual(['50 role client timeout'])
  })
})

describe('clocks', () => {
  const watching = (
    clock: ClockOf,
    options: Parameters<typeof run>[1],
  ): Promise<[number, number, number][]> => {
    const seen: [number, number, number][] = []
    let trueTime = 0
    const kind = defineNode()({
      kind: 'clocked',
      start: (node) =>
        void node.every(
          100,
          () => void seen.push([(trueTime += 100), node.clock.wall(), node.clock.monotonic()]),
        ),
    })
    return run(({ addOne }) => addOne(kind, undefined, { clock }), { until: '500ms', ...options }).then(
      () => seen,
    )
  }

  it('show true time where nothing was said of them', async () => {
    expect(await watching({}, {})).toEqual([100, 200, 300, 400, 500].map((t) => [t, t, t]))
  })

  it('with an offset differ in the wall clock alone', async () => {
    expect(await watching({ offset: -250 }, {})).toEqual(
      [100, 200, 300, 400, 500].map((t) => [t, t - 250, t]),
    )
  })

  it('that are stepped show it in the wall clock alone, backwards too', async () => {
    const seen = await watching(
      {},
      { faults: [faults.clockStep({ at: '250ms', node: 'clocked', by: '-200ms' })] },
    )
    expect(seen).toEqual([100, 200, 300, 400, 500].map((t) => [t, t > 250 ? t - 200 : t, t]))
  })

  it('go on through a crash and a pause: they are the machine, not the process', async () => {
    const result = await run(
      ({ addOne }) => {
        const kind = defineNode()({
          kind: 'clocked',
          start: (node) => node.role(`wall ${node.clock.wall()} monotonic ${node.clock.monotonic()}`),
        })
        addOne(kind, undefined, { clock: { offset: 1000, drift: 500_000 } })
      },
      { faults: [faults.crash({ at: '1s', node: 'clocked', for: '1s' })] },
    )
    expect(recordsOf(result, 'role').map(({ type }) => type)).toEqual([
      'wall 1000 monotonic 0',
      'wall 4000 monotonic 3000',
    ])
  })
})
