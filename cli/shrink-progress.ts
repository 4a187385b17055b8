/** One line on a terminal's stderr that tells how far a shrinker is; nothing where nobody watches. */
import type { Progress } from '../sim/explore/shrink.ts'
import { countsOf } from '../sim/explore/shrink-size.ts'

/** Milliseconds between two updates: faster than the eye can read only costs time. */
const INTERVAL = 100
const CLEAR = '\r\u001b[K'

export class ShrinkProgress {
  private readonly stream: NodeJS.WriteStream
  private last = -Infinity
  private shown = false

  constructor(stream: NodeJS.WriteStream) {
    this.stream = stream
  }

  readonly show = ({ pass, best, runs }: Progress): void => {
    if (!this.stream.isTTY) return
    const now = performance.now()
    if (now - this.last < INTERVAL) return
    this.last = now
    this.shown = true
    const { faults, operations, nodes, events } = countsOf(best)
    const parts = [`${faults} faults`, `${operations} operations`, `${nodes} nodes`, `${events} events`]
    this.stream.write(`${CLEAR}shrinking ${pass}: ${runs} runs, now ${parts.join(', ')}`)
  }

  /** Takes the line away. */
  clear(): void {
    if (this.shown) this.stream.write(CLEAR)
  }
}
