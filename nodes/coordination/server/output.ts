/**
 * Sends what a pipeline has for its clients: everything for one connection in one frame of the stream. Watch events cost
 * CPU time, in the order in which they are sent.
 */
import type { Duration, Node } from 'orrery-sim'
import { milliseconds } from 'orrery-sim'

import type { ClientConnection, OutFrame } from './connection.ts'

interface Parcel {
  readonly connection: ClientConnection
  readonly frames: readonly OutFrame[]
  readonly last: boolean
  readonly events: number
}

export class Output {
  private readonly node: Node
  /** Milliseconds for each event. */
  private readonly notificationCost: number
  private queue: Parcel[] = []
  private working = false

  constructor(node: Node, notificationCost: Duration) {
    this.node = node
    this.notificationCost = milliseconds(notificationCost)
  }

  readonly send = (connection: ClientConnection): void => {
    const { outbox: frames, closed: last, events } = connection
    connection.outbox = []
    connection.events = 0
    const parcel: Parcel = { connection, frames, last, events }
    if (!this.working && (this.notificationCost === 0 || events === 0)) {
      transmit(parcel)
      return
    }
    this.queue.push(parcel)
    if (this.working) return
    this.working = true
    this.node.after(0, () => this.work())
  }

  private async work(): Promise<void> {
    for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) {
      if (next.events > 0) await this.node.work(next.events * this.notificationCost)
      transmit(next)
    }
    this.working = false
  }
}

function transmit({ connection, frames, last }: Parcel): void {
  const { stream } = connection
  if (frames.length > 0) stream.post(frames.length === 1 ? frames[0] : frames)
  if (last) stream.end()
}
