/** The server's end of one client's connection: which session it serves, what waits for its turn, what is to be sent. */
import type { StreamConnection } from 'orrery-sim'

import type { ReadOp } from '../data/reads.ts'
import type { ConnectResponse, EventFrame, ReplyFrame, WatchEventType } from '../wire.ts'

/** A request that has been taken and not been answered: a read in its place, or what comes back as a transaction. */
export interface Pending {
  readonly connection: ClientConnection
  /** 0: the session is being opened. */
  readonly xid: number
  /** Undefined: a write, or a sync that waits for its answer. */
  readonly read: ReadOp | undefined
  /** The path of such a sync. */
  readonly syncPath?: string
}

/** Requests in the order in which they are to be answered. */
export class Lane {
  private items: Pending[] = []
  private first = 0

  get head(): Pending | undefined {
    return this.items[this.first]
  }

  push(pending: Pending): void {
    this.items.push(pending)
  }

  shift(): void {
    this.first++
    if (this.first < this.items.length) return
    this.items = []
    this.first = 0
  }

  clear(): void {
    this.items = []
    this.first = 0
  }
}

export type OutFrame = ConnectResponse | ReplyFrame | EventFrame

export class ClientConnection {
  /** Number of the connection on this server. */
  readonly id: number
  readonly stream: StreamConnection
  readonly lane: Lane
  /** 0: not yet known. */
  session = 0
  /** Negotiated for this connection, in milliseconds. */
  timeout = 0
  /** The session is usable: requests are taken. */
  established = false
  /** Nothing is taken or sent any more, but what is in the outbox. */
  closed = false
  /** In the order in which they are sent; the first frame of a connection goes alone. */
  outbox: OutFrame[] = []
  /** Events in the outbox. */
  events = 0

  constructor(id: number, stream: StreamConnection, lane: Lane) {
    this.id = id
    this.stream = stream
    this.lane = lane
  }

  addEvent(type: WatchEventType, path: string): void {
    this.outbox.push({ xid: -1, zxid: -1, event: { type, state: 'SyncConnected', path } })
    this.events++
  }
}
