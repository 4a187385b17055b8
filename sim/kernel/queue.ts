// The event queue: pending entries in the total order (key, tie, order of insertion). Entries far ahead wait
// unsorted in a ladder (ladder.ts); the front is sorted. The front is two stretches of records: `run`, a bucket
// that the ladder handed over and that is only popped from, and `near`, what was pushed before the ladder's
// first bucket since then. Few pending entries all live in `near`, and the ladder is not used.
//
// There is no removal of single entries: the kernel marks a slot dead and skips it when it is popped, which
// with a ladder costs little even if most timers are cancelled.
import { Ladder } from './ladder.ts'
import { DOUBLES, isFirst, Records, SLOT, TIE, WORDS } from './records.ts'

/** More entries in `near` than this are spread over a rung; below, insertion is as fast as the ladder. */
const NEAR_LIMIT = 16
/**
 * Rungs nest at most 14 deep by popping (see MIN_BUCKETS in ladder.ts). Only peeking again and again, with
 * ever earlier entries pushed in between, gets here; then the front grows instead.
 */
const MAX_DEPTH = 32

/** Pending entries, popped by key, then tie (unsigned), then order of insertion. */
export class EventQueue {
  /** Key of the entry popped last; 0 before the first. */
  lastKey = 0
  private pending = 0
  private readonly ladder = new Ladder()
  private readonly run = new Records()
  private readonly near = new Records()
  /** Records moved by insertion into `near` since it was last relieved. */
  private moved = 0

  /** Number of pending entries. */
  get size(): number {
    return this.pending
  }

  /**
   * Adds an entry. Nothing is checked here, the kernel's callers are: `key` is an integer from `lastKey` to
   * 2^53, `tie` an unsigned 32-bit integer, `slot` one below MAX_SLOT (records.ts).
   */
  push(key: number, tie: number, slot: number): void {
    this.pending++
    if (this.ladder.push(key, tie, slot)) return
    const { run, near } = this
    this.moved += near.insert(key, tie, slot)
    const inNear = near.end - near.head
    // Relief moves the whole front once, so it may come when insertion has moved as many records.
    if (inNear > NEAR_LIMIT && this.moved > inNear + run.end - run.head) this.relieveNear()
  }

  /** Removes the earliest entry and returns its slot, or -1 when empty; `lastKey` then holds its key. */
  pop(): number {
    const { run, near } = this
    if (near.head !== near.end && (run.head === run.end || !isFirst(run, near))) return this.take(near)
    if (run.head === run.end) {
      if (this.pending === 0) return -1
      this.ladder.next(run)
    }
    return this.take(run)
  }

  private take(from: Records): number {
    const at = from.head++
    this.pending--
    this.lastKey = from.doubles[at * DOUBLES] as number
    return from.words[at * WORDS + SLOT] as number
  }

  /** Key of the earliest entry, which stays; Infinity when empty. */
  peekKey(): number {
    if (this.pending === 0) return Infinity
    const { run, near } = this
    if (near.head !== near.end) {
      const from = run.head !== run.end && isFirst(run, near) ? run : near
      return from.doubles[from.head * DOUBLES] as number
    }
    if (run.head === run.end) this.ladder.next(run)
    return run.doubles[run.head * DOUBLES] as number
  }

  /**
   * Keeps insertion into `near` cheap: spreads the front over a new rung, or, where all keys are equal and
   * cannot be spread, merges `near` into `run`.
   */
  private relieveNear(): void {
    const { run, near } = this
    this.moved = 0
    let min = near.doubles[near.head * DOUBLES] as number
    let max = near.doubles[(near.end - 1) * DOUBLES] as number
    if (run.head !== run.end) {
      min = Math.min(min, run.doubles[run.head * DOUBLES] as number)
      max = Math.max(max, run.doubles[(run.end - 1) * DOUBLES] as number)
    }
    if (min === max) run.absorb(near)
    else if (this.ladder.depth < MAX_DEPTH) this.spread(Math.min(min, this.lastKey), max)
  }

  /**
   * Moves the front, in order, into a new rung that starts at `start`. As no key to come is smaller, the rung
   * takes all that would have gone to the front, and the next one will lie within one of its buckets.
   */
  private spread(start: number, max: number): void {
    const { run, near, ladder } = this
    let sum = 0
    for (let i = run.head; i < run.end; i++) sum += (run.doubles[i * DOUBLES] as number) - start
    for (let i = near.head; i < near.end; i++) sum += (near.doubles[i * DOUBLES] as number) - start
    const total = run.end - run.head + near.end - near.head
    ladder.addRung(start, max, start + sum / total, total)
    for (let left = total; left > 0; left--) {
      let from = run
      if (run.head === run.end || (near.head !== near.end && !isFirst(run, near))) from = near
      const at = from.head++
      const key = from.doubles[at * DOUBLES] as number
      ladder.push(key, from.words[at * WORDS + TIE] as number, from.words[at * WORDS + SLOT] as number)
    }
    run.clear()
    near.clear()
  }
}
