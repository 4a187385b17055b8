/** `orrery check`: judges a recorded history of any system. */
import { performance } from 'node:perf_hooks'
import { document } from '../../reports/json.ts'
import { judgeLinearizable } from '../../sim/checks/linearizability.ts'
import { MODEL_NAMES, modelNamed, WITH_INITIAL } from '../../sim/checks/models/list.ts'
import type { AnyModel } from '../../sim/checks/models/model.ts'
import type { Judgement, SearchBudget } from '../../sim/checks/search/judge.ts'
import { judgeSequential } from '../../sim/checks/sequential.ts'
import { CallerError, show } from '../../sim/kernel/errors.ts'
import { unknownName } from '../../sim/kernel/nearest.ts'
import type { Duration } from '../../sim/kernel/time.ts'
import { micros } from '../../sim/kernel/time.ts'
import type { Arguments, Command } from '../command.ts'
import type { ExitCode } from '../exit-codes.ts'
import { EXIT } from '../exit-codes.ts'
import { EdnReader } from '../histories/edn.ts'
import { loadHistory } from '../histories/load.ts'
import { historyJson, historyText } from '../histories/report.ts'

const CONSISTENCIES = {
  linearizable: { wanted: 'linearizable', judge: judgeLinearizable },
  sequential: { wanted: 'sequentially consistent', judge: judgeSequential },
} as const

const EXITS: Readonly<Record<Judgement['verdict'], ExitCode>> = {
  held: EXIT.held,
  violated: EXIT.violated,
  undecided: EXIT.undecided,
}

export const command: Command = {
  summary: 'Judges a recorded history: could an object of this model have answered so?',
  about:
    'Reads the log of a Jepsen run, EDN maps, JSON Lines, or a trace of Orrery, and searches for an order of all operations ' +
    `that fits the model. Models: ${MODEL_NAMES.join(', ')}. Operations with a key are judged key by key. ` +
    'docs/checking.md describes formats and models.',
  positionals: [{ name: 'history', about: 'a file with a recorded history' }],
  options: {
    model: { kind: 'text', about: 'what the system should have been: one of the models above' },
    consistency: { kind: 'text', about: 'what is asked of it: linearizable (default) or sequential' },
    format: { kind: 'text', about: 'jepsen, edn or jsonl (default: by what stands in the file)' },
    by: { kind: 'text', about: 'field that names the object an operation is on (default key)' },
    initial: { kind: 'text', about: "an object's first value (default nil; a counter's 0)" },
    'nil-reads': {
      kind: 'text',
      about: "any: a read of nil means 'value not recorded'; nil (default): that it read nil",
    },
    budget: { kind: 'text', about: 'steps that the search may take (default 10000000)' },
    memory: { kind: 'text', about: 'MiB that the search may take (default 256)' },
    time: { kind: 'text', about: 'wall time that the search may take, such as 30s (default: any)' },
    json: { kind: 'flag', about: 'prints the verdict as one JSON document' },
  },
  examples: [
    ['jepsen.log --model cas-register', 'a log of Jepsen'],
    ['history.edn --model key-value', 'EDN maps with keys'],
    ['trace.jsonl --model register', "what 'orrery run --trace' recorded"],
    ['history.jsonl --model counter --initial 10', 'a counter that begins with 10'],
  ],
  run(args, { out, paint }) {
    const file = args.required('history')
    const model = modelOf(args)
    const consistency = consistencyOf(args)
    const budget = budgetOf(args)
    const { calls, format } = loadHistory(file, {
      model,
      format: args.text('format'),
      by: args.text('by'),
      nilIsUnrecorded: nilReadsOf(args) === 'any',
    })
    const { wanted, judge } = CONSISTENCIES[consistency]
    const judgement = judge(calls, model, budget)
    const report = { file, wanted, model: model.name, format, judgement }
    out.write(args.flag('json') ? document(historyJson(report)) : historyText(report, paint))
    return Promise.resolve(EXITS[judgement.verdict])
  },
}

function modelOf(args: Arguments): AnyModel {
  const name = args.text('model')
  if (name === undefined)
    throw new CallerError('--model is missing', { expected: `one of ${MODEL_NAMES.join(', ')}` })
  const initial = args.text('initial')
  const model = modelNamed(name, {}, '--model')
  if (initial === undefined) return model
  if (!WITH_INITIAL.has(model.name)) {
    throw new CallerError(`--initial ${show(initial)}: a ${model.name} has no first value to be chosen`, {
      expected: `one of ${[...WITH_INITIAL].join(', ')}`,
    })
  }
  const value = new EdnReader(initial, '--initial').next()?.value ?? null
  if (model.name === 'counter' && typeof value !== 'number')
    throw new CallerError(`--initial ${show(initial)}`, { expected: 'a number' })
  return modelNamed(name, { initial: value }, '--model')
}

function consistencyOf(args: Arguments): keyof typeof CONSISTENCIES {
  const given = args.text('consistency') ?? 'linearizable'
  if (given === 'linearizable' || given === 'sequential') return given
  throw unknownName('consistency', given, Object.keys(CONSISTENCIES), '--consistency')
}

function nilReadsOf(args: Arguments): 'any' | 'nil' {
  const given = args.text('nil-reads') ?? 'nil'
  if (given === 'any' || given === 'nil') return given
  throw new CallerError(`--nil-reads ${show(given)}`, { expected: 'any or nil' })
}

function budgetOf(args: Arguments): SearchBudget {
  const time = args.text('time')
  return {
    ...numberOf(args, 'budget', 'steps', /^\d{1,15}$/),
    ...numberOf(args, 'memory', 'memory', /^\d{1,6}$/),
    ...(time === undefined
      ? {}
      : { time: micros(time as Duration, '--time') / 1000, clock: () => performance.now() }),
  }
}

function numberOf(
  args: Arguments,
  option: string,
  field: 'steps' | 'memory',
  written: RegExp,
): Partial<Record<'steps' | 'memory', number>> {
  const text = args.text(option)
  if (text === undefined) return {}
  const value = written.test(text) ? Number(text) : 0
  if (value > 0) return { [field]: value }
  throw new CallerError(`--${option} ${show(text)}`, { expected: 'a positive integer' })
}
