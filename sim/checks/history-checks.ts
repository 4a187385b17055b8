/**
 * The searches as checks of a run: they judge its history at the end. Unlike the register checks they need nothing but
 * what clients saw: no versions, only a model of what the system should be.
 */
import type { Check } from './check.ts'
import { callsOf } from './history.ts'
import type { ReadingOptions } from './history.ts'
import { judgeLinearizable } from './linearizability.ts'
import { modelNamed } from './models/list.ts'
import type { ModelName } from './models/list.ts'
import type { Model } from './models/model.ts'
import type { SearchBudget } from './search/judge.ts'
import { resultOf } from './search/report.ts'
import { judgeSequential } from './sequential.ts'

export interface ModelCheckOptions<S = unknown> extends ReadingOptions {
  /** A model, or the name of one that comes with the program: see `models`. */
  readonly model: Model<S> | ModelName
  /** What the search may cost. */
  readonly budget?: SearchBudget
}

/**
 * The history is linearizable: one order of all operations fits the model and agrees with real time. Undecided when the
 * budget ends first. Observations: operations whose answer could have been wrong.
 */
export function linearizable<S>(options: ModelCheckOptions<S>): Check {
  return modelCheck('linearizable', judgeLinearizable, options)
}

/**
 * The history is sequentially consistent: one order of all operations on all objects fits the model and keeps the order
 * of each client. Undecided when the budget ends first.
 */
export function sequential<S>(options: ModelCheckOptions<S>): Check {
  return modelCheck('sequentially consistent', judgeSequential, options)
}

function modelCheck<S>(what: string, judge: typeof judgeLinearizable, options: ModelCheckOptions<S>): Check {
  const { model: given, budget, by } = options
  const model = typeof given === 'string' ? modelNamed(given, {}, 'model') : (given as Model)
  const name = `${what} (${model.name}${by === undefined ? '' : ` by ${by}`})`
  return {
    name,
    begin: ({ world }) => ({
      finish() {
        const calls = callsOf(world.operations, model, options)
        return resultOf(name, `${what} as a ${model.name}`, judge(calls, model, budget), world.operations)
      },
    }),
  }
}
