/**
 * How message types are written down: an interface with one method a message type. The parameter is the message, the
 * result what a request of that type is answered with (`void` for messages that are only ever sent).
 *
 *     interface Messages {
 *       ping(message: { readonly n: number }): void
 *       read(message: { readonly key: string }): Versioned
 *     }
 *
 * Nothing of this exists at run time: it types `send`, `request` and handlers end to end.
 */
import type { Address } from '../kernel/address.ts'

/** What every protocol looks like to the compiler. */
export type Protocol<P> = { readonly [T in keyof P]: (message: never) => unknown }

/** The names of a protocol's message types. */
export type MessageType<P> = keyof P & string

/** The message of one type; `undefined` where the method takes none. */
export type MessageOf<P, T extends keyof P> = P[T] extends (...args: infer A) => unknown
  ? A extends readonly [infer M, ...unknown[]]
    ? M
    : undefined
  : never

/** What a request of that type is answered with. */
export type ReplyOf<P, T extends keyof P> = P[T] extends (...args: never[]) => infer R ? Awaited<R> : never

/** The arguments after the message type: none where the message has no content. */
export type MessageArguments<P, T extends keyof P> =
  undefined extends MessageOf<P, T> ? [message?: MessageOf<P, T>] : [message: MessageOf<P, T>]

/** Why a request was not answered. In no case is it known whether the peer acted on it, except `unhandled`. */
export type RequestFailure = 'timeout' | 'unhandled'

/** The outcome of a request: data, never an exception. */
export type Reply<R> =
  { readonly ok: true; readonly reply: R } | { readonly ok: false; readonly reason: RequestFailure }

/** The protocol that an address speaks. */
export type ProtocolOf<A> = A extends Address<infer P> ? P : never
