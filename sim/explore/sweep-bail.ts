/**
 * Stopping at the first failure so that it is the same one whoever runs how many at a time: the sweep then consists of
 * the runs up to the lowest failing seed, and what others found beyond it does not count.
 */
import type { SweepOutcome } from './sweep-tally.ts'
import { isFailure } from './sweep-tally.ts'

export class UntilFirstFailure {
  private readonly expected: Iterator<number, unknown>
  private readonly deliver: (outcome: SweepOutcome) => void
  private readonly waiting = new Map<number, SweepOutcome>()
  private next: number | undefined
  private lowest = Infinity

  /**
   * @param seeds all seeds of the sweep, ascending
   * @param deliver gets each outcome that counts, once
   */
  constructor(seeds: Iterator<number, unknown>, deliver: (outcome: SweepOutcome) => void) {
    this.expected = seeds
    this.deliver = deliver
    this.advance()
  }

  /** The lowest failing seed so far, Infinity without one: seeds beyond it need not be run. */
  get limit(): number {
    return this.lowest
  }

  add(outcome: SweepOutcome): void {
    if (isFailure(outcome)) this.lowest = Math.min(this.lowest, outcome.seed)
    this.waiting.set(outcome.seed, outcome)
    // Delivered as soon as all before it are there, so that a long sweep holds only what came too early.
    while (this.next !== undefined && this.next <= this.lowest) {
      const ready = this.waiting.get(this.next)
      if (ready === undefined) return
      this.waiting.delete(this.next)
      this.deliver(ready)
      this.advance()
    }
  }

  /** No more will come: delivers what still waits for runs that were never made. */
  finish(): void {
    for (const outcome of this.waiting.values()) if (outcome.seed <= this.lowest) this.deliver(outcome)
    this.waiting.clear()
  }

  private advance(): void {
    const next = this.expected.next()
    this.next = next.done === true ? undefined : next.value
  }
}
