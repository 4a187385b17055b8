import { describe, expect, it } from 'vitest'
import type { Address, Plan, WorkloadOperation } from '../../../index.ts'
import { defineNode, noLostWrite, noReadInversion, noStaleRead, scenario, simulate } from '../../../index.ts'
import type { ReplicaMessages, Version, Versioned } from '../../../nodes/quorum/index.ts'
import { client, initial, isNewer, newestOf, replica } from '../../../nodes/quorum/index.ts'

function write(node: string, value: unknown, after = 10): WorkloadOperation {
  return { node, name: 'write', input: { key: 'x', value }, after }
}

function read(node: string, after = 10): WorkloadOperation {
  return { node, name: 'read', input: { key: 'x' }, after }
}

const register = scenario({
  name: 'register',
  summary: 'three replicas, two clients',
  cluster({ add, network }) {
    add(client, 2, { replicas: add(replica, 3), r: 2, w: 2, writeBack: true })
    network({ delay: '1ms' })
  },
  checks: [noStaleRead({ by: 'key' }), noReadInversion({ by: 'key' }), noLostWrite({ by: 'key' })],
  until: '30s',
})

describe('versions', () => {
  it('are ordered by counter, then by writer', () => {
    const sorted: Version[] = [initial.version, [1, 0], [1, 2], [2, 0], [10, 0]]
    for (const [i, a] of sorted.entries()) {
      for (const [j, b] of sorted.entries()) expect(isNewer(a, b)).toBe(i > j)
    }
    const records = [sorted[1]!, sorted[3]!, sorted[0]!].map((version): Versioned => ({
      version,
      value: 'v',
    }))
    expect(newestOf(records).version).toEqual([2, 0])
  })
})

describe('client and replicas', () => {
  it('read what was written, and nothing before', async () => {
    const workload = [
      read('client[0]'),
      write('client[0]', 'a'),
      read('client[1]', 100),
      write('client[1]', 'b'),
      read('client[0]', 200),
    ]
    const { history, verdict } = await simulate(register, { workload })
    expect(verdict).toBe('held')
    expect(history.map(({ name, output }) => [name, output])).toEqual([
      ['read', initial],
      ['write', { version: [1, 0] }],
      ['read', { version: [1, 0], value: 'a' }],
      ['write', { version: [2, 1] }],
      ['read', { version: [2, 1], value: 'b' }],
    ])
  })

  it('keep acknowledged writes through a power failure of all replicas', async () => {
    const plan: Plan = [{ at: '100ms', kind: 'crash', node: 'replica', for: '50ms', torn: true }]
    const { history } = await simulate(register, {
      workload: [write('client[0]', 'kept'), read('client[1]', 300)],
      plan,
    })
    expect(history[1]?.output).toEqual({ version: [1, 0], value: 'kept' })
  })

  it('say unknown of a write that one replica may hold, and fail what cannot have begun', async () => {
    // The messages that store arrive at 13 ms at the earliest; all replicas but one are cut off just before.
    const cutWhileStoring: Plan = [{ at: '12500us', kind: 'isolate', node: 'replica[1..]' }]
    const workload = [write('client[0]', 'perhaps'), read('client[0]'), write('client[0]', 'never')]
    const { history } = await simulate(register, { workload, plan: cutWhileStoring })
    expect(history.map(({ name, status }) => [name, status])).toEqual([
      ['write', 'unknown'],
      ['read', 'fail'],
      ['write', 'fail'],
    ])
  })

  it('give a version to one value only, though the writer forgets in a crash', async () => {
    // The first write reaches replica[0] alone, then its writer crashes; replica[0] is away when it writes again.
    const plan: Plan = [
      { at: '12500us', kind: 'isolate', node: 'replica[1..]', for: '2s' },
      { at: '1500ms', kind: 'crash', node: 'client[0]', for: '600ms' },
      { at: '2s', kind: 'isolate', node: 'replica[0]', for: '2s' },
    ]
    const workload = [
      write('client[0]', 'first'),
      write('client[0]', 'second', 1000),
      read('client[1]', 6000),
    ]
    const { history, trace, verdict } = await simulate(register, { workload, plan, records: true })
    expect(verdict).toBe('held')
    const stored = new Map<string, unknown>()
    for (const line of trace!.lines()) {
      const { data } = line as { data?: { record?: Versioned } }
      if (data?.record === undefined) continue
      const version = String(data.record.version)
      expect(stored.get(version) ?? data.record.value).toBe(data.record.value)
      stored.set(version, data.record.value)
    }
    expect([...stored.values()]).toEqual(['first', 'second'])
    expect(history.at(-1)?.output).toMatchObject({ value: 'second' })
  })
})

describe('a replica', () => {
  it('never goes back to an older version, whatever arrives late or twice', async () => {
    const versions: Version[] = [
      [2, 0],
      [1, 0],
      [2, 1],
      [2, 0],
      [2, 1],
    ]
    const seen: Version[] = []
    const prober = defineNode<object, Address<ReplicaMessages>>()({
      kind: 'prober',
      async start(node) {
        const to = node.config
        for (const version of versions) {
          await node.request(to, 'store', { key: 'x', record: { version, value: 0 } })
          const reply = await node.request(to, 'read', { key: 'x' })
          if (reply.ok) seen.push(reply.reply.version)
        }
      },
    })
    const probe = scenario({
      name: 'probe',
      summary: 'one replica, asked in a row',
      cluster({ addOne }) {
        addOne(prober, addOne(replica))
      },
      checks: [],
      until: '5s',
    })
    await simulate(probe)
    expect(seen).toEqual([
      [2, 0],
      [2, 0],
      [2, 1],
      [2, 1],
      [2, 1],
    ])
  })
})
