/** From a trace to the scenario that it is a trace of, and back to an instant of its run. */
import type { Instant, When } from '../sim/explore/instant.ts'
import { instantOf } from '../sim/explore/instant.ts'
import { CallerError } from '../sim/kernel/errors.ts'
import type { Scenario } from '../sim/scenario/scenario.ts'
import type { RunSpec } from '../sim/scenario/simulate.ts'
import type { TraceHeader } from '../sim/trace/reader.ts'
import { readTrace } from '../sim/trace/reader.ts'
import { findScenario } from './find-scenario.ts'
import { execute } from './run-spec.ts'
import { fileLines, specOf } from './trace-file.ts'

/**
 * The scenario of a trace.
 *
 * @param given where the scenario is, if it was said
 * @throws CallerError if it is not there, or is another one
 */
export async function scenarioOf(
  given: string | undefined,
  header: TraceHeader,
  traceFile: string,
): Promise<{ readonly scenario: Scenario; readonly spec: RunSpec }> {
  const spec = specOf(header, traceFile)
  const { scenario } = await findScenario(given, header.source, traceFile, 'a trace')
  if (scenario.name !== spec.scenario) {
    throw new CallerError(`the scenario is '${scenario.name}'`, {
      expected: `'${spec.scenario}', of which ${traceFile} is a trace`,
    })
  }
  return { scenario, spec }
}

/** Executes the run of a spec again, up to an instant; undefined if the run ends before it. */
export function instantOfRun(scenario: Scenario, spec: RunSpec, when: When): Promise<Instant | undefined> {
  return instantOf((watched, shortened, sinks) => execute(watched, shortened, sinks), scenario, spec, when)
}

/**
 * As {@link instantOfRun}, for the run of a trace: undefined also if the run is another one by then, because the
 * scenario has changed since.
 */
export async function instantOfTrace(
  file: string,
  scenario: Scenario,
  spec: RunSpec,
  when: When,
): Promise<Instant | undefined> {
  const instant = await instantOfRun(scenario, spec, when)
  if (instant === undefined) return undefined
  let found = false
  for (const { id, t, hash } of readTrace(fileLines(file), file).records()) {
    if (id < instant.last) continue
    if (id === instant.last) {
      if (hash !== instant.hash) return undefined
      found = true
      continue
    }
    // A trace that goes on at an instant at which the run had nothing more to do is one of another run.
    return 'time' in when && t <= when.time ? undefined : instant
  }
  return found ? instant : undefined
}
