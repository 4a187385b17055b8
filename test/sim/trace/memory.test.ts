// The trace in memory and as JSON Lines say the same, value for value, and what the fingerprint covers.
import { isDeepStrictEqual } from 'node:util'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { always, defineNode, simulate } from '../../../index.ts'
import type { ObserverRecord, RunResult, Scenario, SinkFactory, TraceRecord } from '../../../index.ts'
import { addToSum, JsonlTrace, LineWriter, SUM_START, sumText } from '../../../sim/trace/jsonl.ts'
import { hex64 } from '../../../sim/kernel/hash.ts'
import { MemoryTrace } from '../../../sim/trace/memory-trace.ts'
import { Recorder } from '../../../sim/trace/recorder.ts'
import { kindCode, RECORD_KINDS } from '../../../sim/trace/records.ts'
import { StringTable } from '../../../sim/trace/string-table.ts'
import { fromJson, toJson } from '../../../sim/trace/values.ts'
import { Address } from '../../../sim/kernel/address.ts'
import { kitchenSinks } from '../kitchen-sink.ts'
import { run } from '../support.ts'
import { anyValue } from '../values.ts'

/** Runs with both traces; the JSON Lines come back as text. */
async function both(
  scenario: Scenario,
  seed: number,
): Promise<{ readonly result: RunResult; readonly text: string }> {
  const pieces: Uint8Array[] = []
  const writer = new LineWriter((bytes, length) => pieces.push(bytes.slice(0, length)))
  const sink: SinkFactory = (strings, directory) => new JsonlTrace(writer, strings, directory)
  const result = await simulate(scenario, { seed, records: true, sinks: [sink] })
  writer.flush()
  return { result, text: Buffer.concat(pieces).toString('utf8') }
}

/** Lines as records, with their checksums taken off. */
function parse(text: string): (TraceRecord | ObserverRecord)[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { sum: _sum, ...record } = JSON.parse(line) as TraceRecord & { sum: string }
      return 'data' in record ? { ...record, data: fromJson(record.data) } : record
    })
}

/** Addresses are written as names. */
function named(value: unknown): unknown {
  return fromJson(JSON.parse(JSON.stringify(toJson(value))))
}

describe('a trace in memory', () => {
  for (const [name, scenario] of Object.entries(kitchenSinks)) {
    it(`decodes to exactly what happened, up to the fingerprint of the run (${name})`, async () => {
      const { result, text } = await both(scenario, 3)
      const lines = [...(result.trace?.lines() ?? [])]
      const records = [...(result.trace?.records() ?? [])]
      expect(result.records).toBeGreaterThan(200)
      expect(records).toHaveLength(result.records)
      expect(records.map(({ id }) => id)).toEqual(records.map((_, i) => i + 1))
      expect(records.at(-1)?.hash).toBe(result.fingerprint)
      // JSON Lines were encoded when the records were made, not decoded from memory.
      expect(parse(text)).toEqual(
        lines.map((line) => ('data' in line ? { ...line, data: named(line.data) } : line)),
      )
    })
  }

  it('holds values of all kinds, of every size, exactly', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            value: anyValue,
            wait: fc.oneof(fc.nat(1000), fc.nat(2 ** 40)),
            kind: fc.constantFrom(...RECORD_KINDS),
            node: fc.integer({ min: -1, max: 200 }),
            peer: fc.integer({ min: -1, max: 200 }),
            type: fc.constantFrom('', 'ping', 'a longer type with ü and \u{1F600}'),
            plain: fc.boolean(),
            observed: fc.boolean(),
          }),
          { maxLength: 30 },
        ),
        (rows) => {
          const strings = new StringTable()
          const recorder = new Recorder(strings)
          const directory = {
            nodeName: (id: number) => `n[${id}]`,
            nodeAddress: (id: number) => new Address(id, 'n', id),
          }
          const trace = new MemoryTrace(strings, directory)
          recorder.attach(trace)
          const hashes: string[] = []
          recorder.attach({
            record: (...args) => void hashes.push(hex64(args[8], args[9])),
            observe: () => undefined,
          })
          let time = 0
          const expected = rows.map(({ value, wait, kind, node, peer, type, plain, observed }, i) => {
            time += wait
            const cause = i % 3 === 0 ? 0 : recorder.count
            const typeId = type === '' ? 0 : strings.id(type)
            if (observed) {
              recorder.observe(time, 'log', node, cause, type, value)
              return {
                t: time,
                kind: 'log',
                ...(node < 0 ? {} : { node: `n[${node}]` }),
                ...(cause === 0 ? {} : { cause }),
                ...(type === '' ? {} : { type }),
                ...(value === undefined ? {} : { data: value }),
              }
            }
            const id = plain
              ? recorder.record(time, kindCode(kind), node, cause, peer, typeId)
              : recorder.recordData(time, kindCode(kind), node, cause, peer, typeId, value)
            return {
              id,
              t: time,
              kind,
              ...(node < 0 ? {} : { node: `n[${node}]` }),
              ...(cause === 0 ? {} : { cause }),
              ...(peer < 0
                ? {}
                : { [kind === 'deliver' || kind === 'handle' ? 'from' : 'to']: `n[${peer}]` }),
              ...(type === '' ? {} : { type }),
              ...(plain ? {} : { data: value }),
            }
          })
          const lines = [...trace.lines()].map((line) => {
            if (!('hash' in line)) return line
            const { hash, ...record } = line
            expect(hash).toBe(hashes[record.id - 1])
            return record
          })
          expect(lines).toEqual(expected)
        },
      ),
      { seed: 91, numRuns: 100 },
    )
  })

  it('goes on over the ends of its chunks', () => {
    const strings = new StringTable()
    const recorder = new Recorder(strings)
    const trace = new MemoryTrace(strings, {
      nodeName: String,
      nodeAddress: (id) => new Address(id, 'n', id),
    })
    recorder.attach(trace)
    const sizes = [0, 1, 70_000, 1 << 20, (1 << 20) - 40, 300_000, 800_000, 3, 1 << 21, 5]
    for (const [i, size] of sizes.entries()) {
      const data = {
        bytes: new Uint8Array(size).fill(i),
        text: 'x'.repeat(size / 8),
        wide: 'ü€'.repeat(size / 16),
      }
      recorder.recordData(i, 0, i, 0, -1, 0, data)
    }
    const decoded = [...trace.records()]
    expect(decoded.map(({ data }) => (data as { bytes: Uint8Array }).bytes.length)).toEqual(sizes)
    expect(
      decoded.every(({ data }, i) => (data as { bytes: Uint8Array }).bytes.every((byte) => byte === i)),
    ).toBe(true)
    expect(decoded.at(-1)?.hash).toBe(recorder.fingerprint)
  })
})

describe('values as JSON', () => {
  it('come back as they were, through text', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(isDeepStrictEqual(named(value), value)).toBe(true)
      }),
      { seed: 92, numRuns: 1000 },
    )
  })

  it('leave plain JSON as it is', () => {
    fc.assert(
      fc.property(
        fc.jsonValue().filter((value) => !/"\$|-0[,}\]]|^-0$/.test(JSON.stringify(value))),
        (value) => {
          const text = JSON.stringify(value)
          expect(JSON.stringify(toJson(JSON.parse(text)))).toBe(text)
        },
      ),
      { seed: 93, numRuns: 200 },
    )
  })

  it('name addresses, which become addresses again where they are known', () => {
    const address = new Address(3, 'replica', 1)
    const json = JSON.parse(JSON.stringify(toJson([address]))) as unknown
    expect(json).toEqual([{ $node: 'replica[1]' }])
    expect(fromJson(json)).toEqual([{ $node: 'replica[1]' }])
    expect(fromJson(json, (name) => (name === 'replica[1]' ? address : undefined))).toEqual([address])
    // A user's own object that looks the same stays one.
    expect(fromJson(toJson({ $node: 'replica[1]' }), () => address)).toEqual({ $node: 'replica[1]' })
  })
})

describe('checksums', () => {
  it('chain over all lines, whatever the lines are and however long', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string({ unit: 'binary' }),
            fc.nat(200_000).map((length) => 'é'.repeat(length)),
          ),
          { maxLength: 12 },
        ),
        (texts) => {
          const pieces: Uint8Array[] = []
          const writer = new LineWriter((bytes, length) => pieces.push(bytes.slice(0, length)))
          for (const text of texts) writer.line(`{"text":${JSON.stringify(text)}`)
          writer.flush()
          const lines = Buffer.concat(pieces).toString('utf8').split('\n')
          expect(lines.pop()).toBe('')
          expect(lines.map((line) => (JSON.parse(line) as { text: string }).text)).toEqual(texts)
          let sum = SUM_START
          for (const line of lines) {
            const own = line.slice(0, line.lastIndexOf(',"sum":"'))
            sum = addToSum(sum, own)
            expect(line).toBe(`${own},"sum":"${sumText(sum)}"}`)
          }
        },
      ),
      { seed: 94, numRuns: 50 },
    )
  })

  it('change with any byte of the line', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.nat(), fc.integer({ min: 1, max: 94 }), (text, at, by) => {
        const i = at % text.length
        const code = 32 + ((text.charCodeAt(i) - 32 + by) % 95)
        const other = text.slice(0, i) + String.fromCharCode(code) + text.slice(i + 1)
        expect(addToSum(SUM_START, other)).not.toBe(addToSum(SUM_START, text))
        expect(addToSum(SUM_START, text.slice(0, i) + text.slice(i + 1))).not.toBe(addToSum(SUM_START, text))
      }),
      { seed: 95, numRuns: 300 },
    )
  })
})

describe('the fingerprint', () => {
  interface Row {
    readonly time: number
    readonly kind: number
    readonly node: number
    readonly cause: number
    readonly peer: number
    readonly type: string
    readonly data: unknown
  }
  const row: fc.Arbitrary<Row> = fc.record({
    time: fc.oneof(fc.nat(1e6), fc.nat(2 ** 50)),
    kind: fc.nat(RECORD_KINDS.length - 1),
    node: fc.integer({ min: -1, max: 1000 }),
    cause: fc.nat(1000),
    peer: fc.integer({ min: -1, max: 1000 }),
    type: fc.string(),
    data: anyValue,
  })
  const fingerprintOf = (rows: readonly Row[]): string => {
    const recorder = new Recorder(new StringTable())
    for (const { time, kind, node, cause, peer, type, data } of rows) {
      recorder.recordData(time, kind, node, cause, peer, type === '' ? 0 : recorder.strings.id(type), data)
    }
    return recorder.fingerprint
  }

  it('changes when any part of any record does, and with the order of records', () => {
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 10 }),
        fc.nat(),
        fc.record(
          {
            time: fc.nat(2 ** 50),
            kind: fc.nat(RECORD_KINDS.length - 1),
            node: fc.integer({ min: -1, max: 1000 }),
            cause: fc.nat(1000),
            peer: fc.integer({ min: -1, max: 1000 }),
            type: fc.string(),
            data: anyValue,
          },
          { requiredKeys: [] },
        ),
        (rows, at, change) => {
          const i = at % rows.length
          const changed = rows.map((each, j) => (i === j ? { ...each, ...change } : each))
          // 0 and -0 hash alike: they are the same number to a peer.
          const text = (list: readonly Row[]): string =>
            JSON.stringify(toJson(list)).replaceAll('{"$number":"-0"}', '0')
          if (text(changed) !== text(rows)) expect(fingerprintOf(changed)).not.toBe(fingerprintOf(rows))
          expect(fingerprintOf(rows.slice(0, -1))).not.toBe(fingerprintOf(rows))
        },
      ),
      { seed: 96, numRuns: 500 },
    )
  })

  it('of a run changes with one byte of one message, its time, its receiver or its type', async () => {
    interface Two {
      a(value: unknown): void
      b(value: unknown): void
    }
    const quiet = defineNode<Two>()({ kind: 'quiet', on: { a: () => undefined, b: () => undefined } })
    const fingerprint = async (at: number, to: number, type: 'a' | 'b', value: unknown): Promise<string> => {
      const result = await run(({ add, addOne }) => {
        const all = add(quiet, 2)
        const sender = defineNode()({
          kind: 'sender',
          start: (node) =>
            void node.after(at, () => node.send(all[to] as never, type as never, value as never)),
        })
        addOne(sender)
      })
      return result.fingerprint
    }
    const prints = await Promise.all([
      fingerprint(1, 0, 'a', { x: [1, Uint8Array.of(1)] }),
      fingerprint(1, 0, 'a', { x: [1, Uint8Array.of(2)] }),
      fingerprint(1, 0, 'a', { y: [1, Uint8Array.of(1)] }),
      fingerprint(1, 0, 'a', undefined),
      fingerprint(1.001, 0, 'a', { x: [1, Uint8Array.of(1)] }),
      fingerprint(1, 1, 'a', { x: [1, Uint8Array.of(1)] }),
      fingerprint(1, 0, 'b', { x: [1, Uint8Array.of(1)] }),
    ])
    expect(new Set(prints).size).toBe(prints.length)
    expect(await fingerprint(1, 0, 'a', { x: [1, Uint8Array.of(1)] })).toBe(prints[0])
  })

  it('does not change when logs, metrics and checks are added', async () => {
    const fingerprint = async (watched: boolean): Promise<string> => {
      const chatty = defineNode()({
        kind: 'chatty',
        start: (node) =>
          void node.every(10, () => {
            node.role(`${node.random.int(100)}`)
            if (!watched) return
            node.log.info('a line', { of: new Map([[node.self, 1]]) })
            node.log.warn('another')
            node.metrics.count('n')
            node.metrics.sample('s', 1)
            node.metrics.gauge('g', 2)
          }),
      })
      const checks = watched ? [always('x', (world) => world.nodes.length === 1, { on: ['timer'] })] : []
      return (await run(({ addOne }) => addOne(chatty), { checks, until: '1s' })).fingerprint
    }
    expect(await fingerprint(true)).toBe(await fingerprint(false))
  })

  it('refuses log data that is no value in a traced run, and names it', async () => {
    const odd = defineNode()({
      kind: 'odd',
      start: (node) => node.log.info('odd', { timer: node.after(1, () => undefined) }),
    })
    const result = await run(({ addOne }) => addOne(odd))
    expect(result.failures[0]?.message).toContain('an instance of LocalTimer in log data')
  })
})
