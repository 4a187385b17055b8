/**
 * What clients and the server say to each other. ZooKeeper keeps one TCP connection for each client; here a connection
 * is made of datagrams: the client numbers its calls and repeats them, the server takes them in that order and once,
 * and numbers everything it sends (replies and events) so that the client takes it in that order and once.
 */
import type { Op, Result, ServerError, WatchEvent } from './types.ts'

/** One event at its place in what the server sends on a connection: 1, 2, 3 ..., replies included. */
export interface EventFrame {
  readonly position: number
  readonly event: WatchEvent
}

/** Which session a client wants back. */
export interface SessionKey {
  readonly id: number
  readonly password: number
}

export type OpenReply =
  | { readonly type: 'opened'; readonly session: SessionKey; readonly timeout: number; readonly zxid: number }
  | { readonly type: 'expired' }

/** `closed`: the server knows no such connection (any more), as a TCP reset would say. */
export type CallReply =
  | {
      readonly type: 'done'
      readonly position: number
      /** Events before this reply that the client had not acknowledged when it called. */
      readonly events: readonly EventFrame[]
      readonly result: Result<unknown, ServerError>
      readonly zxid: number
    }
  | { readonly type: 'closed' }

export type PingReply =
  { readonly type: 'pong'; readonly events: readonly EventFrame[] } | { readonly type: 'closed' }

/** The messages that a coordination server takes. */
export interface CoordinationServer {
  /** Opens a connection under a number of the client's choice: for a new session, or for one it has. */
  coordinationOpen(message: {
    readonly connection: number
    readonly session: SessionKey | undefined
    /** Milliseconds; the server answers with what it grants. */
    readonly timeout: number
  }): OpenReply
  /** One operation. `seen`: the last position that the client has taken. */
  coordinationCall(message: {
    readonly connection: number
    readonly sequence: number
    readonly seen: number
    readonly op: Op
  }): CallReply
  coordinationPing(message: { readonly connection: number; readonly seen: number }): PingReply
}

/** The messages that a client takes: its kind spreads `coordinationClient.on` into its handlers. */
export interface CoordinationEvents {
  coordinationEvent(message: { readonly connection: number; readonly frame: EventFrame }): void
}
