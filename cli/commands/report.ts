/** `orrery report`: the page of a recorded run, from its trace or from a failure bundle. */
import type { CommandData, RunData } from '../../reports/html/run/data.ts'
import { quote } from '../../reports/invocation.ts'
import { CallerError } from '../../sim/kernel/errors.ts'
import type { Scenario } from '../../sim/scenario/scenario.ts'
import type { RunSpec } from '../../sim/scenario/simulate.ts'
import type { TraceFooter, TraceHeader } from '../../sim/trace/reader.ts'
import { verifyTrace } from '../../sim/trace/reader.ts'
import { currentSpec, isBundleFile, loadBundle } from '../bundle-file.ts'
import type { Arguments, Command } from '../command.ts'
import type { Context } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { findScenario } from '../find-scenario.ts'
import { PageOutput } from '../report-page.ts'
import { firstRun, limitOption, readLimit, reportedRun, runPage, toldRun, tracedRun } from '../run-report.ts'
import { execute } from '../run-spec.ts'
import { fileLines, specOf } from '../trace-file.ts'
import { scenarioOf } from '../trace-scenario.ts'

export const command: Command = {
  summary: 'Writes a page to look at: verdict, space-time diagram, states, causes, charts, history.',
  about:
    'One HTML file that needs nothing else and opens from disk. The run is executed again, inspected; where its ' +
    'scenario is not at hand, or gives another run by now, the page says what is missing and shows the rest. A trace ' +
    'that was edited or truncated is refused.',
  positionals: [{ name: 'trace', about: "a file that 'orrery run --trace' or 'orrery shrink' wrote" }],
  options: {
    o: { kind: 'text', about: 'the page to write; default: named like the trace, with .html' },
    scenario: { kind: 'text', about: 'the scenario, if it is not where the trace says' },
    records: limitOption,
  },
  examples: [
    ['run.jsonl', 'writes run.html'],
    ['failure.json -o failure.html', 'the page of a shrunk failure'],
    ['long.jsonl --records 500000', 'more of a long run than usual'],
  ],
  async run(args, context) {
    const file = args.required('trace')
    const limit = readLimit(args)
    const path = args.text('o') ?? `${file.replace(/\.(jsonl|json)$/, '')}.html`
    const page = new PageOutput(path, 'run', '-o', [file])
    const made = isBundleFile(file)
      ? await ofBundle(file, args, limit, context)
      : await ofTrace(file, args, limit, context)
    page.finish(runPage(made.data))
    context.out.write(`report written to ${path}\n`)
    for (const line of made.notes) context.out.write(`${line}\n`)
    return EXIT.held
  },
}

interface Made {
  readonly data: RunData
  readonly notes: readonly string[]
}

async function ofTrace(file: string, args: Arguments, limit: number, context: Context): Promise<Made> {
  const { header, footer } = verifyTrace(fileLines(file), file)
  const spec = specOf(header, file)
  const commands = traceCommands(file, footer, context)
  const alone = (why: string): Made => ({
    data: tracedRun(file, { header, footer, spec }, commands, why, limit),
    notes: [why],
  })
  const scenario = await sourceOf(file, header, args)
  if (typeof scenario === 'string') return alone(`The run could not be executed again: ${scenario}.`)
  const { source, version } = header
  const { records, fingerprint, violations = [] } = footer
  const first = { records, fingerprint, focus: violations.find(({ record }) => record !== undefined)?.record }
  const reported = { scenario, spec, around: { source, version, commands }, limit }
  try {
    const made = await reportedRun(reported, first)
    if (made.fingerprint === fingerprint) return { data: made.data, notes: [] }
  } catch (error) {
    if (!(error instanceof CallerError)) throw error
    return alone(`The run could not be executed again: ${error.message}.`)
  }
  return alone(
    `Executed again the run is another one: ${source} has changed since, or was run by another version (${version}).`,
  )
}

/** The scenario of a trace, or why it is not at hand. One that was named must be there. */
async function sourceOf(file: string, header: TraceHeader, args: Arguments): Promise<Scenario | string> {
  const given = args.text('scenario')
  try {
    return (await scenarioOf(given, header, file)).scenario
  } catch (error) {
    if (given !== undefined || !(error instanceof CallerError)) throw error
    return error.message
  }
}

function traceCommands(file: string, { violations = [] }: TraceFooter, { program }: Context): CommandData[] {
  const [first] = violations
  return [
    { about: 'run it again and compare every record', command: `${program} replay ${quote(file)}` },
    ...(first === undefined
      ? []
      : [{ about: 'the causes in the terminal', command: `${program} why ${quote(file)}` }]),
  ]
}

/** A bundle holds no records: whatever its run is now is shown. */
async function ofBundle(file: string, args: Arguments, limit: number, context: Context): Promise<Made> {
  const bundle = loadBundle(file)
  const { source, version, story, fingerprint } = bundle
  const commands = [{ about: 'run it again', command: `${context.program} replay ${quote(file)}` }]
  const around = { source, version, commands, story }
  let scenario: Scenario
  let spec: RunSpec
  try {
    ;({ scenario } = await findScenario(args.text('scenario'), source, file, 'a failure'))
    spec = currentSpec(bundle, scenario, file, context)
  } catch (error) {
    if (args.text('scenario') !== undefined || !(error instanceof CallerError)) throw error
    const why = `The run could not be executed again: ${error.message}. A failure holds no records: only its story is shown.`
    return { data: toldRun(bundle, around, why), notes: [why] }
  }
  const given = bundle.maxEvents === undefined ? {} : { maxEvents: bundle.maxEvents }
  const first = firstRun(await execute(scenario, spec, [], given))
  const { data } = await reportedRun({ scenario, spec, given, around, limit }, first)
  if (first.fingerprint === fingerprint) return { data, notes: [] }
  const changed = `The run has fingerprint ${first.fingerprint}, ${file} has ${fingerprint}: it is another run by now.`
  return { data: { ...data, missing: [changed, ...data.missing] }, notes: [changed] }
}
