/** Judgements as results of checks: what was expected, what was observed, and where to look. */
import type { Operation } from '../../host/history.ts'
import { show } from '../../kernel/errors.ts'
import { formatTime } from '../../kernel/time.ts'
import type { CheckResult, Violation } from '../check.ts'
import type { CallGroup, HistoryCall } from '../history.ts'
import type { Judgement } from './judge.ts'
import type { Witness } from './witness.ts'

/** What a check of a history found, with the calls that show it. */
export interface HistoryViolation extends Violation {
  readonly witness: Witness
}

/** Calls that a violation names at most. */
const NAMED = 4

/** Kept beside the results and not in them: a result goes into documents, an order is as long as the history. */
const foundOrders = new WeakMap<CheckResult, readonly CallGroup[]>()

/** The orders that a check of a history found, for each object one; none unless it held. */
export function ordersOf(result: CheckResult): readonly CallGroup[] {
  return foundOrders.get(result) ?? []
}

/** `wanted`: what the history should be, as in "linearizable as a register". */
export function resultOf(
  name: string,
  wanted: string,
  judgement: Judgement,
  operations: readonly Operation[],
): CheckResult {
  const { verdict, observations, steps, exhausted, witness } = judgement
  const base = { name, verdict, observations }
  if (exhausted !== undefined)
    return {
      ...base,
      detail: `the budget of ${exhausted} ended after ${steps} ${steps === 1 ? 'step' : 'steps'}`,
    }
  if (witness === undefined) {
    foundOrders.set(base, judgement.orders ?? [])
    return base
  }
  return { ...base, violation: violationOf(witness, wanted, operations) }
}

function violationOf(witness: Witness, wanted: string, operations: readonly Operation[]): HistoryViolation {
  const { call, prefix, state, object, fitting, conflict } = witness
  const operation = operations.find(({ id }) => id === call.id)
  const on = object === undefined ? '' : ` on ${show(object)}`
  const end = operation?.completed ?? operation?.invoked ?? 0
  const others = conflict.filter(({ id }) => id !== call.id)
  const named = others.slice(-NAMED).map((one) => callText(one, true))
  const more = others.length - named.length
  const against =
    named.length === 0 ? '' : `; against ${more > 0 ? `${more} more and ` : ''}${named.join(', ')}`
  const could =
    fitting === undefined || fitting.length === 0
      ? ''
      : `; it could have answered ${fitting.map(show).join(' or ')}`
  return {
    time: end,
    node: call.process,
    ...(operation === undefined ? {} : { record: operation.endRecord ?? operation.record }),
    expected: `an order of the operations${on} that is ${wanted}`,
    observed:
      `${callText(call, true)}${operation === undefined ? '' : ` (${formatTime(operation.invoked)} to ${formatTime(end)})`} ` +
      `fits nowhere; what ended before it has an order of ${prefix.length} that leaves ${show(state)}${could}${against}`,
    witness,
  }
}

/** `read 17 by client[2] -> 3`; `numbered`: with its id. */
export function callText(
  { id, process, name, input, output, known }: HistoryCall,
  numbered: boolean,
): string {
  const what = input === undefined || input === null ? '' : ` ${show(input)}`
  const answer = !known ? ' -> ?' : output === undefined ? '' : ` -> ${show(output)}`
  return `${name}${what}${answer} ${numbered ? `(operation ${id} by ${process})` : `by ${process}`}`
}
