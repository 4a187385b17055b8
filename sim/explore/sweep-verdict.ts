/** What a sweep's report comes to: one verdict, and what in it proves nothing. */
import type { Verdict } from '../scenario/scenario.ts'
import type { SweepReport } from './sweep-tally.ts'

export interface SweepVerdict {
  readonly verdict: Verdict
  /** Checks of which one run is enough, and that no run satisfied. */
  readonly unreached: readonly string[]
  /** What does not change the verdict but should be known; one sentence each. */
  readonly warnings: readonly string[]
}

/** @param part whether these are a part of the runs only, of which nobody can say what the others reach */
export function sweepVerdict(report: SweepReport, part: boolean): SweepVerdict {
  const { verdicts, checks, faults, hooks } = report
  const notReached = checks.filter(({ reached }) => reached === 0).map(({ name }) => name)
  const unreached = part ? [] : notReached
  const warnings: string[] = []
  if (report.runs === 0) warnings.push('no run was finished')
  for (const { kind, planned, fired, touched } of faults) {
    if (planned > 0 && fired === 0)
      warnings.push(`faults of kind '${kind}' never fired: runs end before their time`)
    else if (planned > 0 && touched === 0)
      warnings.push(`faults of kind '${kind}' are vacuous: none touched anything`)
  }
  for (const { name, live, hits } of hooks) {
    if (hits > 0) continue
    warnings.push(
      live === 0
        ? `hook '${name}' was live in no run: more seeds would show it`
        : `hook '${name}' is vacuous: it fired in no run`,
    )
  }
  for (const { name, observations, reached, unjudged } of checks) {
    if (observations === 0 && reached !== 0 && unjudged === undefined)
      warnings.push(`check '${name}' is vacuous: it observed nothing in any run`)
  }
  if (checks.length > 0 && checks.every(({ unjudged }) => unjudged !== undefined))
    warnings.push("no check judged anything: all are stated for the scenario's own faults")
  if (part)
    for (const name of notReached) warnings.push(`check '${name}' was not reached in this part of the runs`)
  const violated = verdicts.violated + verdicts.lost + unreached.length > 0
  const undecided = verdicts.undecided > 0 || report.runs === 0
  return { verdict: violated ? 'violated' : undecided ? 'undecided' : 'held', unreached, warnings }
}
