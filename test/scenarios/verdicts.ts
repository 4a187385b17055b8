// How the checks of a scenario end over the seeds 1 to 20.
import type { Params, ParamValues, Plan, Scenario, Verdict } from '../../index.ts'
import { simulate } from '../../index.ts'

const seeds: readonly number[] = Array.from({ length: 20 }, (_, index) => index + 1)

/** Counts of verdicts by the name of the check. Runs must not fail in another way. */
export async function verdicts<P extends Params>(
  scenario: Scenario<P>,
  params: Partial<ParamValues<P>> = {},
  plan?: Plan,
): Promise<Map<string, Partial<Record<Verdict, number>>>> {
  const counts = new Map<string, Partial<Record<Verdict, number>>>()
  for (const seed of seeds) {
    const result = await simulate(scenario, { seed, params, ...(plan === undefined ? {} : { plan }) })
    if (result.failures.length > 0) throw new Error(`seed ${seed}: ${JSON.stringify(result.failures)}`)
    for (const { name, verdict } of result.checks) {
      const count = counts.get(name) ?? {}
      counts.set(name, count)
      count[verdict] = (count[verdict] ?? 0) + 1
    }
  }
  return counts
}
