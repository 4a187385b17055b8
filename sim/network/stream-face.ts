/**
 * Stream connections as a node's code sees them: a reliable, ordered flow of bytes in each direction, with the
 * semantics of TCP (RFC 9293). What fails is told as data; a write that "succeeded" says only that the bytes were taken
 * into the send buffer.
 *
 * TCP belongs to the machine, not to the process. While a process is paused its machine goes on acknowledging, until
 * the receive buffer is full; when it stops, its connections are closed properly; only a crash, which takes the machine
 * with it, leaves the peer with a half-open connection. It notices when it writes (the restarted machine knows nothing
 * of the connection and resets it; one that stays down lets it time out, after a quarter of an hour) or by keep-alive.
 */
import type { Address } from '../kernel/address.ts'
import type { Duration } from '../kernel/time.ts'

/**
 * `refused`: nobody listens; `reset`: the peer aborted the connection or has no such connection (any more);
 * `timeout`: no answer; `closed`: this side has ended or aborted it; `garbled`: what arrived is no frame.
 */
export type StreamFailure = 'refused' | 'reset' | 'timeout' | 'closed' | 'garbled'

export type StreamResult<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: StreamFailure }

export interface ConnectOptions {
  /** How long the handshake may take before it fails with `timeout`; default 60s. */
  readonly timeout?: Duration
  /** See {@link StreamConnection.keepAlive}; default: none. */
  readonly keepAlive?: Duration
}

export interface StreamConnection {
  readonly peer: Address
  /**
   * Bytes (strings as UTF-8) into the send buffer (64 KiB); waits until all of them are in it. Several writes may wait;
   * they keep their order.
   */
  write(bytes: Uint8Array | string): Promise<StreamResult<undefined>>
  /**
   * The bytes that have arrived, in order, at least one; `undefined` when the peer has ended its direction. After a
   * failure, what was not read yet is lost. Only one read (or `receive`) may wait at a time.
   */
  read(): Promise<StreamResult<Uint8Array | undefined>>
  /**
   * Writes one value as a frame: a length, then what a compact binary encoding of the value takes (as with datagrams).
   * Frames and raw bytes must not be mixed.
   */
  send(value: unknown): Promise<StreamResult<undefined>>
  /**
   * Like `send`, for those who would not wait: the frame joins the send buffer however full that is, and nothing tells
   * when or whether it does. Cheaper than `send`, which costs an event even if nobody waits for it.
   */
  post(value: unknown): void
  /** Reads one frame; `undefined` at the end. An end in the middle of a frame is `garbled`. */
  receive<T = unknown>(): Promise<StreamResult<T | undefined>>
  /** Ends this direction (FIN) after what was written; the other stays readable. */
  end(): void
  /** Aborts both directions (RST); what was in flight is lost. */
  abort(): void
  /**
   * Probes the peer after each such time without a sign of life; when nine probes in a row go unanswered, the connection
   * fails with `timeout`. 0 for never, which is the default: a dead peer is then noticed only by writing.
   */
  keepAlive(after: Duration): void
}

export interface StreamFace {
  /** Opens a connection to a node whose kind has an `accept` hook. */
  connect(to: Address, options?: ConnectOptions): Promise<StreamResult<StreamConnection>>
}
