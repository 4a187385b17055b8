/**
 * The node face: all that code on a simulated machine can see and do. There is no global time here, no other node's
 * state and no way to know that one is simulated. Everything that waits returns a promise that only simulated events
 * settle; awaiting anything else is reported as an error that names the node and the handler.
 */
import type { Address } from '../kernel/address.ts'
import type { RandomStream } from '../kernel/random.ts'
import type { Duration } from '../kernel/time.ts'
import type { StreamFace } from '../network/stream-face.ts'
import type { DiskFace } from '../storage/disk-face.ts'
import type { MessageArguments, MessageType, Reply, ReplyOf } from './protocol.ts'

/** A node's own clocks, in milliseconds with microsecond precision. Both may drift; only `wall` is ever set. */
export interface Clock {
  /** What the machine believes the time of day is; may be skewed and may be stepped back. Starts near 0. */
  wall(): number
  /** Milliseconds since the machine was switched on; never runs backwards; timers run on it. */
  monotonic(): number
}

/** A timer that can be cancelled; cancelling twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void
}

/** Lines for people. Logs are not part of what happened: they change no fingerprint. */
export interface Log {
  debug(text: string, data?: unknown): void
  info(text: string, data?: unknown): void
  warn(text: string, data?: unknown): void
}

/** Numbers for people, summed up over all nodes under their name. They change no fingerprint. */
export interface Metrics {
  /** Adds to a counter; `by` defaults to 1. */
  count(name: string, by?: number): void
  /** Adds one sample to a distribution (latencies in milliseconds, sizes ...): mean and percentiles are reported. */
  sample(name: string, value: number): void
  /** Sets what a quantity is from now on: its mean over time and its maximum are reported. */
  gauge(name: string, value: number): void
}

/** How a client's operation ended, in the words of a history: it did, it did not, nobody knows. */
export type Outcome<T> =
  | { readonly type: 'ok'; readonly output: T }
  | { readonly type: 'fail'; readonly reason: string }
  | { readonly type: 'unknown'; readonly reason: string }

/** The operation succeeded with this output. */
export function ok<T>(output: T): Outcome<T> {
  return { type: 'ok', output }
}

/** The operation certainly did not take effect. */
export function fail(reason: string): Outcome<never> {
  return { type: 'fail', reason }
}

/** The operation may or may not have taken effect, now or later. */
export function unknown(reason: string): Outcome<never> {
  return { type: 'unknown', reason }
}

export interface RequestOptions {
  /** How long to wait for the reply, on the node's monotonic clock; default 1s. */
  readonly timeout?: Duration
}

/**
 * What a handler gets: the machine it runs on, in one incarnation. `P` is the protocol its handlers speak, `S` its
 * volatile state, `C` its configuration.
 */
export interface Node<P = unknown, S = unknown, C = unknown> {
  /** This node's own address. */
  readonly self: Address<P>
  /** `replica[0]`. */
  readonly name: string
  /** What the scenario gave to this node; frozen. */
  readonly config: C
  /** Volatile state, to be changed in place; gone in a crash. */
  readonly state: S
  /** This machine's own random stream. */
  readonly random: RandomStream
  readonly clock: Clock
  readonly disk: DiskFace
  readonly log: Log
  readonly metrics: Metrics
  /** Connections: ordered bytes with the semantics of TCP. */
  readonly streams: StreamFace

  /** Sends a datagram: it may be lost, doubled, or overtaken. The message is copied. At most 65 507 bytes. */
  send<Q, T extends MessageType<Q>>(to: Address<Q>, type: T, ...message: MessageArguments<Q, T>): void
  /** Sends the same datagram to each address in turn, itself excluded. */
  broadcast<Q, T extends MessageType<Q>>(
    to: readonly Address<Q>[],
    type: T,
    ...message: MessageArguments<Q, T>
  ): void
  /** Sends a request and waits for what the peer's handler returns, or for the timeout. Never rejects. */
  request<Q, T extends MessageType<Q>>(
    to: Address<Q>,
    type: T,
    message: MessageArguments<Q, T>[0],
    options?: RequestOptions,
  ): Promise<Reply<ReplyOf<Q, T>>>

  /**
   * Runs `run` once, `delay` from now on the monotonic clock; it gets this node. `after(0, ...)` begins something that
   * goes on beside the handler, as a task of its own.
   */
  after(delay: Duration, run: (node: this) => void | Promise<void>): Timer
  /** Runs `run` again and again, first after one interval; the next one is set when one fires (as setInterval does). */
  every(interval: Duration, run: (node: this) => void | Promise<void>): Timer
  /** Waits on the monotonic clock. */
  sleep(delay: Duration): Promise<void>
  /** Uses the CPU for this long (at nominal speed), after queueing for a core. Without a CPU model it is a sleep. */
  work(cost: Duration): Promise<void>
  /** Waits until the condition over this node's state holds; looked at after each event on this node. */
  until(condition: () => boolean): Promise<void>

  /** Takes a role, as shown in reports and matched by `role:<name>`; `detail` such as `{ term: 3 }`; '' for none. */
  role(name: string, detail?: unknown): void
  /** Records one operation of a client in the history: its beginning, its end, and how it ended. */
  operation<T>(name: string, input: unknown, run: () => Promise<Outcome<T>> | Outcome<T>): Promise<Outcome<T>>
  /** The operations that the workload gives to this node, in order. */
  workload<O = WorkloadOperation>(): readonly O[]
  /**
   * Whether something rare but legal should happen here, now. False, and nothing is drawn, unless the run's profile has
   * hooks on; then a quarter of all names are live in a run, and a live one says yes with this probability (0 to 1) at
   * each visit. A yes is a record of kind `hook`; what the node does next in the same event is caused by it.
   */
  maybe(name: string, probability: number): boolean
  /** Ends this incarnation gracefully: handlers end, connections close, what is on disk stays. */
  stop(): void
}

/** One operation of a workload: which node performs it, what and with which input, and how long after the last one. */
export interface WorkloadOperation {
  /** Name of the node that performs it, e.g. `client[0]`. */
  readonly node: string
  readonly name: string
  readonly input?: unknown
  /** Pause before it in milliseconds; default 0. */
  readonly after?: number
}
