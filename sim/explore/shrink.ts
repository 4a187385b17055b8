/**
 * Shrinking a failing run: the same failure with fewer faults, operations and nodes, simpler parameters, a quieter
 * network, a shorter run. Passes are repeated until none finds anything, so that at the end no single fault and no
 * single operation can be left out (one-minimal in the sense of delta debugging); or until the budget is spent, and
 * then the best run so far is the result.
 *
 * `The same failure` means the same signature (outcome.ts). What that cannot tell apart may slip from one bug to
 * another; `keep` holds parameters fixed that would let it.
 */
import type { Scenario } from '../scenario/scenario.ts'
import type { RunResult, RunSpec } from '../scenario/simulate.ts'
import { CallerError } from '../kernel/errors.ts'
import { unknownName } from '../kernel/nearest.ts'
import type { Signature } from './outcome.ts'
import { failureSignature } from './failing.ts'
import { sameSignature } from './outcome.ts'
import { fewerFaults, weakerFaults } from './shrink-faults.ts'
import type { Attempt, Cost, Progress } from './shrink-search.ts'
import { Search } from './shrink-search.ts'
import { shorterRun, simplerParameters, simplerProfile } from './shrink-setting.ts'
import type { Counts } from './shrink-size.ts'
import { compareSizes, countsOf, sizeOf } from './shrink-size.ts'
import { fewerOperations, shorterPauses } from './shrink-workload.ts'

export type { Attempt, AttemptOptions, Cost, Progress } from './shrink-search.ts'
export type { Counts } from './shrink-size.ts'

export interface ShrinkOptions {
  readonly scenario: Scenario
  readonly spec: RunSpec
  readonly attempt: Attempt
  /** The failure to look for; default: whatever the spec fails with. */
  readonly signature?: Signature
  /** Runs that may be spent, at least 4; default 500. */
  readonly runs?: number
  /** Events that all runs together may take, more or less: a run that was begun is finished. Default 1 billion. */
  readonly events?: number
  /** Names of parameters that stay as they are. */
  readonly keep?: readonly string[]
  readonly onProgress?: (progress: Progress) => void
}

/** A failing run made small. */
export interface Shrunk {
  readonly kind: 'shrunk'
  readonly signature: Signature
  /** The small run, with its records: its spec repeats it. */
  readonly result: RunResult
  /** Whether nothing more was found, and not merely the budget spent. */
  readonly complete: boolean
  readonly before: Counts
  readonly after: Counts
  readonly spent: Cost
}

export type ShrinkOutcome =
  | Shrunk
  /** The spec does not fail, or not with the signature that was asked for. */
  | { readonly kind: 'does-not-fail'; readonly result: RunResult }
  /** Two runs of one spec differ: nothing can be concluded from runs of it. */
  | {
      readonly kind: 'not-deterministic'
      readonly spec: RunSpec
      readonly fingerprints: readonly [string, string]
    }

const RUNS = 500
const RUNS_LEAST = 4
const EVENTS = 1_000_000_000

/** Makes a failing run small. Draws nothing: the same spec is always shrunk to the same result. */
export async function shrink(options: ShrinkOptions): Promise<ShrinkOutcome> {
  const { scenario, spec, attempt, keep = [], runs = RUNS, events = EVENTS } = options
  if (!(runs >= RUNS_LEAST))
    throw new CallerError(`budget of ${runs} runs`, { expected: `at least ${RUNS_LEAST}` })
  for (const name of keep) {
    if (!Object.hasOwn(scenario.params, name)) {
      throw unknownName('parameter', name, Object.keys(scenario.params), `scenario ${scenario.name}`)
    }
  }
  const given = await attempt(spec, {})
  const signature = options.signature ?? failureSignature(given)
  if (signature === undefined || !sameSignature(failureSignature(given), signature)) {
    return { kind: 'does-not-fail', result: given }
  }
  const explicit = withWorkload(given)
  const begun = await attempt(explicit, {})
  if (begun.fingerprint !== given.fingerprint) {
    return { kind: 'not-deterministic', spec: explicit, fingerprints: [given.fingerprint, begun.fingerprint] }
  }

  const search = new Search(begun, {
    scenario,
    signature,
    attempt,
    // The last run, for its records, is part of the budget.
    budget: { runs: runs - 1, events },
    spent: { runs: 2, events: given.events + begun.events },
    onProgress: options.onProgress ?? (() => undefined),
  })
  await minimize(search, keep)
  const complete = search.goOn()

  const { best } = search
  const result = await attempt(best.spec, { records: true })
  if (result.fingerprint !== best.fingerprint) {
    const fingerprints = [best.fingerprint, result.fingerprint] as const
    return { kind: 'not-deterministic', spec: best.spec, fingerprints }
  }
  return {
    kind: 'shrunk',
    signature,
    result,
    complete,
    before: countsOf(given),
    after: countsOf(result),
    spent: { runs: search.cost.runs + 1, events: search.cost.events + result.events },
  }
}

/** The spec that states the operations that were drawn. */
function withWorkload({ spec, workload }: RunResult): RunSpec {
  return workload.length === 0 || spec.workload !== undefined ? spec : { ...spec, workload }
}

/** What makes runs shorter comes first: everything after it is cheaper. */
async function minimize(search: Search, keep: readonly string[]): Promise<void> {
  for (;;) {
    const before = sizeOf(search.best, search.scenario)
    await shorterRun(search)
    await fewerFaults(search)
    await fewerOperations(search)
    await simplerParameters(search, keep)
    await simplerProfile(search)
    await weakerFaults(search)
    await shorterPauses(search)
    if (!search.goOn() || compareSizes(sizeOf(search.best, search.scenario), before) >= 0) return
  }
}
