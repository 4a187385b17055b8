// Single situations of the protocol, each with what must come of it.
import { describe, expect, test } from 'vitest'

import type { Plan, TraceRecord } from '../../../../index.ts'
import { settingsOf } from '../../../../nodes/coordination/zab/index.ts'
import type { ZabConfig } from '../../../../nodes/coordination/zab/index.ts'
import type { ZabRun } from './cluster.ts'
import { runZab } from './cluster.ts'

/** Types of the messages that leaders sent to one server in the order of their sending. */
function sentTo({ result }: ZabRun, server: string, after = 0): string[] {
  const types: string[] = []
  for (const record of result.trace!.records()) {
    if (record.kind !== 'stream' || record.type !== 'send' || record.t < after * 1000) continue
    const { connection, value } = record.data as {
      readonly connection: string
      readonly value: readonly { type: string }[]
    }
    if (record.node !== server && connection.startsWith(`${server}#`) && value.length > 0)
      types.push(...value.map(({ type }) => type))
  }
  return types
}

const roles = ({ result }: ZabRun): string[] =>
  [...result.trace!.records()]
    .filter(({ kind }) => kind === 'role')
    .map(({ t, node, type }: TraceRecord) => `${node} ${type} ${Math.round(t / 100_000) * 100}`)

const sound = ({ monitor, lists }: ZabRun): void => {
  expect(monitor.violations).toEqual([])
  for (const list of lists.values()) expect(list.length).toBeGreaterThan(monitor.committed.length - 10)
}

describe('synchronisation', () => {
  const away = (server: string): Plan => [{ at: '2s', kind: 'crash', node: server, for: '3s' }]

  test('sends a follower that missed little the difference', async () => {
    const run = await runZab({ until: 8000, plan: away('server[0]'), run: { records: true } })
    sound(run)
    expect(sentTo(run, 'server[0]', 5000)).toContain('diff')
    expect(sentTo(run, 'server[0]', 5000)).not.toContain('snap')
  })

  test('sends a follower that missed more than is in memory a snapshot', async () => {
    const config = { tick: 200, commitLogCount: 10 }
    const run = await runZab({ until: 8000, config, plan: away('server[0]'), run: { records: true } })
    sound(run)
    expect(sentTo(run, 'server[0]', 5000)).toContain('snap')
  })

  test('cuts off what a leader logged alone and nobody else has', async () => {
    // The leader is cut off together with the clients: what it proposes is logged and never committed.
    const plan: Plan = [
      { at: '3s', kind: 'partition', groups: [['role:leader', 'client'], ['rest']], for: '3s' },
      { at: '6s', kind: 'heal' },
    ]
    const run = await runZab({ until: 10_000, plan, run: { records: true } })
    sound(run)
    const sent = sentTo(run, 'server[2]', 6000)
    expect(sent.includes('trunc') || sent.includes('snap')).toBe(true)
    expect(run.monitor.leaders.map(({ epoch }) => epoch)).toEqual([1, 2])
  })

  test('survives that all servers crash at once and come back one by one', async () => {
    const plan: Plan = [0, 1, 2].map((i) => ({
      at: '3s',
      kind: 'crash',
      node: `server[${i}]`,
      for: `${1 + i}s` as const,
      torn: true,
    }))
    const run = await runZab({ until: 10_000, plan, config: { tick: 200, snapCount: 30 } })
    sound(run)
  })
})

describe('elections', () => {
  test('happen in a few hundred milliseconds, the largest id winning among equals', async () => {
    const run = await runZab({ servers: 5, until: 2000, clients: 0, run: { records: true } })
    expect(roles(run)).toContain('server[4] leader 200')
  })

  test('let a late server join the others without another round', async () => {
    const plan: Plan = [{ at: '0s', kind: 'crash', node: 'server[2]', for: '3s' }]
    const run = await runZab({ until: 6000, plan, run: { records: true } })
    sound(run)
    expect(run.monitor.leaders).toHaveLength(1)
    expect(roles(run)).toContain('server[1] leader 200')
    expect(roles(run)).toContain('server[2] follower 3000')
  })

  test('need a majority of the participants: observers do not count', async () => {
    const plan: Plan = ['server[0]', 'server[1]'].map((node) => ({
      at: '2s',
      kind: 'crash',
      node,
      for: '4s',
    }))
    const run = await runZab({ observers: 3, until: 10_000, plan, run: { records: true } })
    sound(run)
    const later = roles(run).filter((role) => role.startsWith('server[2]'))
    expect(later.filter((role) => role.includes('leader'))).toHaveLength(2)
    expect(run.monitor.leaders[1]?.at).toBeGreaterThan(6000)
  })

  test.each([
    { servers: 2, down: 1, goesOn: false },
    { servers: 4, down: 1, goesOn: true },
    { servers: 4, down: 2, goesOn: false },
    { servers: 5, down: 2, goesOn: true },
  ])('of $servers servers with $down down: goes on $goesOn', async ({ servers, down, goesOn }) => {
    const plan: Plan = Array.from({ length: down }, (_, i) => ({
      at: '3s',
      kind: 'crash',
      node: `server[${i}]`,
    }))
    const { monitor } = await runZab({ servers, until: 8000, plan })
    const before = await runZab({ servers, until: 4500, plan })
    const gained = monitor.acknowledged.length - before.monitor.acknowledged.length
    expect(gained > 20).toBe(goesOn)
    if (!goesOn) expect(gained).toBe(0)
  })

  test('do not become an endless exchange between an observer and a voter that is rounds behind', async () => {
    const plan: Plan = [
      { at: '2s', kind: 'crash', node: 'server[0]', for: '2s' },
      { at: '2s', kind: 'crash', node: ['server[1]', 'server[2]'] },
    ]
    const { result } = await runZab({ observers: 1, clients: 0, until: 8000, plan, run: { records: true } })
    const sent = [...result.trace!.records()].filter(
      ({ kind, type, node }) => kind === 'send' && type === 'zabNotification' && node === 'server[3]',
    )
    expect(sent.length).toBeGreaterThan(5)
    expect(sent.length).toBeLessThan(60)
  })

  test('are forced when the counter of an epoch is used up', async () => {
    const run = await runZab({ until: 10_000, config: { tick: 200, counterMax: 40 } })
    expect(run.monitor.violations).toEqual([])
    expect(run.monitor.leaders.length).toBeGreaterThan(2)
    expect(run.monitor.acknowledged.length).toBeGreaterThan(80)
  })
})

describe('time', () => {
  test('of day may be set on any server: nobody notices', async () => {
    const plan: Plan = [
      { at: '2s', kind: 'clock-step', node: 'server[2]', by: '1h' },
      { at: '3s', kind: 'clock-step', node: 'server[0]', by: '-1h' },
    ]
    const run = await runZab({ until: 6000, plan })
    sound(run)
    expect(run.monitor.leaders).toHaveLength(1)
  })

  test('lost in a short pause of the leader costs no election', async () => {
    const plan: Plan = [{ at: '2s', kind: 'pause', node: 'role:leader', for: '600ms' }]
    const run = await runZab({ until: 6000, plan })
    sound(run)
    expect(run.monitor.leaders).toHaveLength(1)
  })

  test('lost in a long one makes it a follower', async () => {
    const plan: Plan = [{ at: '2s', kind: 'pause', node: 'role:leader', for: '3s' }]
    const run = await runZab({ until: 9000, plan, run: { records: true } })
    sound(run)
    expect(run.monitor.leaders).toHaveLength(2)
    expect(roles(run).filter((role) => role.startsWith('server[2] follower'))).toHaveLength(1)
  })
})

describe('a disk', () => {
  test('that is full ends the process, and the others go on', async () => {
    const plan: Plan = [{ at: '2s', kind: 'disk-full', node: 'server[0]', for: '2s' }]
    const { monitor, result } = await runZab({ until: 6000, plan, run: { records: true } })
    expect(monitor.violations).toEqual([])
    const crashes = [...result.trace!.records()].filter(({ kind }) => kind === 'crash')
    expect(crashes.map(({ node }) => node)).toEqual(['server[0]'])
    expect(monitor.acknowledged.length).toBeGreaterThan(80)
  })
})

describe('a configuration', () => {
  const member = (id: number, observer = false): ZabConfig['members'][number] => ({
    id,
    observer,
    address: undefined as never,
  })

  test.each([
    ['without participants', { id: 1, members: [member(1, true)] }, /0 participants/],
    ['in which the server itself is missing', { id: 3, members: [member(1), member(2)] }, /server 3/],
    ['with an id that two servers have', { id: 1, members: [member(1), member(1)] }, /id 1/],
  ])('%s is refused', (_, config, expected) => {
    expect(() => settingsOf(config)).toThrow(expected)
  })
})
