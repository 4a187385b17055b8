/**
 * The event part of a client, which the real one has as a thread of its own: callbacks run strictly in order, one at a
 * time. A slow one delays those behind it, and nothing else: the connection and its pings are no business of this part.
 *
 * Source: ClientCnxn.EventThread of ZooKeeper 3.8.
 */
import type { Metrics, Node } from 'orrery-sim'
import { Fifo } from './fifo.ts'

/** Something to call when its turn comes. */
export type Callback = () => void | Promise<void>

export class EventPart {
  private readonly node: Node
  private readonly metrics: Metrics
  private readonly queue = new Fifo<Callback>()
  private queued = 0
  private begun = 0
  private running = false
  /** The current callback waits for something. */
  private waiting = false

  constructor(node: Node) {
    this.node = node
    this.metrics = node.metrics
  }

  /** What the number of callbacks queued so far is: to be handed to {@link hasBegun}. */
  get mark(): number {
    return this.queued
  }

  post(callback: Callback): void {
    this.queue.push(callback)
    this.queued++
    this.measure()
    if (this.running) return
    this.running = true
    this.node.after(0, () => this.run())
  }

  /**
   * Whether what was queued before a mark has been called, as far as it can be: a callback that waits may be waiting for
   * just the reply that asks here, so what is behind it is not waited for.
   */
  hasBegun(mark: number): boolean {
    return this.begun >= mark || this.waiting
  }

  private run(): void | Promise<void> {
    for (let callback = this.queue.shift(); callback !== undefined; callback = this.queue.shift()) {
      this.begun++
      this.measure()
      const pending = callback()
      if (pending === undefined) continue
      this.waiting = true
      return pending.then(() => {
        this.waiting = false
        return this.run()
      })
    }
    this.running = false
  }

  private measure(): void {
    this.metrics.gauge('coordination event queue', this.queue.length)
  }
}
