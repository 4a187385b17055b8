// The hold model of event queues (Jones, "An empirical comparison of priority-queue and event-set
// implementations", CACM 29(4), 1986): a constant number of events is pending; an operation removes the
// earliest and schedules it again, an exponential time later. The increments are drawn beforehand into a table,
// so that the queue is what is timed, not the logarithm.
import type { Outcome } from './benchmark.ts'
import { exponentials } from './random.ts'

/** What one run of the hold model consists of. */
export interface HoldInput {
  readonly pending: number
  /** Operations before the clock starts, for caches and compilers. */
  readonly warmUp: number
  readonly operations: number
}

/** Increments have this mean; there are so many of them, a power of two, used over and over. */
export const MEAN = 1_000_000
export const TABLE = 16_384
export const SEED = 42

/** One step of the hash over popped keys and slots. */
export function fold(hash: number, key: number, slot: number): number {
  return Math.imul(hash ^ (key | 0), 16_777_619) ^ slot
}

/** A hash as it is printed. */
export function show(hash: number): string {
  return (hash >>> 0).toString(16).padStart(8, '0')
}

/** What the hold model needs of a queue. */
export interface HoldQueue {
  readonly lastKey: number
  push(key: number, tie: number, slot: number): void
  pop(): number
}

/** What passes from the warm-up to the timed part. */
interface HoldState {
  drawn: number
  hash: number
}

// State in local variables while the loop runs: variables that a closure shares are kept in memory.
function operate(queue: HoldQueue, increments: Uint32Array, state: HoldState, times: number): void {
  let { drawn, hash } = state
  for (let i = 0; i < times; i++) {
    const slot = queue.pop()
    const key = queue.lastKey
    hash = fold(hash, key, slot)
    queue.push(key + (increments[drawn++ & (TABLE - 1)] as number), 0, slot)
  }
  state.drawn = drawn
  state.hash = hash
}

/** Runs the hold model over a queue, which is empty. */
export function hold(queue: HoldQueue, input: HoldInput): Outcome {
  const { pending, warmUp, operations } = input
  const increments = exponentials(TABLE, MEAN, SEED)
  for (let slot = 0; slot < pending; slot++) queue.push(increments[slot & (TABLE - 1)] as number, 0, slot)
  const state = { drawn: pending, hash: 0 }
  operate(queue, increments, state, warmUp)
  const start = performance.now()
  operate(queue, increments, state, operations)
  return { operations, seconds: (performance.now() - start) / 1000, hash: show(state.hash) }
}
