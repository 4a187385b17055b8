/**
 * The coordination service as a kind of node: a server on its own, or one of an ensemble. One port serves clients and
 * other servers; the first frame of a connection tells which it is.
 */
import type { Node } from 'orrery-sim'
import { defineNode } from 'orrery-sim'

import type { Database } from '../data/transactions.ts'
import { emptyDatabase } from '../data/transactions.ts'
import { recoverDatabase } from '../server/log.ts'
import { asConnectRequest } from '../server/serve.ts'
import type { StandaloneConfig } from '../server/standalone.ts'
import { Standalone } from '../server/standalone.ts'
import type { ZabConfig, ZabProtocol } from '../zab/index.ts'
import { isLearnerFrame } from '../zab/index.ts'
import { EnsembleServer } from './ensemble-server.ts'

export interface CoordinationConfig extends StandaloneConfig {
  /** Cores of the server. Default 1. */
  readonly cores?: number
  /** The ensemble that it belongs to; default: none, it is on its own. Its `tick` is the server's. */
  readonly ensemble?: ZabConfig
}

/** What a client or another server addresses. Clients speak through streams only. */
export type CoordinationServer = ZabProtocol

export interface CoordinationState {
  server: EnsembleServer | Standalone | undefined
  /** What the server has applied. */
  database: Database
}

/** The server: `addOne(coordinationServer, { tick: 2000 })`, or several of them through `ensemble`. */
export const coordinationServer = coordinationKind(
  (node, config, zab) => new EnsembleServer(node, config, zab),
)

/** Makes the kind, with servers of an ensemble as given. */
export function coordinationKind(
  makeServer: (node: Node, config: StandaloneConfig, zab: ZabConfig) => EnsembleServer,
) {
  return defineNode<CoordinationServer, CoordinationConfig>()({
    kind: 'coordination',
    state: (): CoordinationState => ({ database: emptyDatabase(), server: undefined }),
    cpu: ({ cores = 1 }) => ({ cores }),
    disk: { latency: { sync: '1ms' } },

    async recover(node) {
      const { config, state } = node
      if (config.ensemble === undefined) {
        state.database = await recoverDatabase(node)
        return
      }
      const server = makeServer(node, config, config.ensemble)
      state.server = server
      server.onRestored = (database) => {
        state.database = database
      }
      await server.recover()
    },

    start(node) {
      const { config, state } = node
      if (state.server instanceof EnsembleServer) state.server.start()
      else state.server = new Standalone(node, state.database, config)
    },

    async accept(node, stream) {
      const { server } = node.state
      const arrived = await stream.receive()
      const frame = arrived.ok ? arrived.value : undefined
      const request = asConnectRequest(frame)
      if (server instanceof EnsembleServer && isLearnerFrame(frame)) await server.accept(stream, frame)
      else if (server !== undefined && request !== undefined) await server.serve(stream, request)
      else stream.abort()
    },

    on: {
      zabNotification(node, notification) {
        const { server } = node.state
        if (server instanceof EnsembleServer) server.notified(notification)
      },
    },
  })
}
