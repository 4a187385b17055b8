/** `orrery replay --to --inspect`: the states of the nodes at an instant of a recorded run. */
import { document } from '../reports/json.ts'
import { recordText } from '../reports/records.ts'
import { changeLines, instantText, stateLines } from '../reports/states.ts'
import type { Instant, NodeAtInstant, When } from '../sim/explore/instant.ts'
import { CallerError, show } from '../sim/kernel/errors.ts'
import { unknownName } from '../sim/kernel/nearest.ts'
import type { Duration } from '../sim/kernel/time.ts'
import { formatTime, micros } from '../sim/kernel/time.ts'
import type { Scenario } from '../sim/scenario/scenario.ts'
import type { RunSpec } from '../sim/scenario/simulate.ts'
import { verifyTrace } from '../sim/trace/reader.ts'
import { currentSpec, isBundleFile, loadBundle } from './bundle-file.ts'
import type { Context } from './context.ts'
import type { ExitCode } from './exit-codes.ts'
import { EXIT } from './exit-codes.ts'
import { findScenario } from './find-scenario.ts'
import { execute } from './run-spec.ts'
import { fileLines } from './trace-file.ts'
import { instantOfRun, instantOfTrace, scenarioOf } from './trace-scenario.ts'

export interface StatesAsked {
  /** A time or a record; the end of the run if absent. */
  readonly to: string | undefined
  /** A node's name; all of them if absent. */
  readonly inspect: string | undefined
  /** Where the scenario is, if it was said. */
  readonly scenario: string | undefined
  readonly json: boolean
}

/** A run that can be repeated, and how far it goes, as far as that is known. */
interface Recorded {
  readonly source: string
  readonly scenario: Scenario
  readonly spec: RunSpec
  readonly records: number
  /** Virtual microseconds. */
  readonly endedAt: number
  instant(when: When): Promise<Instant | undefined>
}

/** Shows the states of a trace's run at an instant; exit code 3 if the run is not reproduced up to there. */
export async function replayStates(file: string, asked: StatesAsked, context: Context): Promise<ExitCode> {
  const { out, paint } = context
  const run = isBundleFile(file) ? await ofBundle(file, asked, context) : await ofTrace(file, asked)
  const { source, spec } = run
  const when = readWhen(asked.to, run)
  const instant = await run.instant(when)
  if (instant === undefined) {
    const where = 'record' in when ? `record ${when.record}` : formatTime(when.time)
    const head = `${paint.red.bold('NOT REPRODUCED')}  ${source}, seed ${spec.seed}: the run differs before ${where}`
    const hint = `${context.program} replay ${file} shows where`
    out.write(asked.json ? document({ reproduced: false }) : `${head}\n${hint}\n`)
    return EXIT.notDeterministic
  }
  const { inspect } = asked
  const names = instant.nodes.map(({ name }) => name)
  if (inspect !== undefined && !names.includes(inspect)) {
    throw unknownName('node', inspect, names, '--inspect')
  }
  if (asked.json) out.write(document(json(instant, inspect)))
  else {
    const title = `${paint.bold(source)}, seed ${spec.seed}, after ${instantText(instant)}`
    out.write(`${[title, ...text(instant, when, inspect, context)].join('\n')}\n`)
  }
  return EXIT.held
}

async function ofTrace(file: string, asked: StatesAsked): Promise<Recorded> {
  const { header, footer } = verifyTrace(fileLines(file), file)
  const { scenario, spec } = await scenarioOf(asked.scenario, header, file)
  const instant = (when: When): Promise<Instant | undefined> => instantOfTrace(file, scenario, spec, when)
  return { source: header.source, scenario, spec, records: footer.records, endedAt: footer.endedAt, instant }
}

/** A bundle holds no records: whatever its run is now is shown. */
async function ofBundle(file: string, asked: StatesAsked, context: Context): Promise<Recorded> {
  const bundle = loadBundle(file)
  const { scenario } = await findScenario(asked.scenario, bundle.source, file, 'a failure')
  const spec = currentSpec(bundle, scenario, file, context)
  const { fingerprint, records, endedAt } = await execute(scenario, spec, [])
  if (fingerprint !== bundle.fingerprint) {
    context.warn(
      `orrery: warning: ${file} has fingerprint ${bundle.fingerprint}, the run now has ${fingerprint}: ` +
        'these are states of another run',
    )
  }
  const instant = (when: When): Promise<Instant | undefined> => instantOfRun(scenario, spec, when)
  return { source: bundle.source, scenario, spec, records, endedAt, instant }
}

function readWhen(to: string | undefined, { records, endedAt }: Recorded): When {
  if (to === undefined) return { time: endedAt }
  if (/^#?\d+$/.test(to)) {
    const record = Number(to.replace('#', ''))
    if (record >= 1 && record <= records) return { record }
    throw new CallerError(`--to: there is no record ${record}`, {
      expected: `a record from 1 to ${records}, or a time such as '1.5s'`,
    })
  }
  if (!/\d/.test(to)) {
    throw new CallerError(`--to: ${show(to)}`, { expected: "a record's number, or a time such as '1.5s'" })
  }
  const time = micros(to as Duration, '--to')
  if (time <= endedAt) return { time }
  throw new CallerError(`--to: ${show(to)}`, {
    expected: `at most ${formatTime(endedAt)}, when the run ended`,
  })
}

function json(instant: Instant, inspect: string | undefined): unknown {
  const { time, first, last, records, nodes, changes } = instant
  const concerns = (name: string): boolean => inspect === undefined || inspect === name
  return {
    reproduced: true,
    time,
    event: { first, last, records },
    changes: changes
      .filter(({ node }) => concerns(node))
      .map(({ node, before, patches }) => ({ node, patches, before: before ?? null })),
    nodes: nodes.filter(({ name }) => concerns(name)).map(nodeJson),
  }
}

/** A node as JSON: `state` is null while it is down. */
export function nodeJson({ state, ...rest }: NodeAtInstant): unknown {
  return { ...rest, state: state ?? null }
}

/** Records of the last event that are shown. */
const SHOWN = 6

function text(
  instant: Instant,
  when: When,
  inspect: string | undefined,
  { paint }: Context,
): readonly string[] {
  const { records } = instant
  const width = String(instant.last).length + 1
  const changes = changeLines(instant, inspect, paint)
  const left = instant.last - instant.first + 1 - Math.min(SHOWN, records.length)
  return [
    '',
    paint.bold('the last event'),
    ...records.slice(0, SHOWN).map((record) => {
      const id = paint.dim(`#${record.id}`.padStart(width))
      return `${id} ${recordText(record, paint, width + 1)}`
    }),
    ...(left > 0 ? [paint.dim(`${' '.repeat(width)} ... ${left} more records`)] : []),
    '',
    paint.bold(
      changes.length > 0
        ? 'what it changed'
        : `it changed no state${inspect === undefined ? '' : ` of ${inspect}`}`,
    ),
    ...changes,
    '',
    paint.bold(`states at ${formatTime('time' in when ? when.time : instant.time)}`),
    ...stateLines(instant, inspect, paint),
  ]
}
