/**
 * Electing a leader, losing it, electing another, and the old one coming back: through a coordination service
 * (ephemeral sequential znodes, two ways of watching them) and without one (the bully algorithm).
 *
 * With the service a leader is never doubled and comes back within a session timeout, a tick and some messages; unless
 * the leader is paused for longer than its session lives, or believes in itself until it is told otherwise. The bully
 * algorithm keeps its promise only while the network keeps its own.
 */
import type { Address, Plan } from 'orrery-sim'
import { choice, duration, eventually, integer, milliseconds, number, scenario, uniform } from 'orrery-sim'
import { coordinationServer } from 'orrery-sim/nodes/coordination'
import type { BullyMessages } from 'orrery-sim/nodes/election'
import {
  bully,
  contender,
  leaders,
  leaderWithin,
  oneLeaderAtATime,
  oneLeaderPerTerm,
  rejoinsAsFollower,
} from 'orrery-sim/nodes/election'

/** Longest one-way delay, and how long a bully waits for answers (milliseconds). */
const DELAY_MAX = 5
const ANSWER = 50
/** For what follows the detection: a commit, a notification and the requests that decide, at the longest delay. */
const DECISION = 250
/** With loss: a notification waits for the next ping, and a call or two are repeated after a second each. */
const REPETITIONS = 3000

export default scenario({
  name: 'leader-election',
  summary:
    'a leader crashes, another is elected, the old one comes back: with a coordination service or as bullies',
  teaches: `
Look at the roles. With strategy predecessor or herd every contender owns an ephemeral sequential znode and the lowest
number leads; the number is the term, so a term never has two leaders. When the leader crashes nothing happens at first:
the service only notices that its pings stay away, and removes its znode when the session times out, on the next tick.
So the cluster is without a leader for up to sessionTimeout + tick, whatever the rest of the system does. The old leader
returns with a new session, a new znode and a higher number: it follows.

Shorten sessionTimeout and the gap shrinks, but now a pause or a slow network is taken for a death. Set fault=pause: the
leader is stopped by its garbage collector for longer than its session lives, another is elected, and when the first one
wakes up both lead until it hears that it has expired. No timeout prevents this; only a fencing token does (the term is
one). With fault=partition the leader notices by itself that the service is silent and steps down after two thirds of
its timeout, before anyone else is elected; set stepDown=expired to see what happens when it does not.

strategy=bully needs no service: the running node with the highest number leads, and takes over whenever it comes back.
It promises one leader only if every message arrives in time. Set fault=partition and each side has its leader; set
fault=split and two of them even lead in the same term.
`,
  params: {
    n: integer({ default: 5, min: 3, max: 200, about: 'contenders' }),
    strategy: choice(['predecessor', 'herd', 'bully'], {
      default: 'predecessor',
      about: 'whom a contender watches, or no service at all',
    }),
    fault: choice(['crash', 'pause', 'partition', 'split', 'service', 'none'], {
      default: 'crash',
      about:
        'what happens to the leader (split: a partition into three; service: the service crashes instead of the leader)',
    }),
    at: duration({ default: '5s', about: 'when it happens' }),
    for: duration({ default: '6s', about: 'for how long' }),
    sessionTimeout: duration({ default: '2s', about: 'silence after which a contender is taken for dead' }),
    tick: duration({
      default: '500ms',
      about: 'granularity of expiry at the service; interval of heartbeats of bullies',
    }),
    stepDown: choice(['disconnected', 'expired'], {
      default: 'disconnected',
      about: 'when a leader stops leading: on losing the service, or on being told that its session is over',
    }),
    loss: number({ default: 0, min: 0, max: 0.3, about: 'share of messages lost' }),
  },
  valid({ sessionTimeout, tick }) {
    const ticks = milliseconds(sessionTimeout) / milliseconds(tick)
    return (ticks >= 2 && ticks <= 20) || `sessionTimeout must be 2 to 20 ticks, not ${ticks}`
  },

  cluster({ add, addOne, network, params }) {
    const { n, strategy, sessionTimeout, tick, stepDown, loss } = params
    network({ delay: uniform('1ms', `${DELAY_MAX}ms`), loss })
    if (strategy === 'bully') {
      const members: readonly Address<BullyMessages>[] = add(bully, n, {
        peers: () => members,
        heartbeat: tick,
        timeout: sessionTimeout,
        answer: ANSWER,
      })
      return
    }
    const service = addOne(coordinationServer, { tick: milliseconds(tick) })
    add(contender, n, (index) => ({
      servers: [service],
      strategy,
      sessionTimeout,
      stepDown,
      joinAfter: 20 * index,
    }))
  },

  faults: ({ fault, at, for: lasting, n, strategy }): Plan => {
    switch (fault) {
      case 'crash':
        return [{ at, kind: 'crash', node: 'role:leader', for: lasting }]
      case 'pause':
        return [{ at, kind: 'pause', node: 'role:leader', for: lasting }]
      case 'partition':
        return [{ at, kind: 'partition', groups: [['role:leader'], ['rest']], for: lasting }]
      case 'split': {
        const lower = `contender[0..${Math.floor(n / 2) - 1}]`
        return [{ at, kind: 'partition', groups: [['role:leader'], [lower], ['rest']], for: lasting }]
      }
      case 'service':
        return [
          { at, kind: 'crash', node: strategy === 'bully' ? 'role:leader' : 'coordination', for: lasting },
        ]
      case 'none':
        return []
    }
  },

  checks: ({ strategy, fault, sessionTimeout, tick, loss, n }) => {
    const detection = milliseconds(sessionTimeout) + milliseconds(tick)
    const repetitions = loss > 0 ? milliseconds(sessionTimeout) / 3 + REPETITIONS : 0
    if (strategy === 'bully') {
      const bound = detection + 3 * ANSWER + DECISION + repetitions
      const highest = `contender[${n - 1}]`
      return [
        oneLeaderPerTerm(),
        oneLeaderAtATime(),
        leaderWithin(bound),
        eventually(
          'the highest node leads in the end',
          (world) => {
            const names = leaders(world).map((node) => node.name)
            return (names.length === 1 && names[0] === highest) || `leading: ${names.join(', ') || 'nobody'}`
          },
          { within: bound },
        ),
      ]
    }
    const among = { reaching: 'coordination' }
    return [
      oneLeaderPerTerm(),
      oneLeaderAtATime(among),
      leaderWithin(detection + DECISION + repetitions, among),
      ...(fault === 'crash' ? [rejoinsAsFollower()] : []),
    ]
  },

  highlights: ['leaders elected', 'sessions expired', 'coordination notifications', 'coordination requests'],
  examples: [
    { expect: 'held', about: 'the next in line takes over, the old leader follows' },
    { set: { strategy: 'herd' }, expect: 'held', about: 'the same, with everybody woken up' },
    {
      set: { for: '500ms' },
      expect: 'held',
      about: 'back before its session expired, it waits for its own ghost',
    },
    {
      set: { fault: 'pause' },
      expect: 'violated',
      about: 'a long pause: two leaders when the first one wakes up',
    },
    {
      set: { fault: 'pause', for: '1s' },
      expect: 'held',
      about: 'a pause shorter than the session: nobody notices',
    },
    { set: { fault: 'partition' }, expect: 'held', about: 'the leader is cut off and steps down by itself' },
    {
      set: { fault: 'partition', stepDown: 'expired' },
      expect: 'violated',
      about: 'the leader waits to be told, so it leads for a moment too long',
    },
    { set: { fault: 'service' }, expect: 'violated', about: 'one server: nobody can lead while it is down' },
    {
      set: { fault: 'service', for: '300ms' },
      expect: 'held',
      about: 'a short restart: sessions and znodes survive',
    },
    {
      set: { strategy: 'bully' },
      expect: 'held',
      about: 'the highest takes over, and again when it is back',
    },
    { set: { strategy: 'bully', fault: 'partition' }, expect: 'violated', about: 'each side has its leader' },
    { set: { strategy: 'bully', fault: 'split' }, expect: 'violated', about: 'two leaders in one term' },
  ],
  until: ({ at, for: lasting, sessionTimeout }) =>
    milliseconds(at) + milliseconds(lasting) + 4 * milliseconds(sessionTimeout),
})
