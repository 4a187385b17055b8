/** One request of a client on its way: what is asked, what came of it, and who is to know. */
import type { ErrorName, Op, OpResults } from '../wire.ts'
import type { Watcher } from './types.ts'

export type AnyResult = OpResults[keyof OpResults]

/** How a request ended; `error` absent: it succeeded. */
export interface Answer {
  readonly error?: ErrorName | undefined
  readonly result?: AnyResult | undefined
}

export class Packet {
  readonly op: Op
  /** Left as a watch if the answer says so. */
  readonly watcher: Watcher | undefined
  /** Of an asynchronous call: called by the event part. A synchronous one looks at `answer`. */
  readonly callback: ((answer: Answer) => void | Promise<void>) | undefined
  /** Monotonic time of the call, in milliseconds. */
  readonly askedAt: number
  xid = 0
  answer: Answer | undefined
  /** What the event part had queued when the answer came: an event before a reply is seen before it. */
  mark = 0

  constructor(
    op: Op,
    watcher: Watcher | undefined,
    callback: ((answer: Answer) => void | Promise<void>) | undefined,
    askedAt: number,
  ) {
    this.op = op
    this.watcher = watcher
    this.callback = callback
    this.askedAt = askedAt
  }
}
