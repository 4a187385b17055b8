/**
 * The history of a run: what clients did, when each operation began and ended by true time, and how it ended. An
 * operation whose end nobody saw (its client crashed, the run ended) stays open: it may have taken effect at any time.
 */

/** How an operation ended; `open`: it has not. */
export type OperationStatus = 'ok' | 'fail' | 'unknown' | 'open'

/** One operation of one client. Times are virtual microseconds. */
export interface Operation {
  /** 1, 2, 3 ... in order of invocation. */
  readonly id: number
  /** Name of the node that performed it. */
  readonly node: string
  readonly name: string
  readonly input: unknown
  readonly invoked: number
  /** The record of the invocation. */
  readonly record: number
  readonly status: OperationStatus
  /** When it ended; absent while open. */
  readonly completed?: number
  /** The record of its end. */
  readonly endRecord?: number
  /** What it returned, if it succeeded. */
  readonly output?: unknown
  /** Why it failed or is unknown. */
  readonly reason?: string
}

/** An operation while it is recorded. */
type Draft = { -readonly [K in keyof Operation]: Operation[K] }

export class History {
  private readonly list: Draft[] = []

  get operations(): readonly Operation[] {
    return this.list
  }

  begin(node: string, name: string, input: unknown, invoked: number, record: number): number {
    this.list.push({ id: this.list.length + 1, node, name, input, invoked, record, status: 'open' })
    return this.list.length
  }

  /** Ends operation `id`; an operation ends at most once. */
  end(
    id: number,
    status: Exclude<OperationStatus, 'open'>,
    completed: number,
    endRecord: number,
    outcome: { readonly output?: unknown; readonly reason?: string },
  ): void {
    const operation = this.list[id - 1] as Draft
    operation.status = status
    operation.completed = completed
    operation.endRecord = endRecord
    if ('output' in outcome) operation.output = outcome.output
    if (outcome.reason !== undefined) operation.reason = outcome.reason
  }
}
