/** What `check` prints. */
import type { ChalkInstance } from 'chalk'
import type { HistoryCall } from '../../sim/checks/history.ts'
import type { Judgement } from '../../sim/checks/search/judge.ts'
import type { Witness } from '../../sim/checks/search/witness.ts'
import { show } from '../../sim/kernel/errors.ts'
import type { RecordedCall } from './events.ts'

export interface HistoryReport {
  readonly file: string
  /** `linearizable`, `sequentially consistent`. */
  readonly wanted: string
  readonly model: string
  readonly format: string
  readonly judgement: Judgement
}

/** Lines of a conflict that are shown. */
const SHOWN = 16

const MARKS = { held: 'HELD', violated: 'VIOLATED', undecided: 'UNDECIDED' } as const

export function historyText(report: HistoryReport, paint: ChalkInstance): string {
  const { judgement, wanted, model, file } = report
  const { verdict, calls, groups, steps, exhausted, witness } = judgement
  const colour = verdict === 'held' ? paint.green : verdict === 'violated' ? paint.red.bold : paint.yellow
  const objects = groups === 1 ? '' : `, ${groups} objects judged apart`
  const lines = [
    `${colour(MARKS[verdict].padEnd(9))} ${wanted} as a ${model}`,
    `          ${file}: ${count(calls, 'operation')}${objects}, ${count(steps, 'step')}`,
  ]
  if (exhausted !== undefined)
    lines.push(`          the budget of ${exhausted} was spent; ${MORE[exhausted]}`)
  if (judgement.observations === 0 && verdict === 'held') {
    lines.push(
      `${paint.yellow('warning')}   no operation has an answer that could have been wrong: this proves nothing`,
    )
  }
  if (witness !== undefined) lines.push('', ...witnessLines(witness, paint))
  return `${lines.join('\n')}\n`
}

const MORE = {
  steps: 'give more with --budget',
  memory: 'give more with --memory',
  time: 'give more with --time',
} as const

function witnessLines(witness: Witness, paint: ChalkInstance): readonly string[] {
  const { call, object, prefix, state, fitting, conflict, isLongest, isMinimal } = witness
  const others = conflict.filter(({ id }) => id !== call.id)
  const shown = others.slice(-SHOWN)
  const lines = [
    `${paint.red('fits nowhere')}  ${lineText(call, object === undefined ? call.object : object)}`,
  ]
  lines.push(
    prefix.length === 0
      ? 'before it     nothing had ended'
      : `before it     ${count(prefix.length, 'operation')} in an order that leaves ${show(state)}`,
  )
  if (fitting !== undefined && fitting.length > 0)
    lines.push(`would fit     ${fitting.map(show).join(' or ')}`)
  if (shown.length > 0) {
    lines.push('', 'it contradicts, as far as all of these happened and answered so:')
    if (shown.length < others.length) lines.push(`  ... ${others.length - shown.length} earlier ones`)
    lines.push(...shown.map((one) => `  ${lineText(one, object === undefined ? one.object : undefined)}`))
  }
  if (!isMinimal) lines.push(paint.dim('  (the budget for explaining was spent: fewer of them may do)'))
  if (!isLongest)
    lines.push(paint.dim('  (the budget for explaining was spent: more of the history may fit)'))
  return lines
}

function lineText(call: HistoryCall, object: unknown): string {
  const { process, name, input, output, known } = call
  const { line, endLine } = call as RecordedCall
  const where = endLine === undefined ? `line ${line}, not ended` : `lines ${line} to ${endLine}`
  const what = input === undefined ? name : `${name} ${show(input)}`
  const answer = !known ? ' -> ?' : output === undefined ? '' : ` -> ${show(output)}`
  const on = object === undefined ? '' : ` on ${show(object)}`
  return `${what}${answer}${on} by process ${process} (${where})`
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}

/** The same as data; the order of keys is part of the format. */
export function historyJson({ file, wanted, model, format, judgement }: HistoryReport): unknown {
  const { verdict, calls, groups, observations, steps, exhausted, witness } = judgement
  return {
    file,
    format,
    model,
    wanted,
    verdict,
    operations: calls,
    objects: groups,
    observations,
    steps,
    ...(exhausted === undefined ? {} : { exhausted }),
    ...(witness === undefined
      ? {}
      : {
          witness: {
            object: witness.object ?? null,
            operation: callJson(witness.call),
            prefix: witness.prefix.map(callJson),
            state: typeof witness.state === 'symbol' ? null : witness.state,
            ...(witness.fitting === undefined ? {} : { fitting: witness.fitting }),
            conflict: witness.conflict.map(callJson),
            isLongest: witness.isLongest,
            isMinimal: witness.isMinimal,
          },
        }),
  }
}

function callJson(call: HistoryCall): unknown {
  const { process, name, input, output, known, object } = call
  const { line, endLine } = call as RecordedCall
  return {
    line,
    ...(endLine === undefined ? {} : { endLine }),
    process,
    name,
    ...(object === undefined ? {} : { key: object }),
    ...(input === undefined ? {} : { input }),
    known,
    ...(output === undefined ? {} : { output }),
  }
}
