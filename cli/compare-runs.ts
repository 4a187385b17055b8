/**
 * Executes the runs of a comparison: the first seed of every cell on this thread, so that a mistake is found before
 * hours are spent; the rest, if there is enough of it, on worker threads. What comes out is the same either way.
 */
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { RunOutcome } from '../sim/explore/outcome.ts'
import { CallerError } from '../sim/kernel/errors.ts'
import type { Scenario } from '../sim/scenario/scenario.ts'
import type { CellBatch, SharedTask } from './compare-worker.ts'
import type { BatchReply } from './sweep/lane.ts'
import { LaneDied, OwnLane, receiveError } from './sweep/lane.ts'
import { makeRunner } from './sweep/runner.ts'

export interface CompareTask extends SharedTask {
  readonly scenario: Scenario
  readonly seeds: readonly number[]
  /** Threads; 1 for this one alone; undefined for as many as there are processors, if there is enough to do. */
  readonly jobs: number | undefined
  /** Called when the first seed of every cell was run; throws to end it all. */
  readonly onFirst: (outcomes: readonly RunOutcome[]) => void
  readonly onProgress: (done: number, all: number) => void
}

/** Less work than this (milliseconds) is done before workers have started and warmed up. */
const WORTH_WORKERS = 1500
/** Work of one request to a worker, in milliseconds: more than a request costs, little enough to share out evenly. */
const BATCH_MILLIS = 50
const PATIENCE = 2

/** A thread that runs batches, this one or workers. */
interface Crew {
  run(batch: CellBatch): Promise<BatchReply>
  /** Batches that it works on at a time. */
  readonly width: number
  close(): Promise<void>
}

/** The outcomes by cell, in the order of the seeds; the same whatever the number of jobs. */
export async function runCells(task: CompareTask): Promise<readonly (readonly RunOutcome[])[]> {
  const { cells, seeds, jobs } = task
  const outcomes: RunOutcome[][] = cells.map(() => [])
  const all = cells.length * seeds.length
  let done = 0
  const serve = async (crew: Crew, batches: readonly Batch[]): Promise<void> => {
    const waiting = batches.values()
    const work = async (): Promise<void> => {
      for (const { cell, seeds: own, at } of waiting) {
        const lines = await patient(crew, { cell, seeds: own })
        const row = outcomes[cell] as RunOutcome[]
        for (const [index, line] of lines.entries()) row[at + index] = JSON.parse(line) as RunOutcome
        done += lines.length
        task.onProgress(done, all)
      }
    }
    await Promise.all(Array.from({ length: crew.width }, work))
  }
  const own = ownCrew(task)
  const begun = performance.now()
  await serve(own, batchesOf(cells.length, seeds, 0, 1, 1))
  task.onFirst(outcomes.flat())
  const each = (performance.now() - begun) / cells.length
  const size = Math.max(1, Math.floor(BATCH_MILLIS / Math.max(each, 0.1)))
  const left = batchesOf(cells.length, seeds, 1, seeds.length, size)
  const usual = each * (all - done) >= WORTH_WORKERS ? availableParallelism() : 1
  const threads = Math.min(jobs ?? usual, left.length)
  const crew = threads > 1 ? await workerCrew(task, threads) : own
  try {
    await serve(crew, left)
  } finally {
    await crew.close()
  }
  return outcomes
}

/** `at`: the position of its first seed. */
type Batch = CellBatch & { readonly at: number }

/** All cells' seeds from one position to another, the seeds in turn: what is done first says something of every cell. */
function batchesOf(
  cells: number,
  seeds: readonly number[],
  from: number,
  to: number,
  size: number,
): readonly Batch[] {
  const out: Batch[] = []
  for (let at = from; at < to; at += size) {
    const part = seeds.slice(at, Math.min(to, at + size))
    for (let cell = 0; cell < cells; cell++) out.push({ cell, seeds: part, at })
  }
  return out
}

function ownCrew({ scenario, description, cells, random, version }: CompareTask): Crew {
  const lanes = new Map<number, OwnLane>()
  return {
    width: 1,
    async run({ cell, seeds }) {
      let lane = lanes.get(cell)
      if (lane === undefined) {
        const spec = cells[cell] as (typeof cells)[number]
        const shared = { description, spec, version, ...(random === undefined ? {} : { random }) }
        lanes.set(cell, (lane = new OwnLane(await makeRunner(shared, scenario))))
      }
      return lane.run(seeds)
    },
    close: () => Promise.resolve(),
  }
}

async function workerCrew(task: CompareTask, threads: number): Promise<Crew> {
  const { description, cells, random, version } = task
  const { Piscina } = await import('piscina')
  const shared: SharedTask = {
    description,
    cells,
    version,
    ...(random === undefined ? {} : { random }),
  }
  const pool = new Piscina<CellBatch, BatchReply>({
    filename: fileURLToPath(new URL('compare-worker.js', import.meta.url)),
    workerData: shared,
    minThreads: threads,
    maxThreads: threads,
  })
  // A thread that dies with nothing to do is missed by nobody.
  pool.on('error', () => undefined)
  return {
    width: threads,
    async run(batch) {
      try {
        return await pool.run(batch)
      } catch (error) {
        throw new LaneDied(error instanceof Error ? error.message : String(error))
      }
    },
    close: () => pool.destroy(),
  }
}

/** A batch whose worker died is tried again, once. */
async function patient(crew: Crew, batch: CellBatch): Promise<readonly string[]> {
  for (let tries = 1; ; tries++) {
    try {
      const reply = await crew.run(batch)
      if ('error' in reply) throw receiveError(reply.error)
      return reply.lines
    } catch (error) {
      if (!(error instanceof LaneDied)) throw error
      if (tries < PATIENCE) continue
      const seeds =
        batch.seeds.length === 1 ? `seed ${batch.seeds[0] ?? 0}` : `seeds from ${batch.seeds[0] ?? 0}`
      throw new CallerError(`a worker died ${tries} times of ${seeds}: ${error.message}`, {
        hint: 'run it alone, or with --jobs 1',
      })
    }
  }
}
