/** Results as one JSON document. The order of keys is part of the format: equal runs give equal bytes. */
import { describeParam } from '../sim/scenario/params.ts'
import type { Scenario } from '../sim/scenario/scenario.ts'
import type { RunResult } from '../sim/scenario/simulate.ts'
import { toJson } from '../sim/trace/values.ts'

/** What `run --json` prints: all of a result but its records, states and history. */
export function runJson(result: RunResult): string {
  const {
    spec,
    verdict,
    checks,
    failures,
    metrics,
    fingerprint,
    records,
    events,
    endedAt,
    faults,
    warnings,
  } = result
  return document({
    spec,
    verdict,
    checks,
    failures,
    metrics,
    fingerprint,
    records,
    events,
    endedAt,
    faults,
    warnings,
  })
}

/** What `list --json` says of a scenario. */
export function scenarioJson(scenario: Scenario): unknown {
  const { name, summary, teaches, params, examples, highlights = [], until } = scenario
  return {
    name,
    summary,
    ...(teaches === undefined ? {} : { teaches }),
    params: Object.fromEntries(
      Object.entries(params).map(([param, spec]) => {
        const { kind, about } = spec
        const value = { kind, default: spec.default, expected: describeParam(spec) }
        return [param, about === undefined ? value : { ...value, about }]
      }),
    ),
    ...(typeof until === 'function' ? {} : { until }),
    highlights,
    examples: examples.map(({ set = {}, seed = 1, expect, about }) => ({
      set,
      seed,
      expect,
      ...(about === undefined ? {} : { about }),
    })),
  }
}

/** Pretty-printed, ending in a newline. */
export function document(value: unknown): string {
  return `${JSON.stringify(toJson(value), null, 2)}\n`
}
