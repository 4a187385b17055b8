/**
 * Linearizability: is there an order of all calls in which each fits the model and that agrees with real time: a call
 * that ended before another began comes before it (Herlihy and Wing, "Linearizability", TOPLAS 12(3), 1990)?
 *
 * The search is that of Wing and Gong (JPDC 17, 1993) with Lowe's memory of configurations (CCPE 29(4), 2017), object by
 * object, since a history is linearizable exactly if it is for each object. To decide it is NP-complete (Gibbons and
 * Korach, SIAM J. Comput. 26(4), 1997), so every search has a budget, and may end undecided.
 */
import { groupsOf } from './history.ts'
import type { HistoryCall } from './history.ts'
import type { AnyModel } from './models/model.ts'
import type { Judgement, SearchBudget } from './search/judge.ts'
import { judge } from './search/judge.ts'

/** Whether calls, grouped by their objects, are linearizable. */
export function judgeLinearizable(
  calls: readonly HistoryCall[],
  model: AnyModel,
  budget: SearchBudget = {},
): Judgement {
  return judge(groupsOf(calls, model), model, 'real-time', budget)
}
