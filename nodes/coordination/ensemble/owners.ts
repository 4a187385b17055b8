/**
 * Which server each session uses, as the leader knows it: a client that moved to another server may have requests under
 * way through the old one, and those must not take effect behind its back (SessionMovedException).
 *
 * Source: SessionTrackerImpl.checkSession and setOwner, PrepRequestProcessor of ZooKeeper 3.8.
 */
import type { ErrorName } from '../wire.ts'

export class Owners {
  private readonly owners = new Map<number, number>()
  /** The server through which the request that is looked at came. */
  private asking = 0

  /** The session uses this server from now on. */
  set(session: number, server: number): void {
    this.owners.set(session, server)
  }

  remove(session: number): void {
    this.owners.delete(session)
  }

  /** Runs something on behalf of a server. */
  as(server: number, run: () => void): void {
    this.asking = server
    run()
    this.asking = 0
  }

  /** Why the session may not be used through the server that asks. Who asks first after an election is the owner. */
  readonly error = (session: number): ErrorName | undefined => {
    const owner = this.owners.get(session)
    if (owner === undefined) this.owners.set(session, this.asking)
    return owner === undefined || owner === this.asking ? undefined : 'SessionMoved'
  }
}
