/**
 * The search for a smaller run with the same failure: remembers the best run so far, tries candidates, and counts what
 * they cost. A candidate is taken when it fails with the same signature and is smaller, in the order of `sizeOf`; since
 * every step goes down in that order, passes cannot undo each other's work and the search ends.
 */
import { InvariantError } from '../kernel/errors.ts'
import type { Scenario } from '../scenario/scenario.ts'
import type { RunResult, RunSpec } from '../scenario/simulate.ts'
import { toJson } from '../trace/values.ts'
import type { Signature } from './outcome.ts'
import { failureSignature } from './failing.ts'
import { sameSignature } from './outcome.ts'
import { compareSizes, sizeOf } from './shrink-size.ts'

/**
 * How a candidate is run; handed in, since only the command line knows workers and files. What throws is no candidate:
 * a CallerError says that a parameter, a target or an operation does not fit any more.
 */
export type Attempt = (spec: RunSpec, how: AttemptOptions) => Promise<RunResult>

export interface AttemptOptions {
  /** Events after which the run is to be stopped; left out: as the caller sees fit. */
  readonly maxEvents?: number
  /** Whether `result.trace` is wanted. */
  readonly records?: boolean
}

/** What a search may cost and has cost. */
export interface Cost {
  /** Runs, the first ones of the failure itself included. */
  readonly runs: number
  /** Events of all runs together: virtual work, the same on every machine. */
  readonly events: number
}

/** What is told after each run. */
export interface Progress extends Cost {
  /** What is being made smaller: `faults`, `operations` ... */
  readonly pass: string
  readonly best: RunResult
}

export interface SearchOptions {
  readonly scenario: Scenario
  readonly signature: Signature
  readonly attempt: Attempt
  readonly budget: Cost
  /** What was spent before the search. */
  readonly spent: Cost
  readonly onProgress: (progress: Progress) => void
}

/** Whether a candidate that would be taken is not to be, for a reason of its own. */
export type Veto = (candidate: RunSpec, result: RunResult) => boolean | Promise<boolean>

/** How often longer than the failure itself a candidate may take, and how many events more. */
const LONGER = 4
const MORE_EVENTS = 10_000

export class Search {
  best: RunResult
  pass = ''
  readonly scenario: Scenario
  private readonly options: SearchOptions
  private runs: number
  private events: number
  private readonly refused = new Set<string>()

  constructor(first: RunResult, options: SearchOptions) {
    this.best = first
    this.options = options
    this.scenario = options.scenario
    this.runs = options.spent.runs
    this.events = options.spent.events
  }

  /** What has been spent so far. */
  get cost(): Cost {
    return { runs: this.runs, events: this.events }
  }

  /** Whether the budget allows one more run. */
  readonly goOn = (): boolean =>
    this.runs < this.options.budget.runs && this.events < this.options.budget.events

  /** The failure that is looked for. */
  get signature(): Signature {
    return this.options.signature
  }

  /** The spec of the smallest failing run so far. */
  get spec(): RunSpec {
    return this.best.spec
  }

  /** Runs a candidate; true when it became the best. `veto` may refuse one that would be taken. */
  async take(candidate: RunSpec, veto?: Veto): Promise<boolean> {
    return (await this.tried(candidate, veto)) === 'taken'
  }

  /** As {@link take}, telling candidates that cannot be run at all from those that are refused. */
  async tried(candidate: RunSpec, veto?: Veto): Promise<'taken' | 'refused' | 'impossible'> {
    const key = JSON.stringify(toJson(candidate))
    if (this.refused.has(key) || !this.goOn()) return 'refused'
    const result = await this.run(candidate)
    if (result === undefined) {
      this.refused.add(key)
      return 'impossible'
    }
    const { signature } = this.options
    const smaller =
      sameSignature(failureSignature(result), signature) &&
      compareSizes(sizeOf(result, this.scenario), sizeOf(this.best, this.scenario)) < 0 &&
      !((await veto?.(candidate, result)) ?? false)
    if (!smaller) {
      this.refused.add(key)
      return 'refused'
    }
    this.best = result
    this.report()
    return 'taken'
  }

  /** Whether a spec fails in the way that is looked for; the best stays what it is. */
  async fails(spec: RunSpec): Promise<boolean> {
    if (!this.goOn()) return false
    const result = await this.run(spec)
    return result !== undefined && sameSignature(failureSignature(result), this.options.signature)
  }

  /** Runs a spec within the budget; undefined when it cannot be run. What cannot begin costs nothing. */
  async run(spec: RunSpec): Promise<RunResult | undefined> {
    const { attempt, signature } = this.options
    // A failure that is a limit itself needs its limit.
    const own = signature.kind === 'event-limit' ? {} : { maxEvents: LONGER * this.best.events + MORE_EVENTS }
    let result: RunResult
    try {
      result = await attempt(spec, own)
    } catch (error) {
      if (error instanceof InvariantError) throw error
      return undefined
    }
    this.runs++
    this.events += result.events
    this.report()
    return result
  }

  private report(): void {
    this.options.onProgress({ pass: this.pass, best: this.best, ...this.cost })
  }
}
