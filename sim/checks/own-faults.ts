/**
 * Checks that are stated for a scenario's own faults: bounds on time, load and rates that nobody promises whatever
 * happens, and promises that some kinds of faults take away by right (no timeout prevents two leaders when one of them was
 * paused). Under a scripted plan they count, the scenario's or another; under random faults they measure only.
 *
 * The alternative, to count from the end of the faults on, is `eventually`: it suits what must come back, not what a run
 * may cost.
 */
import type { Check, CheckResult } from './check.ts'

/** The check, judged unless the run's profile says that its faults are random. What it measures is there either way. */
export function underOwnFaults(check: Check): Check {
  return {
    ...check,
    begin(context) {
      const running = check.begin(context)
      if (!context.randomFaults) return running
      return { ...running, finish: () => unjudged(running.finish()) }
    },
  }
}

function unjudged({ name, observations, measures, detail }: CheckResult): CheckResult {
  return {
    name,
    verdict: 'held',
    judged: false,
    observations,
    ...(measures === undefined ? {} : { measures }),
    detail: [...(detail === undefined ? [] : [detail]), 'not judged: the faults are random'].join('; '),
  }
}
