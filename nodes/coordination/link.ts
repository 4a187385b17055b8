/**
 * The client's end of one connection: puts what the server sends (replies and events, numbered) into order, once each.
 */

/** Something the server sent: what to do when its turn comes. */
export interface Arrival {
  readonly position: number
  readonly deliver: () => void
}

export class Link {
  /** Number of the connection, chosen by the client. */
  readonly id: number
  /** Number of the last call. */
  calls = 0
  /** Everything up to this position was delivered. */
  delivered = 0
  /** Local monotonic time in milliseconds at which the server was last heard of. */
  heardAt: number
  dropped = false
  /** A ping is on its way. */
  pinging = false
  private readonly early = new Map<number, Arrival>()

  constructor(id: number, now: number) {
    this.id = id
    this.heardAt = now
  }

  /** Takes what arrived; delivers whatever is next in order, and drops what came before. */
  take(arrivals: readonly Arrival[]): void {
    for (const arrival of arrivals) {
      if (arrival.position > this.delivered) this.early.set(arrival.position, arrival)
    }
    for (;;) {
      const next = this.early.get(this.delivered + 1)
      if (next === undefined) return
      this.early.delete(next.position)
      this.delivered = next.position
      next.deliver()
    }
  }
}
