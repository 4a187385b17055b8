/** `orrery why`: the chain of causes that led to a record. */
import { existsSync, statSync } from 'node:fs'
import { document } from '../../reports/json.ts'
import { whyText } from '../../reports/why.ts'
import { CauseIndex, explainIndexed } from '../../sim/explore/why.ts'
import { CallerError, invariant, show } from '../../sim/kernel/errors.ts'
import { unknownName } from '../../sim/kernel/nearest.ts'
import type { RunResult } from '../../sim/scenario/simulate.ts'
import type { TraceFooter, TraceViolation } from '../../sim/trace/reader.ts'
import { readTrace } from '../../sim/trace/reader.ts'
import type { TraceRecord } from '../../sim/trace/records.ts'
import { attemptOf, currentSpec, isBundleFile, loadBundle } from '../bundle-file.ts'
import type { Arguments, Command } from '../command.ts'
import type { Context } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { findScenario } from '../find-scenario.ts'
import { loadScenario } from '../load-scenario.ts'
import { execute, makeSpec, readGiven, specOptions } from '../run-spec.ts'
import { fileLines, violationsOf } from '../trace-file.ts'

/** What is explained: the records of a run, which can be read again, and how it ended. */
interface Told {
  readonly name: string
  readonly records: () => Iterable<TraceRecord>
  readonly footer: Pick<TraceFooter, 'verdict' | 'records' | 'violations'>
}

export const command: Command = {
  summary: 'Shows what led to a record: the chain of its causes, back to the root.',
  about:
    'Messages, timers, work and faults are followed from the root (the start of a node, a fault) to the record, with ' +
    'the time that each step took. Without a record the first violation of the run is explained. A scenario is run as ' +
    'the options say, with its records in memory; so is the failure of a bundle.',
  positionals: [
    {
      name: 'what',
      about: "a file that 'orrery run --trace' or 'orrery shrink' wrote, or a scenario's name or file",
    },
    {
      name: 'record',
      about: "a record's number; default: where the first violation was seen",
      optional: true,
    },
  ],
  options: {
    check: { kind: 'text', about: 'explains the violation of this check' },
    all: { kind: 'flag', about: 'shows every step, also those that only repeat' },
    ...specOptions,
    scenario: { kind: 'text', about: 'the scenario of a bundle, if it is not where the bundle says' },
    json: { kind: 'flag', about: 'prints the chain as one JSON document' },
  },
  examples: [
    ['quorum --set r=1 --set w=1 --seed 7', 'why this run was violated'],
    ['run.jsonl 812', 'why record 812 of a trace happened'],
    ["run.jsonl --check 'one leader at a time'", 'why this check was violated'],
    ['failure.json', 'why the small failure that was found happened'],
  ],
  async run(args, context) {
    const { out, paint } = context
    const asked = readRecord(args)
    const { name, records, footer } = await tell(args, context)
    const index = new CauseIndex()
    for (const record of records()) index.add(record)
    const violation = asked === undefined ? findViolation(footer, args.text('check'), name) : undefined
    const id = asked ?? recordOf(violation, index)
    const explanation = explainIndexed(index, records(), id)
    if (args.flag('json')) {
      const { steps, omitted, faults } = explanation
      const root = steps[0]?.record.id ?? null
      out.write(document({ record: id, violation: violation ?? null, root, steps, omitted, faults }))
    } else out.write(whyText({ explanation, violation, all: args.flag('all') }, paint))
    return EXIT.held
  },
}

/** Reads a trace, or runs a scenario or what a bundle holds. */
async function tell(args: Arguments, context: Context): Promise<Told> {
  const name = args.required('what')
  if (isBundleFile(name)) {
    refuseSpecOptions(args, 'a bundle')
    const bundle = loadBundle(name)
    const { scenario } = await findScenario(args.text('scenario'), bundle.source, name, 'a failure')
    const { maxEvents } = bundle
    const attempt = attemptOf(scenario, maxEvents === undefined ? {} : { maxEvents })
    return toldOf(name, await attempt(currentSpec(bundle, scenario, name, context), { records: true }))
  }
  if (args.text('scenario') !== undefined) {
    throw new CallerError('--scenario stands beside what is no bundle', { expected: 'it beside a bundle' })
  }
  if (isTraceName(name)) {
    refuseSpecOptions(args, 'a trace')
    const reader = readTrace(fileLines(name), name)
    const footer = reader.drain()
    return { name, records: () => readTrace(fileLines(name), name).records(), footer }
  }
  const given = await readGiven(args)
  const { scenario } = await loadScenario(name)
  const result = await execute(scenario, makeSpec(scenario, given), [], given, { records: true })
  return toldOf(`${name} with seed ${given.seed}`, result)
}

function toldOf(name: string, result: RunResult): Told {
  const { trace, verdict, records } = result
  invariant(trace !== undefined, 'the run was to keep its records')
  return {
    name,
    records: () => trace.records(),
    footer: { verdict, records, violations: violationsOf(result) },
  }
}

/** A file that is no scenario, or what looks like the name of one that is missing. */
function isTraceName(name: string): boolean {
  const isFile = existsSync(name) && statSync(name).isFile()
  return isFile ? !/\.[cm]?[jt]sx?$/.test(name) : /\.jsonl?$/.test(name)
}

/** A trace and a bundle hold their run spec: what stands beside them would be for nothing. */
function refuseSpecOptions(args: Arguments, what: string): void {
  for (const option of Object.keys(specOptions)) {
    const { kind } = specOptions[option as keyof typeof specOptions]
    const isGiven =
      kind === 'flag' ? args.flag(option) : kind === 'list' ? args.list(option).length > 0 : args.text(option)
    if (isGiven === undefined || isGiven === false) continue
    throw new CallerError(`--${option} stands beside ${what}`, {
      expected: `${what} alone: it holds the whole run spec`,
    })
  }
}

function readRecord(args: Arguments): number | undefined {
  const text = args.text('record')
  if (text === undefined) return undefined
  if (args.text('check') !== undefined) {
    throw new CallerError(`record ${show(text)} and --check exclude each other`, { expected: 'one of them' })
  }
  const id = /^#?\d+$/.test(text) ? Number(text.replace('#', '')) : NaN
  if (Number.isSafeInteger(id)) return id
  throw new CallerError(`record ${show(text)}`, { expected: "a record's number, such as 812" })
}

function findViolation(footer: Told['footer'], check: string | undefined, file: string): TraceViolation {
  const { violations = [], verdict, records } = footer
  const [first] = violations
  if (first === undefined) {
    const hint = 'say which record to explain'
    if (verdict === 'violated') throw new CallerError(`${file} does not say what was violated`, { hint })
    const expected = `a record from 1 to ${records}`
    throw new CallerError(`nothing was violated in ${file}: its verdict is ${verdict}`, { expected })
  }
  if (check === undefined) return first
  const named = violations.find(({ name }) => name === check)
  if (named !== undefined) return named
  throw unknownName(
    'violated check',
    check,
    violations.map(({ name }) => name),
    file,
  )
}

/** Failures have no record of their own: the error is the last of its kind; a limit is hit after the last record. */
function recordOf(violation: TraceViolation | undefined, index: CauseIndex): number {
  if (violation?.record !== undefined && violation.record > 0) return violation.record
  if (violation?.kind === 'failure' && index.lastError > 0) return index.lastError
  return index.count
}
