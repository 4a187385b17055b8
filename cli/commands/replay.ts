/** `orrery replay`: runs what a trace records again, and compares every record and the end. */
import { differenceText } from '../../reports/difference.ts'
import { document } from '../../reports/json.ts'
import type { RunResult } from '../../sim/scenario/simulate.ts'
import { JsonlTrace, LineWriter } from '../../sim/trace/jsonl.ts'
import type { TraceFooter, TraceHeader } from '../../sim/trace/reader.ts'
import { verifyTrace } from '../../sim/trace/reader.ts'
import { isBundleFile } from '../bundle-file.ts'
import type { Command } from '../command.ts'
import type { Context } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { Comparison } from '../replay-comparison.ts'
import { execute } from '../run-spec.ts'
import { replayStates } from '../replay-states.ts'
import { fileLines } from '../trace-file.ts'
import { scenarioOf } from '../trace-scenario.ts'

export const command: Command = {
  summary: 'Runs what a trace or a failure records again, and compares.',
  about:
    'A trace is checked first: one that was edited or truncated is refused at the line. Exit code 3 means that ' +
    'the run is not reproduced, and where it first differs is shown. A failure (failure.json) may have become ' +
    'another run: exit code 1 means that it still fails. With --to or --inspect the states of nodes are shown.',
  positionals: [{ name: 'trace', about: "a file that 'orrery run --trace' or 'orrery shrink' wrote" }],
  options: {
    scenario: { kind: 'text', about: 'the scenario, if it is not where the trace says' },
    to: {
      kind: 'text',
      about: 'shows states instead: after this record, or at this time, such as 812 or 1.5s',
    },
    inspect: { kind: 'text', about: 'shows the state of this node only; at the end, unless --to is given' },
    json: { kind: 'flag', about: 'prints the outcome as one JSON document' },
  },
  examples: [
    ['run.jsonl', 'the same records again?'],
    ['run.jsonl --to 1.5s', 'the states of all nodes at a time'],
    ["run.jsonl --to 812 --inspect 'replica[0]'", 'what record 812 did to a node'],
    ['run.jsonl --scenario ../moved.ts', 'the scenario has moved since'],
  ],
  async run(args, context) {
    const file = args.required('trace')
    const [to, inspect] = [args.text('to'), args.text('inspect')]
    if (to !== undefined || inspect !== undefined) {
      const asked = { to, inspect, scenario: args.text('scenario'), json: args.flag('json') }
      return replayStates(file, asked, context)
    }
    if (isBundleFile(file)) {
      const { replayBundle } = await import('../replay-bundle.ts')
      const options = { scenario: args.text('scenario'), json: args.flag('json') }
      return replayBundle(file, options, context)
    }
    const { header, footer } = verifyTrace(fileLines(file), file)
    if (header.version !== context.version) {
      context.warn(
        `orrery: warning: ${file} was written by version ${header.version}, this is ${context.version}: ` +
          'a difference may come from that',
      )
    }
    const { scenario, spec } = await scenarioOf(args.text('scenario'), header, file)
    const comparison = new Comparison(fileLines(file))
    const writer = new LineWriter(comparison.take)
    const result = await execute(scenario, spec, [
      (strings, directory) => new JsonlTrace(writer, strings, directory),
    ])
    writer.flush()
    comparison.finish()
    const ends = endDifferences(footer, result)
    const same = comparison.difference === undefined && ends.length === 0
    if (args.flag('json')) {
      const { expected = null, actual = null } = comparison.difference ?? {}
      const first = comparison.difference === undefined ? null : { expected, actual }
      const { fingerprint, records, verdict } = result
      context.out.write(document({ reproduced: same, fingerprint, records, verdict, first, end: ends }))
    } else context.out.write(`${report(file, header, footer, comparison, ends, context).join('\n')}\n`)
    return same ? EXIT.held : EXIT.notDeterministic
  },
}

interface EndDifference {
  readonly field: (typeof END_FIELDS)[number]
  readonly expected: string | number
  readonly actual: string | number
}

const END_FIELDS = ['verdict', 'records', 'events', 'endedAt', 'fingerprint'] as const

function endDifferences(footer: TraceFooter, result: RunResult): readonly EndDifference[] {
  return END_FIELDS.flatMap((field) =>
    footer[field] === result[field] ? [] : [{ field, expected: footer[field], actual: result[field] }],
  )
}

function report(
  file: string,
  header: TraceHeader,
  footer: TraceFooter,
  { difference, before, observersDiffer }: Comparison,
  ends: readonly EndDifference[],
  { paint }: Context,
): readonly string[] {
  const { records, fingerprint, verdict } = footer
  const seed = String(header.spec.seed)
  if (difference === undefined && ends.length === 0) {
    return [
      `${paint.green.bold('REPRODUCED')}  ${header.source}, seed ${seed}: ${records} records, verdict ${verdict}`,
      `fingerprint ${fingerprint}`,
      ...(observersDiffer ? ['logs or metrics differ; they are no part of the fingerprint'] : []),
    ]
  }
  const lines = [`${paint.red.bold('NOT REPRODUCED')}  ${header.source}, seed ${seed}`, '']
  if (difference !== undefined) {
    const { expected, actual } = difference
    lines.push(`the first difference is record ${(expected ?? actual)?.id ?? 0}`, '')
    lines.push(...differenceText(before, [expected, actual], [file, 'this run'], paint), '')
  }
  for (const { field, expected, actual } of ends)
    lines.push(`${field}: ${expected} in the trace, ${actual} now`)
  lines.push(
    '',
    'was the scenario changed since? if not, its code depends on something outside the simulation',
  )
  return lines
}
