/** `orrery why`: the chain of causes that led to a record. */
import { document } from '../../reports/json.ts'
import { whyText } from '../../reports/why.ts'
import { CauseIndex, explainIndexed } from '../../sim/explore/why.ts'
import { CallerError, show } from '../../sim/kernel/errors.ts'
import { unknownName } from '../../sim/kernel/nearest.ts'
import type { TraceFooter, TraceViolation } from '../../sim/trace/reader.ts'
import { readTrace } from '../../sim/trace/reader.ts'
import type { Arguments, Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { fileLines } from '../trace-file.ts'

export const command: Command = {
  summary: 'Shows what led to a record: the chain of its causes, back to the root.',
  about:
    'Messages, timers, work and faults are followed from the root (the start of a node, a fault) to the record, with ' +
    'the time that each step took. Without a record the first violation of the trace is explained.',
  positionals: [
    { name: 'trace', about: "a file that 'orrery run --trace' wrote" },
    {
      name: 'record',
      about: "a record's number; default: where the first violation was seen",
      optional: true,
    },
  ],
  options: {
    check: { kind: 'text', about: 'explains the violation of this check' },
    all: { kind: 'flag', about: 'shows every step, also those that only repeat' },
    json: { kind: 'flag', about: 'prints the chain as one JSON document' },
  },
  examples: [
    ['run.jsonl', 'why the run was violated'],
    ['run.jsonl 812', 'why record 812 happened'],
    ["run.jsonl --check 'one leader at a time'", 'why this check was violated'],
  ],
  run(args, { out, paint }) {
    const file = args.required('trace')
    const asked = readRecord(args)
    const index = new CauseIndex()
    const reader = readTrace(fileLines(file), file)
    for (const record of reader.records()) index.add(record)
    const footer = reader.footer ?? reader.drain()
    const violation = asked === undefined ? findViolation(footer, args.text('check'), file) : undefined
    const id = asked ?? recordOf(violation, index)
    const explanation = explainIndexed(index, readTrace(fileLines(file), file).records(), id)
    if (args.flag('json')) {
      const { steps, omitted, faults } = explanation
      const root = steps[0]?.record.id ?? null
      out.write(document({ record: id, violation: violation ?? null, root, steps, omitted, faults }))
    } else out.write(whyText({ explanation, violation, all: args.flag('all') }, paint))
    return Promise.resolve(EXIT.held)
  },
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

function findViolation(footer: TraceFooter, check: string | undefined, file: string): TraceViolation {
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
