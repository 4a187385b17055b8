/** The worker's side of a {@link WorkerLane}: loads the scenario once, then answers one request after the other. */
import { workerData } from 'node:worker_threads'
import { blame } from '../stack.ts'
import type { BatchReply, SentError } from './lane.ts'
import { runBatch, sendError } from './lane.ts'
import type { SweepTask } from './runner.ts'
import { makeRunner } from './runner.ts'

export type Request =
  /** Answered as soon as the thread has loaded its modules. */
  | { readonly kind: 'load' }
  | { readonly kind: 'batch'; readonly seeds: readonly number[] }
  | { readonly kind: 'trace'; readonly seed: number; readonly path: string }

export type Reply = BatchReply | undefined

const runner = makeRunner(workerData as SweepTask)

// What a scenario's code leaves behind (a promise that nobody waits for) is its author's mistake here as on the main
// thread: it ends the sweep, not only this worker.
const abandoned = new Promise<{ readonly error: SentError }>((resolve) => {
  const give = (error: unknown): void => {
    resolve({ error: sendError(blame(error)) })
  }
  process.on('uncaughtException', give)
  process.on('unhandledRejection', give)
})

let last: Promise<unknown> = Promise.resolve()

export default function serve(request: Request): Promise<Reply> {
  const reply = last.then(() => Promise.race([abandoned, answer(request)]))
  last = reply
  return reply
}

async function answer(request: Request): Promise<Reply> {
  if (request.kind === 'load') return undefined
  try {
    const loaded = await runner
    if (request.kind === 'batch') return await runBatch(loaded, request.seeds)
    await loaded.trace(request.seed, request.path)
    return undefined
  } catch (error) {
    return { error: sendError(error) }
  }
}
