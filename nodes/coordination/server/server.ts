/**
 * A coordination service in the manner of ZooKeeper 3.8 as a kind of node: clients come over stream connections and speak
 * what wire.ts says. See the parts: data/ for the tree and its transactions, standalone.ts for a server on its own.
 */

import { defineNode } from 'orrery-sim'

import type { Database } from '../data/transactions.ts'
import { emptyDatabase } from '../data/transactions.ts'
import { recoverDatabase } from './log.ts'
import { asConnectRequest } from './serve.ts'
import type { StandaloneConfig } from './standalone.ts'
import { Standalone } from './standalone.ts'

export interface CoordinationConfig extends StandaloneConfig {
  /** Cores of the server. Default 1. */
  readonly cores?: number
}

export interface CoordinationState {
  database: Database
  server: Standalone | undefined
}

/** What a client addresses: it speaks through streams only. */
export type CoordinationServer = object

/** The server: `addOne(coordinationServer, { tick: 2000 })`. */
export const coordinationServer = defineNode<CoordinationServer, CoordinationConfig>()({
  kind: 'coordination',
  state: (): CoordinationState => ({ database: emptyDatabase(), server: undefined }),
  cpu: ({ cores = 1 }) => ({ cores }),
  disk: { latency: { sync: '1ms' } },

  async recover(node) {
    node.state.database = await recoverDatabase(node)
  },

  start(node) {
    node.state.server = new Standalone(node, node.state.database, node.config)
  },

  async accept(node, stream) {
    const arrived = await stream.receive()
    const request = arrived.ok ? asConnectRequest(arrived.value) : undefined
    const { server } = node.state
    if (request === undefined || server === undefined) stream.abort()
    else await server.serve(stream, request)
  },
})
