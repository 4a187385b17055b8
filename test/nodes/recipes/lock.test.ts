import { describe, expect, it } from 'vitest'
import type { Check, Node, Plan, RunResult } from '../../../index.ts'
import { always } from '../../../index.ts'
import type { CoordinationSession, Result } from '../../../nodes/coordination/index.ts'
import type { Lease } from '../../../nodes/recipes/index.ts'
import { acquire, acquireRead, acquireWrite, ensurePath, release } from '../../../nodes/recipes/index.ts'
import type { Script } from './party.ts'
import { cutOff, run, value } from './party.ts'

const LOCK = '/lock'

/** At most one node that runs is inside: roles tell. */
const oneInside: Check = always('one inside', (world) => {
  const inside = world.withRole('inside').filter(({ up, paused }) => up && !paused)
  return inside.length === 0 ? undefined : inside.length === 1 || inside.map(({ name }) => name).join(', ')
})

type Acquire = (node: Node, session: CoordinationSession) => Promise<Result<Lease>>

/** Goes in and out `times` times, and stays `stay` ms; tells each lease. */
function visits(get: Acquire, times: number, stay = 20, tell?: (name: string, lease: Lease) => void): Script {
  return async (node, session) => {
    for (let visit = 0; visit < times; visit++) {
      const lease = await get(node, session)
      if (!lease.ok) return
      node.role('inside', { token: lease.value.token })
      tell?.(node.name, lease.value)
      await node.sleep(stay)
      node.role('outside')
      await release(node, session, lease.value)
    }
  }
}

function total(result: RunResult, metric: string): number {
  const summary = result.metrics[metric]
  return summary?.kind === 'counter' ? summary.total : 0
}

describe.each(['predecessor', 'herd'] as const)('a lock whose waiters watch: %s', (watch) => {
  const get: Acquire = (node, session) => acquire(node, session, LOCK, { watch })

  it('lets one in at a time, everybody in turn, with tokens that rise', async () => {
    const tokens: number[] = []
    const entries = new Map<string, number>()
    const result = await run({
      parties: 6,
      script: visits(get, 5, 20, (name, { token }) => {
        tokens.push(token)
        entries.set(name, (entries.get(name) ?? 0) + 1)
        // Nobody gets in twice before somebody who waits gets in once.
        const counts = [...entries.values()]
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
      }),
      checks: [oneInside],
    })
    expect(result.verdict).toBe('held')
    expect(tokens).toHaveLength(30)
    expect(tokens).toEqual([...tokens].sort((a, b) => a - b))
    expect([...entries.values()]).toEqual([5, 5, 5, 5, 5, 5])
  })

  it.each([1, 2, 3, 4, 5])('does so under loss and crashes of whoever is inside, seed %i', async (seed) => {
    let entries = 0
    const result = await run({
      parties: 4,
      seed,
      script: visits(get, 4, 50, () => {
        entries++
      }),
      network: { delay: '2ms', loss: 0.05 },
      plan: [1, 4, 8].map((second) => ({
        at: 1000 * second,
        kind: 'crash' as const,
        node: 'party[1]',
        for: '700ms',
      })),
      checks: [oneInside],
    })
    expect(result.verdict).toBe('held')
    expect(entries).toBeGreaterThanOrEqual(16)
  })

  it('passes to the next when its holder dies, once the session has expired', async () => {
    const times: [string, number][] = []
    await run({
      parties: 2,
      plan: [{ at: '1s', kind: 'crash', node: 'party[0]' }],
      script: async (node, session, index) => {
        await node.sleep(100 * index)
        value(await get(node, session))
        times.push([node.name, node.clock.monotonic()])
        await node.sleep('1h')
      },
    })
    expect(times.map(([name]) => name)).toEqual(['party[0]', 'party[1]'])
    expect(times[1]![1]).toBeGreaterThan(2000)
    expect(times[1]![1]).toBeLessThan(4000)
  })
})

it('wakes up one waiter at a release, or the whole herd', async () => {
  const wakeups = async (watch: 'predecessor' | 'herd'): Promise<number> => {
    const get: Acquire = (node, session) => acquire(node, session, LOCK, { watch })
    // All stand in the queue before the first of them leaves.
    return total(await run({ parties: 10, script: visits(get, 1, 1000) }), 'coordination notifications')
  }
  expect(await wakeups('predecessor')).toBe(9)
  expect(await wakeups('herd')).toBeGreaterThanOrEqual((9 * 10) / 2)
})

describe('a create whose answer is lost', () => {
  // The request arrives after 2 ms; a cut right then loses the answer. It is over before the session expires.
  const plan: Plan = [cutOff(1003, 'party[0]', 1100)]

  const entriesBy = async (get: Acquire): Promise<string[]> => {
    const entries: string[] = []
    await run({
      parties: 2,
      plan,
      until: 20_000,
      script: async (node, session, index) => {
        value(await ensurePath(node, session, LOCK))
        await node.sleep(1000 + 500 * index - node.clock.monotonic())
        const lease = value(await get(node, session))
        entries.push(node.name)
        value(await release(node, session, lease))
      },
    })
    return entries
  }

  it('is found again by the id in its name', async () => {
    expect(await entriesBy((node, session) => acquire(node, session, LOCK))).toEqual(['party[0]', 'party[1]'])
  })

  it('would block everybody, its owner first, without the id', async () => {
    const forgetful: Acquire = async (node, session) => {
      for (;;) {
        const created = await session.create('/plain-', '', 'ephemeral_sequential')
        if (!created.ok) {
          await node.sleep(100)
          continue
        }
        const number = Number(created.value.path.slice(-10))
        for (;;) {
          const listed = value(await session.getChildren('/'))
          const plain = listed.children.filter((name) => name.startsWith('plain-'))
          const lowest = Math.min(...plain.map((name) => Number(name.slice(-10))))
          if (lowest === number) return { ok: true, value: { path: created.value.path, token: number } }
          await node.sleep(50)
        }
      }
    }
    expect(await entriesBy(forgetful)).toEqual([])
  })
})

it('is held by two at once when its holder is paused for longer than its session lives: hence the token', async () => {
  const writes: { readonly name: string; readonly token: number }[] = []
  const result = await run({
    parties: 2,
    plan: [{ at: '1s', kind: 'pause', node: 'party[0]', for: '5s' }],
    checks: [oneInside],
    script: async (node, session, index) => {
      await node.sleep(100 * index)
      const { token } = value(await acquire(node, session, LOCK))
      node.role('inside', { token })
      const writing = node.every('200ms', () => void writes.push({ name: node.name, token }))
      await node.sleep('8s')
      writing.cancel()
      node.role('outside')
    },
  })
  expect(result.verdict).toBe('violated')
  // The old holder writes after the new one; whoever remembers the highest token can refuse exactly these writes.
  const after = writes.slice(writes.findIndex(({ name }) => name === 'party[1]'))
  expect(after.some(({ name }) => name === 'party[0]')).toBe(true)
  let highest = 0
  const accepted = after.filter(({ token }) => {
    highest = Math.max(highest, token)
    return token >= highest
  })
  expect(new Set(accepted.map(({ name }) => name))).toEqual(new Set(['party[1]']))
})

describe('a read-write lock', () => {
  const shared: Check = always('readers together, a writer alone', (world) => {
    const readers = world.withRole('reading').length
    const writers = world.withRole('writing').length
    if (readers + writers === 0) return undefined
    return writers === 0 || (writers === 1 && readers === 0) || `${readers} readers and ${writers} writers`
  })

  const mixed =
    (read: Acquire, write: Acquire, together: (readers: number) => void): Script =>
    async (node, session, index) => {
      for (let visit = 0; visit < 4; visit++) {
        await node.sleep(node.random.int(60))
        const isReader = index % 3 !== 0
        const lease = value(await (isReader ? read : write)(node, session))
        node.role(isReader ? 'reading' : 'writing')
        if (isReader) together(1)
        await node.sleep(80)
        if (isReader) together(-1)
        node.role('outside')
        value(await release(node, session, lease))
      }
    }

  it('lets readers in together and a writer alone, and all of them in the end', async () => {
    let readers = 0
    let most = 0
    const result = await run({
      parties: 7,
      checks: [shared],
      script: mixed(
        (node, session) => acquireRead(node, session, LOCK),
        (node, session) => acquireWrite(node, session, LOCK),
        (by) => (most = Math.max(most, (readers += by))),
      ),
    })
    expect(result.verdict).toBe('held')
    expect(most).toBeGreaterThan(1)
    expect(readers).toBe(0)
  })

  it('is not one if writers wait only for writers: the check catches it', async () => {
    const result = await run({
      parties: 7,
      checks: [shared],
      script: mixed(
        (node, session) => acquireRead(node, session, LOCK),
        (node, session) => acquire(node, session, `${LOCK}-of-writers`),
        () => undefined,
      ),
    })
    expect(result.verdict).toBe('violated')
  })
})
