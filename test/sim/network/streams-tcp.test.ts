import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { INITIAL_WINDOW } from '../../../sim/network/tcp-congestion.ts'
import {
  KEEP_ALIVE_PROBES,
  LINGER_MICROS,
  RETRIES,
  SYN_ACK_RETRIES,
} from '../../../sim/network/tcp-connection.ts'
import type { Payload } from '../../../sim/network/payload.ts'
import { RawSource } from '../../../sim/network/payload.ts'
import { Reassembly } from '../../../sim/network/tcp-reassembly.ts'
import { SEGMENT_BYTES, WINDOW_BYTES } from '../../../sim/network/tcp-segment.ts'
import type { BadNetwork, Side } from './tcp-pair.ts'
import { Pair, pattern, perfect, seconds } from './tcp-pair.ts'

const labels = (side: Side): string[] => side.log.map(({ segment }) => segment.label)
const times = (side: Side, label: string): number[] =>
  side.log.filter(({ segment }) => segment.label === label).map(({ at }) => at)

/** A pair whose handshake is over, with empty logs. */
function connected(network: BadNetwork = perfect): Pair {
  const pair = new Pair(network)
  pair.client.tcp.connect(seconds(60))
  pair.run(100_000)
  pair.client.log.length = 0
  pair.server.log.length = 0
  return pair
}

describe('handshake (RFC 9293, 3.5)', () => {
  it('takes three segments and one round trip', () => {
    const pair = new Pair(perfect)
    pair.client.tcp.connect(seconds(60))
    pair.run(seconds(100))
    expect(labels(pair.client)).toEqual(['SYN', 'handshake-ACK'])
    expect(labels(pair.server)).toEqual(['SYN-ACK'])
    expect(pair.client.log.map(({ at }) => at)).toEqual([0, 20_000])
    expect([pair.client.tcp.state, pair.server.tcp.state]).toEqual(['ESTABLISHED', 'ESTABLISHED'])
  })

  it('sends the SYN again after 1, 2, 4 ... seconds (RFC 6298, 2.1 and 5.5) and fails when the time is over', () => {
    const pair = new Pair(perfect)
    pair.isCut = true
    pair.client.tcp.connect(seconds(60))
    pair.run(seconds(100))
    expect(times(pair.client, 'SYN')).toEqual([0, 1, 3, 7, 15, 31].map(seconds))
    expect(pair.client.failure).toBe('timeout')
  })

  it('is completed by data when the third segment is lost', () => {
    const pair = new Pair(perfect)
    pair.lose = (_, { label }) => label === 'handshake-ACK'
    pair.client.toWrite = pattern(10)
    pair.client.tcp.connect(seconds(60))
    pair.run(seconds(1))
    expect(pair.server.tcp.state).toBe('ESTABLISHED')
    expect(pair.server.received).toEqual([...pattern(10)])
  })

  it('gives up a half-finished one after five retransmissions of the SYN-ACK', () => {
    const pair = new Pair(perfect)
    pair.lose = (from) => from === pair.server
    pair.client.tcp.connect(seconds(0.9))
    pair.run(seconds(200))
    expect(times(pair.server, 'SYN-ACK')).toEqual([0, 1, 3, 7, 15, 31].map((at) => seconds(at) + 10_000))
    expect(SYN_ACK_RETRIES).toBe(5)
    expect(pair.server.isReleased).toBe(true)
  })
})

describe('retransmission (RFC 6298)', () => {
  it('waits for the smoothed round trip plus 200 ms, doubles up to a minute, and gives up after fifteen', () => {
    const pair = connected()
    pair.isCut = true
    const start = pair.now
    pair.client.tcp.write(new RawSource(pattern(10)))
    pair.run(seconds(2_000))
    const expected: number[] = [start]
    // One measurement of 20 ms: SRTT = 20 ms, 4 * RTTVAR = 40 ms, below the margin.
    let timeout = 220_000
    for (let retry = 0; retry < RETRIES; retry++) {
      expected.push((expected.at(-1) as number) + timeout)
      timeout = Math.min(timeout * 2, seconds(60))
    }
    expect(times(pair.client, 'data')).toEqual(expected)
    expect(pair.client.failure).toBe('timeout')
    expect(labels(pair.client)).not.toContain('RST')
  })

  it('does not measure segments that were sent twice (Karn), so the timeout stays backed off until one was not', () => {
    const pair = connected()
    let losses = 1
    pair.lose = (_, { label }) => label === 'data' && losses-- > 0
    pair.client.tcp.write(new RawSource(pattern(10)))
    pair.run(pair.now + seconds(1))
    losses = 1
    const second = pair.now
    pair.client.tcp.write(new RawSource(pattern(10)))
    pair.run(pair.now + seconds(2))
    expect(times(pair.client, 'data').slice(2)).toEqual([second, second + 440_000])
    pair.client.tcp.write(new RawSource(pattern(10)))
    pair.run(pair.now + seconds(1))
    losses = 1
    const last = pair.now
    pair.client.tcp.write(new RawSource(pattern(10)))
    pair.run(pair.now + seconds(1))
    expect(times(pair.client, 'data').slice(-2)).toEqual([last, last + 220_000])
  })

  it('does not wait for the timer after three duplicate acknowledgements (RFC 5681, 3.2)', () => {
    const pair = connected()
    let seen = 0
    pair.lose = (_, { label }) => label === 'data' && ++seen === 3
    const bytes = pattern(8 * SEGMENT_BYTES)
    const start = pair.now
    pair.client.tcp.write(new RawSource(bytes))
    pair.run(pair.now + seconds(5))
    expect(pair.server.received).toEqual([...bytes])
    const again = pair.client.log.filter(({ segment }) => segment.again)
    expect(again.map(({ at, segment }) => [at - start, segment.seq])).toEqual([
      [20_000, 1 + 2 * SEGMENT_BYTES],
    ])
  })

  it('repairs several losses of one window without the timer, one a round trip (RFC 6582)', () => {
    const pair = connected()
    const lost = new Set([2, 4, 6])
    let seen = 0
    pair.lose = (_, { label }) => label === 'data' && lost.has(++seen)
    const start = pair.now
    pair.client.tcp.write(new RawSource(pattern(10 * SEGMENT_BYTES)))
    pair.run(pair.now + seconds(5))
    const again = pair.client.log.filter(({ segment }) => segment.again)
    expect(again.map(({ at, segment }) => [at - start, (segment.seq - 1) / SEGMENT_BYTES])).toEqual([
      [20_000, 1],
      [40_000, 3],
      [60_000, 5],
    ])
    expect(pair.server.received).toHaveLength(10 * SEGMENT_BYTES)
  })
})

describe('congestion control (RFC 5681)', () => {
  it('begins with ten segments (RFC 6928) and doubles every round trip', () => {
    const pair = connected()
    const start = pair.now
    pair.client.toWrite = pattern(40 * SEGMENT_BYTES)
    pair.client.soon()
    pair.run(pair.now + seconds(2))
    const rounds = new Map<number, number>()
    for (const { at, segment } of pair.client.log) {
      if (segment.label === 'data') rounds.set(at - start, (rounds.get(at - start) ?? 0) + 1)
    }
    expect([...rounds]).toEqual([
      [0, 10],
      [20_000, 20],
      [40_000, 10],
    ])
    expect(INITIAL_WINDOW).toBe(10 * SEGMENT_BYTES)
  })

  it('begins with one segment after a lost SYN', () => {
    const pair = new Pair(perfect)
    let seen = 0
    pair.lose = (_, { label }) => label === 'SYN' && ++seen === 1
    pair.client.toWrite = pattern(5 * SEGMENT_BYTES)
    pair.client.tcp.connect(seconds(60))
    pair.run(seconds(3))
    expect(times(pair.client, 'data').map((at) => at - seconds(1))).toEqual([
      20_000, 40_000, 40_000, 60_000, 60_000,
    ])
  })
})

describe('flow control (RFC 9293, 3.8.6)', () => {
  it('stops at a receiver that does not read, probes the closed window, and goes on when it opens', () => {
    const pair = connected()
    pair.server.reads = false
    const bytes = pattern(200_000)
    const start = pair.now
    pair.client.toWrite = bytes
    pair.client.soon()
    pair.run(seconds(20))
    expect(pair.server.tcp.available).toBe(WINDOW_BYTES)
    expect(pair.client.tcp.failure).toBeUndefined()
    const probes = times(pair.client, 'probe')
    const gaps = probes.slice(1).map((at, index) => at - (probes[index] as number))
    expect(probes[0]).toBeGreaterThan(start)
    gaps.slice(1).forEach((gap, index) => {
      expect(gap).toBe(2 * (gaps[index] as number))
    })
    pair.server.reads = true
    pair.server.soon()
    pair.run(seconds(40))
    expect(pair.server.received).toEqual([...bytes])
  })

  it('never gives up a peer that answers probes (RFC 1122, 4.2.2.17), but does one that does not', () => {
    const pair = connected()
    pair.server.reads = false
    pair.client.toWrite = pattern(100_000)
    pair.client.soon()
    pair.run(seconds(7_200))
    expect(pair.client.failure).toBeUndefined()
    expect(times(pair.client, 'probe').length).toBeGreaterThan(100)
    pair.isCut = true
    pair.run(seconds(14_400))
    expect(pair.client.failure).toBe('timeout')
  })

  it('sends no dribbles when the reader takes a little at a time (RFC 1122, 4.2.3.3)', () => {
    const pair = connected()
    pair.server.reads = false
    pair.client.toWrite = pattern(150_000)
    pair.client.soon()
    pair.run(seconds(5))
    const before = pair.client.log.length
    for (let i = 0; i < 1_000; i++) {
      pair.server.tcp.read(50)
      pair.run(pair.now + 1_000)
    }
    const data = pair.client.log.slice(before).filter(({ segment }) => segment.label === 'data')
    expect(data.length).toBeGreaterThan(10)
    expect(data.filter(({ segment }) => segment.payload.length < SEGMENT_BYTES).length).toBeLessThanOrEqual(1)
  })
})

describe('closing (RFC 9293, 3.6)', () => {
  it('ends one direction and leaves the other open', () => {
    const pair = connected()
    pair.client.tcp.end()
    pair.run(pair.now + seconds(1))
    expect([pair.client.tcp.state, pair.server.tcp.state]).toEqual(['FIN-WAIT-2', 'CLOSE-WAIT'])
    const bytes = pattern(100_000)
    pair.server.toWrite = bytes
    pair.server.endsAfter = true
    pair.server.soon()
    pair.run(pair.now + seconds(3))
    expect(pair.client.received).toEqual([...bytes])
    expect([pair.client.tcp.state, pair.server.tcp.state]).toEqual(['TIME-WAIT', 'CLOSED'])
    pair.run(pair.now + LINGER_MICROS)
    expect([pair.client.isReleased, pair.client.failure, pair.server.failure]).toEqual([
      true,
      undefined,
      undefined,
    ])
  })

  it('ends on both sides at once through CLOSING', () => {
    const pair = connected()
    pair.client.tcp.end()
    pair.server.tcp.end()
    pair.run(pair.now + 15_000)
    expect([pair.client.tcp.state, pair.server.tcp.state]).toEqual(['CLOSING', 'CLOSING'])
    pair.run(pair.now + seconds(1))
    expect([pair.client.tcp.state, pair.server.tcp.state]).toEqual(['TIME-WAIT', 'TIME-WAIT'])
  })

  it('acknowledges a FIN again in TIME-WAIT when its acknowledgement was lost', () => {
    const pair = connected()
    pair.client.tcp.end()
    pair.run(pair.now + seconds(1))
    let losses = 1
    pair.lose = (from, { label }) => from === pair.client && label === 'ACK' && losses-- > 0
    pair.server.tcp.end()
    pair.run(pair.now + seconds(2))
    expect(times(pair.server, 'FIN')).toHaveLength(2)
    expect([pair.client.tcp.state, pair.server.tcp.state]).toEqual(['TIME-WAIT', 'CLOSED'])
    expect(pair.server.failure).toBeUndefined()
  })

  it('lets a FIN pass a closed window', () => {
    const pair = connected()
    pair.server.reads = false
    pair.client.toWrite = pattern(WINDOW_BYTES)
    pair.client.endsAfter = true
    pair.client.soon()
    pair.run(seconds(5))
    expect(pair.server.tcp.peerEnded).toBe(true)
    pair.server.reads = true
    pair.server.endsAfter = true
    pair.server.soon()
    pair.run(seconds(10))
    expect([pair.client.tcp.state, pair.server.tcp.state]).toEqual(['TIME-WAIT', 'CLOSED'])
    expect(pair.server.received).toEqual([...pattern(WINDOW_BYTES)])
  })

  it('aborts with one RST, which needs no answer', () => {
    const pair = connected()
    pair.client.tcp.abort()
    pair.run(pair.now + seconds(1))
    expect(labels(pair.client)).toEqual(['RST'])
    expect(labels(pair.server)).toEqual([])
    expect([pair.client.failure, pair.server.failure]).toEqual(['closed', 'reset'])
  })

  it('does not believe a reset that is in the window but not next (RFC 5961, 3.2)', () => {
    const pair = connected()
    let losses = 1
    pair.lose = (_, { label }) => label === 'data' && losses-- > 0
    pair.client.tcp.write(new RawSource(pattern(10)))
    pair.client.tcp.abort()
    pair.run(pair.now + seconds(1))
    expect(labels(pair.server)).toEqual(['ACK'])
    expect(pair.server.failure).toBeUndefined()
  })
})

describe('keep-alive (RFC 1122, 4.2.3.6)', () => {
  it('is answered by a live peer for ever, and gives up one that is gone after nine probes', () => {
    const pair = connected()
    pair.client.tcp.keepAlive(seconds(10))
    pair.run(seconds(1_000))
    expect(pair.client.failure).toBeUndefined()
    pair.isCut = true
    pair.client.log.length = 0
    const from = pair.now
    pair.run(from + seconds(10) * (KEEP_ALIVE_PROBES + 2))
    expect(labels(pair.client)).toEqual(Array<string>(KEEP_ALIVE_PROBES).fill('probe'))
    expect(pair.client.failure).toBe('timeout')
  })
})

interface Exchange {
  readonly network: BadNetwork
  readonly up: number
  readonly down: number
  readonly chunk: number
  /** Microseconds between two writes. */
  readonly pace: number
}

const networks: fc.Arbitrary<BadNetwork> = fc.record({
  seed: fc.nat(),
  loss: fc.double({ min: 0, max: 0.49, noNaN: true }),
  duplication: fc.double({ min: 0, max: 1, noNaN: true }),
  delay: fc.tuple(fc.integer({ min: 0, max: 50_000 }), fc.integer({ min: 50_000, max: 400_000 })),
})

const exchanges: fc.Arbitrary<Exchange> = fc.record({
  network: networks,
  up: fc.integer({ min: 0, max: 40_000 }),
  down: fc.integer({ min: 0, max: 10_000 }),
  chunk: fc.integer({ min: 300, max: 5_000 }),
  pace: fc.integer({ min: 0, max: 100_000 }),
})

/** Sends both flows to their ends; returns what is wrong with what arrived, or undefined. */
function exchange(
  { network, up, down, chunk, pace }: Exchange,
  makeInput?: () => Reassembly,
): string | undefined {
  const pair = new Pair(network, makeInput)
  const { client, server } = pair
  client.toWrite = pattern(up)
  server.toWrite = pattern(down, 128)
  client.endsAfter = server.endsAfter = true
  client.chunk = server.chunk = chunk
  client.pace = server.pace = pace
  client.tcp.connect(seconds(60))
  pair.run(seconds(40_000))
  for (const [side, sent] of [
    [server, pattern(up)],
    [client, pattern(down, 128)],
  ] as const) {
    const { received } = side
    if (received.length > sent.length) return `${received.length} bytes of ${sent.length}`
    const wrong = received.findIndex((byte, at) => byte !== sent[at])
    if (wrong >= 0) return `byte ${wrong} is wrong`
  }
  const failed = client.failure ?? server.failure
  // Sixteen losses in a row are not to be expected at this rate.
  if (failed !== undefined) return network.loss < 0.1 ? `failed (${failed}) on a fair network` : undefined
  if (server.received.length !== up || client.received.length !== down)
    return 'bytes are missing without a failure'
  return client.isReleased && server.isReleased
    ? undefined
    : `still ${client.tcp.state} and ${server.tcp.state}`
}

/** Takes bytes in the order in which they arrive: no duplicate is recognised, nothing is put in order. */
class CarelessReassembly extends Reassembly {
  override accept(_seq: number, payload: Payload, fin: boolean): void {
    super.accept(this.next, payload, fin)
  }
}

/** Drops what comes too early, as it may; but takes a retransmission that overlaps as if all of it were new. */
class OverlapReassembly extends Reassembly {
  override accept(seq: number, payload: Payload, fin: boolean): void {
    if (seq < this.next && seq + payload.length > this.next) super.accept(this.next, payload, fin)
    else super.accept(seq, payload, fin)
  }
}

describe('whatever the network does', () => {
  it('bytes arrive once and in order, or a failure is reported', () => {
    fc.assert(
      fc.property(exchanges, (given) => {
        expect(exchange(given)).toBeUndefined()
      }),
      { seed: 20240601, numRuns: 150 },
    )
  })

  it('a receiver that does not reorder is caught by the same property', () => {
    const details = fc.check(
      fc.property(exchanges, (given) => exchange(given, () => new CarelessReassembly()) === undefined),
      { seed: 20240601, numRuns: 150, endOnFailure: true },
    )
    expect(details.failed).toBe(true)
  })

  it('a receiver that takes overlapping bytes twice is caught by the same property', () => {
    const details = fc.check(
      fc.property(exchanges, (given) => exchange(given, () => new OverlapReassembly()) === undefined),
      { seed: 20240601, numRuns: 150, endOnFailure: true },
    )
    expect(details.failed).toBe(true)
  })
})
