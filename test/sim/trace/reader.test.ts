import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { simulate } from '../../../index.ts'
import { JsonlTrace, LineWriter } from '../../../sim/trace/jsonl.ts'
import { footerText, headerText, readTrace, verifyTrace } from '../../../sim/trace/reader.ts'
import type { TraceRecord } from '../../../sim/trace/records.ts'
import counter from '../../fixtures/counter.ts'

let lines: readonly string[]
let records: readonly TraceRecord[]

beforeAll(async () => {
  const decoder = new TextDecoder()
  let text = ''
  const writer = new LineWriter((bytes, length) => {
    text += decoder.decode(bytes.subarray(0, length), { stream: true })
  })
  const spec = { scenario: 'counter', seed: 1, note: 'é', limit: Infinity }
  writer.line(headerText({ version: '1.2.3', source: 'counter.ts', spec }))
  const result = await simulate(counter, {
    records: true,
    sinks: [(strings, directory) => new JsonlTrace(writer, strings, directory)],
  })
  writer.line(footerText(result))
  writer.flush()
  lines = text.trimEnd().split('\n')
  records = [...(result.trace?.records() ?? [])]
})

const readAll = (text: readonly string[]): readonly unknown[] => [...readTrace(text, 't').lines()]
const lineOf = (id: number): number => lines.findIndex((line) => line.startsWith(`{"id":${id},`))
const replaced = (index: number, from: string | RegExp, to: string): string[] => {
  const changed = lines.map((line, at) => (at === index ? line.replace(from, to) : line))
  expect(changed[index]).not.toBe(lines[index])
  return changed
}

describe('reading a trace', () => {
  it('gives back the header, with values that JSON does not have', () => {
    expect(readTrace(lines).header).toEqual({
      format: 1,
      version: '1.2.3',
      source: 'counter.ts',
      spec: { scenario: 'counter', seed: 1, note: 'é', limit: Infinity },
    })
  })

  it('gives back every record as the trace in memory has it', () => {
    expect([...readTrace(lines).records()]).toEqual(records)
  })

  it("tells observers' lines from records", () => {
    const logs = [...readTrace(lines).lines()].filter(({ observer }) => observer?.kind === 'log')
    expect(logs).toHaveLength(10)
    expect(logs[0]?.observer).toMatchObject({ node: 'counter', data: { text: 'added', data: { total: 1 } } })
  })

  it('has a footer only when everything was read', () => {
    const reader = readTrace(lines)
    expect(reader.footer).toBeUndefined()
    expect(reader.drain()).toMatchObject({ verdict: 'held', records: records.length })
    expect(reader.footer?.fingerprint).toBe(records.at(-1)?.hash)
  })
})

describe('a trace is refused', () => {
  it.each([
    ['a time', /"t":\d+/, '"t":999'],
    ['the node', /"node":"[^"]+"/, '"node":"nobody"'],
    ['the running hash', /"hash":"..../, '"hash":"ffff'],
    ['the checksum', /"sum":"......../, '"sum":"00000000'],
  ])('at the record in which %s was edited', (_what, from, to) => {
    const index = lineOf(7)
    const edited = replaced(index, from, to)
    expect(() => readAll(edited)).toThrow(`t:${index + 1}: record 7 does not fit its checksum`)
  })

  it('at any line of which any character was changed', () => {
    fc.assert(
      fc.property(
        fc.nat(lines.length - 1),
        fc.nat(10_000),
        fc.constantFrom('x', '0', ' '),
        (index, at, letter) => {
          const line = lines[index] ?? ''
          const place = at % line.length
          fc.pre(line[place] !== letter)
          const edited = lines.map((text, i) =>
            i === index ? text.slice(0, place) + letter + text.slice(place + 1) : text,
          )
          expect(() => verifyTrace(edited, 't')).toThrow(
            new RegExp(`^t:${index + 1}: |^t: the trace is truncated`),
          )
        },
      ),
      { seed: 42, numRuns: 300 },
    )
  })

  it('at the line after one that was removed', () => {
    const index = lineOf(9)
    const removed = lines.filter((_, at) => at !== index)
    expect(() => readAll(removed)).toThrow(`t:${index + 1}: `)
  })

  it('at a line that stands there twice', () => {
    const index = lineOf(9)
    const doubled = [...lines.slice(0, index + 1), ...lines.slice(index)]
    expect(() => readAll(doubled)).toThrow(`t:${index + 2}: record 9 does not fit its checksum`)
  })

  it('when lines are missing at its end, saying what the last record is', () => {
    const index = lineOf(12)
    expect(() => readAll(lines.slice(0, index + 1))).toThrow(
      `t: the trace is truncated: it ends after line ${index + 1}, the last whole record is 12; ` +
        'expected a footer with verdict and fingerprint',
    )
  })

  it('when it ends within a line', () => {
    const index = lineOf(12)
    const cut = [...lines.slice(0, index), (lines[index] ?? '').slice(0, 20)]
    expect(() => readAll(cut)).toThrow(
      `t: the trace is truncated: it ends in the middle of line ${index + 1}, the last whole record is 11`,
    )
  })

  it('when something follows the footer', () => {
    expect(() => readAll([...lines, '{}'])).toThrow('a line after the footer; expected the end of the file')
  })

  it('when it has another format', () => {
    expect(() => readTrace(replaced(0, '"format":1', '"format":9'), 't')).toThrow(
      't:1: trace format 9; expected format 1; it was written by version 1.2.3',
    )
  })

  it.each([
    ['empty', [] as string[], 't: the file is empty; expected a trace'],
    ['JSON of another kind', ['{"a":1}'], 't:1: not a trace: the first line is \'{"a":1}\''],
    ['no JSON', ['hello'], "t:1: not a trace: the first line is 'hello'"],
  ])('when the file is %s', (_what, text, message) => {
    expect(() => readTrace(text, 't')).toThrow(message)
  })
})
