import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Address, Node, StreamConnection, StreamResult } from '../../../sim/api.ts'
import { uniform } from '../../../sim/api.ts'
import type { Conversation } from './streams-support.ts'
import { converse, listing, records } from './streams-support.ts'
import { pattern } from './tcp-pair.ts'

const update = process.env.UPDATE_GOLDEN === '1'

/** Compares with `test/golden/streams/<name>.txt`, or writes it. */
function golden(name: string, text: string): void {
  const folder = fileURLToPath(new URL('../../golden/streams/', import.meta.url))
  const file = `${folder}${name}.txt`
  if (update || !existsSync(file)) {
    expect(update, `${name}.txt is missing; run with UPDATE_GOLDEN=1`).toBe(true)
    mkdirSync(folder, { recursive: true })
    writeFileSync(file, text)
  }
  expect(text).toBe(readFileSync(file, 'utf8'))
}

type AnyNode = Pick<Node, 'streams'>

async function opened(node: AnyNode, to: Address): Promise<StreamConnection> {
  const result = await node.streams.connect(to)
  if (!result.ok) throw new Error(`not connected: ${result.reason}`)
  return result.value
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** Reads to the end; what was read, and why it ended (`end` for a FIN). */
async function readAll(
  connection: StreamConnection,
): Promise<{ readonly bytes: number[]; readonly ended: string }> {
  const bytes: number[] = []
  for (;;) {
    const result = await connection.read()
    if (!result.ok) return { bytes, ended: result.reason }
    if (result.value === undefined) return { bytes, ended: 'end' }
    bytes.push(...result.value)
  }
}

/** A listener that only listens. */
async function readToTheEnd(_node: unknown, connection: StreamConnection): Promise<void> {
  await readAll(connection)
}

const outcome = (result: StreamResult<unknown>): string => (result.ok ? 'ok' : result.reason)

/** Runs a conversation that must not fail as a run. */
async function run(conversation: Conversation): ReturnType<typeof converse> {
  const result = await converse(conversation)
  expect(result.failures).toEqual([])
  return result
}

describe('conversations, as listings', () => {
  it('a question, an answer, and a close from both sides', async () => {
    const heard: unknown[] = []
    const result = await run({
      async client(node, server) {
        const connection = await opened(node, server)
        await connection.write('hello')
        const answer = await connection.read()
        heard.push(answer.ok && answer.value !== undefined ? text(answer.value) : answer)
        connection.end()
        heard.push(await connection.read())
      },
      async accept(_node, connection) {
        const question = await connection.read()
        if (question.ok && question.value !== undefined)
          await connection.write(`${text(question.value)}, world`)
        heard.push(await connection.read())
        connection.end()
      },
      until: '100s',
    })
    expect(heard).toEqual(['hello, world', { ok: true, value: undefined }, { ok: true, value: undefined }])
    golden('conversation', listing(result))
  })

  it('a lossy transfer: retransmissions fast and by timer', async () => {
    const bytes = pattern(30_000)
    let received: readonly number[] = []
    const result = await run({
      async client(node, server) {
        const connection = await opened(node, server)
        await connection.write(bytes)
        connection.end()
      },
      async accept(_node, connection) {
        received = (await readAll(connection)).bytes
        connection.end()
      },
      network: { delay: '10ms', loss: 0.15, duplication: 0.05 },
      options: { seed: 3 },
    })
    expect(received).toEqual([...bytes])
    golden('lossy-transfer', listing(result))
  })

  it('a crash leaves the connection half-open; after the restart a write is answered by a reset', async () => {
    const ends: string[] = []
    const result = await run({
      async client(node, server) {
        const connection = await opened(node, server)
        ends.push(outcome(await connection.write('before the crash')))
        await node.sleep('5s')
        ends.push(outcome(await connection.write('into the void')))
        ends.push(outcome(await connection.read()))
        ends.push(outcome(await connection.write('again')))
      },
      accept: readToTheEnd,
      faults: [{ at: '1s', kind: 'crash', node: 'server', for: '2s' }],
    })
    expect(ends).toEqual(['ok', 'ok', 'reset', 'reset'])
    golden('half-open', listing(result))
  })

  it('a paused process: its machine acknowledges, it reads when it runs again', async () => {
    const readAt: number[] = []
    const result = await run({
      async client(node, server) {
        const connection = await opened(node, server)
        await node.sleep('1s')
        await connection.write('are you there?')
      },
      async accept(node, connection) {
        await connection.read()
        readAt.push(node.clock.monotonic())
      },
      faults: [{ at: '500ms', kind: 'pause', node: 'server', for: '4500ms' }],
      until: '10s',
    })
    expect(readAt).toEqual([5_000])
    golden('paused-process', listing(result))
  })

  it('refused by a node that does not listen', async () => {
    const ends: string[] = []
    const result = await run({
      async client(node, server) {
        ends.push(outcome(await node.streams.connect(server)))
      },
    })
    expect(ends).toEqual(['refused'])
    golden('refused', listing(result))
  })

  it('a graceful stop closes connections', async () => {
    const ends: string[] = []
    const result = await run({
      async client(node, server) {
        const connection = await opened(node, server)
        ends.push((await readAll(connection)).ended)
        ends.push(outcome(await node.streams.connect(server)))
        connection.end()
      },
      async accept(node, connection) {
        await connection.write('goodbye')
        node.stop()
      },
    })
    expect(ends).toEqual(['end', 'refused'])
    golden('graceful-stop', listing(result))
  })
})

describe('connecting', () => {
  it('times out when the machine is down: nobody answers', async () => {
    const ends: unknown[] = []
    await run({
      async client(node, server) {
        await node.sleep('1s')
        ends.push(outcome(await node.streams.connect(server, { timeout: '10s' })), node.clock.monotonic())
      },
      accept: () => undefined,
      faults: [{ at: '500ms', kind: 'crash', node: 'server' }],
    })
    expect(ends).toEqual(['timeout', 11_000])
  })

  it('succeeds late when the network heals between two SYNs', async () => {
    const at: number[] = []
    await run({
      async client(node, server) {
        await opened(node, server)
        at.push(node.clock.monotonic())
      },
      accept: () => undefined,
      faults: [{ at: 0, kind: 'cut', for: '2s' }],
    })
    // SYNs at 0, 1 and 3 s; the third gets through.
    expect(at).toEqual([3_020])
  })

  it("keeps time by the machine's own clock", async () => {
    const at: number[] = []
    await run({
      async client(node, server) {
        await node.streams.connect(server)
        at.push(node.clock.monotonic())
      },
      accept: () => undefined,
      faults: [{ at: 0, kind: 'cut', for: '1200ms' }],
      drift: 1_000_000,
    })
    // Twice as fast: SYNs at 0, 0.5 and 1.5 s of true time, which the client takes for 0, 1 and 3 s.
    expect(at).toEqual([3_040])
  })

  it('works from a node to itself', async () => {
    const heard: unknown[] = []
    await run({
      client: () => undefined,
      server: {
        async start(node) {
          const connection = await opened(node, node.self)
          await connection.send({ to: node.self })
          connection.end()
        },
        async accept(node, connection) {
          const result = await connection.receive<{ readonly to: Address }>()
          heard.push(result.ok && result.value?.to === node.self, connection.peer === node.self)
        },
      },
    })
    expect(heard).toEqual([true, true])
  })

  it('gives each connection to accept once, also if the SYN is doubled', async () => {
    let accepted = 0
    await run({
      async client(node, server) {
        for (let i = 0; i < 20; i++) await opened(node, server)
      },
      accept() {
        accepted++
      },
      network: { delay: uniform('1ms', '50ms'), duplication: 1 },
    })
    expect(accepted).toBe(20)
  })
})

describe('failures', () => {
  it('a write into a dead machine times out after all retransmissions', async () => {
    const ends: unknown[] = []
    await run({
      async client(node, server) {
        const connection = await opened(node, server)
        await node.sleep('2s')
        await connection.write('anyone?')
        ends.push(outcome(await connection.read()), Math.round(node.clock.monotonic() / 1_000))
      },
      accept: readToTheEnd,
      faults: [{ at: '1s', kind: 'crash', node: 'server' }],
      until: '2000s',
    })
    // 0.22 s doubled until a minute: the sum of sixteen timeouts, from 2 s on.
    const timeouts = Array.from({ length: 16 }, (_, retry) => Math.min(0.22 * 2 ** retry, 60))
    expect(ends).toEqual(['timeout', Math.round(2 + timeouts.reduce((sum, each) => sum + each, 0))])
  })

  it('without writing, a crash is never noticed; with keep-alive it is', async () => {
    const ends: string[] = []
    await run({
      async client(node, server) {
        const deaf = await opened(node, server)
        const probing = await node.streams.connect(server, { keepAlive: '5s' })
        if (!probing.ok) throw new Error(probing.reason)
        void readAll(deaf).then(({ ended }) => ends.push(`deaf: ${ended}`))
        const { ended } = await readAll(probing.value)
        ends.push(`probing: ${ended} after ${Math.round(node.clock.monotonic() / 1_000)} s`)
      },
      accept: readToTheEnd,
      faults: [{ at: '1s', kind: 'crash', node: 'server' }],
      until: '600s',
    })
    // Nine probes, the first five seconds after the handshake, and the same time again after the last one.
    expect(ends).toEqual(['probing: timeout after 50 s'])
  })

  it('a restarted machine resets the connection that a keep-alive probe asks for', async () => {
    const ends: string[] = []
    await run({
      async client(node, server) {
        const result = await node.streams.connect(server, { keepAlive: '5s' })
        if (result.ok) ends.push((await readAll(result.value)).ended)
      },
      accept: readToTheEnd,
      faults: [{ at: '1s', kind: 'crash', node: 'server', for: '1s' }],
    })
    expect(ends).toEqual(['reset'])
  })

  it('segments held back from an old incarnation of the peer are answered by a reset, not delivered', async () => {
    let seenByNew = 0
    let incarnation = 0
    const result = await run({
      async client(node, server) {
        const connection = await opened(node, server)
        await node.sleep('1s')
        await connection.write('late')
        await connection.read()
      },
      server: {
        start() {
          incarnation++
        },
      },
      async accept(_node, connection) {
        const { bytes } = await readAll(connection)
        if (incarnation > 1) seenByNew += bytes.length
      },
      faults: [
        { at: '500ms', kind: 'hold', for: '5s' },
        { at: '2s', kind: 'crash', node: 'server', for: '1s' },
      ],
    })
    expect(seenByNew).toBe(0)
    expect(records(result).some(({ kind, node }) => kind === 'reset' && node === 'server')).toBe(true)
  })

  it('an abort resets the peer, which loses what it had not read', async () => {
    const ends: unknown[] = []
    await run({
      async client(node, server) {
        const connection = await opened(node, server)
        await connection.write('lost')
        await node.sleep('100ms')
        connection.abort()
        ends.push(outcome(await connection.read()), outcome(await connection.write('no')))
      },
      async accept(node, connection) {
        await node.sleep('1s')
        ends.push(await readAll(connection))
      },
    })
    expect(ends).toEqual(['closed', 'closed', { bytes: [], ended: 'reset' }])
  })

  it('writing after the end of the own direction is refused; reading goes on', async () => {
    const ends: unknown[] = []
    await run({
      async client(node, server) {
        const connection = await opened(node, server)
        connection.end()
        ends.push(outcome(await connection.write('too late')))
        ends.push((await readAll(connection)).bytes.length)
      },
      async accept(_node, connection) {
        await readAll(connection)
        for (let i = 0; i < 10; i++) await connection.write(pattern(20_000))
        connection.end()
      },
    })
    expect(ends).toEqual(['closed', 200_000])
  })

  it('what was written before a graceful stop still arrives', async () => {
    const ends: unknown[] = []
    await run({
      async client(node, server) {
        const { bytes, ended } = await readAll(await opened(node, server))
        ends.push(bytes.length, ended)
      },
      async accept(node, connection) {
        await connection.write(pattern(60_000))
        node.stop()
      },
      network: { delay: '10ms', loss: 0.1 },
    })
    expect(ends).toEqual([60_000, 'end'])
  })

  it('a stop with unread bytes resets the peer, since nobody will read them (RFC 1122, 4.2.2.13)', async () => {
    const ends: string[] = []
    await run({
      async client(node, server) {
        const connection = await opened(node, server)
        await connection.write('unread')
        ends.push((await readAll(connection)).ended)
      },
      async accept(node) {
        await node.sleep('1s')
        node.stop()
      },
    })
    expect(ends).toEqual(['reset'])
  })

  it('a loop that ignores failures is stopped by the limit of events at one instant, not by patience', async () => {
    const result = await converse({
      async client(node, server) {
        const connection = await opened(node, server)
        connection.abort()
        for (;;) await connection.read()
      },
      accept: () => undefined,
      options: { maxEventsAtInstant: 1_000 },
    })
    expect(result.failures.map(({ kind }) => kind)).toEqual(['instant-limit'])
  })
})

describe('flow control', () => {
  it('a reader that does not read stops the writer after both buffers are full', async () => {
    let written = 0
    await run({
      async client(node, server) {
        const connection = await opened(node, server)
        for (let i = 0; i < 50; i++) {
          await connection.write(pattern(10_000))
          written += 10_000
        }
      },
      async accept(node) {
        await node.sleep('30s')
      },
      until: '20s',
    })
    // 65 535 bytes wait at the receiver, 65 536 at the sender; the write that does not fit waits.
    expect(written).toBe(130_000)
  })

  it('a slow reader sets the pace', async () => {
    let doneAt = 0
    await run({
      async client(node, server) {
        const connection = await opened(node, server)
        for (let i = 0; i < 100; i++) await connection.write(pattern(10_000))
        doneAt = node.clock.monotonic()
      },
      async accept(node, connection) {
        for (;;) {
          const result = await connection.read()
          if (!result.ok || result.value === undefined) return
          await node.sleep(result.value.length / 100)
        }
      },
    })
    // 100 bytes a millisecond: a million in 10 s, less what the buffers hold at the end.
    expect(doneAt).toBeGreaterThan(8_000)
    expect(doneAt).toBeLessThan(10_000)
  })

  it('a paused reader stops the writer too, because its machine has only so much room', async () => {
    const marks: number[] = []
    await run({
      async client(node, server) {
        const connection = await opened(node, server)
        await node.sleep('1s')
        await connection.write(pattern(200_000))
        marks.push(node.clock.monotonic())
      },
      accept: readToTheEnd,
      faults: [{ at: '500ms', kind: 'pause', node: 'server', for: '9500ms' }],
    })
    expect(marks[0]).toBeGreaterThan(10_000)
    expect(marks[0]).toBeLessThan(11_000)
  })
})

describe('a node with a CPU', () => {
  it('reads when a core is free; its machine acknowledges before that', async () => {
    const at: number[] = []
    const result = await run({
      async client(node, server) {
        const connection = await opened(node, server)
        await node.sleep('100ms')
        await connection.write('work')
      },
      server: { cpu: { cores: 1 } },
      async accept(node, connection) {
        node.after('50ms', () => node.work('500ms'))
        await connection.read()
        at.push(node.clock.monotonic())
      },
    })
    expect(at).toEqual([580])
    const ack = records(result).filter(
      ({ kind, type, node }) => kind === 'stream' && type === 'ACK' && node === 'server',
    )
    expect(ack.map(({ t }) => t)).toEqual([130_000])
  })
})

describe('frames', () => {
  const values = [
    { text: 'grüße \u{1F30D}', nested: [1, -2.5, null, true, undefined] },
    new Map<unknown, unknown>([
      ['a', 1n],
      [2, new Set([Infinity])],
    ]),
    pattern(100_000),
    '',
    { $odd: 1 },
  ]

  it('carry values of all kinds, also larger than the window, over a bad network', async () => {
    const heard: unknown[] = []
    await run({
      async client(node, server) {
        const connection = await opened(node, server)
        for (const value of values) await connection.send({ value, self: node.self })
        connection.end()
      },
      async accept(_node, connection) {
        for (;;) {
          const result = await connection.receive<{ readonly value: unknown; readonly self: Address }>()
          heard.push(result.ok ? result.value?.value : result.reason)
          if (!result.ok || result.value === undefined) return
          expect(result.value.self).toBe(connection.peer)
        }
      },
      network: { delay: '5ms', loss: 0.05, reordering: 0.1, duplication: 0.05 },
      until: '600s',
    })
    expect(heard).toEqual([...values, undefined])
  })

  it('are told apart from bytes that are none, and from half a frame', async () => {
    const ends: string[] = []
    for (const bytes of ['this is no frame', '\u0000\u0000\u0000\u0009half', '\u0000']) {
      await run({
        async client(node, server) {
          const connection = await opened(node, server)
          await connection.write(bytes)
          connection.end()
        },
        async accept(_node, connection) {
          ends.push(outcome(await connection.receive()))
        },
      })
    }
    expect(ends).toEqual(['garbled', 'garbled', 'garbled'])
  })
})

describe('throughput', () => {
  async function bytesPerSecond(
    network: Conversation['network'],
    total: number,
    seed: number,
  ): Promise<number> {
    let begun = 0
    let done = 0
    const part = pattern(50_000)
    await run({
      async client(node, server) {
        const connection = await opened(node, server)
        begun = node.clock.monotonic()
        for (let i = 0; i < total; i += 50_000) await connection.write(part)
        connection.end()
        await connection.read()
      },
      async accept(node, connection) {
        for (;;) {
          const result = await connection.read()
          if (!result.ok || result.value === undefined) break
        }
        done = node.clock.monotonic()
        connection.end()
      },
      ...(network === undefined ? {} : { network }),
      until: '4000s',
      options: { seed, records: false },
    })
    expect(done).toBeGreaterThan(begun)
    return total / ((done - begun) / 1_000)
  }

  it('is window / RTT without loss', async () => {
    const rate = await bytesPerSecond({ delay: '50ms' }, 10_000_000, 1)
    const theory = 65_535 / 0.1
    expect(rate / theory).toBeGreaterThan(0.93)
    expect(rate / theory).toBeLessThanOrEqual(1)
  })

  it('is the bandwidth of the link, less the headers, when that is smaller', async () => {
    const rate = await bytesPerSecond({ delay: '5ms', bandwidth: 8_000_000 }, 5_000_000, 1)
    const theory = (1_000_000 * 1_460) / 1_500
    expect(rate / theory).toBeGreaterThan(0.97)
    expect(rate / theory).toBeLessThanOrEqual(1)
  })

  it.each([0.003, 0.01, 0.02])('follows Mathis et al. (1997) at a loss of %d', async (loss) => {
    // BW = MSS / RTT * C / sqrt(p), C = sqrt(3/2) if every segment is acknowledged and losses are independent.
    const rtt = 0.1
    const theory = (1_460 / rtt) * Math.sqrt(1.5 / loss)
    const rates: number[] = []
    for (const seed of [1, 2, 3]) rates.push(await bytesPerSecond({ delay: '50ms', loss }, 10_000_000, seed))
    const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length
    expect(mean / theory).toBeGreaterThan(0.85)
    expect(mean / theory).toBeLessThan(1.2)
  })
})

describe('whatever the network does', () => {
  const networks = fc.record({
    loss: fc.double({ min: 0, max: 0.49, noNaN: true }),
    duplication: fc.double({ min: 0, max: 1, noNaN: true }),
    reordering: fc.double({ min: 0, max: 1, noNaN: true }),
    delay: fc.integer({ min: 0, max: 300 }),
  })

  async function transfer(network: Conversation['network'], seed: number) {
    const bytes = pattern(20_000)
    let heard: { readonly bytes: number[]; readonly ended: string } | undefined
    const told: string[] = []
    const result = await run({
      async client(node, server) {
        const connection = await node.streams.connect(server)
        told.push(outcome(connection))
        if (!connection.ok) return
        for (let at = 0; at < bytes.length; at += 3_000) {
          told.push(outcome(await connection.value.write(bytes.slice(at, at + 3_000))))
        }
        connection.value.end()
        told.push((await readAll(connection.value)).ended)
      },
      async accept(_node, connection) {
        heard = await readAll(connection)
        connection.end()
      },
      network: { ...network },
      until: '20000s',
      options: { seed, records: false },
    })
    return { bytes, heard, told, fingerprint: result.fingerprint }
  }

  it('bytes arrive once and in order, or a failure is reported', async () => {
    await fc.assert(
      fc.asyncProperty(networks, fc.nat(), async (network, seed) => {
        const { bytes, heard, told } = await transfer(network, seed)
        expect(heard?.bytes ?? []).toEqual([...bytes.slice(0, heard?.bytes.length ?? 0)])
        if (heard?.ended === 'end') expect(heard.bytes).toHaveLength(bytes.length)
        else expect([heard?.ended, ...told]).toContainEqual(expect.stringMatching(/timeout|reset/))
      }),
      { seed: 42, numRuns: 40 },
    )
  })

  it('nothing depends on the order of events at one instant', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const bytes = pattern(30_000)
      let heard: readonly number[] = []
      await run({
        async client(node, server) {
          const connection = await opened(node, server)
          for (let at = 0; at < bytes.length; at += 1_000) void connection.write(bytes.slice(at, at + 1_000))
          connection.end()
        },
        async accept(_node, connection) {
          heard = (await readAll(connection)).bytes
        },
        options: { seed, profile: { ties: 'shuffled' }, records: false },
      })
      expect(heard).toEqual([...bytes])
    }
  })

  it('one run spec has one fingerprint', async () => {
    const network = { loss: 0.2, duplication: 0.2, reordering: 0.2, delay: 30 }
    const first = await transfer(network, 5)
    expect((await transfer(network, 5)).fingerprint).toBe(first.fingerprint)
    expect((await transfer(network, 6)).fingerprint).not.toBe(first.fingerprint)
  })
})

describe("callers' mistakes", () => {
  it.each<[string, (connection: StreamConnection) => unknown, RegExp]>([
    ['two reads at once', (c) => [c.read(), c.read()], /another read waits/],
    ['a number written', (c) => c.write(5 as never), /connection\.write\(5\)/],
    ['a function sent', (c) => c.send(() => 1), /a function in connection\.send/],
  ])('%s', async (_name, use, message) => {
    const result = await converse({
      async client(node, server) {
        use(await opened(node, server))
      },
      accept: () => undefined,
    })
    expect(result.failures.map((failure) => failure.message)).toEqual([expect.stringMatching(message)])
  })

  it('a connection used by another node', async () => {
    let stolen: StreamConnection | undefined
    const result = await converse({
      async client(node, server) {
        stolen = await opened(node, server)
      },
      async accept(node) {
        await node.sleep('1s')
        void stolen?.write('mine now')
      },
    })
    expect(result.failures.map((failure) => failure.message)).toEqual([expect.stringMatching(/belongs to/)])
  })
})
