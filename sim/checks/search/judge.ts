/**
 * Runs the searches for all groups of a history side by side, a piece of each in turn, until one of them finds that there
 * is no order, all have found one, or the budget is spent. One after the other could hang on a hard group while an easy
 * one behind it is violated.
 */
import { CallerError, show } from '../../kernel/errors.ts'
import type { CallGroup, HistoryCall } from '../history.ts'
import type { AnyModel } from '../models/model.ts'
import type { Order, Problem } from './problem.ts'
import { problemOf } from './problem.ts'
import type { Witness } from './witness.ts'
import { witnessOf } from './witness.ts'

/** What a judgement may cost. Steps and memory are counted by the search itself, so that verdicts repeat. */
export interface SearchBudget {
  /** Calls tried in some state, over all objects; default 10 million, which takes some seconds. */
  readonly steps?: number
  /** MiB for what has been seen, over all objects; default 256. */
  readonly memory?: number
  /** Milliseconds; needs a clock, and gives up that verdicts repeat. Default: no limit. */
  readonly time?: number
  /** Milliseconds since any moment. */
  readonly clock?: () => number
}

/** What a budget ran out of. */
export type Exhausted = 'steps' | 'memory' | 'time'

export interface Judgement {
  readonly verdict: 'held' | 'violated' | 'undecided'
  /** Steps that the verdict took, without those for the witness. */
  readonly steps: number
  /** Objects, or parts of them, that were judged apart. */
  readonly groups: number
  /** Calls that were judged. */
  readonly calls: number
  /** Calls whose answers could have been wrong; 0: the verdict proves nothing. */
  readonly observations: number
  /** Why it is undecided. */
  readonly exhausted?: Exhausted
  /** What shows that it is violated. */
  readonly witness?: Witness
  /** The orders that were found, a group each; present when it is held. */
  readonly orders?: readonly CallGroup[]
}

const STEPS = 10_000_000
const MEMORY_MIB = 256
const FIRST_PIECE = 1024
const LARGEST_PIECE = 65_536
/** Steps that a witness may take at most, besides those of the verdict. */
const WITNESS_STEPS = 2_000_000

interface Running {
  readonly group: CallGroup
  readonly problem: Problem
}

/** Judges groups of calls, each of which must have an order of its own. Calls with no group to be in are held. */
export function judge(
  groups: readonly CallGroup[],
  model: AnyModel,
  order: Order,
  budget: SearchBudget = {},
): Judgement {
  const meter = new Meter(budget)
  const calls = groups.reduce((sum, group) => sum + group.calls.length, 0)
  const observations = groups.reduce((sum, group) => sum + observationsOf(group.calls, model), 0)
  const facts = { groups: groups.length, calls, observations }
  let running = groups.map((group): Running => ({ group, problem: problemOf(group.calls, model, order) }))
  let exhausted: Exhausted | undefined
  let piece = FIRST_PIECE
  const orders: CallGroup[] = []
  for (;;) {
    for (const { group, problem } of running) {
      if (meter.isSpent) break
      const { search } = problem
      meter.steps += search.run(Math.min(piece, meter.stepsLeft))
      if (search.status !== 'none') continue
      const steps = Math.min(meter.maxSteps, WITNESS_STEPS)
      const witness = witnessOf(group, model, order, { steps, isLate: () => meter.isLate })
      return { verdict: 'violated', steps: meter.steps, ...facts, witness }
    }
    for (const { group, problem } of running) {
      if (problem.search.status === 'found') orders.push({ object: group.object, calls: orderOf(problem) })
    }
    running = running.filter(({ problem }) => problem.search.status === 'running')
    if (running.length === 0) break
    if (meter.isSpent) {
      const reason = meter.stepsLeft === 0 ? 'steps' : 'time'
      return { verdict: 'undecided', steps: meter.steps, ...facts, exhausted: reason }
    }
    const kept = withinMemory(running, meter.maxBytes)
    if (kept.length < running.length) exhausted = 'memory'
    running = kept
    piece = Math.min(piece * 2, LARGEST_PIECE)
  }
  if (exhausted !== undefined) return { verdict: 'undecided', steps: meter.steps, ...facts, exhausted }
  return { verdict: 'held', steps: meter.steps, ...facts, orders }
}

function orderOf({ search, calls }: Problem): readonly HistoryCall[] {
  return search.order.map((index) => calls[index] as HistoryCall)
}

/** Gives up the largest searches until the others fit; those may still find a violation. */
function withinMemory(running: readonly Running[], maxBytes: number): Running[] {
  const sizes = new Map(running.map((one) => [one, one.problem.search.bytes]))
  let total = 0
  for (const size of sizes.values()) total += size
  if (total <= maxBytes) return [...running]
  const given = new Set<Running>()
  for (const [one, size] of [...sizes].sort(([, a], [, b]) => b - a)) {
    if (total <= maxBytes) break
    given.add(one)
    total -= size
  }
  return running.filter((one) => !given.has(one))
}

/** Known calls that do not fit everywhere. */
function observationsOf(calls: readonly HistoryCall[], model: AnyModel): number {
  return calls.filter((call) => call.known && model.hint?.(call).always !== true).length
}

class Meter {
  steps = 0
  readonly maxSteps: number
  readonly maxBytes: number
  private readonly clock: () => number
  private readonly deadline: number

  constructor({ steps = STEPS, memory = MEMORY_MIB, time, clock }: SearchBudget) {
    if (!(Number.isInteger(steps) && steps > 0)) throw refused('steps', steps, 'a positive integer')
    if (!(memory > 0)) throw refused('memory', memory, 'MiB, more than 0')
    this.maxSteps = steps
    this.maxBytes = memory * 1_048_576
    if (time !== undefined && clock === undefined) throw refused('time', time, 'a clock beside it')
    if (time !== undefined && !(time > 0)) throw refused('time', time, 'milliseconds, more than 0')
    this.clock = clock ?? (() => 0)
    this.deadline = time === undefined ? Infinity : this.clock() + time
  }

  get stepsLeft(): number {
    return Math.max(0, this.maxSteps - this.steps)
  }

  get isSpent(): boolean {
    return this.stepsLeft === 0 || this.isLate
  }

  get isLate(): boolean {
    return this.deadline !== Infinity && this.clock() >= this.deadline
  }
}

function refused(field: string, value: unknown, expected: string): CallerError {
  return new CallerError(show(value), { where: `budget.${field}`, expected })
}
