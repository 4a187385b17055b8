// Traces to export: of scenarios that are run, and made of records that no scenario would give.
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { builtinScenarios } from '../../../cli/builtin.ts'
import type { Given } from '../../../cli/run-spec.ts'
import { execute, makeSpec } from '../../../cli/run-spec.ts'
import { fileLines, TraceOutput } from '../../../cli/trace-file.ts'
import type { Cut, CutRequest, TraceSource } from '../../../reports/exports/source.ts'
import { cutOf, openSource } from '../../../reports/exports/source.ts'
import type { Scenario } from '../../../sim/scenario/scenario.ts'
import { readTrace } from '../../../sim/trace/reader.ts'
import type { TraceFooter, TraceLine } from '../../../sim/trace/reader.ts'
import type { TraceRecord } from '../../../sim/trace/records.ts'

const PLAIN: Given = {
  ...{ seed: 1, set: {}, until: undefined, plan: undefined, random: undefined, hooks: false },
  ...{ ties: undefined, maxEvents: undefined },
}

/** The trace of a run, as `orrery run --trace` writes it and `orrery export` reads it. */
export async function sourceOf(
  scenario: Scenario | string,
  set: Readonly<Record<string, string>> = {},
  until?: string,
): Promise<TraceSource> {
  const found =
    typeof scenario === 'string' ? builtinScenarios.find(({ name }) => name === scenario) : scenario
  if (found === undefined) throw new Error('there is no such scenario')
  const path = join(
    tmpdir(),
    `orrery-export-${process.pid}-${Object.values(set).join('-')}${found.name}.jsonl`,
  )
  const output = new TraceOutput(path)
  const spec = makeSpec(found, { ...PLAIN, set, until })
  output.finish(await execute(found, spec, [output.begin(spec, found.name, '0.0.0')]))
  const lines = [...fileLines(path)]
  rmSync(path)
  return openSource(() => readTrace(lines, 'trace'))
}

export const cut = (source: TraceSource, request: CutRequest = {}): Cut => cutOf(source, request)

/** The records of a source within a cut, of the nodes that it shows. */
export function recordsIn(source: TraceSource, { from, to, nodes }: Cut): readonly TraceRecord[] {
  return [...source.lines()].flatMap(({ record }) =>
    record !== undefined &&
    record.t >= from &&
    record.t <= to &&
    (record.node === undefined || nodes.includes(record.node))
      ? [record]
      : [],
  )
}

/** A source made of records alone. */
export function sourceFrom(
  records: readonly Omit<TraceRecord, 'hash'>[],
  more: Partial<TraceFooter> = {},
): TraceSource {
  const lines = records.map((record, index): TraceLine => {
    return { line: index + 2, text: '', record: { ...record, hash: '0'.repeat(16) } }
  })
  const nodes = new Set(records.flatMap(({ node, to }) => [node, to]).filter((name) => name !== undefined))
  const endedAt = records.at(-1)?.t ?? 0
  const footer = { verdict: 'held', records: records.length, events: 0, endedAt, fingerprint: '0', ...more }
  const spec = { scenario: '<script>alert(1)</script>', seed: 1 }
  const header = { format: 1, version: '0.0.0', source: 'x', spec }
  return { header, footer, nodes: [...nodes], lines: () => lines }
}

/** What breaks formats that do not escape: markup, separators, comments, words with a meaning, odd characters. */
const NASTY = [
  '<script>alert("x")</script>',
  'a;b#c%%d',
  'end',
  'Note over n0: x',
  'x\ny\r\nz',
  '\u0000\u0007\ufffe\ud800',
  '"quoted" \\ back',
  '{"a":1}',
  ']]>',
  '&amp;',
  '  ',
  'äöü 漢字 🪐',
  'n0->>n1: fake',
  '%%{init: {}}%%',
  '$& $1',
]

export const nastyText = fc.oneof(fc.constantFrom(...NASTY), fc.string({ maxLength: 12, unit: 'binary' }))

/**
 * Records that are causally sound (ids in order, messages before their arrival) with any text in them. Nodes start
 * first.
 */
export const anySource: fc.Arbitrary<TraceSource> = fc
  .record({
    names: fc.uniqueArray(nastyText, { minLength: 1, maxLength: 4 }),
    steps: fc.array(
      fc.record({
        node: fc.nat(3),
        peer: fc.nat(3),
        wait: fc.nat(5),
        what: fc.constantFrom(
          'send',
          'request',
          'arrive',
          'lose',
          'copy',
          'crash',
          'start',
          'role',
          'pause',
          'resume',
          'invoke',
          'finish',
          'fault',
          'heal',
          'timer',
          'error',
        ),
        type: nastyText,
        data: fc.oneof(nastyText, fc.jsonValue({ maxDepth: 2 })),
      }),
      { maxLength: 40 },
    ),
  })
  .map(({ names, steps }) => {
    const records: Omit<TraceRecord, 'hash'>[] = names.map((node, index) => ({
      ...{ id: index + 1, t: 0, node, kind: 'start' as const, data: { incarnation: 1 } },
    }))
    const under: { readonly id: number; readonly from: string; readonly to: string }[] = []
    const open: { readonly id: number; readonly node: string }[] = []
    const faults: number[] = []
    let t = 0
    for (const step of steps) {
      t += step.wait
      const node = names[step.node % names.length]!
      const to = names[step.peer % names.length]!
      const { type, data } = step
      const add = (record: Omit<TraceRecord, 'hash' | 'id' | 't'>): number => {
        records.push({ id: records.length + 1, t, ...record })
        return records.length
      }
      switch (step.what) {
        case 'send':
        case 'request': {
          const id = add({ node, kind: step.what, to, type, data })
          under.push({ id, from: node, to })
          break
        }
        case 'arrive': {
          const one = under.shift()
          if (one) add({ node: one.to, kind: 'deliver', cause: one.id, from: one.from, type })
          break
        }
        case 'lose': {
          const one = under.shift()
          if (one) add({ node: one.to, kind: 'drop', cause: one.id, to: one.from, type })
          break
        }
        case 'copy': {
          const [one] = under
          if (one)
            under.push({ ...one, id: add({ node: one.from, kind: 'duplicate', cause: one.id, to: one.to }) })
          break
        }
        case 'start':
          add({ node, kind: 'start', data: { incarnation: 2 } })
          break
        case 'crash':
        case 'pause':
        case 'resume':
        case 'timer':
        case 'error':
          add({ node, kind: step.what })
          break
        case 'role':
          add({ node, kind: 'role', type, data: { term: step.wait } })
          break
        case 'invoke':
          open.push({ id: add({ node, kind: 'invoke', type, data }), node })
          break
        case 'finish': {
          const one = open.shift()
          if (one) add({ node: one.node, kind: 'ok', type, data: { operation: one.id, output: data } })
          break
        }
        case 'fault':
          faults.push(add({ kind: 'fault', type, data: { index: 0, at: 1, text: type } }))
          break
        case 'heal': {
          const one = faults.shift()
          if (one !== undefined) add({ kind: 'heal', cause: one, type })
          break
        }
      }
    }
    return sourceFrom(records, { endedAt: t + 3 })
  })
