/**
 * Sequential consistency: is there an order of all calls in which each fits the model and that keeps the order of each
 * process (Lamport, "How to make a multiprocessor computer", IEEE ToC C-28(9), 1979)? Real time does not count.
 *
 * It is not local: each object alone may be sequentially consistent and both together not. So all objects are searched
 * as one, and histories must be smaller than for linearizability. A call of unknown outcome comes after the calls that
 * its process had made before, at any time, or never. Calls of one process that overlap are taken to be of several
 * processes, which asks less of them.
 */
import type { HistoryCall } from './history.ts'
import type { AnyModel } from './models/model.ts'
import type { Judgement, SearchBudget } from './search/judge.ts'
import { judge } from './search/judge.ts'

/** Whether calls, on however many objects, are sequentially consistent. */
export function judgeSequential(
  calls: readonly HistoryCall[],
  model: AnyModel,
  budget: SearchBudget = {},
): Judgement {
  return judge([{ object: undefined, calls }], model, 'program', budget)
}
