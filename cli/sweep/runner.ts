/** Runs seeds of one sweep on one thread. */
import { outcomeOf } from '../../sim/explore/outcome.ts'
import { CallerError, InvariantError } from '../../sim/kernel/errors.ts'
import type { Scenario } from '../../sim/scenario/scenario.ts'
import type { RunResult, RunSpec, SinkFactory } from '../../sim/scenario/simulate.ts'
import type { ScenarioDescription } from '../load-scenario.ts'
import { importScenario } from '../load-scenario.ts'
import type { RandomFaults } from '../random-faults.ts'
import { planMaker } from '../random-faults.ts'
import { execute } from '../run-spec.ts'
import { TraceOutput } from '../trace-file.ts'

/** What all runs of a sweep share, as data: enough for any thread of this machine. */
export interface SweepTask {
  readonly description: ScenarioDescription
  /** The spec of each run, but for its seed, and its plan if faults are random. */
  readonly spec: RunSpec
  readonly random?: RandomFaults
  readonly maxEvents?: number
  /** Of the program: what traces are headed with. */
  readonly version: string
}

export interface Runner {
  /** The run's outcome as one line of JSON, without the newline. */
  line(seed: number): Promise<string>
  trace(seed: number, path: string): Promise<void>
}

/** @param loaded the scenario, if this thread has it already */
export async function makeRunner(task: SweepTask, loaded?: Scenario): Promise<Runner> {
  const { description, spec, random, maxEvents, version } = task
  const scenario = loaded ?? (await importScenario(description))
  const planOf = random === undefined ? () => spec.plan : planMaker(scenario, spec, random)
  const run = async (seed: number, sinks: (spec: RunSpec) => readonly SinkFactory[]): Promise<RunResult> => {
    try {
      const one: RunSpec = { ...spec, seed, plan: planOf(seed) }
      return await execute(scenario, one, sinks(one), { maxEvents })
    } catch (error) {
      throw withSeed(error, seed)
    }
  }
  return {
    line: async (seed) => JSON.stringify(outcomeOf(await run(seed, () => []))),
    async trace(seed, path) {
      const output = new TraceOutput(path)
      output.finish(await run(seed, (one) => [output.begin(one, description.source, version)]))
    },
  }
}

function withSeed(error: unknown, seed: number): unknown {
  if (!(error instanceof Error)) return error
  const message = `seed ${seed}: ${error.message}`
  const made =
    error instanceof CallerError
      ? new CallerError(message)
      : error instanceof InvariantError
        ? new InvariantError(message)
        : new Error(message)
  if (error.stack !== undefined) made.stack = error.stack
  return made
}
