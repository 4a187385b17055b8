/** `orrery diff`: the first record in which two traces differ. */
import { differenceText } from '../../reports/difference.ts'
import { document } from '../../reports/json.ts'
import { dataText } from '../../reports/records.ts'
import { invariant } from '../../sim/kernel/errors.ts'
import type { TraceLine, TraceReader } from '../../sim/trace/reader.ts'
import { readTrace } from '../../sim/trace/reader.ts'
import type { TraceRecord } from '../../sim/trace/records.ts'
import type { Command } from '../command.ts'
import { stateDifferenceJson, stateDifferenceLines, statesAtDifference } from '../diff-states.ts'
import { EXIT } from '../exit-codes.ts'
import { fileLines } from '../trace-file.ts'

/** Records shown before the first that differs. */
const CONTEXT = 3

type RecordLine = TraceLine & { readonly record: TraceRecord }

interface Difference {
  readonly before: readonly TraceRecord[]
  readonly a: TraceRecord | undefined
  readonly b: TraceRecord | undefined
}

export const command: Command = {
  summary: 'Shows the first record in which two traces differ, and the states of both runs there.',
  about:
    'Compares what happened: records and verdicts. Logs and metrics are left out. Where the scenarios are at hand ' +
    'both runs are executed again, and the states of the nodes concerned are compared. Exit code 0 means that ' +
    'nothing differs, 1 that something does.',
  positionals: [
    { name: 'a', about: 'a trace' },
    { name: 'b', about: 'another trace' },
  ],
  options: {
    report: { kind: 'text', about: 'writes a page to this file: both runs side by side' },
    json: { kind: 'flag', about: 'prints the difference as one JSON document' },
  },
  examples: [
    ['seed-1.jsonl seed-2.jsonl', 'where two runs part'],
    ['before.jsonl after.jsonl', 'what a change of a node did'],
    ['before.jsonl after.jsonl --report diff.html', 'a page with both runs side by side'],
  ],
  async run(args, context) {
    const { out, paint } = context
    const sides = [args.required('a'), args.required('b')] as const
    const path = args.text('report')
    const page =
      path === undefined ? undefined : new (await import('../diff-report.ts')).DiffPage(path, sides)
    const a = readTrace(fileLines(sides[0]), sides[0])
    const b = readTrace(fileLines(sides[1]), sides[1])
    const difference = firstDifference(a, b)
    // What follows is read for its checks: a trace that was edited further on is no basis for an answer.
    const endA = a.footer ?? a.drain()
    const endB = b.footer ?? b.drain()
    const specs = specDifferences(a, b)
    const states =
      difference === undefined
        ? undefined
        : await statesAtDifference(
            { file: sides[0], header: a.header, footer: endA, record: difference.a },
            { file: sides[1], header: b.header, footer: endB, record: difference.b },
          )
    const same = difference === undefined && endA.verdict === endB.verdict && endA.endedAt === endB.endedAt
    page?.finish({
      sides: [
        { file: sides[0], header: a.header, footer: endA },
        { file: sides[1], header: b.header, footer: endB },
      ],
      specs,
      first: (difference?.a ?? difference?.b)?.id,
      states,
      program: context.program,
    })
    if (args.flag('json')) {
      const { a: left = null, b: right = null } = difference ?? {}
      const first = difference === undefined ? null : { a: left, b: right }
      const shown = states === undefined ? null : stateDifferenceJson(states)
      out.write(document({ same, spec: specs, first, states: shown, a: endA, b: endB }))
      return same ? EXIT.held : EXIT.violated
    }
    const lines: string[] = []
    for (const { field, a: left, b: right } of specs) lines.push(`${field}: ${left} | ${right}`)
    if (specs.length > 0) lines.push('')
    if (difference !== undefined) {
      const id = (difference.a ?? difference.b)?.id ?? 0
      lines.push(paint.bold(`the first difference is record ${id}`), '')
      lines.push(...differenceText(difference.before, [difference.a, difference.b], sides, paint))
      if (states !== undefined) lines.push('', ...stateDifferenceLines(states, sides, context))
    } else if (same) {
      const { records, fingerprint } = endA
      lines.push(`the traces are the same: ${records} records, fingerprint ${fingerprint}`)
    } else {
      lines.push('the records are the same, but not how the runs ended')
      lines.push(`  ${sides[0]}: ${endA.verdict} at ${endA.endedAt} us`)
      lines.push(`  ${sides[1]}: ${endB.verdict} at ${endB.endedAt} us`)
    }
    out.write(`${lines.join('\n')}\n`)
    return same ? EXIT.held : EXIT.violated
  },
}

function firstDifference(a: TraceReader, b: TraceReader): Difference | undefined {
  const left = recordLines(a)
  const right = recordLines(b)
  const before: TraceRecord[] = []
  for (;;) {
    const one = left.next().value
    const other = right.next().value
    if (one === undefined && other === undefined) return undefined
    if (one?.text !== other?.text) return { before, a: one?.record, b: other?.record }
    invariant(one !== undefined, 'equal lines are there')
    before.push(one.record)
    if (before.length > CONTEXT) before.shift()
  }
}

function* recordLines(reader: TraceReader): Generator<RecordLine, undefined, undefined> {
  for (const line of reader.lines()) if (line.record !== undefined) yield line
  return undefined
}

interface SpecDifference {
  readonly field: string
  readonly a: string
  readonly b: string
}

/** How the run specs differ, parameters one by one. */
function specDifferences(a: TraceReader, b: TraceReader): readonly SpecDifference[] {
  const left = flatSpec(a.header.spec)
  const right = flatSpec(b.header.spec)
  const fields = new Set([...left.keys(), ...right.keys()])
  return [...fields].flatMap((field) => {
    const one = left.get(field) ?? '(none)'
    const other = right.get(field) ?? '(none)'
    return one === other ? [] : [{ field, a: one, b: other }]
  })
}

function flatSpec({ params, ...rest }: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  const out = new Map(Object.entries(rest).map(([key, value]) => [key, dataText(value)]))
  for (const [name, value] of Object.entries(params ?? {})) out.set(`params.${name}`, dataText(value))
  return out
}
