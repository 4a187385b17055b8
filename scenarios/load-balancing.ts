/**
 * Clients send requests of very different cost through a load balancer to backends with CPUs; one backend may be slower
 * than the others, and one crashes for a while with requests in flight.
 *
 * What should happen: strategies that know about load (least connections, response time, agents) keep backends about
 * equally busy and latencies short. Source hashing gives a few heavy clients to one backend, round robin gives a slow
 * backend as much as a fast one; both overload it. Health checks and retries hide the crash from clients.
 */
import { boolean, choice, integer, number, scenario, underOwnFaults } from 'orrery-sim'
import {
  backend,
  balancer,
  client,
  drawWork,
  errorsAtMost,
  imbalanceAtMost,
  p99AtMost,
  poissonRequests,
  workloads,
} from 'orrery-sim/nodes/balancing'

const MEAN_WORK_MS = 10

export default scenario({
  name: 'load-balancing',
  summary:
    'who knows about load balances it: round robin and source hash overload one backend, least connections does not',
  teaches: `Requests cost 10 ms of CPU on average, but one in ten costs 55. Look at the latency: at the same load the
strategies differ only in who waits behind whom. Round robin counts requests and does not see that one of them blocks a
backend; least connections sees its queue and goes elsewhere, which halves the mean and the 99th percentile. Response time
(response time times queue) does the same and also notices a backend that is slow. Agents report how idle their machine
was: right on average, so that a slow backend gets less, but too late to dodge a queue. A source hash keeps a client on one
backend, which is all it wants; with few or heavy clients it cannot keep backends equally busy, and more of them do not
help. Try slow=0.4 with round-robin and with least-connections, and strategy=source clients=6 skew=1.2.

Backend[0] crashes with requests in flight. Until three health checks have failed, round robin gives it every fourth new
request, each of which waits for a timeout of a second before it is sent elsewhere: see 'retries', and set health=false.
Least connections hardly notices, since unanswered requests count as connections. Without retries those in flight are
lost: retries=0. And mind what health checks do under overload: they queue for the same CPU, fail, and an overloaded
backend is taken out, so that its load falls on the others (strategy=source clients=6 skew=1.2 load=0.7).`,

  params: {
    strategy: choice(
      ['round-robin', 'source', 'least-connections', 'response-time', 'agent', 'random', 'two-choices'],
      { default: 'least-connections', about: 'how the balancer chooses a backend' },
    ),
    backends: integer({ default: 4, min: 1, max: 100 }),
    cores: integer({ default: 1, min: 1, max: 64, about: 'cores of each backend' }),
    slow: number({ default: 1, min: 0.05, max: 1, about: 'speed of the last backend; the others have 1' }),
    clients: integer({ default: 20, min: 1, max: 1000 }),
    skew: number({
      default: 0,
      min: 0,
      max: 5,
      about: 'client i sends in proportion to 1 / i^skew (0: all the same)',
    }),
    load: number({
      default: 0.6,
      min: 0.01,
      max: 2,
      about: 'work that arrives, as a share of what all backends can do',
    }),
    work: choice(workloads, { default: 'bimodal', about: 'what requests cost, 10 ms of CPU on average' }),
    seconds: number({ default: 15, min: 1, max: 600, about: 'how long requests arrive' }),
    crash: boolean({ default: true, about: 'whether backend[0] crashes, for a fifth of the time' }),
    health: boolean({ default: true, about: 'whether the balancer checks the health of backends' }),
    retries: integer({
      default: 2,
      min: 0,
      max: 10,
      about: 'how often an unanswered request is sent again, elsewhere',
    }),
    maxImbalance: number({
      default: 1.6,
      min: 1,
      about: 'requests of the most chosen backend over the mean',
    }),
    maxP99: number({ default: 500, min: 0, about: 'milliseconds' }),
    maxErrors: integer({ default: 0, min: 0, about: 'requests that clients see fail' }),
  },

  cluster({ add, addOne, network, params, random }) {
    const { strategy, cores, health, retries } = params
    const backends = add(backend, params.backends, (index) => ({
      cores,
      speed: index === params.backends - 1 ? params.slow : 1,
    }))
    const proxy = addOne(balancer, {
      strategy,
      backends,
      retries,
      timeout: '1s',
      agentInter: '200ms',
      ...(health ? { health: { inter: '100ms', rise: 2, fall: 3 } } : {}),
    })
    add(client, params.clients, () => ({ balancer: proxy, source: random.int(4_294_967_296) }))
    network({ delay: '500us' })
  },

  workload({ params, random, nodes }) {
    const names = nodes('client')
    const shares = names.map((_name, index) => Math.exp(-params.skew * Math.log(index + 1)))
    const total = shares.reduce((sum, share) => sum + share, 0)
    const capacity = ((params.backends - 1 + params.slow) * params.cores * 1000) / MEAN_WORK_MS
    return names.flatMap((node, index) => {
      const perSecond = (params.load * capacity * (shares[index] as number)) / total
      const work = (): number => drawWork(params.work, MEAN_WORK_MS, random)
      return poissonRequests(node, { perSecond, seconds: params.seconds, work }, random)
    })
  },

  faults: ({ crash, seconds }) =>
    crash ? [{ at: 300 * seconds, kind: 'crash', node: 'backend[0]', for: 200 * seconds }] : [],

  checks: ({ maxImbalance, maxP99, maxErrors }) =>
    [imbalanceAtMost(maxImbalance), p99AtMost(maxP99), errorsAtMost(maxErrors)].map(underOwnFaults),
  highlights: [
    'latency',
    'served',
    'errors',
    'retries',
    'servers taken out',
    'requests backend[0]',
    'requests backend[1]',
  ],
  examples: [
    { expect: 'held', about: 'least connections, through a crash' },
    {
      set: { strategy: 'round-robin' },
      expect: 'held',
      about: 'like backends and health checks: turns will do',
    },
    {
      set: { strategy: 'round-robin', health: false },
      expect: 'violated',
      about: 'a dead backend keeps its turns',
    },
    { set: { retries: 0 }, expect: 'violated', about: 'requests in flight die with their backend' },
    {
      set: { strategy: 'source', clients: 6, skew: 1.2, load: 0.4, crash: false },
      expect: 'violated',
      about: 'a hash cannot split a heavy client',
    },
    {
      set: { clients: 6, skew: 1.2, load: 0.4, crash: false },
      expect: 'held',
      about: 'the same clients, by least connections',
    },
    {
      set: { strategy: 'round-robin', slow: 0.4, crash: false },
      expect: 'violated',
      about: 'a slow backend gets as much as a fast one',
    },
    { set: { slow: 0.4, crash: false }, expect: 'held', about: 'least connections gives it less' },
    {
      set: { strategy: 'response-time', slow: 0.4, crash: false },
      expect: 'held',
      about: 'so does response time',
    },
    {
      set: { strategy: 'agent', slow: 0.5, load: 0.5, crash: false },
      expect: 'held',
      about: 'and so do agents',
    },
  ],
  until: ({ seconds }) => 1000 * (seconds + 15),
})
