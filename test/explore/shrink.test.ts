import { describe, expect, it } from 'vitest'
import { always, boolean, choice, defineNode, duration, integer, number, scenario } from '../../index.ts'
import type { Address, FaultSpec, Scenario } from '../../index.ts'
import { failureSignature } from '../../sim/explore/failing.ts'
import type { Attempt, Progress, Shrunk, ShrinkOptions } from '../../sim/explore/shrink.ts'
import { shrink } from '../../sim/explore/shrink.ts'
import type { RunSpec } from '../../sim/scenario/simulate.ts'
import { attemptOf, bugs, specsOf } from './bugs/all.ts'

async function shrunk(options: ShrinkOptions): Promise<Shrunk> {
  const outcome = await shrink(options)
  if (outcome.kind !== 'shrunk') throw new Error(outcome.kind)
  return outcome
}

describe.each(bugs.map((bug) => [bug.broken.name, bug] as const))('shrinking %s', (_name, { broken }) => {
  const specOf = specsOf(broken)
  const attempt = attemptOf(broken)
  const failing = async (): Promise<RunSpec[]> => {
    const out: RunSpec[] = []
    for (let seed = 1; seed <= 40 && out.length < 2; seed++) {
      if ((await attempt(specOf(seed), {})).verdict === 'violated') out.push(specOf(seed))
    }
    return out
  }

  it('never changes the signature, whatever the budget, and keeps to it', async () => {
    for (const spec of await failing()) {
      const signature = failureSignature(await attempt(spec, {}))
      for (const runs of [4, 40]) {
        let calls = 0
        const counted: Attempt = (candidate, how) => {
          calls++
          return attempt(candidate, how)
        }
        const {
          result,
          signature: found,
          spent,
          before,
          after,
        } = await shrunk({
          scenario: broken,
          spec,
          attempt: counted,
          runs,
        })
        expect(found).toEqual(signature)
        expect(failureSignature(result)).toEqual(signature)
        expect(spent.runs).toBeLessThanOrEqual(runs)
        // What cannot begin throws and costs nothing.
        expect(calls).toBeGreaterThanOrEqual(spent.runs)
        expect(after.faults).toBeLessThanOrEqual(before.faults)
        expect(after.operations).toBeLessThanOrEqual(before.operations)
      }
    }
  })

  it('ends with faults and operations of which none can be left out, and a spec that repeats the run', async () => {
    for (const spec of (await failing()).slice(0, 1)) {
      const { result, signature, complete } = await shrunk({ scenario: broken, spec, attempt, runs: 2000 })
      expect(complete).toBe(true)
      const small = result.spec
      expect((await attempt(JSON.parse(JSON.stringify(small)) as RunSpec, {})).fingerprint).toBe(
        result.fingerprint,
      )
      for (const left of small.plan) {
        const without = await attempt({ ...small, plan: small.plan.filter((fault) => fault !== left) }, {})
        expect(failureSignature(without)).not.toEqual(signature)
      }
    }
  })
})

interface Messages {
  ping(message: { readonly size: number }): void
}

const server = defineNode<Messages>()({
  kind: 'server',
  state: () => ({ pings: 0, biggest: 0 }),
  on: {
    ping({ state }, { size }) {
      state.pings++
      state.biggest = Math.max(state.biggest, size)
    },
  },
})

const client = defineNode<object, { readonly servers: readonly Address<Messages>[] }>()({
  kind: 'client',
  async start(node) {
    for (const { input, after = 0 } of node.workload()) {
      await node.sleep(after)
      const { to, size } = input as { readonly to: number; readonly size: number }
      node.send(node.config.servers[to] as Address<Messages>, 'ping', { size })
    }
  },
})

/** Fails as soon as some server has got a ping of size 7 or more. */
const pings = scenario({
  name: 'pings',
  summary: 'no ping is big',
  params: {
    servers: integer({ default: 5, min: 1 }),
    clients: integer({ default: 5, min: 1 }),
    rate: number({ default: 0.5, min: 0, max: 1 }),
    shouting: boolean({ default: false }),
    mode: choice(['plain', 'loud'], { default: 'plain' }),
    pause: duration({ default: '3s' }),
  },
  valid: ({ servers, clients }) => servers >= 2 || clients <= 4 || 'few servers take few clients',
  cluster({ add, network, params }) {
    const servers = add(server, params.servers)
    add(client, params.clients, { servers })
    network({ delay: { kind: 'uniform', min: '1ms', max: '9ms' }, loss: 0.01 })
  },
  workload: ({ params, nodes }) =>
    nodes('client').flatMap((node, index) =>
      Array.from({ length: 6 }, (_, turn) => ({
        node,
        name: 'ping',
        input: { to: (index + turn) % params.servers, size: node === 'client[4]' && turn === 3 ? 7 : 1 },
        after: 100,
      })),
    ),
  checks: [
    always('no ping is big', (world) =>
      world.nodesOf<{ readonly biggest: number }>('server').every(({ state }) => (state?.biggest ?? 0) < 7),
    ),
  ],
  until: '5s',
}) as unknown as Scenario

const noise: readonly FaultSpec[] = [
  { at: '10ms', kind: 'pause', node: 'server[3..]', for: '5ms' },
  { at: '20ms', kind: 'partition', groups: [['server[4]'], ['rest']], for: '8ms' },
  { at: '3s', kind: 'crash', node: 'client[0]' },
]

const specOf = (more: Partial<RunSpec> = {}): RunSpec => ({
  scenario: 'pings',
  params: { servers: 5, clients: 5, rate: 0.9, shouting: true, mode: 'loud', pause: '3s' },
  seed: 1,
  plan: noise,
  profile: { ties: 'shuffled', hooks: true },
  until: 5_000_000,
  ...more,
})

const echo = defineNode<{ ask(message: object): void }>()({ kind: 'echo', on: { ask: () => undefined } })

const asker = defineNode<
  object,
  { readonly echo: Address<{ ask(message: object): void }>; readonly patience: `${number}ms` }
>()({
  kind: 'asker',
  async start(node) {
    for (let i = 0; i < 20; i++) {
      const answer = await node.request(node.config.echo, 'ask', {}, { timeout: node.config.patience })
      if (!answer.ok) node.role('late')
    }
  },
})

/** Round trips of 10 ms, and somebody who waits for them as long as the patience lasts. */
const punctual = scenario({
  name: 'punctual',
  summary: 'every question is answered in time',
  params: { patience: duration({ default: '100ms' }) },
  cluster({ addOne, network, params }) {
    const address = addOne(echo)
    addOne(asker, { echo: address, patience: params.patience as `${number}ms` })
    network({ delay: '5ms' })
  },
  checks: [always('nobody is late', (world) => world.withRole('late').length === 0)],
  until: '1s',
}) as unknown as Scenario

const late = (...plan: FaultSpec[]): RunSpec => ({
  scenario: 'punctual',
  params: { patience: '100ms' },
  seed: 1,
  plan,
  profile: { ties: 'serial' },
  until: 1_000_000,
})

describe('shrink', () => {
  const attempt = attemptOf(pings)

  it('comes to the same result each time', async () => {
    const [a, b] = [
      await shrunk({ scenario: pings, spec: specOf(), attempt }),
      await shrunk({ scenario: pings, spec: specOf(), attempt }),
    ]
    expect(b.result.spec).toEqual(a.result.spec)
    expect(b.spent).toEqual(a.spent)
  })

  it('leaves out everything that a failure does not need', async () => {
    const { result, after } = await shrunk({ scenario: pings, spec: specOf(), attempt })
    const { spec } = result
    expect(after).toMatchObject({ faults: 0, operations: 1 })
    expect(spec.params).toEqual({
      servers: 3,
      clients: 1,
      rate: 0.5,
      shouting: false,
      mode: 'plain',
      pause: '1ms',
    })
    // The one operation that is needed moved to the one client that is left, and its pause is gone.
    expect(spec.workload).toEqual([{ node: 'client[0]', name: 'ping', input: { to: 2, size: 7 } }])
    expect(spec.profile).toEqual({ ties: 'serial', network: { delay: 'constant' } })
    expect(spec.until).toBe(5_000)
  })

  it('leaves parameters alone that are to be kept', async () => {
    const { result } = await shrunk({ scenario: pings, spec: specOf(), attempt, keep: ['servers', 'mode'] })
    expect(result.spec.params).toMatchObject({ servers: 5, mode: 'loud', shouting: false, clients: 1 })
  })

  it('refuses to keep a parameter that there is not, with the nearest one', async () => {
    await expect(shrink({ scenario: pings, spec: specOf(), attempt, keep: ['server'] })).rejects.toThrow(
      "did you mean 'servers'?",
    )
  })

  it('takes no parameter that makes the run fail without the faults that it needed', async () => {
    // With a patience of 10 ms or less everything is late; with more only what a pause holds up.
    const spec = late({ at: '50ms', kind: 'pause', node: 'echo', for: '500ms' })
    const { result } = await shrunk({ scenario: punctual, spec, attempt: attemptOf(punctual) })
    expect(result.spec.plan).toHaveLength(1)
    expect(result.spec.params).toEqual({ patience: '20ms' })
  })

  it('aims faults at nodes that are left when there are fewer', async () => {
    const crashed = scenario({
      name: 'crashed',
      summary: 'nobody crashes',
      params: { servers: integer({ default: 6, min: 1 }) },
      cluster: ({ add, params }) => void add(server, params.servers),
      checks: [always('all are up', (world) => world.nodes.every(({ up }) => up), { on: ['crash'] })],
      until: '1s',
    }) as unknown as Scenario
    const plan: FaultSpec[] = [
      { at: '123.456ms', kind: 'crash', node: ['server[3]', 'server[5]'], for: '100ms' },
    ]
    const spec = {
      scenario: 'crashed',
      params: { servers: 6 },
      seed: 1,
      plan,
      profile: { ties: 'serial' as const },
      until: 1_000_000,
    }
    const { result } = await shrunk({ scenario: crashed, spec, attempt: attemptOf(crashed) })
    expect(result.nodes).toEqual(['server[0]'])
    expect(result.spec.plan).toEqual([{ at: '100ms', kind: 'crash', node: 'server[0]', for: '1ms' }])
  })

  it('makes faults weaker: fewer fields, lower magnitudes, distributions left to what they are', async () => {
    const spec = late({
      at: '31.415ms',
      kind: 'degrade',
      from: 'all',
      delay: '333ms',
      duplication: 0.25,
      for: '600ms',
    })
    const { result } = await shrunk({
      scenario: punctual,
      spec,
      attempt: attemptOf(punctual),
      keep: ['patience'],
    })
    const [fault] = result.spec.plan
    expect(Object.keys(fault!).sort()).toEqual(['at', 'delay', 'for', 'kind'])
    expect(fault).toMatchObject({ at: '30ms', delay: '100ms' })
  })

  it('makes groups of a partition smaller', async () => {
    const cut = {
      ...pings,
      checks: [
        always('server[2] can hear server[1]', (world) => world.reachable('server[1]', 'server[2]'), {
          on: ['fault'],
        }),
      ],
    } as Scenario
    const plan: FaultSpec[] = [
      { at: '1s', kind: 'partition', groups: [['server[2..]'], ['rest']], for: '800ms' },
    ]
    const { result } = await shrunk({
      scenario: cut,
      spec: specOf({ plan }),
      attempt: attemptOf(cut),
      keep: ['servers', 'clients'],
    })
    expect(result.spec.plan).toEqual([
      { at: '1s', kind: 'partition', groups: [['server[2]'], ['server[1]']], for: '1ms' },
    ])
  })

  it('says that a run does not fail', async () => {
    const outcome = await shrink({ scenario: pings, spec: specOf({ workload: [] }), attempt })
    expect(outcome.kind).toBe('does-not-fail')
  })

  it('says that a run does not fail with the signature that was asked for', async () => {
    const signature = { kind: 'check', subject: 'another check' } as const
    const outcome = await shrink({ scenario: pings, spec: specOf(), attempt, signature })
    expect(outcome.kind).toBe('does-not-fail')
  })

  it('does not shrink what is not deterministic', async () => {
    let calls = 0
    const unstable: Attempt = (spec, how) => attempt({ ...spec, seed: ++calls }, how)
    const outcome = await shrink({ scenario: pings, spec: specOf(), attempt: unstable })
    expect(outcome.kind).toBe('not-deterministic')
  })

  it('tells how far it is after every run, with numbers that only grow', async () => {
    const told: Progress[] = []
    const { spent } = await shrunk({
      scenario: pings,
      spec: specOf(),
      attempt,
      onProgress: (one) => told.push(one),
    })
    expect(told.map(({ runs }) => runs)).toEqual([...told.map(({ runs }) => runs)].sort((a, b) => a - b))
    expect(told.at(-1)?.runs).toBe(spent.runs - 1)
    expect(new Set(told.map(({ pass }) => pass))).toContain('operations')
  })

  it('stops at a budget of events', async () => {
    const free = await shrunk({ scenario: pings, spec: specOf(), attempt })
    const events = Math.round(free.spent.events / 2)
    const bound = await shrunk({ scenario: pings, spec: specOf(), attempt, events })
    expect(bound.complete).toBe(false)
    expect(bound.spent.events).toBeLessThan(free.spent.events)
  })

  it('refuses a budget that is too small for anything', async () => {
    await expect(shrink({ scenario: pings, spec: specOf(), attempt, runs: 3 })).rejects.toThrow('at least 4')
  })
})

describe('failures of the code', () => {
  const boom = scenario({
    name: 'boom',
    summary: 'throws on a big ping',
    params: { clients: integer({ default: 3, min: 1 }) },
    cluster({ add, params }) {
      const throwing = defineNode<Messages>()({
        kind: 'server',
        on: {
          ping(_, { size }) {
            if (size > 5) throw new TypeError(`size ${size}`)
          },
        },
      })
      const servers = add(throwing, 1)
      add(client, params.clients, { servers })
    },
    workload: ({ nodes }) =>
      nodes('client').flatMap((node) =>
        [3, 9, 12].map((size) => ({ node, name: 'ping', input: { to: 0, size }, after: 10 })),
      ),
    checks: [],
    until: '1s',
  }) as unknown as Scenario

  it('are shrunk like violations of checks', async () => {
    const spec: RunSpec = {
      scenario: 'boom',
      params: { clients: 3 },
      seed: 1,
      plan: [],
      profile: { ties: 'serial' },
      until: 1_000_000,
    }
    const { signature, after, result } = await shrunk({ scenario: boom, spec, attempt: attemptOf(boom) })
    expect(signature).toMatchObject({ kind: 'threw', subject: 'server on.ping' })
    expect(signature.detail).toContain('size #')
    expect(after).toMatchObject({ operations: 1, nodes: 2 })
    expect(result.spec.until).toBe(1_000)
  })
})
