/**
 * Servers of the coordination service crash, or are cut off, while clients read and write. How much of the time is it there
 * for them?
 *
 * What should happen: as long as a majority is left, a crash of followers is hardly noticed and a crash of the leader costs
 * an election. Without a majority nothing goes, reads neither. An even number of servers tolerates no more crashes than the
 * odd number below it.
 */
import type { Plan } from 'orrery-sim'
import {
  choice,
  duration,
  integer,
  milliseconds,
  number,
  scenario,
  underOwnFaults,
  uniform,
} from 'orrery-sim'
import { availableAtLeast, client, noWriteLost } from 'orrery-sim/nodes/availability'
import { ensemble, ensembleProblem } from 'orrery-sim/nodes/coordination'

const TICK = 500
const FAULT_AT = 5000
/** For what follows a fault, and for what would follow none. */
const AFTERWARDS = 10_000

export default scenario({
  name: 'coordination-outage',
  summary:
    'servers of the coordination service crash: for which part of the time is it there, and with how many servers',
  teaches: `
Look at "reads available" and "writes available": their means are the share of the time in which a client that asked got an
answer within its deadline. With the default one follower of three crashes. Only its own clients notice: a machine without
power says nothing, so after two thirds of their session timeout without a word they give it up and find another server;
their sessions, with all that belongs to them, live on. Set fault=leader: the
servers need a new leader first, and drop all their clients until they have one, so everybody waits: for most of the time
until the others miss the leader (syncLimit: five ticks), then for the votes, which take a fraction of a second, then for the
clients to try again. It costs these seconds once, however long the old leader stays away.

Set crashed=2. One server is left, it answers nobody: alone it cannot know whether the others are dead or only out of its
reach, have a leader and accept writes. That is the price of never being wrong. When the majority is back, every session has
its full timeout again: nobody is expelled because the service was away.

Now vary servers. Three tolerate one crash, five two. Four tolerate one as well, because a majority of four is three: the
fourth server brings nothing but one more that can fail (and one more to wait for). The real service warns of even numbers
and allows them; so does this one. Zero it refuses.

fault=partition cuts servers off instead of stopping them, and a client with them: the side with the majority goes on,
the other one falls silent, although every machine runs.
`,
  params: {
    servers: integer({ default: 3, min: 0, max: 15, about: 'servers that vote' }),
    observers: integer({ default: 0, min: 0, max: 15, about: 'servers that follow without a vote' }),
    fault: choice(['followers', 'leader', 'partition', 'none'], {
      default: 'followers',
      about: 'what happens: servers crash (the leader last), the leader crashes, or servers are cut off',
    }),
    crashed: integer({ default: 1, min: 0, max: 15, about: 'how many servers crash or are cut off' }),
    for: duration({ default: '10s', about: 'for how long' }),
    clients: integer({ default: 6, min: 1, max: 200 }),
    sessionTimeout: duration({ default: '6s', about: '1s to 10s' }),
    interval: duration({ default: '200ms', about: 'time between two reads, and two writes, of a client' }),
    deadline: duration({ default: '500ms', about: 'how long a client waits for an answer' }),
    atLeast: number({ default: 0.85, min: 0, max: 1, about: 'acceptable share of time' }),
  },
  valid({ servers, observers, crashed, sessionTimeout }) {
    const problem = ensembleProblem(servers, observers)
    if (problem !== undefined) return `servers = ${servers}, observers = ${observers}: ${problem}`
    if (crashed > servers) return `crashed = ${crashed}: there are only ${servers} servers`
    const timeout = milliseconds(sessionTimeout)
    return (
      (timeout >= 2 * TICK && timeout <= 20 * TICK) ||
      `sessionTimeout must be 1s to 10s, not ${sessionTimeout}`
    )
  },

  cluster(setup) {
    const { servers: participants, observers, clients, sessionTimeout, interval, deadline } = setup.params
    setup.network({ delay: uniform('1ms', '5ms') })
    const servers = ensemble(setup, { participants, observers, tick: TICK })
    setup.add(client, clients, { servers, sessionTimeout, interval, deadline })
  },

  faults: ({ fault, crashed, for: lasting }): Plan => {
    // The server with the highest id leads at first, so the others are followers.
    const affected = Array.from({ length: crashed }, (_, index) => `coordination[${index}]`)
    if (fault === 'leader') return [{ at: FAULT_AT, kind: 'crash', node: 'role:leader', for: lasting }]
    if (fault === 'none' || crashed === 0) return []
    return fault === 'followers'
      ? [{ at: FAULT_AT, kind: 'crash', node: affected, for: lasting }]
      : [
          {
            at: FAULT_AT,
            kind: 'partition',
            groups: [[...affected, 'client[0]'], ['rest']],
            for: lasting,
          },
        ]
  },

  checks: ({ atLeast }) => [...availableAtLeast(atLeast).map(underOwnFaults), noWriteLost()],

  highlights: ['reads available', 'writes available', 'coordination latency', 'sessions expired'],
  examples: [
    { expect: 'held', about: 'one follower of three: only its clients notice' },
    { set: { fault: 'leader', atLeast: 0.7 }, expect: 'held', about: 'the leader of three: some seconds' },
    {
      set: { fault: 'leader', for: '60s' },
      expect: 'held',
      about: 'as many seconds, however long it stays away: the others go on without it',
    },
    { set: { crashed: 2 }, expect: 'violated', about: 'two of three: no majority, no service' },
    { set: { servers: 5, crashed: 2 }, expect: 'held', about: 'two of five' },
    { set: { servers: 4, crashed: 2 }, expect: 'violated', about: 'two of four: no better than three' },
    { set: { servers: 1 }, expect: 'violated', about: 'a single server' },
    { set: { fault: 'none' }, expect: 'held', about: 'nothing happens' },
    {
      set: { fault: 'partition', servers: 5, crashed: 2, atLeast: 0.8 },
      expect: 'held',
      about: 'the majority goes on, and a client of six is on the wrong side',
    },
  ],
  until: ({ for: lasting }) => FAULT_AT + milliseconds(lasting) + AFTERWARDS,
})
