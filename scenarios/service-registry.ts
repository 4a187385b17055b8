/**
 * Clients call workers that come, go and die. Where does a client's list of workers come from: its own configuration, a
 * configuration that somebody pushes, or a registry of ephemeral znodes?
 *
 * Worker 1 crashes for twenty seconds, two workers are added, worker 2 is taken out of service, and the leader crashes.
 * What should happen: with the registry a client has a dead address for as long as a session lives, and none of one that
 * left properly; with pushes for up to the time between two; with its own configuration for ever.
 */
import {
  budget,
  choice,
  duration,
  integer,
  milliseconds,
  number,
  scenario,
  underOwnFaults,
  uniform,
} from 'orrery-sim'
import { coordinationServer } from 'orrery-sim/nodes/coordination'
import {
  addressOf,
  client,
  leaderNotListed,
  newAddressWithin,
  noDeadAddressFor,
  operator,
  worker,
} from 'orrery-sim/nodes/registry'

const TICK = 500
/** When what happens (milliseconds). */
const CRASH = 5000
const SCALE_OUT = 10_000
const SCALE_IN = 15_000
const LEADER_CRASH = 20_000
const OUTAGE = 20_000
/** A leader needs a few messages to get off the lists. */
const GRACE = 500

export default scenario({
  name: 'service-registry',
  summary: 'how long clients call dead workers: with a list of their own, a pushed one, or a registry',
  teaches: `
Look at "calls failed" and "dead address kept". With discovery=static the list never changes: the crashed worker is called
in its turn for as long as it is away, the one that was taken out of service for ever, and the two that were added idle. With
discovery=pushed somebody looks every few seconds who answers, and sends a new list: pushEvery is how long the clients are
wrong. That is not as cheap as it sounds: who looks asks everybody, each time, and a worker that was just too busy to answer
is off the list.

With discovery=registry each worker is an ephemeral znode, and clients watch the list. A worker that leaves properly is off
all lists within milliseconds, and gets no call after that; one that comes is on all of them. One that dies is there until
its session expires: sessionTimeout is how long clients are wrong, and it cannot be made as short as one likes, because a
worker that is merely slow would then come and go. So even the best registry does not free a client from failed calls: it
must try another worker anyway.

The workers elect a leader, who does not serve. On winning it takes itself off the list: watch "addresses on all lists" go down
when the leader crashes and one of the workers takes its place.
`,
  params: {
    discovery: choice(['registry', 'pushed', 'static'], {
      default: 'registry',
      about: "where clients' lists of workers come from",
    }),
    sessionTimeout: duration({ default: '2s', about: 'of workers and clients at the registry; 1s to 10s' }),
    pushEvery: duration({ default: '10s', about: 'time between two pushes of the configuration' }),
    workers: integer({ default: 6, min: 4, max: 100, about: 'workers at the start, the leader included' }),
    added: integer({ default: 2, min: 0, max: 100, about: 'workers that come later' }),
    clients: integer({ default: 4, min: 1, max: 100 }),
    interval: duration({ default: '50ms', about: 'time between two calls of a client' }),
    maxStale: duration({ default: '3s', about: 'acceptable age of what a client knows' }),
    maxFailed: number({ default: 0.03, min: 0, max: 1, about: 'acceptable share of failed calls' }),
  },
  valid({ sessionTimeout }) {
    const timeout = milliseconds(sessionTimeout)
    return (
      (timeout >= 2 * TICK && timeout <= 20 * TICK) ||
      `sessionTimeout must be 1s to 10s, not ${sessionTimeout}`
    )
  },

  cluster({ add, addOne, network, params }) {
    const { discovery, sessionTimeout, interval, pushEvery } = params
    network({ delay: uniform('1ms', '5ms') })
    const isRegistered = discovery === 'registry'
    const servers = isRegistered ? [addOne(coordinationServer, { tick: TICK })] : []
    const registry = isRegistered ? { registry: { servers, sessionTimeout } } : {}
    const hosts = add(worker, params.workers + params.added, (index) => ({
      ...registry,
      leads: index === 0,
      ...(index === 2 ? { leaveAfter: SCALE_IN } : {}),
      joinAfter: index < params.workers ? 50 * index : SCALE_OUT,
    }))
    const clients = add(client, params.clients, {
      ...registry,
      hosts,
      workers: isRegistered ? [] : hosts.slice(1, params.workers).map(({ name }) => addressOf(name)),
      interval,
      timeout: '300ms',
    })
    if (discovery === 'pushed') addOne(operator, { workers: hosts, clients: () => clients, every: pushEvery })
  },

  faults: () => [
    { at: CRASH, kind: 'crash', node: 'worker[1]', for: OUTAGE },
    { at: LEADER_CRASH, kind: 'crash', node: 'role:leader' },
  ],

  checks: ({ maxStale, maxFailed }) =>
    [
      noDeadAddressFor(milliseconds(maxStale)),
      newAddressWithin(milliseconds(maxStale)),
      leaderNotListed(GRACE),
      budget(`at most ${maxFailed} of all calls fail`, {
        atMost: maxFailed,
        measure: (world) => {
          const failed = world.counter('calls failed')
          return failed / (failed + world.counter('calls served'))
        },
      }),
    ].map(underOwnFaults),

  highlights: [
    'calls served',
    'calls failed',
    'dead address kept',
    'addresses on all lists',
    'sessions expired',
  ],
  examples: [
    { expect: 'held', about: 'a registry: wrong for as long as a session lives' },
    { set: { discovery: 'pushed' }, expect: 'violated', about: 'wrong until the next push' },
    { set: { discovery: 'pushed', pushEvery: '1s' }, expect: 'held', about: 'somebody looks every second' },
    { set: { discovery: 'static' }, expect: 'violated', about: 'wrong for ever' },
    {
      set: { sessionTimeout: '8s' },
      expect: 'violated',
      about: 'a registry whose sessions live long is not faster than a push',
    },
  ],
  until: CRASH + OUTAGE + 10_000,
})
