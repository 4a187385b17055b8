/** How recipes and the nodes that use them open a session: the one place that knows the client library's way. */
import type { Address, Node } from 'orrery-sim'
import type {
  ConnectionOptions,
  CoordinationServer,
  CoordinationSession,
} from 'orrery-sim/nodes/coordination'
import { connect } from 'orrery-sim/nodes/coordination'

/** The servers of the service; a client uses one of them at a time. */
export type Servers = readonly Address<CoordinationServer>[]

/** What a kind that has a session must be able to receive, besides its own messages: nothing, it speaks over a stream. */
export type SessionEvents = object

/** Handlers to be spread into those of the kind. */
export const sessionHandlers = {}

/** Opens a session; resolves once it is connected, however long that takes. */
export function openSession(
  node: Node,
  servers: Servers,
  options: ConnectionOptions,
): Promise<CoordinationSession> {
  return connect(node, servers, options)
}
