import { describe, expect, it } from 'vitest'
import type { FaultSpec } from '../../faults/vocabulary.ts'
import { notes, recordsOf, run, touched, worker } from './support.ts'

// Notes what its clocks show about each 100 ms, by its own timers: `true ms | wall | monotonic`.
const watcher = worker(async (node) => {
  for (;;) {
    await node.sleep(100)
    node.role(`wall ${node.clock.wall()} monotonic ${node.clock.monotonic()}`)
  }
})

async function clocks(plan: readonly FaultSpec[]): Promise<string[]> {
  return notes(await run(plan, { peers: 0, until: '600ms', add: ({ addOne }) => addOne(watcher) }))
}

describe('clock-skew', () => {
  it('puts the wall clock ahead or behind while it lasts, and no timer notices', async () => {
    expect(await clocks([{ at: 150, kind: 'clock-skew', node: 'worker', by: '-2s', for: 200 }])).toEqual([
      '100 wall 100 monotonic 100',
      '200 wall -1800 monotonic 200',
      '300 wall -1700 monotonic 300',
      '400 wall 400 monotonic 400',
      '500 wall 500 monotonic 500',
      '600 wall 600 monotonic 600',
    ])
  })

  it.each([
    ['the first ends first', 200, 300, [100, 1200, 1320, 420, 520, 600]],
    ['the second ends first', 400, 100, [100, 1200, 1320, 1400, 1500, 600]],
  ])('adds up with another: %s', async (_title, first, second, walls) => {
    const plan: FaultSpec[] = [
      { at: 150, kind: 'clock-skew', node: 'worker', by: 1000, for: first },
      { at: 250, kind: 'clock-skew', node: 'worker', by: '20ms', for: second },
    ]
    expect((await clocks(plan)).map((note) => Number(note.split(' ')[2]))).toEqual(walls)
  })

  it('touches nothing when it is 0', async () => {
    const plan: FaultSpec[] = [{ at: 0, kind: 'clock-skew', node: 'peer[0]', by: 0 }]
    expect(touched(await run(plan))).toEqual([[]])
  })
})

describe('clock-step', () => {
  it('sets the wall clock for good, forwards or back', async () => {
    const plan: FaultSpec[] = [
      { at: 150, kind: 'clock-step', node: 'worker', by: '-50ms' },
      { at: 350, kind: 'clock-step', node: 'worker', by: 7 },
    ]
    expect((await clocks(plan)).map((note) => Number(note.split(' ')[2]))).toEqual([
      100, 150, 250, 357, 457, 557,
    ])
  })
})

describe('clock-drift', () => {
  it('speeds both clocks and the timers up while it lasts; what was gained stays', async () => {
    expect(
      await clocks([{ at: 100, kind: 'clock-drift', node: 'worker', ppm: 1_000_000, for: 100 }]),
    ).toEqual([
      '100 wall 100 monotonic 100',
      '150 wall 200 monotonic 200',
      '200 wall 300 monotonic 300',
      '300 wall 400 monotonic 400',
      '400 wall 500 monotonic 500',
      '500 wall 600 monotonic 600',
      '600 wall 700 monotonic 700',
    ])
  })

  it.each([
    ['the first ends first', 200, 300, [1, 2, 0.5, 0.5, 0.5, 1]],
    ['the second ends first', 400, 100, [1, 2, 0.5, 2, 2, 1]],
  ])('gives way to a later one and comes back after it: %s', async (_title, first, second, rates) => {
    const plan: FaultSpec[] = [
      { at: 100, kind: 'clock-drift', node: 'worker', ppm: 1_000_000, for: first },
      { at: 200, kind: 'clock-drift', node: 'worker', ppm: -500_000, for: second },
    ]
    expect(await ratesOf(plan)).toEqual(rates)
  })

  it('returns to the drift that the scenario gave the clock', async () => {
    const plan: FaultSpec[] = [{ at: 100, kind: 'clock-drift', node: 'worker', ppm: 0, for: 100 }]
    expect(await ratesOf(plan, 1_000_000)).toEqual([2, 1, 2, 2, 2, 2])
  })
})

/** How fast the worker's monotonic clock ran in each 100 ms of true time, by its timer of 1 ms. */
async function ratesOf(plan: readonly FaultSpec[], drift = 0): Promise<number[]> {
  const kind = worker((node) => {
    node.every(1, () => {
      // That it fires is in the trace.
    })
  })
  const result = await run(plan, {
    peers: 0,
    until: '600ms',
    add: ({ addOne }) => addOne(kind, undefined, { clock: { drift } }),
  })
  const fired = recordsOf(result, 'timer').map(({ t }) => t / 1000)
  return [0, 100, 200, 300, 400, 500].map(
    (from) => fired.filter((t) => t > from && t <= from + 100).length / 100,
  )
}
