/**
 * A worker thread as a lane. Each lane is a Piscina pool of one thread rather than one thread of a common pool: who
 * executes what must be known, since a run that is verified is executed again by another worker. Starting threads,
 * noticing that one died, and replacing it are Piscina's.
 */
import { Piscina } from 'piscina'
import { fileURLToPath } from 'node:url'
import type { BatchReply, Lane } from './lane.ts'
import { LaneDied, receiveError } from './lane.ts'
import type { SweepTask } from './runner.ts'
import type { Reply, Request } from './worker.ts'

/** The compiled worker: threads load JavaScript. */
const WORKER = new URL('worker.js', import.meta.url)

/** Milliseconds that closing waits for a thread which is still loading. */
const PATIENCE = 5000

export class WorkerLane implements Lane {
  readonly depth = 2
  private readonly task: SweepTask
  private readonly worker: URL
  private pool: Piscina<Request, Reply> | undefined
  private loaded: Promise<unknown> | undefined

  /** The thread starts with the first batch. `worker`: the compiled worker, if it is not beside this module. */
  constructor(task: SweepTask, worker: URL = WORKER) {
    this.task = task
    this.worker = worker
  }

  async run(seeds: readonly number[]): Promise<BatchReply> {
    const reply = await this.ask({ kind: 'batch', seeds })
    return reply ?? { lines: [], millis: 0 }
  }

  async trace(seed: number, path: string): Promise<void> {
    const reply = await this.ask({ kind: 'trace', seed, path })
    if (reply !== undefined && 'error' in reply) throw receiveError(reply.error)
  }

  async close(): Promise<void> {
    const { pool, loaded } = this
    this.pool = undefined
    // Node may abort the whole process when a thread is ended while it loads modules; one that never does is not waited for.
    await Promise.race([loaded, new Promise((resolve) => setTimeout(resolve, PATIENCE).unref())])
    await pool?.destroy()
  }

  private async ask(request: Request): Promise<Reply> {
    this.pool ??= this.start()
    try {
      return await this.pool.run(request)
    } catch (error) {
      throw new LaneDied(deathText(error))
    }
  }

  private start(): Piscina<Request, Reply> {
    const pool = new Piscina<Request, Reply>({
      filename: fileURLToPath(this.worker),
      workerData: this.task,
      minThreads: 1,
      maxThreads: 1,
      concurrentTasksPerWorker: this.depth,
    })
    // A thread that dies with nothing to do is missed by nobody.
    pool.on('error', () => undefined)
    this.loaded = pool.run({ kind: 'load' }).catch(() => undefined)
    return pool
  }
}

/** What became of a worker, without anything that differs from one time to the next. */
function deathText(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') return 'its worker ran out of memory'
  const [, exit] = /exited with code: (\d+)/.exec(message) ?? []
  return exit === undefined ? `its worker died: ${message}` : `its worker exited with code ${exit}`
}
