/**
 * What shows people that there is no order: the longest good prefix, and the call that fits nowhere.
 *
 * The history is relaxed: of some calls it is taken for unknown whether and when they took effect, and what they
 * answered. If the whole had an order, so would every relaxed history; so a relaxed one without an order is a proof, and
 * the fewer calls it insists on the better it reads. Insisting on the first k ends only is the prefix. The longest
 * prefix that has an order is found by halving; in the first that has none, calls are relaxed one after the other as
 * long as there still is none: what is left contradict each other, and without any one of them they would not.
 */
import { canonical } from '../canonical.ts'
import type { CallGroup, HistoryCall } from '../history.ts'
import type { AnyModel } from '../models/model.ts'
import type { Order } from './problem.ts'
import { problemOf } from './problem.ts'

export interface Witness {
  /** The object concerned; undefined if there is only one. */
  readonly object: unknown
  /** The call that fits nowhere: until it ended there was an order. */
  readonly call: HistoryCall
  /** An order of the longest good prefix: what ended before `call` did, and what it needs of calls still open. */
  readonly prefix: readonly HistoryCall[]
  /** What the object holds after `prefix`. */
  readonly state: unknown
  /** Answers with which `call` would fit, of those that occur in the history; undefined if it was not found out. */
  readonly fitting?: readonly unknown[]
  /** Calls that cannot all be true, `call` among them: locally minimal, in order of beginning. */
  readonly conflict: readonly HistoryCall[]
  /** False if the budget ended before it was certain that the prefix is the longest one, and `call` fits nowhere. */
  readonly isLongest: boolean
  /** False if the budget ended before it was certain that no call could be left out of `conflict`. */
  readonly isMinimal: boolean
}

export interface WitnessBudget {
  readonly steps: number
  readonly isLate: () => boolean
}

/** Steps for one relaxed history while the conflict is made smaller: each is only an improvement. */
const TRY_STEPS = 30_000
/** Answers that are tried. */
const ANSWERS = 24

/** The witness of a group of calls that has no order. */
export function witnessOf(group: CallGroup, model: AnyModel, order: Order, budget: WitnessBudget): Witness {
  return new Seeker(group, model, order, budget).seek()
}

type Found = 'order' | 'none' | 'unknown'

class Seeker {
  private readonly group: CallGroup
  private readonly model: AnyModel
  private readonly order: Order
  private readonly isLate: () => boolean
  private steps: number
  private isLongest = true
  private isMinimal = true

  constructor(group: CallGroup, model: AnyModel, order: Order, { steps, isLate }: WitnessBudget) {
    this.group = group
    this.model = model
    this.order = order
    this.steps = steps
    this.isLate = isLate
  }

  seek(): Witness {
    const ended = this.group.calls.filter(({ known }) => known).sort((a, b) => a.to - b.to)
    const good = this.longestPrefix(ended)
    const call = ended[good] as HistoryCall
    const { prefix, state } = this.orderOf(ended.slice(0, good), call)
    const fitting = this.fittingAnswers(ended.slice(0, good + 1))
    const conflict = this.conflictOf(ended.slice(0, good + 1))
    const { isLongest, isMinimal } = this
    return {
      object: this.group.object,
      call,
      prefix,
      state,
      ...(fitting === undefined ? {} : { fitting }),
      conflict,
      isLongest,
      isMinimal,
    }
  }

  /** How many ends the longest prefix with an order has. */
  private longestPrefix(ended: readonly HistoryCall[]): number {
    let good = 0
    let bad = ended.length
    while (bad - good > 1) {
      const middle = (good + bad) >> 1
      const found = this.find(ended.slice(0, middle), Math.max(TRY_STEPS, this.steps >> 3))
      if (found === 'order') good = middle
      else bad = middle
      if (found === 'unknown') this.isLongest = false
    }
    return good
  }

  private orderOf(insisted: readonly HistoryCall[], call: HistoryCall): Pick<Witness, 'prefix' | 'state'> {
    const { search, calls } = problemOf(this.relaxed(insisted), this.model, this.order)
    this.steps -= search.run(this.steps)
    const prefix = search.order.map((index) => calls[index] as HistoryCall)
    // A search over several objects numbers them in the order in which they are first called.
    const objects = [...new Set(calls.map((one) => canonical(one.object)))]
    const state = search.finalStates[objects.indexOf(canonical(call.object))]
    return { prefix, state: state === undefined ? this.model.initial : state }
  }

  /** Which answers the last of the calls could have given. */
  private fittingAnswers(insisted: readonly HistoryCall[]): readonly unknown[] | undefined {
    const call = insisted.at(-1) as HistoryCall
    if (this.model.hint?.(call).always === true) return undefined
    const candidates = new Map<string, unknown>()
    const consider = (answer: unknown): void => {
      if (answer !== undefined && candidates.size < ANSWERS) candidates.set(canonical(answer), answer)
    }
    // Who answers yes or no has one other answer.
    if (typeof call.output === 'boolean') consider(!call.output)
    const isYesNo = candidates.size > 0
    const before = this.group.calls.filter(
      ({ object, from }) => canonical(object) === canonical(call.object) && from < call.to,
    )
    for (const { name, input, output, known } of before.sort((a, b) => b.from - a.from)) {
      if (isYesNo) break
      if (known && name === call.name) consider(output)
      consider(input)
    }
    if (!isYesNo) consider(this.model.initial)
    candidates.delete(canonical(call.output))
    const fitting = [...candidates.values()].filter((output) => {
      const other: HistoryCall = { ...call, output }
      if (this.model.refuse?.(other) !== undefined) return false
      return this.find([...insisted.slice(0, -1), other], TRY_STEPS) === 'order'
    })
    return fitting
  }

  /** Fewer and fewer calls to insist on, as long as they still have no order. */
  private conflictOf(insisted: readonly HistoryCall[]): readonly HistoryCall[] {
    let kept = [...insisted]
    const last = kept.pop() as HistoryCall
    for (let size = kept.length; size >= 1; size = size >> 1) {
      for (let at = 0; at < kept.length;) {
        const fewer = [...kept.slice(0, at), ...kept.slice(at + size)]
        const found = this.find([...fewer, last], TRY_STEPS)
        if (found === 'none') kept = fewer
        else {
          at += size
          if (found === 'unknown' && size === 1) this.isMinimal = false
        }
      }
    }
    return [...kept, last].sort((a, b) => a.from - b.from)
  }

  /** Looks for an order of the history that insists on these calls only. */
  private find(insisted: readonly HistoryCall[], limit: number): Found {
    if (this.steps <= 0 || this.isLate()) return 'unknown'
    const { search } = problemOf(this.relaxed(insisted), this.model, this.order)
    this.steps -= search.run(Math.min(limit, this.steps))
    return search.status === 'found' ? 'order' : search.status === 'none' ? 'none' : 'unknown'
  }

  /** The history that insists on these calls; the others are of unknown outcome. */
  private relaxed(insisted: readonly HistoryCall[]): readonly HistoryCall[] {
    const byId = new Map(insisted.map((call) => [call.id, call]))
    const last = insisted.reduce((end, { to }) => Math.max(end, to), -Infinity)
    return this.group.calls.flatMap((call) => {
      const kept = byId.get(call.id)
      if (kept !== undefined) return [kept]
      // In real time nothing that began after all of them ended can matter to them.
      if (this.order === 'real-time' && call.from > last) return []
      return [call.known ? { ...call, output: undefined, known: false, to: Infinity } : call]
    })
  }
}
