/**
 * Which server to try next: the list in a random order, round and round, with a pause before the one that was tried or
 * connected to last, so that a client that nobody answers does not spin.
 *
 * Source: StaticHostProvider of ZooKeeper 3.8. Left out: resolving names, changes of the list.
 */
import type { Address, RandomStream } from 'orrery-sim'

export class ServerList<P> {
  private readonly servers: Address<P>[]
  private current = -1
  private last = -1

  /** Shuffles the list with the stream given; one server draws nothing. */
  constructor(servers: readonly Address<P>[], random: RandomStream) {
    this.servers = [...servers]
    for (let i = this.servers.length - 1; i > 0; i--) {
      const j = random.int(i + 1)
      const kept = this.servers[i] as Address<P>
      this.servers[i] = this.servers[j] as Address<P>
      this.servers[j] = kept
    }
  }

  get size(): number {
    return this.servers.length
  }

  /** The next one, and whether all were tried since the last connection, so that a pause is due. */
  next(): { readonly server: Address<P>; readonly pause: boolean } {
    this.current = (this.current + 1) % this.servers.length
    const pause = this.current === this.last
    // The first round goes without a pause up to where it began.
    if (this.last === -1) this.last = 0
    return { server: this.servers[this.current] as Address<P>, pause }
  }

  /** The current one has taken the client. */
  connected(): void {
    this.last = this.current
  }
}
