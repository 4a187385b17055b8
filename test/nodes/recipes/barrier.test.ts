import { describe, expect, it } from 'vitest'
import { enter, leave, liftBarrier, raiseBarrier, waitAtBarrier } from '../../../nodes/recipes/index.ts'
import { run, value } from './party.ts'

const BARRIER = '/barrier'

describe('a barrier', () => {
  it('lets nobody pass before it is lifted, and all afterwards', async () => {
    const passed: number[] = []
    await run({
      parties: 4,
      script: async (node, session, index) => {
        if (index === 0) {
          value(await raiseBarrier(node, session, BARRIER))
          await node.sleep('3s')
          value(await liftBarrier(node, session, BARRIER))
          return
        }
        await node.sleep(500 * index)
        value(await waitAtBarrier(node, session, BARRIER))
        passed.push(node.clock.monotonic())
      },
    })
    expect(passed).toHaveLength(3)
    expect(Math.min(...passed)).toBeGreaterThanOrEqual(3000)
    expect(Math.max(...passed)).toBeLessThan(3050)
  })

  it('stops nobody who comes when there is none', async () => {
    let passed = 0
    await run({
      parties: 1,
      script: async (node, session) => {
        value(await waitAtBarrier(node, session, BARRIER))
        passed++
      },
    })
    expect(passed).toBe(1)
  })
})

describe('a double barrier', () => {
  /** When each came, went in, was done and went out; `expected` parties, of whom `late` come two seconds later. */
  async function rounds(parties: number, expected: number, seed: number, crash = false) {
    const times: { came: number; entered: number; done: number; left: number }[] = []
    await run({
      parties,
      seed,
      network: { delay: '3ms', loss: 0.03 },
      ...(crash ? { plan: [{ at: 4500, kind: 'crash' as const, node: 'party[0]' }] } : {}),
      script: async (node, session, index) => {
        await node.sleep(index === parties - 1 ? 2000 : node.random.int(300))
        const came = node.clock.monotonic()
        value(await enter(node, session, BARRIER, node.name, expected))
        const entered = node.clock.monotonic()
        await node.sleep(index === 0 ? 3000 : 1000)
        const done = node.clock.monotonic()
        value(await leave(node, session, BARRIER, node.name))
        times.push({ came, entered, done, left: node.clock.monotonic() })
      },
    })
    return times
  }

  it.each([1, 2, 3, 4])('opens when all have come, and closes when all are done, seed %i', async (seed) => {
    const times = await rounds(5, 5, seed)
    expect(times).toHaveLength(5)
    const lastToCome = Math.max(...times.map(({ came }) => came))
    const lastToEnd = Math.max(...times.map(({ done }) => done))
    for (const { entered, left } of times) {
      expect(entered).toBeGreaterThanOrEqual(lastToCome)
      expect(left).toBeGreaterThanOrEqual(lastToEnd)
    }
  })

  it('opens too early if it counts one less: what the test above would catch', async () => {
    const times = await rounds(5, 4, 1)
    expect(Math.min(...times.map(({ entered }) => entered))).toBeLessThan(
      Math.max(...times.map(({ came }) => came)),
    )
  })

  it('waits for nobody whose session has expired', async () => {
    expect(await rounds(5, 5, 1, true)).toHaveLength(4)
  })

  it('can be used again', async () => {
    const entered: number[] = []
    await run({
      parties: 3,
      script: async (node, session, index) => {
        for (let round = 0; round < 3; round++) {
          await node.sleep(100 * index)
          value(await enter(node, session, BARRIER, node.name, 3))
          entered.push(round)
          await node.sleep(50)
          value(await leave(node, session, BARRIER, node.name))
          await node.sleep(1000)
        }
      },
    })
    expect(entered).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2])
  })
})
