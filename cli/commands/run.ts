/** `orrery run`: one run of one scenario. */
import { resolve } from 'node:path'
import { FollowSink } from '../../reports/follow.ts'
import { commandLine } from '../../reports/invocation.ts'
import { runJson } from '../../reports/json.ts'
import { runScreen } from '../../reports/terminal.ts'
import { TimelineSink } from '../../reports/timeline.ts'
import { CallerError, invariant } from '../../sim/kernel/errors.ts'
import type { RunResult, RunSpec, SinkFactory } from '../../sim/scenario/simulate.ts'
import type { Scenario } from '../../sim/scenario/scenario.ts'
import type { Command } from '../command.ts'
import type { Context } from '../context.ts'
import type { ExitCode } from '../exit-codes.ts'
import { EXIT } from '../exit-codes.ts'
import type { ScenarioDescription } from '../load-scenario.ts'
import { loadScenario } from '../load-scenario.ts'
import type { Given } from '../run-spec.ts'
import { PageOutput } from '../report-page.ts'
import { execute, invocationOf, makeSpec, readGiven, specOptions } from '../run-spec.ts'
import { TraceOutput } from '../trace-file.ts'

export const command: Command = {
  summary: 'Runs a scenario and says what happened.',
  about:
    'The same command gives the same output, byte for byte: everything random comes from the seed, and time is ' +
    'virtual.',
  positionals: [
    {
      name: 'scenario',
      about: "a built-in scenario's name (see 'orrery list') or a TypeScript or JavaScript file",
    },
  ],
  options: {
    ...specOptions,
    trace: { kind: 'text', about: 'writes every record to this file, as JSON Lines' },
    report: {
      kind: 'text',
      about: 'writes a report of the run to this file, one HTML page that needs nothing else',
    },
    follow: { kind: 'flag', about: 'prints records as they happen' },
    json: { kind: 'flag', about: 'prints the result as one JSON document' },
    strict: { kind: 'flag', about: 'faults and checks that were vacuous make the verdict undecided' },
  },
  examples: [
    ['leader-election', 'a built-in scenario with its defaults'],
    ['quorum --seed 7 --set r=1 --set w=1', 'another seed, other parameters'],
    ['quorum --plan faults.yaml --until 60s', 'your own faults, and longer'],
    ['./my-scenario.ts --follow', 'your own file, every record as it happens'],
    ['quorum --report run.html', 'a page to look at: diagram, states, causes, charts'],
    ['quorum --trace run.jsonl', "keep the trace, for 'orrery replay' and 'orrery diff'"],
  ],
  async run(args, context) {
    const json = args.flag('json')
    const follow = args.flag('follow')
    if (json && follow) {
      throw new CallerError('--json and --follow exclude each other', { expected: 'one kind of output' })
    }
    const given = await readGiven(args)
    const { scenario, description } = await loadScenario(args.required('scenario'))
    const spec = makeSpec(scenario, given)
    const tracePath = args.text('trace')
    const trace = tracePath === undefined ? undefined : openTrace(tracePath, description, given)
    const page = openPage(args.text('report'), description, given, tracePath)

    let timeline: TimelineSink | undefined
    const sinks: SinkFactory[] = []
    if (trace !== undefined) sinks.push(trace.begin(spec, description.source, context.version))
    if (!json) sinks.push((strings, directory) => (timeline = new TimelineSink(strings, directory)))
    if (follow) sinks.push(followSink(context))
    const started = performance.now()
    const result = await execute(scenario, spec, sinks, given)
    const seconds = (performance.now() - started) / 1000
    trace?.finish(result)
    if (trace !== undefined) {
      invariant(JSON.stringify(result.spec) === JSON.stringify(spec), 'a trace holds the spec of its run')
    }

    const strict = args.flag('strict')
    if (json) context.out.write(runJson(result))
    else {
      if (follow) context.out.write('\n')
      invariant(timeline !== undefined, 'a run makes its sinks')
      const invocation = invocationOf(description.source, given, context.program)
      const report = { scenario, result, timeline, invocation, strict, trace: tracePath }
      context.out.write(runScreen(report, context.paint))
    }
    if (page !== undefined) {
      const written = await writeReport(page, { scenario, spec, description, given, result }, context)
      if (!written) return EXIT.notDeterministic
    }
    context.aside(`ran in ${seconds.toFixed(2)} s, ${Math.round(result.events / seconds)} events/s`)
    return exitCode(result, strict)
  },
}

function openTrace(path: string, description: ScenarioDescription, given: Given): TraceOutput {
  const inputs = [description.kind === 'file' ? description.path : undefined, given.plan?.file]
  for (const input of inputs) {
    if (input !== undefined && resolve(input) === resolve(path)) {
      throw new CallerError(`--trace: '${path}' is what is to be run`, { expected: 'another file' })
    }
  }
  return new TraceOutput(path)
}

function openPage(
  path: string | undefined,
  description: ScenarioDescription,
  given: Given,
  trace: string | undefined,
): PageOutput | undefined {
  if (path === undefined) return undefined
  const inputs = [description.kind === 'file' ? description.path : undefined, given.plan?.file, trace]
  return new PageOutput(path, 'run', '--report', inputs)
}

interface Reported {
  readonly scenario: Scenario
  readonly spec: RunSpec
  readonly description: ScenarioDescription
  readonly given: Given
  readonly result: RunResult
}

/** Writes the page; false if the run, executed again, was another one. */
async function writeReport(
  page: PageOutput,
  { scenario, spec, description, given, result }: Reported,
  context: Context,
): Promise<boolean> {
  const { RECORD_LIMIT } = await import('../../reports/html/run/selection.ts')
  const { firstRun, reportedRun, runPage } = await import('../run-report.ts')
  const { source } = description
  const invocation = invocationOf(source, given, context.program)
  const commands = [
    { about: 'run it again', command: commandLine(invocation) },
    { about: 'keep every record', command: commandLine(invocation, '--trace', 'run.jsonl') },
  ]
  const around = { source, version: context.version, commands }
  const first = firstRun(result)
  const reported = { scenario, spec, given, around, limit: RECORD_LIMIT }
  const { data, fingerprint } = await reportedRun(reported, first)
  page.finish(runPage(data))
  if (fingerprint === first.fingerprint) return true
  context.warn(
    `orrery: the run is not deterministic: executed again for its report it has fingerprint ${fingerprint}, ` +
      `not ${first.fingerprint}; ${page.path} shows the second`,
  )
  return false
}

function followSink({ out, paint }: Context): SinkFactory {
  // With nobody to watch, nothing is left to do.
  out.onClosed = () => process.exit(EXIT.interrupted)
  return (strings, directory) => {
    const write = (text: string): void => {
      out.write(text)
    }
    return new FollowSink(write, paint, strings, directory)
  }
}

function exitCode({ verdict, warnings }: RunResult, strict: boolean): ExitCode {
  switch (verdict) {
    case 'violated':
      return EXIT.violated
    case 'undecided':
      return EXIT.undecided
    case 'held':
      return strict && warnings.length > 0 ? EXIT.undecided : EXIT.held
  }
}
