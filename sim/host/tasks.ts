/**
 * Tasks: one activation of a handler (or timer, or start hook) together with everything it waits for.
 *
 * A task counts the simulated operations it has pending. When an event is over and every continuation it released has
 * run, a task that is not finished and has nothing pending waits for something outside the simulation: real I/O, a
 * real timer, a promise that nobody will settle. That is reported with node and handler, never waited for.
 */
import type { LocalNode } from './local-node.ts'

export class Task {
  readonly node: LocalNode
  /** The handler, for people: `on.write`, `start`, `timer`. */
  label: string
  /** Simulated operations begun by this task and not yet settled. */
  pending = 0
  /** Whether a promise of the handler is being watched. */
  watched = false
  settled = false

  constructor(node: LocalNode, label: string) {
    this.node = node
    this.label = label
  }
}

/** One operation that a task waits for. */
export class Wait {
  readonly node: LocalNode
  readonly task: Task
  readonly resolve: (value: never) => void
  readonly reject: ((error: Error) => void) | null

  constructor(
    node: LocalNode,
    task: Task,
    resolve: (value: never) => void,
    reject: ((error: Error) => void) | null = null,
  ) {
    this.node = node
    this.task = task
    this.resolve = resolve
    this.reject = reject
  }
}

let taken: ((value: never) => void) | null = null
const take = (resolve: (value: never) => void): void => {
  taken = resolve
}

/**
 * A promise whose `resolve` is handed out by {@link lastResolver}: one executor serves all, where a closure for each
 * promise would cost more than the promise.
 */
export function pendingPromise<T>(): Promise<T> {
  return new Promise<T>(take as (resolve: (value: T) => void) => void)
}

/** Resolves the promise that was made last. */
export function lastResolver(): (value: never) => void {
  return taken as (value: never) => void
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  )
}
