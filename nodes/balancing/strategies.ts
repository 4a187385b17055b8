/**
 * How a balancer chooses a server. Each strategy follows a counterpart that people run:
 *
 * | strategy            | counterpart                                                                                     |
 * |---------------------|-------------------------------------------------------------------------------------------------|
 * | `round-robin`       | HAProxy `balance roundrobin`, NGINX's default (its smooth weighted variant)                      |
 * | `source`            | HAProxy `balance source` with `hash-type map-based`; NGINX `ip_hash`                             |
 * | `least-connections` | HAProxy `balance leastconn`, NGINX `least_conn`; ties go round robin                             |
 * | `response-time`     | the load metric of Finagle's and Envoy's peak EWMA, over all servers; close to NGINX `least_time` |
 * | `agent`             | HAProxy `agent-check`: round robin with the weights that backends report                         |
 * | `random`            | HAProxy `balance random(1)`                                                                      |
 * | `two-choices`       | HAProxy `balance random(2)`, Envoy's least request: the less loaded of two drawn at random       |
 */
import type { RandomStream } from 'orrery-sim'

export type Strategy =
  'round-robin' | 'source' | 'least-connections' | 'response-time' | 'agent' | 'random' | 'two-choices'

/** What a balancer knows about a server. */
export interface Server {
  /** Requests that it was sent and has not answered. */
  connections: number
  /** Exponentially weighted mean of its response times in milliseconds; undefined before the first one. */
  responseTime: number | undefined
  /** Weight in percent, as its agent reported it; 100 without an agent. */
  percent: number
  /** Lead in smooth weighted round robin. */
  lead: number
}

/** A server that knows nothing of itself yet. */
export function newServer(): Server {
  return { connections: 0, responseTime: undefined, percent: 100, lead: 0 }
}

/** Chooses one of at least one server and notes whose turn it was. `source` is the client's address as a number. */
export function choose<S extends Server>(
  strategy: Strategy,
  servers: readonly S[],
  source: number,
  random: RandomStream,
): S {
  switch (strategy) {
    case 'round-robin':
      return inTurn(servers, () => 1)
    case 'source':
      return servers[mixed(source) % servers.length] as S
    case 'least-connections':
      return lowest(servers, ({ connections }) => connections)
    case 'response-time': {
      const fallback = meanResponseTime(servers)
      return lowest(servers, ({ responseTime = fallback, connections }) => responseTime * (connections + 1))
    }
    case 'agent':
      return inTurn(servers, ({ percent }) => percent)
    case 'random':
      return random.pick(servers)
    case 'two-choices': {
      const first = random.pick(servers)
      const others = servers.filter((server) => server !== first)
      return others.length === 0
        ? first
        : lowest([first, random.pick(others)], ({ connections }) => connections)
    }
    default:
      return strategy satisfies never
  }
}

/** Adds one response time, in milliseconds, to a server's mean. */
export function learn(server: Server, responseTime: number): void {
  const { responseTime: mean = responseTime } = server
  server.responseTime = mean + LEARNING_RATE * (responseTime - mean)
}

const LEARNING_RATE = 0.1

/**
 * Smooth weighted round robin, as NGINX does it: everybody gains their weight, who leads is taken and pays the sum. With
 * equal weights that is plain round robin; with others, turns of a heavy server are spread out.
 */
function inTurn<S extends Server>(servers: readonly S[], weightOf: (server: S) => number): S {
  let total = 0
  for (const server of servers) {
    const weight = weightOf(server)
    server.lead += weight
    total += weight
  }
  const leader = servers.reduce((best, server) => (server.lead > best.lead ? server : best))
  leader.lead -= total
  return leader
}

/** The server with the lowest score; those that share it take turns. */
function lowest<S extends Server>(servers: readonly S[], scoreOf: (server: S) => number): S {
  const scores = servers.map(scoreOf)
  const least = Math.min(...scores)
  return inTurn(
    servers.filter((_server, index) => scores[index] === least),
    () => 1,
  )
}

/** What to assume of a server that has not answered yet: that it is like the others. */
function meanResponseTime(servers: readonly Server[]): number {
  const known = servers.flatMap(({ responseTime }) => (responseTime === undefined ? [] : [responseTime]))
  return known.length === 0 ? 1 : known.reduce((sum, time) => sum + time, 0) / known.length
}

/** Spreads addresses of one network over all numbers (the finalizer of MurmurHash3). */
function mixed(source: number): number {
  let hash = source >>> 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
