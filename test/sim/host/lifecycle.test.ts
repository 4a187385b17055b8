// Incarnations: what a crash ends, what a restart brings back, what a pause delays.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defineNode, exponential, faults, ok, unknown } from '../../../index.ts'
import type { Address, Node, RunResult, TraceRecord } from '../../../index.ts'
import { recordsOf, run, story } from '../support.ts'

interface Messages {
  ask(n: number): number
  note(n: number): void
}

/** Keeps everything going at once: timers, sleeps, conditions, requests, disk, work, roles, operations. */
const busy = defineNode<Messages, { readonly all: readonly Address<Messages>[] }>()({
  kind: 'busy',
  state: () => ({ asked: 0, notes: [] as number[] }),
  async recover(node) {
    for (const n of await node.disk.read<number>('log').catch(() => [])) node.state.notes.push(n)
  },
  disk: { latency: { append: '1ms', sync: '3ms' } },
  cpu: { cost: { ask: '500us' } },
  async start(node) {
    node.every('3ms', () => node.broadcast(node.config.all, 'note', node.random.int(100)))
    void background(node)
    for (;;) {
      const to = node.random.pick(node.config.all)
      await node.operation('ask', null, async () => {
        const answer = await node.request(to, 'ask', 1, { timeout: '8ms' })
        return answer.ok ? ok(answer.reply) : unknown(answer.reason)
      })
      await node.work('200us')
      node.role(node.random.chance(0.5) ? 'even' : 'odd')
    }
  },
  on: {
    async ask(node, n) {
      node.state.asked += n
      await node.sleep(node.random.exponential(2))
      return node.state.asked
    },
    async note(node, n) {
      node.state.notes.push(n)
      await node.disk.append('log', n)
      await node.disk.sync('log')
    },
  },
})

async function background(node: Node<Messages, { asked: number }>): Promise<void> {
  for (let i = 5; ; i += 5) {
    await node.until(() => node.state.asked >= i)
    await node.sleep('1ms')
    node.role(`asked ${i}`)
  }
}

function busyCluster({ add, network }: Parameters<Parameters<typeof run>[0]>[0]): void {
  const all: Address<Messages>[] = []
  all.push(...add(busy, 3, () => ({ all: all.slice() })))
  network({ delay: exponential('2ms'), loss: 0.05, duplication: 0.05 })
}

/** Kinds of records that only a running process makes. */
const OF_A_PROCESS: readonly TraceRecord['kind'][] = [
  'send',
  'request',
  'reply',
  'deliver',
  'handle',
  'timer',
  'timeout',
  'work',
  'disk',
  'condition',
  'role',
  'invoke',
  'ok',
  'fail',
  'unknown',
  'error',
  'pause',
  'resume',
  'stop',
]

/** Records made while a node was down, and records that something led to that happened in an earlier incarnation. */
function ghosts(result: RunResult): TraceRecord[] {
  const up = new Set<string>()
  const incarnation = new Map<string, number>()
  const madeIn = new Map<number, number>()
  const records = recordsOf(result)
  return records.filter((record) => {
    const { id, kind, node, cause, type } = record
    if (node === undefined) return false
    const present = incarnation.get(node) ?? 0
    madeIn.set(id, present)
    if (kind === 'start') {
      up.add(node)
      incarnation.set(node, present + 1)
      return false
    }
    if (kind === 'crash' || kind === 'stop') return !up.delete(node)
    if (kind === 'disk' && type === 'lost') return up.has(node)
    if (!OF_A_PROCESS.includes(kind)) return false
    if (!up.has(node)) return true
    // What one incarnation began on its own machine never goes on in the next.
    const before = cause === undefined ? undefined : records[cause - 1]
    const within = before?.node === node && before.kind !== 'start' && kind !== 'deliver'
    return within && madeIn.get(before.id) !== present
  })
}

describe('a crash', () => {
  it('ends everything that the incarnation had begun', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1e6),
        fc.array(
          fc.record({
            at: fc.integer({ min: 0, max: 90_000 }),
            node: fc.integer({ min: 0, max: 2 }),
            for: fc.option(fc.integer({ min: 0, max: 20_000 }), { nil: undefined }),
            kind: fc.constantFrom('crash', 'crash', 'pause', 'restart'),
          }),
          { maxLength: 8 },
        ),
        fc.constantFrom('serial' as const, 'shuffled' as const),
        async (seed, planned, ties) => {
          const plan = planned.map((fault) => ({
            at: `${fault.at}us` as const,
            kind: fault.kind as 'crash',
            node: `busy[${fault.node}]`,
            ...(fault.for === undefined || fault.kind === 'restart'
              ? {}
              : { for: `${fault.for}us` as const }),
          }))
          const result = await run(busyCluster, { seed, plan, until: '100ms', profile: { ties } })
          expect(result.failures).toEqual([])
          expect(ghosts(result)).toEqual([])
          expect(result.records).toBeGreaterThan(100)
        },
      ),
      { seed: 31, numRuns: 40 },
    )
  })

  it('loses volatile state and unsynced writes; the next incarnation recovers what was synced', async () => {
    const keeper = defineNode<{ note(n: number): void }>()({
      kind: 'keeper',
      state: () => ({ recovered: [] as number[], volatile: 0 }),
      async recover(node) {
        node.state.recovered = await node.disk.read<number>('log').catch(() => [])
      },
      async start(node) {
        node.role(`recovered ${JSON.stringify(node.state.recovered)} volatile ${node.state.volatile}`)
        node.state.volatile = 7
        if (node.state.recovered.length > 0) return
        await node.disk.append('log', 1)
        await node.disk.append('log', 2)
        await node.disk.sync('log')
        await node.disk.append('log', 3)
      },
    })
    const result = await run(({ addOne }) => addOne(keeper), {
      faults: [faults.crash({ at: '1s', node: 'keeper', for: '1s' })],
    })
    expect(story(result, 'role')).toEqual([
      '0 role keeper recovered [] volatile 0',
      '2000 role keeper recovered [1,2] volatile 0',
    ])
    expect(recordsOf(result, 'start').map(({ data }) => data)).toEqual([
      { incarnation: 1 },
      { incarnation: 2 },
    ])
  })

  it('leaves operations of its node open in the history', async () => {
    const client = defineNode()({
      kind: 'client',
      start: (node) =>
        void node.operation('slow', 1, async () => {
          await node.sleep('2s')
          return { type: 'ok', output: 1 }
        }),
    })
    const result = await run(({ addOne }) => addOne(client), {
      faults: [faults.crash({ at: '1s', node: 'client' })],
    })
    expect(result.history).toMatchObject([{ name: 'slow', status: 'open' }])
  })

  it('while the node is paused ends the pause and the backlog', async () => {
    const result = await run(
      ({ addOne }) => {
        const target = addOne(sink)
        addOne(sender, { to: target, every: '10ms' })
      },
      {
        faults: [
          faults.pause({ at: '100ms', node: 'sink', for: '900ms' }),
          faults.crash({ at: '200ms', node: 'sink', for: '100ms' }),
        ],
        until: '500ms',
      },
    )
    const handled = recordsOf(result, 'deliver').map(({ t }) => t / 1000)
    expect(handled.filter((t) => t > 100 && t < 300)).toEqual([])
    // The backlog is gone, and the new incarnation runs although the pause was to last longer.
    expect(handled.filter((t) => t >= 300).map((t) => t % 10)).toEqual(Array.from({ length: 20 }, () => 1))
  })

  it('and a restart of several nodes at once runs each one for itself', async () => {
    const starter = defineNode<{ hello(): void }, { readonly all: readonly Address<{ hello(): void }>[] }>()({
      kind: 'starter',
      async recover(node) {
        await Promise.resolve()
        node.role('recovering')
      },
      async start(node) {
        await Promise.resolve()
        node.broadcast(node.config.all, 'hello')
      },
      on: { hello: (node) => node.role('greeted') },
    })
    const result = await run(({ add }) => add(starter, 3, (_, all) => ({ all: all as never })), {
      faults: [faults.crash({ at: '1s', node: 'all', for: '1s' })],
      inspect: true,
    })
    expect(result.failures).toEqual([])
    expect(story(result, 'send').slice(6)).toHaveLength(6)
    // Each new incarnation is caused by the end of the fault, not by another node's start.
    const heal = recordsOf(result, 'heal')[0]
    const starts = recordsOf(result, 'start').slice(3)
    expect(starts.map(({ cause }) => cause)).toEqual([heal?.id, heal?.id, heal?.id])
    expect(result.states?.changes.filter(({ time }) => time === 2_000_000).map(({ node }) => node)).toEqual([
      'starter[0]',
      'starter[1]',
      'starter[2]',
    ])
  })
})

const sink = defineNode<{ note(n: number): void }>()({
  kind: 'sink',
  state: () => ({ got: [] as number[] }),
  on: { note: (node, n) => void node.state.got.push(n) },
})

const sender = defineNode<
  object,
  { readonly to: Address<{ note(n: number): void }>; readonly every: '10ms' }
>()({
  kind: 'sender',
  start(node) {
    let n = 0
    node.every(node.config.every, () => node.send(node.config.to, 'note', n++))
  },
})

describe('a message', () => {
  it('is dropped with the reason `down` while its receiver is down, and handled again after the restart', async () => {
    const result = await run(
      ({ addOne }) => {
        const to = addOne(sink)
        addOne(sender, { to, every: '10ms' })
      },
      { faults: [faults.crash({ at: '105ms', node: 'sink', for: '100ms' })], until: '305ms' },
    )
    const drops = recordsOf(result, 'drop')
    expect(drops.map(({ t, node, from, to, type }) => [t / 1000, node, from ?? to, type])).toEqual(
      [111, 121, 131, 141, 151, 161, 171, 181, 191, 201].map((t) => [t, 'sink', 'sender', 'down']),
    )
    expect(recordsOf(result, 'deliver').filter(({ t }) => t > 205_000)).toHaveLength(10)
  })

  it('is dropped until `recover` is done', async () => {
    const slow = defineNode<{ note(n: number): void }>()({
      kind: 'slow',
      async recover(node) {
        await node.sleep('55ms')
      },
      start: (node) => node.role('ready'),
      on: { note: (node) => node.role('handled') },
    })
    const result = await run(
      ({ addOne }) => {
        const to = addOne(slow)
        addOne(sender, { to, every: '10ms' })
      },
      { until: '72ms' },
    )
    expect(recordsOf(result, 'drop').map(({ t, type }) => `${t / 1000} ${type}`)).toEqual([
      '11 down',
      '21 down',
      '31 down',
      '41 down',
      '51 down',
    ])
    expect(story(result, 'role')).toEqual([
      '55 role slow ready',
      '61 role slow handled',
      '71 role slow handled',
    ])
  })
})

describe('a pause', () => {
  it('delays messages and timers, which are worked off in order on resume, and the clock goes on', async () => {
    const clocked = defineNode<{ note(n: number): void }>()({
      kind: 'clocked',
      start(node) {
        node.every('25ms', () => node.role(`timer at ${node.clock.monotonic()}`))
      },
      on: { note: (node, n) => node.role(`note ${n} at ${node.clock.monotonic()}`) },
    })
    const result = await run(
      ({ addOne }) => {
        const to = addOne(clocked)
        addOne(sender, { to, every: '10ms' })
      },
      { faults: [faults.pause({ at: '15ms', node: 'clocked', for: '45ms' })], until: '75ms' },
    )
    expect(story(result, 'role', 'pause', 'resume')).toEqual([
      '11 role clocked note 0 at 11',
      '15 pause clocked',
      '60 resume clocked',
      '60 role clocked note 1 at 60',
      '60 role clocked timer at 60',
      '60 role clocked note 2 at 60',
      '60 role clocked note 3 at 60',
      '60 role clocked note 4 at 60',
      '61 role clocked note 5 at 61',
      '71 role clocked note 6 at 71',
    ])
  })

  it('keeps order on a machine with a CPU: what queued comes before what is new', async () => {
    const worker = defineNode<{ note(n: number): void }>()({
      kind: 'worker',
      cpu: { cores: 1, cost: '4ms' },
      state: () => ({ got: [] as number[] }),
      on: { note: (node, n) => node.role(`note ${n}`) },
    })
    const result = await run(
      ({ addOne }) => {
        const to = addOne(worker)
        addOne(sender, { to, every: '10ms' })
      },
      // Paused while note 0 is on the CPU: it still occupies the core after the resume.
      { faults: [faults.pause({ at: '13ms', node: 'worker', for: '37ms' })], until: '100ms' },
    )
    const order = recordsOf(result, 'role').map(({ type }) => type)
    expect(order.slice(0, 8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((n) => `note ${n}`))
  })

  it('is not seen by a request that was answered in time', async () => {
    const result = await run(
      ({ addOne }) => {
        const server = addOne(answering)
        addOne(asking, { to: server })
      },
      { faults: [faults.pause({ at: '1.5ms', node: 'asking', for: '3s' })] },
    )
    expect(story(result, 'role')).toEqual(['3001.5 role asking answered'])
  })

  it('does not let a timer fire that a message of the backlog cancelled', async () => {
    const careful = defineNode<{ cancel(): void }>()({
      kind: 'careful',
      state: () => ({ cancel: (): void => undefined }),
      start(node) {
        const timer = node.after('30ms', () => node.role('fired'))
        node.state.cancel = () => timer.cancel()
      },
      on: { cancel: (node) => node.state.cancel() },
    })
    const canceller = defineNode<object, { readonly to: Address<{ cancel(): void }> }>()({
      kind: 'canceller',
      start: (node) => void node.after('20ms', () => node.send(node.config.to, 'cancel')),
    })
    const result = await run(
      ({ addOne }) => {
        const to = addOne(careful)
        addOne(canceller, { to })
      },
      { faults: [faults.pause({ at: '10ms', node: 'careful', for: '100ms' })] },
    )
    expect(story(result, 'deliver')).toEqual(['110 deliver careful cancel'])
    expect(story(result, 'role')).toEqual([])
  })

  it('that begins again while the backlog is worked off delays the rest of it', async () => {
    const stopping = defineNode<{ note(n: number): void }>()({
      kind: 'stopping',
      on: { note: (node, n) => node.role(`note ${n}`) },
    })
    const result = await run(
      ({ addOne }) => {
        const to = addOne(stopping)
        addOne(sender, { to, every: '10ms' })
      },
      {
        faults: [
          faults.pause({ at: '5ms', node: 'stopping', for: '40ms' }),
          faults.pause({ at: '45ms', node: 'stopping', for: '20ms' }),
        ],
        until: '85ms',
      },
    )
    expect(story(result, 'role').map((line) => line.slice(-1))).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
      '7',
    ])
    expect(ghosts(result)).toEqual([])
  })
})

const answering = defineNode<{ ask(): 'yes' }>()({ kind: 'answering', on: { ask: () => 'yes' } })

const asking = defineNode<object, { readonly to: Address<{ ask(): 'yes' }> }>()({
  kind: 'asking',
  async start(node) {
    const answer = await node.request(node.config.to, 'ask', undefined)
    node.role(answer.ok ? 'answered' : answer.reason)
  },
})

describe('a graceful stop', () => {
  it('ends the incarnation, keeps what was written without sync, and can be followed by a restart', async () => {
    const leaver = defineNode()({
      kind: 'leaver',
      async start(node) {
        const log = await node.disk.read<number>('log').catch(() => [])
        node.role(`log ${log.length}`)
        node.after('2s', () => node.role('never'))
        await node.disk.append('log', 1)
        await node.sleep('1s')
        node.stop()
      },
    })
    const result = await run(({ addOne }) => addOne(leaver), {
      faults: [faults.restart({ at: '1.5s', node: 'leaver' })],
      until: '3s',
    })
    expect(story(result, 'role', 'stop', 'start', 'crash')).toEqual([
      '0 start leaver',
      '0 role leaver log 0',
      '1000 stop leaver',
      '1500 start leaver',
      '1500 role leaver log 1',
      '2500 stop leaver',
    ])
    expect(ghosts(result)).toEqual([])
  })

  it('is the last that happens on the node: the rest of its handler reaches nothing', async () => {
    interface Quit {
      quit(): string
    }
    const quitter = defineNode<Quit, { readonly peer: Address<{ note(n: number): void }> }>()({
      kind: 'quitter',
      on: {
        quit(node) {
          const act = (): void => {
            node.send(node.config.peer, 'note', 1)
            node.broadcast([node.config.peer], 'note', 2)
            node.after(1, () => node.role('timer'))
            node.every(1, () => node.role('timer')).cancel()
            void node.request(node.config.peer, 'note', 3)
            void node.sleep(1).then(() => node.role('slept'))
            void node.until(() => true).then(() => node.role('waited'))
            void node.work(1).then(() => node.role('worked'))
            void node.disk.append('x', 1).then(() => node.role('wrote'))
            void node.streams.connect(node.config.peer)
            node.role('ghost')
          }
          void node.operation('quit', 1, () => {
            node.stop()
            act()
            return { type: 'ok', output: 1 }
          })
          act()
          node.stop()
          return 'bye'
        },
      },
    })
    const result = await run(({ addOne }) => {
      const peer = addOne(sink)
      const to = addOne(quitter, { peer })
      const client = defineNode()({
        kind: 'client',
        async start(node) {
          const reply = await node.request(to, 'quit', undefined)
          node.role(reply.ok ? 'answered' : reply.reason)
        },
      })
      addOne(client)
    })
    expect(result.failures).toEqual([])
    expect(ghosts(result)).toEqual([])
    expect(story(result, 'role')).toEqual(['1000 role client timeout'])
    expect(recordsOf(result, 'stop')).toHaveLength(1)
    expect(result.history).toMatchObject([{ name: 'quit', status: 'open' }])
  })
})

describe('a handler that throws', () => {
  const thrower = (how: 'plain' | 'async' | 'later') =>
    defineNode<{ ask(): 'yes' }>()({
      kind: 'thrower',
      on: {
        ask(node) {
          if (how === 'plain') throw new TypeError('a bug')
          return (async () => {
            if (how === 'later') await node.sleep('5ms')
            throw new TypeError('a bug')
          })()
        },
      },
    })
  const times = { plain: 1, async: 1, later: 6 }

  for (const how of ['plain', 'async', 'later'] as const) {
    it(`fails the run by default, with node, handler, time and stack (${how})`, async () => {
      const result = await run(({ addOne }) => void addOne(asking, { to: addOne(thrower(how)) }))
      expect(result.verdict).toBe('violated')
      expect(result.failures).toMatchObject([
        {
          kind: 'threw',
          node: 'thrower',
          where: 'on.ask',
          time: times[how] * 1000,
          message: 'TypeError: a bug',
        },
      ])
      expect(result.failures[0]?.stack).toContain('lifecycle.test.ts')
      expect(recordsOf(result).at(-1)).toMatchObject({ kind: 'error', node: 'thrower', type: 'on.ask' })
    })

    it(`crashes its node where the scenario says so (${how})`, async () => {
      const result = await run(({ addOne }) => void addOne(asking, { to: addOne(thrower(how)) }), {
        onThrow: 'crash',
      })
      expect(result.verdict).toBe('held')
      expect(story(result, 'error', 'crash', 'role')).toEqual([
        `${times[how]} error thrower on.ask`,
        `${times[how]} crash thrower error`,
        '1000 role asking timeout',
      ])
      expect(ghosts(result)).toEqual([])
    })
  }

  it('in a timer, in `start`, in `recover` or in a condition is treated alike', async () => {
    const kinds = {
      timer: defineNode()({ kind: 'a', start: (node) => void node.after(1, () => oops()) }),
      start: defineNode()({ kind: 'a', start: () => oops() }),
      recover: defineNode()({
        kind: 'a',
        recover: () => oops(),
        start: (node) => node.role('never'),
      }),
      until: defineNode()({
        kind: 'a',
        state: () => ({ at: 0 }),
        async start(node) {
          node.after(1, () => void (node.state.at = 1))
          await node.until(() => (node.state.at === 1 ? oops() : false))
        },
      }),
    }
    for (const [where, kind] of Object.entries(kinds)) {
      const failing = await run(({ addOne }) => addOne(kind))
      expect(failing.failures).toMatchObject([{ kind: 'threw', node: 'a', where, message: 'Error: oops' }])
      const crashing = await run(({ addOne }) => addOne(kind), { onThrow: 'crash' })
      expect(crashing.failures).toEqual([])
      expect(story(crashing, 'crash', 'role')).toEqual([
        `${where === 'timer' || where === 'until' ? 1 : 0} crash a error`,
      ])
    }
  })

  it('because of a caller mistake fails the run even where throwing crashes', async () => {
    const wrong = defineNode()({
      kind: 'wrong',
      start: (node) => void node.after('-1ms', () => undefined),
    })
    const result = await run(({ addOne }) => addOne(wrong), { onThrow: 'crash' })
    expect(result.failures).toMatchObject([{ kind: 'threw', node: 'wrong', where: 'start' }])
    expect(result.failures[0]?.message).toContain("'-1ms'")
  })

  it('because of a disk error that nobody caught crashes its node, whatever the scenario says', async () => {
    const writer = defineNode()({
      kind: 'writer',
      async start(node) {
        await node.sleep('1s')
        await node.disk.append('log', 1)
      },
    })
    const result = await run(({ addOne }) => addOne(writer), {
      faults: [faults.diskFull({ at: '0s', node: 'writer' })],
      onThrow: 'fail',
    })
    expect(result.failures).toEqual([])
    expect(story(result, 'error', 'crash')).toEqual(['1000 error writer start', '1000 crash writer error'])
  })

  it('a disk error that it catches is data', async () => {
    const writer = defineNode()({
      kind: 'writer',
      async start(node) {
        await node.sleep('1s')
        const written = await node.disk.append('log', 1).then(
          () => 'written',
          (error: unknown) => String(error),
        )
        node.role(written)
      },
    })
    const result = await run(({ addOne }) => addOne(writer), {
      faults: [faults.diskFull({ at: '0s', node: 'writer' })],
    })
    expect(recordsOf(result, 'role')[0]?.type).toContain('ENOSPC')
    expect(recordsOf(result, 'crash')).toEqual([])
  })

  it('crashing in one of several branches silences the others', async () => {
    const forked = defineNode<object, { readonly peer: Address<{ note(n: number): void }> }>()({
      kind: 'forked',
      async start(node) {
        await Promise.all([
          (async () => {
            await Promise.resolve()
            throw new Error('one branch')
          })(),
          (async () => {
            for (let i = 0; i < 10; i++) {
              await Promise.resolve()
              node.send(node.config.peer, 'note', i)
            }
          })(),
        ])
      },
    })
    const result = await run(({ addOne }) => void addOne(forked, { peer: addOne(sink) }), {
      onThrow: 'crash',
    })
    expect(result.failures).toEqual([])
    expect(ghosts(result)).toEqual([])
  })
})

function oops(): never {
  throw new Error('oops')
}
