/**
 * A backend: requests take the CPU in order of arrival, each for as long as it costs. Everything else on the machine
 * queues for the same cores, health checks too, so that an overloaded backend may fail them.
 *
 * Left out: a limit of connections or of the accept queue, time sharing between requests, giving up a request whose
 * client no longer waits (the work is done for nothing).
 */
import { defineNode } from 'orrery-sim'
import type { BackendMessages } from './messages.ts'

export interface BackendConfig {
  /** Default 1. */
  readonly cores?: number
  /** Milliseconds of work done in a millisecond on each core; default 1. */
  readonly speed?: number
}

/** How often the agent looks at the CPU, in milliseconds, and how much of its last view it keeps. */
const AGENT_INTERVAL = 100
const AGENT_MEMORY = 0.9

/** Serves requests; counts `busy backend[i]`, core-milliseconds of finished work. */
export const backend = defineNode<BackendMessages, BackendConfig>()({
  kind: 'backend',
  cpu: ({ cores = 1 }) => ({ cores }),
  state: () => ({ active: 0, busyMs: 0, idleShare: 1 }),

  start(node) {
    const { cores = 1 } = node.config
    let seen = 0
    node.every(AGENT_INTERVAL, () => {
      const { state } = node
      const idle = Math.max(0, 1 - (state.busyMs - seen) / (AGENT_INTERVAL * cores))
      seen = state.busyMs
      state.idleShare = AGENT_MEMORY * state.idleShare + (1 - AGENT_MEMORY) * idle
    })
  },

  on: {
    async serve(node, { work }) {
      const { state, config, metrics } = node
      const cost = work / (config.speed ?? 1)
      state.active++
      await node.work(cost)
      state.active--
      state.busyMs += cost
      metrics.count(`busy ${node.name}`, cost)
    },
    health: () => undefined,
    // Never 0: to HAProxy that would mean "drain", and the backend would get nothing more to be idle after.
    agent: (node) => ({ percent: Math.max(1, Math.round(100 * node.state.idleShare)) }),
  },
})
