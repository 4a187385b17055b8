/**
 * A reverse proxy in front of backends: chooses a server for each request, passes it on, and tries another one if no
 * answer comes in time. Health checks take servers out and put them back; agent checks set their weights.
 *
 * Names and defaults of the checks follow HAProxy's configuration manual (`inter`, `rise`, `fall`, `agent-inter`,
 * `retries`, `option redispatch`). One difference: HAProxy repeats only what was not sent yet unless `retry-on` says
 * more; here a request that timed out is repeated, as with `retry-on response-timeout`, so it may be served twice.
 *
 * Left out: the balancer's own CPU, connection limits and queues per server, slow start, sticky sessions by cookie.
 */
import type { Address, Duration, Node } from 'orrery-sim'
import { defineNode } from 'orrery-sim'
import type { BackendMessages, Response, ServiceMessages } from './messages.ts'
import type { Server, Strategy } from './strategies.ts'
import { choose, learn, newServer } from './strategies.ts'

export interface HealthCheck {
  /** Time between checks of a server, which is also how long it has to answer. Default 2s. */
  readonly inter?: Duration
  /** Successful checks in a row that bring a server back. Default 2. */
  readonly rise?: number
  /** Failed checks in a row that take a server out. Default 3. */
  readonly fall?: number
}

export interface BalancerConfig {
  readonly backends: readonly Address<BackendMessages>[]
  readonly strategy: Strategy
  /** Without it every server counts as up for ever. */
  readonly health?: HealthCheck
  /** How long a server has to answer a request. Default 1s. */
  readonly timeout?: Duration
  /** How many times a request that was not answered is sent again, to another server if there is one. Default 0. */
  readonly retries?: number
  /** Time between agent checks, with the strategy `agent`. Default 2s. */
  readonly agentInter?: Duration
}

interface Watched extends Server {
  /** Position among the backends. */
  readonly index: number
  up: boolean
  /** Checks in a row that contradict `up`. */
  contrary: number
}

interface BalancerState {
  readonly servers: Watched[]
}

type Balancer = Node<ServiceMessages, BalancerState, BalancerConfig>

export const balancer = defineNode<ServiceMessages, BalancerConfig>()({
  kind: 'balancer',
  state: ({ backends }): BalancerState => ({
    servers: backends.map((_backend, index) => ({ ...newServer(), index, up: true, contrary: 0 })),
  }),

  start(node) {
    const { health, strategy, agentInter = '2s' } = node.config
    for (const server of node.state.servers) {
      if (health !== undefined) node.every(health.inter ?? '2s', () => checkHealth(node, health, server))
      if (strategy === 'agent') node.every(agentInter, () => checkAgent(node, server))
    }
  },

  on: {
    async request(node, { source, work }): Promise<Response> {
      const { state, config, metrics, clock } = node
      const tried = new Set<Watched>()
      for (let sent = 0; sent <= (config.retries ?? 0); sent++) {
        const up = state.servers.filter((server) => server.up)
        const fresh = up.filter((server) => !tried.has(server))
        const candidates = fresh.length > 0 ? fresh : up
        if (candidates.length === 0) return { status: 503 }
        const server = choose(config.strategy, candidates, source, node.random)
        tried.add(server)
        const to = addressOf(node, server)
        metrics.count(sent === 0 ? `requests ${to.name}` : 'retries')

        const begun = clock.monotonic()
        server.connections++
        const reply = await node.request(to, 'serve', { work }, { timeout: config.timeout ?? '1s' })
        server.connections--
        learn(server, clock.monotonic() - begun)
        if (reply.ok) return { status: 200, server: to.name }
        metrics.count('server timeouts')
      }
      return { status: 504 }
    },
  },
})

async function checkHealth(
  node: Balancer,
  { inter = '2s', rise = 2, fall = 3 }: HealthCheck,
  server: Watched,
) {
  const reply = await node.request(addressOf(node, server), 'health', undefined, { timeout: inter })
  server.contrary = reply.ok === server.up ? 0 : server.contrary + 1
  if (server.contrary < (server.up ? fall : rise)) return
  server.up = !server.up
  server.contrary = 0
  // Who comes back is a new process: nothing learnt about the old one holds.
  if (server.up) server.responseTime = undefined
  node.metrics.count(server.up ? 'servers back' : 'servers taken out')
  node.log.info(`${addressOf(node, server).name} is ${server.up ? 'up' : 'down'}`)
}

async function checkAgent(node: Balancer, server: Watched): Promise<void> {
  const reply = await node.request(addressOf(node, server), 'agent', undefined)
  if (reply.ok) server.percent = reply.reply.percent
}

function addressOf(node: Balancer, { index }: Watched): Address<BackendMessages> {
  return node.config.backends[index] as Address<BackendMessages>
}
