// Pairs of nodes that play ping-pong over links with every datagram fault switched on, through the public API.
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { defineNode, exponential, integer, scenario } from '../index.ts'
import type { Address, RunResult, Scenario } from '../index.ts'
import { JsonlTrace, LineWriter } from '../sim/trace/jsonl.ts'
import type { Benchmark, Contender, Outcome } from './benchmark.ts'
import type { SimulateOptions } from './run.ts'
import { cHeapRate, timed, total, totalOf } from './run.ts'

interface Rally {
  ping(message: { readonly n: number }): void
  pong(message: { readonly n: number }): void
}

const pinger = defineNode<Rally, { readonly peer: Address<Rally> }>()({
  kind: 'pinger',
  state: () => ({ n: 0, seen: -1, sent: 1 }),
  start(node) {
    node.send(node.config.peer, 'ping', { n: 0 })
    // One message in a hundred is lost: a rally that stood still for a whole interval is begun again.
    node.every('250ms', ({ state, config }) => {
      if (state.seen === state.n) {
        state.sent++
        node.send(config.peer, 'ping', { n: state.n })
      }
      state.seen = state.n
    })
  },
  on: {
    pong(node, { n }) {
      if (n !== node.state.n) return
      node.state.n++
      node.state.sent++
      node.send(node.config.peer, 'ping', { n: n + 1 })
    },
  },
})

const ponger = defineNode<Rally>()({
  kind: 'ponger',
  state: () => ({ sent: 0 }),
  on: {
    ping(node, { n }, from) {
      node.state.sent++
      node.send(from, 'pong', { n })
    },
  },
})

const rally = scenario({
  name: 'bench-messages',
  summary: 'pairs of nodes play ping-pong over lossy, doubling, reordering links',
  params: { pairs: integer({ default: 1000, min: 1 }) },
  cluster({ add, network, params }) {
    const peers = add(ponger, params.pairs)
    add(pinger, params.pairs, (index) => ({ peer: peers[index] as Address<Rally> }))
    network({ delay: exponential('5ms'), loss: 0.01, duplication: 0.01, reordering: 0.01 })
  },
  checks: [totalOf('messages sent', 'sent')],
  until: '20s',
}) as unknown as Scenario

function options(pairs: number, virtualMs: number, scale: number): SimulateOptions {
  return { params: { pairs: Math.max(1, Math.round(pairs * scale)) }, until: Math.max(20, virtualMs * scale) }
}

function contender(
  name: string,
  pairs: number,
  virtualMs: number,
  how: SimulateOptions = {},
  operations: (result: RunResult) => number = total,
): Contender {
  return {
    name,
    run: (scale) =>
      timed(
        rally,
        { ...options(1000, 10_000, scale), ...how },
        { ...options(pairs, virtualMs, scale), ...how },
        operations,
      ),
  }
}

const plain = contender('plain', 1000, 20_000)

export const messages: Benchmark = {
  name: 'messages',
  what: 'messages of 1000 pairs: typed handlers, copied payloads, delay, 1 % loss, doubles, reordering, fingerprint',
  goal: 0.28,
  ours: plain,
  yardsticks: [cHeapRate],
}

export const messages1e5: Benchmark = {
  name: 'messages-1e5',
  what: 'the same with 100 000 pairs; goal (a stretch): a third of the rate of 1000 pairs',
  goal: 1 / 3,
  ours: contender('100 000 pairs', 100_000, 400),
  yardsticks: [{ ...plain, name: 'messages', otherWork: true }],
}

export const traced: Benchmark = {
  name: 'traced',
  what: 'the work of `messages` with the whole trace, payloads included, kept in memory',
  goal: 0.5,
  ours: contender('traced', 1000, 20_000, { records: true }),
  yardsticks: [{ ...plain, name: 'messages' }],
}

/** The trace goes to a file in a temporary folder, 64 KiB at a time. */
async function writeTrace(scale: number): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'orrery-bench-'))
  try {
    const file = openSync(join(folder, 'trace.jsonl'), 'w')
    const writers: LineWriter[] = []
    const how: SimulateOptions = {
      sinks: [
        (strings, directory) => {
          const writer = new LineWriter((bytes, length) => {
            writeSync(file, bytes, 0, length)
          })
          writers.push(writer)
          return new JsonlTrace(writer, strings, directory)
        },
      ],
    }
    const outcome = await contender('jsonl', 1000, 10_000, how, ({ records }) => records).run(scale)
    for (const writer of writers) writer.flush()
    closeSync(file)
    return outcome as Outcome
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export const jsonl: Benchmark = {
  name: 'jsonl',
  what: 'records of `messages` written to a JSON Lines file as they happen; goal: 1 M/s where the C heap does 12.1 M/s',
  goal: 0.083,
  goalPeakMb: 250,
  ours: { name: 'jsonl', run: writeTrace },
  yardsticks: [cHeapRate],
}
