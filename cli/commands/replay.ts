/** `orrery replay`: runs what a trace records again, and compares every record and the end. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { differenceText } from '../../reports/difference.ts'
import { document } from '../../reports/json.ts'
import { CallerError } from '../../sim/kernel/errors.ts'
import type { RunResult } from '../../sim/scenario/simulate.ts'
import { JsonlTrace, LineWriter } from '../../sim/trace/jsonl.ts'
import type { TraceFooter, TraceHeader } from '../../sim/trace/reader.ts'
import { verifyTrace } from '../../sim/trace/reader.ts'
import type { Command } from '../command.ts'
import type { Context } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import type { LoadedScenario } from '../load-scenario.ts'
import { loadScenario } from '../load-scenario.ts'
import { Comparison } from '../replay-comparison.ts'
import { execute } from '../run-spec.ts'
import { fileLines, specOf } from '../trace-file.ts'

export const command: Command = {
  summary: 'Runs what a trace records again and compares every record.',
  about:
    'The trace is checked first: one that was edited or truncated is refused at the line. Exit code 3 means that ' +
    'the run is not reproduced, and where it first differs is shown.',
  positionals: [{ name: 'trace', about: "a file that 'orrery run --trace' wrote" }],
  options: {
    scenario: { kind: 'text', about: 'the scenario, if it is not where the trace says' },
    json: { kind: 'flag', about: 'prints the outcome as one JSON document' },
  },
  examples: [
    ['run.jsonl', 'the same records again?'],
    ['run.jsonl --scenario ../moved.ts', 'the scenario has moved since'],
  ],
  async run(args, context) {
    const file = args.required('trace')
    const { header, footer } = verifyTrace(fileLines(file), file)
    const spec = specOf(header, file)
    if (header.version !== context.version) {
      context.warn(
        `orrery: warning: ${file} was written by version ${header.version}, this is ${context.version}: ` +
          'a difference may come from that',
      )
    }
    const { scenario } = await findScenario(args.text('scenario'), header, file)
    if (scenario.name !== spec.scenario) {
      throw new CallerError(`the scenario is '${scenario.name}'`, {
        expected: `'${spec.scenario}', of which ${file} is a trace`,
      })
    }
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

/** A file may be named relative to the current folder, or to the trace's. */
async function findScenario(
  given: string | undefined,
  { source }: TraceHeader,
  traceFile: string,
): Promise<LoadedScenario> {
  const besideTrace = join(dirname(traceFile), source)
  const isFile = /[\\/.]/.test(source)
  const found = given ?? (isFile && !existsSync(source) && existsSync(besideTrace) ? besideTrace : source)
  try {
    return await loadScenario(found)
  } catch (error) {
    if (given !== undefined || !(error instanceof CallerError)) throw error
    throw new CallerError(`${traceFile} is a trace of ${source}: ${error.message}`, {
      hint: existsSync(source) || existsSync(besideTrace) ? undefined : 'say where it is now with --scenario',
    })
  }
}

interface EndDifference {
  readonly field: keyof TraceFooter
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
