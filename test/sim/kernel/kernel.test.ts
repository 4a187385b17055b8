// The kernel's promises: one total order of events, and runs that end.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defineNode } from '../../../index.ts'
import type { KernelOptions } from '../../../sim/kernel/kernel.ts'
import {
  Kernel,
  PRIORITY_CONTROL,
  PRIORITY_ORDINARY,
  PRIORITY_PROBE,
  PRIORITY_START,
} from '../../../sim/kernel/kernel.ts'
import { run } from '../support.ts'

const PRIORITIES = [PRIORITY_START, PRIORITY_CONTROL, PRIORITY_ORDINARY, PRIORITY_PROBE]

function kernelWith(options: Partial<KernelOptions> = {}): Kernel {
  return new Kernel({ until: 1_000_000, maxEvents: 1_000_000, maxEventsAtInstant: 1_000_000, ...options })
}

function drive(kernel: Kernel): void {
  while (kernel.step(7) !== 'end');
}

/** Schedules events at (time, priority) in the order given; returns the order in which they happened. */
function order(
  events: readonly (readonly [time: number, priority: number])[],
  options?: Partial<KernelOptions>,
): number[] {
  const kernel = kernelWith(options)
  const happened: number[] = []
  const op = kernel.register((index) => happened.push(index))
  events.forEach(([time, priority], index) => {
    kernel.schedule(time, priority, op, index, 0, 0, 0, undefined)
  })
  drive(kernel)
  return happened
}

const timesAndPriorities = fc.array(fc.tuple(fc.nat(20), fc.constantFrom(...PRIORITIES)), { maxLength: 200 })

describe('the order of events', () => {
  it('is by time, then priority, then the order in which they were scheduled', () => {
    fc.assert(
      fc.property(timesAndPriorities, (events) => {
        const expected = events
          .map(([time, priority], index) => ({ time, priority, index }))
          .sort((a, b) => a.time - b.time || a.priority - b.priority || a.index - b.index)
          .map(({ index }) => index)
        expect(order(events)).toEqual(expected)
      }),
      { seed: 11, numRuns: 200 },
    )
  })

  it('with shuffled ties still is by time and priority, and is the same for the same key', () => {
    fc.assert(
      fc.property(timesAndPriorities, fc.integer(), (events, tieKey) => {
        const happened = order(events, { tieKey })
        expect(happened).toHaveLength(events.length)
        expect(order(events, { tieKey })).toEqual(happened)
        for (let i = 1; i < happened.length; i++) {
          const [t0, p0] = events[happened[i - 1] as number] as readonly [number, number]
          const [t1, p1] = events[happened[i] as number] as readonly [number, number]
          expect(t0 < t1 || (t0 === t1 && p0 <= p1)).toBe(true)
        }
      }),
      { seed: 12, numRuns: 100 },
    )
  })

  it('with shuffled ties differs from key to key', () => {
    const ties = Array.from({ length: 30 }, () => [5, PRIORITY_ORDINARY] as const)
    const orders = new Set([1, 2, 3, 4, 5].map((tieKey) => order(ties, { tieKey }).join()))
    expect(orders.size).toBe(5)
  })

  it('holds for events that are scheduled while others happen, at the same instant too', () => {
    const kernel = kernelWith()
    const happened: string[] = []
    const note = kernel.register((_a, _b, _c, _cause, ref) => happened.push(`${kernel.now} ${ref as string}`))
    const first = kernel.register(() => {
      kernel.schedule(10, PRIORITY_PROBE, note, 0, 0, 0, 0, 'probe')
      kernel.schedule(12, PRIORITY_ORDINARY, note, 0, 0, 0, 0, 'later')
      kernel.schedule(10, PRIORITY_ORDINARY, note, 0, 0, 0, 0, 'behind its equals')
    })
    kernel.schedule(10, PRIORITY_ORDINARY, first, 0, 0, 0, 0, undefined)
    kernel.schedule(10, PRIORITY_ORDINARY, note, 0, 0, 0, 0, 'second')
    drive(kernel)
    expect(happened).toEqual(['10 second', '10 behind its equals', '10 probe', '12 later'])
  })
})

describe('a cancelled event', () => {
  it('never happens and counts as no event; all others happen', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(50), fc.boolean()), { maxLength: 100 }), (events) => {
        const kernel = kernelWith()
        const happened: number[] = []
        const op = kernel.register((index) => happened.push(index))
        const slots = events.map(([time], index) =>
          kernel.schedule(time, PRIORITY_ORDINARY, op, index, 0, 0, 0, {}),
        )
        events.forEach(([, cancelled], index) => {
          if (cancelled) kernel.cancel(slots[index] as number)
        })
        drive(kernel)
        const kept = events.flatMap(([, cancelled], index) => (cancelled ? [] : [index]))
        expect(happened.sort((a, b) => a - b)).toEqual(kept)
        expect(kernel.events).toBe(kept.length)
      }),
      { seed: 13, numRuns: 100 },
    )
  })

  it('gives its slot to later events without disturbing them', () => {
    const kernel = kernelWith()
    const happened: unknown[] = []
    const note = kernel.register((_a, _b, _c, _cause, ref) => happened.push(ref))
    const chain = kernel.register((left) => {
      const dead = kernel.schedule(kernel.now + 1, PRIORITY_ORDINARY, note, 0, 0, 0, 0, 'cancelled')
      kernel.cancel(dead)
      kernel.schedule(kernel.now + 2, PRIORITY_ORDINARY, note, 0, 0, 0, 0, left)
      if (left > 0) kernel.schedule(kernel.now + 3, PRIORITY_ORDINARY, chain, left - 1, 0, 0, 0, undefined)
    })
    kernel.schedule(0, PRIORITY_ORDINARY, chain, 5000, 0, 0, 0, undefined)
    drive(kernel)
    expect(happened).toEqual(Array.from({ length: 5001 }, (_, i) => 5000 - i))
  })
})

describe('the end of a run', () => {
  it('comes when nothing is pending, at the time of the last event', () => {
    const kernel = kernelWith()
    kernel.schedule(
      42,
      PRIORITY_ORDINARY,
      kernel.register(() => undefined),
      0,
      0,
      0,
      0,
      undefined,
    )
    drive(kernel)
    expect(kernel.stopReason).toEqual({ kind: 'idle' })
    expect(kernel.now).toBe(42)
  })

  it('comes after `until`: what is due then happens, what is due a microsecond later does not', () => {
    const kernel = kernelWith({ until: 100 })
    const happened: number[] = []
    const op = kernel.register((a) => happened.push(a))
    for (const time of [99, 100, 101]) kernel.schedule(time, PRIORITY_ORDINARY, op, time, 0, 0, 0, undefined)
    drive(kernel)
    expect(happened).toEqual([99, 100])
    expect(kernel.stopReason).toEqual({ kind: 'until' })
    expect(kernel.now).toBe(100)
  })

  it('comes after the current event when it is asked for', () => {
    const kernel = kernelWith()
    const happened: number[] = []
    const op = kernel.register((a) => {
      happened.push(a)
      if (a === 1) kernel.stop()
    })
    for (let i = 0; i < 4; i++) kernel.schedule(5, PRIORITY_ORDINARY, op, i, 0, 0, 0, undefined)
    drive(kernel)
    expect(happened).toEqual([0, 1])
    expect(kernel.stopReason).toEqual({ kind: 'stopped' })
  })

  it('comes at the limit of events, after exactly as many', () => {
    const kernel = kernelWith({ maxEvents: 10 })
    let happened = 0
    const op = kernel.register((a) => {
      happened++
      kernel.schedule(a + 1, PRIORITY_ORDINARY, op, a + 1, 0, 0, 0, undefined)
    })
    kernel.schedule(0, PRIORITY_ORDINARY, op, 0, 0, 0, 0, undefined)
    drive(kernel)
    expect(happened).toBe(10)
    expect(kernel.events).toBe(10)
    expect(kernel.stopReason).toEqual({ kind: 'event-limit', limit: 10 })
  })

  it('comes at the limit of events at one instant, which a step in time sets back', () => {
    const kernel = kernelWith({ maxEventsAtInstant: 5 })
    const op = kernel.register((left, wait) => {
      if (left > 0) kernel.schedule(kernel.now + wait, PRIORITY_ORDINARY, op, left - 1, wait, 0, 0, undefined)
    })
    kernel.schedule(1, PRIORITY_ORDINARY, op, 100, 1, 0, 0, undefined)
    drive(kernel)
    expect(kernel.stopReason).toEqual({ kind: 'idle' })

    const looping = kernelWith({ maxEventsAtInstant: 5 })
    const loop = looping.register(() => {
      looping.schedule(looping.now, PRIORITY_ORDINARY, loop, 0, 0, 0, 0, undefined)
    })
    looping.schedule(3, PRIORITY_ORDINARY, loop, 0, 0, 0, 0, undefined)
    drive(looping)
    expect(looping.stopReason).toEqual({ kind: 'instant-limit', limit: 5 })
    expect(looping.now).toBe(3)
  })
})

describe('limits of a run', () => {
  it('stop an endless loop of zero delays and name the node and the time', async () => {
    const looper = defineNode()({
      kind: 'looper',
      async start(node) {
        await node.sleep('3ms')
        for (;;) await node.sleep(0)
      },
    })
    const bystander = defineNode()({
      kind: 'bystander',
      start: (node) => void node.every(1, () => undefined),
    })
    const result = await run(
      ({ add, addOne }) => {
        addOne(bystander)
        add(looper, 2)
      },
      { maxEventsAtInstant: 1000 },
    )
    expect(result.verdict).toBe('violated')
    expect(result.failures).toHaveLength(1)
    expect(result.failures[0]).toMatchObject({ kind: 'instant-limit', time: 3000 })
    expect(result.failures[0]?.node).toMatch(/^looper\[\d\]$/)
    expect(result.failures[0]?.message).toContain('looper[')
  })

  it('stop an endless ping-pong of messages that a node sends to itself', async () => {
    interface Messages {
      again(): void
    }
    const echo = defineNode<Messages>()({
      kind: 'echo',
      start: (node) => node.send(node.self, 'again'),
      on: { again: (node) => node.send(node.self, 'again') },
    })
    const result = await run(({ addOne }) => addOne(echo), { maxEventsAtInstant: 500 })
    expect(result.failures).toMatchObject([{ kind: 'instant-limit', node: 'echo', time: 0 }])
  })

  it('stop a run after its limit of events and count those that happened', async () => {
    const ticker = defineNode()({
      kind: 'ticker',
      start: (node) => void node.every(1, () => undefined),
    })
    const result = await run(({ addOne }) => addOne(ticker), { maxEvents: 50 })
    expect(result.failures).toMatchObject([{ kind: 'event-limit' }])
    expect(result.events).toBe(50)
  })

  it('do not stop a large cluster that starts at one instant', async () => {
    const idle = defineNode()({ kind: 'idle', start: (node) => void node.after(0, () => undefined) })
    const result = await run(({ add }) => add(idle, 20_000), { records: false })
    expect(result.failures).toEqual([])
  })
})

describe('the shuffled profile', () => {
  const spread = defineNode<{ hello(n: number): void }>()({
    kind: 'node',
    state: () => ({ got: [] as number[] }),
    on: { hello: (node, n) => void node.state.got.push(n) },
  })
  const cluster = ({ add, addOne }: Parameters<Parameters<typeof run>[0]>[0]): void => {
    const target = addOne(spread)
    const sender = defineNode()({
      kind: 'sender',
      start: (node) => node.send(target, 'hello', Number(/\d+/.exec(node.name)?.[0])),
    })
    add(sender, 20)
  }
  const arrivals = async (seed: number, ties: 'serial' | 'shuffled'): Promise<string> => {
    const result = await run(cluster, { seed, profile: { ties }, inspect: true })
    return JSON.stringify(result.states?.changes.at(-1)?.state)
  }

  it('changes the order of ties from seed to seed, and repeats for one seed', async () => {
    const serial = await arrivals(1, 'serial')
    const one = await arrivals(1, 'shuffled')
    expect(one).not.toBe(serial)
    expect(await arrivals(1, 'shuffled')).toBe(one)
    expect(await arrivals(2, 'shuffled')).not.toBe(one)
  })
})
