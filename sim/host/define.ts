/**
 * Declaring a kind of node: volatile state, what is rebuilt from disk, handlers by message type, a start hook.
 */
import type { Address } from '../kernel/address.ts'
import { CallerError, show } from '../kernel/errors.ts'
import { knownFields } from '../kernel/nearest.ts'
import type { Duration } from '../kernel/time.ts'
import type { StreamConnection } from '../network/stream-face.ts'
import type { DiskOptions } from '../storage/disk-face.ts'
import type { Node } from './node.ts'
import type { MessageOf, Protocol, ReplyOf } from './protocol.ts'

/** Handlers by message type. What a handler returns (or its promise resolves to) answers a request of that type. */
export type Handlers<P, S, C> = {
  readonly [T in keyof P]?: (
    node: Node<P, S, C>,
    message: MessageOf<P, T>,
    from: Address<P>,
  ) => ReplyOf<P, T> | Promise<ReplyOf<P, T>>
}

/** What a message costs on the CPU before its handler runs: one duration, or one by message type (others: 0). */
export type CpuCost = Duration | Readonly<Record<string, Duration>>

export interface CpuOptions {
  /** Default 1. */
  readonly cores?: number
  /** Default 0. Replies, timers and continuations cost nothing by themselves but wait for a core like everything. */
  readonly cost?: CpuCost
}

/** The declaration of a kind. `P`: protocol, `S`: volatile state, `C`: configuration. */
export interface NodeDefinition<P, S, C> {
  /** Names the nodes: `replica[0]`, `replica[1]` ... */
  readonly kind: string
  /** Volatile state of a new incarnation. */
  readonly state?: (config: C) => S
  /** Rebuilds state from what the disk kept. Until it is done the node takes no messages. */
  readonly recover?: (node: Node<P, S, C>) => void | Promise<void>
  /** Runs when a new incarnation is ready. */
  readonly start?: (node: Node<P, S, C>) => void | Promise<void>
  readonly on?: Handlers<P, S, C>
  /** A peer has opened a stream connection to this node; without this hook connections are refused. */
  readonly accept?: (node: Node<P, S, C>, connection: StreamConnection) => void | Promise<void>
  /** CPU model; without one handlers take no time and never queue. May depend on the node's configuration. */
  readonly cpu?: CpuOptions | ((config: C) => CpuOptions)
  /** Disk latencies and capacity; without it operations are instantaneous and never run out of space. */
  readonly disk?: DiskOptions
}

/** A declared kind, to be handed to `add`. */
export interface NodeKind<P = unknown, C = unknown> {
  readonly kind: string
  readonly definition: NodeDefinition<P, unknown, C>
}

/** A configuration that may be left out. */
export type NoConfig = undefined

const FIELDS = [
  'kind',
  'state',
  'recover',
  'start',
  'on',
  'accept',
  'cpu',
  'disk',
] as const satisfies readonly (keyof NodeDefinition<unknown, unknown, unknown>)[]

/**
 * Declares a kind of node. Curried so that the protocol is given and the state inferred:
 *
 *     const replica = defineNode<Messages>()({ kind: 'replica', state: () => ({ ... }), on: { ... } })
 *     const client = defineNode<Messages, { replicas: Address<Messages>[] }>()({ kind: 'client', start(node) { ... } })
 */
export function defineNode<P extends Protocol<P> = object, C = NoConfig>(): <S = Record<string, never>>(
  definition: NodeDefinition<P, S, C>,
) => NodeKind<P, C> {
  return (definition) => {
    if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(definition.kind)) {
      throw new CallerError(`defineNode: kind ${show(definition.kind)}`, {
        expected: 'a name of letters, digits, - and _ that begins with a letter',
      })
    }
    knownFields(definition, FIELDS, `kind ${definition.kind}`)
    return { kind: definition.kind, definition: definition as unknown as NodeDefinition<P, unknown, C> }
  }
}
