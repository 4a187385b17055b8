/**
 * Where runs are executed: one lane is one thread, this one or a worker. Outcomes travel as the lines of JSON that are
 * also what is kept in a directory and what is compared, so that it makes no difference which lane a run took.
 */
import { CallerError, InvariantError } from '../../sim/kernel/errors.ts'
import type { Runner } from './runner.ts'

/** An error as it crosses threads. */
export interface SentError {
  readonly kind: 'mistake' | 'invariant' | 'other'
  readonly message: string
  readonly stack: string
}

export interface BatchResult {
  /** One outcome each, in the order of the seeds; fewer if the lane was closed on the way. */
  readonly lines: readonly string[]
  /** What the batch took by the wall clock. */
  readonly millis: number
}

export type BatchReply = BatchResult | { readonly error: SentError }

export interface Lane {
  /** Batches that are handed out at a time, so that a lane has the next one at hand. */
  readonly depth: number
  /** Rejects with {@link LaneDied} if the thread ended. Batches are executed one after the other. */
  run(seeds: readonly number[]): Promise<BatchReply>
  /** Runs one seed again and writes its trace to a file. */
  trace(seed: number, path: string): Promise<void>
  /** Gives up what is not finished. */
  close(): Promise<void>
}

/** The thread behind a lane ended before its time; the next batch gets another one. */
export class LaneDied extends Error {
  override readonly name = 'LaneDied'
}

export function sendError(error: unknown): SentError {
  const { message, stack = '' } = error instanceof Error ? error : new Error(String(error))
  const kind =
    error instanceof CallerError ? 'mistake' : error instanceof InvariantError ? 'invariant' : 'other'
  return { kind, message, stack }
}

/** The error that was sent, of the same kind and with its stack. */
export function receiveError({ kind, message, stack }: SentError): Error {
  const made =
    kind === 'mistake'
      ? new CallerError(message)
      : kind === 'invariant'
        ? new InvariantError(message)
        : new Error(message)
  made.stack = stack
  return made
}

/** Executes a batch on the thread that calls it. */
export async function runBatch(
  runner: Runner,
  seeds: readonly number[],
  isClosed: () => boolean = () => false,
): Promise<BatchReply> {
  const begun = performance.now()
  const lines: string[] = []
  try {
    for (const seed of seeds) {
      if (isClosed()) break
      lines.push(await runner.line(seed))
    }
    // A rejection that nobody handles is told when the continuations of a turn have run: before these runs count.
    await new Promise((resolve) => setImmediate(resolve))
  } catch (error) {
    return { error: sendError(error) }
  }
  return { lines, millis: performance.now() - begun }
}

/** This thread. */
export class OwnLane implements Lane {
  readonly depth = 1
  private readonly runner: Runner
  private closed = false

  constructor(runner: Runner) {
    this.runner = runner
  }

  run(seeds: readonly number[]): Promise<BatchReply> {
    return runBatch(this.runner, seeds, () => this.closed)
  }

  trace(seed: number, path: string): Promise<void> {
    return this.runner.trace(seed, path)
  }

  close(): Promise<void> {
    this.closed = true
    return Promise.resolve()
  }
}
