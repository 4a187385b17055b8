/**
 * The server's end of one client's connection: which calls were taken, what was sent, and what the client has not
 * acknowledged yet and may therefore ask for again.
 */
import type { Address } from 'orrery-sim'

import type { CallReply, CoordinationEvents, EventFrame, OpenReply } from './protocol.ts'
import type { Result, ServerError, WatchEvent } from './types.ts'

interface SentReply {
  readonly position: number
  readonly result: Result<unknown, ServerError>
  readonly zxid: number
}

export interface Connection {
  readonly id: number
  readonly session: number
  readonly client: Address<CoordinationEvents>
  readonly opened: OpenReply
  /** Calls up to this number were taken, in order. */
  taken: number
  /** Position of the last thing sent. */
  sent: number
  /** Position up to which the client has taken everything. */
  seen: number
  /** Calls up to this number were answered and the answers acknowledged. */
  settled: number
  readonly events: EventFrame[]
  readonly replies: Map<number, SentReply>
  closed: boolean
}

export function newConnection(
  id: number,
  session: number,
  client: Address<CoordinationEvents>,
  opened: OpenReply,
): Connection {
  return {
    id,
    session,
    client,
    opened,
    taken: 0,
    sent: 0,
    seen: 0,
    settled: 0,
    events: [],
    replies: new Map(),
    closed: false,
  }
}

/** The client says how far it is: what it has taken need not be kept. */
export function acknowledge(connection: Connection, seen: number): void {
  if (seen <= connection.seen) return
  connection.seen = seen
  while (connection.events[0] !== undefined && connection.events[0].position <= seen)
    connection.events.shift()
  for (const [sequence, { position }] of connection.replies) {
    if (position > seen) break
    connection.replies.delete(sequence)
    connection.settled = sequence
  }
}

export function addEvent(connection: Connection, event: WatchEvent): EventFrame {
  const frame: EventFrame = { position: ++connection.sent, event }
  connection.events.push(frame)
  return frame
}

export function addReply(
  connection: Connection,
  sequence: number,
  result: Result<unknown, ServerError>,
  zxid: number,
): void {
  connection.replies.set(sequence, { position: ++connection.sent, result, zxid })
}

/** The answer to a call, with the events that the client must see before it; undefined while there is none. */
export function replyTo(connection: Connection, sequence: number): CallReply | undefined {
  const reply = connection.replies.get(sequence)
  if (reply === undefined)
    return connection.closed || sequence <= connection.settled ? { type: 'closed' } : undefined
  const events = connection.events.filter(({ position }) => position < reply.position)
  return { type: 'done', ...reply, events }
}
