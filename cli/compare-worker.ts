/** A worker of a comparison: loads the scenario once, then runs seeds of any cell. */
import { workerData } from 'node:worker_threads'
import type { RunSpec } from '../sim/scenario/simulate.ts'
import { importScenario } from './load-scenario.ts'
import type { ScenarioDescription } from './load-scenario.ts'
import type { RandomFaults } from './random-faults.ts'
import { blame } from './stack.ts'
import type { BatchReply, SentError } from './sweep/lane.ts'
import { runBatch, sendError } from './sweep/lane.ts'
import { makeRunner } from './sweep/runner.ts'
import type { Runner } from './sweep/runner.ts'

/** What all runs of a comparison share, as data. */
export interface SharedTask {
  readonly description: ScenarioDescription
  /** The spec of each cell, but for its seed. */
  readonly cells: readonly RunSpec[]
  readonly random?: RandomFaults
  readonly version: string
}

export interface CellBatch {
  readonly cell: number
  readonly seeds: readonly number[]
}

const { description, cells, random, version } = workerData as SharedTask
const scenario = importScenario(description)
const runners = new Map<number, Runner>()

// What a scenario's code leaves behind (a promise that nobody waits for) is its author's mistake here too.
const abandoned = new Promise<{ readonly error: SentError }>((resolve) => {
  const give = (error: unknown): void => {
    resolve({ error: sendError(blame(error)) })
  }
  process.on('uncaughtException', give)
  process.on('unhandledRejection', give)
})

let last: Promise<unknown> = Promise.resolve()

export default function serve(batch: CellBatch): Promise<BatchReply> {
  const reply = last.then(() => Promise.race([abandoned, answer(batch)]))
  last = reply
  return reply
}

async function answer({ cell, seeds }: CellBatch): Promise<BatchReply> {
  try {
    let runner = runners.get(cell)
    if (runner === undefined) {
      const spec = cells[cell] as RunSpec
      const task = { description, spec, version, ...(random === undefined ? {} : { random }) }
      runner = await makeRunner(task, await scenario)
      runners.set(cell, runner)
    }
    return await runBatch(runner, seeds)
  } catch (error) {
    return { error: sendError(error) }
  }
}
