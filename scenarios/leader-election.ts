/**
 * Electing a leader, losing it, electing another, and the old one coming back: through a coordination service (ephemeral
 * sequential znodes, two ways of watching them), without one (the bully algorithm), or by hand.
 *
 * With the service a leader is never doubled and comes back within a session timeout, a tick and some messages; unless
 * the leader is paused for longer than its session lives, or believes in itself until it is told otherwise. The bully
 * algorithm keeps its promise only while the network keeps its own. Who elects by hand waits for a person.
 */
import type { Address, Check, Plan } from 'orrery-sim'
import {
  choice,
  duration,
  eventually,
  integer,
  milliseconds,
  never,
  number,
  scenario,
  underOwnFaults,
  uniform,
} from 'orrery-sim'
import { ensemble, ensembleProblem } from 'orrery-sim/nodes/coordination'
import type { BullyMessages } from 'orrery-sim/nodes/election'
import {
  appointed,
  bully,
  client,
  contender,
  everybodyWaitsForTheOneBefore,
  leaders,
  leaderWithin,
  lineMovesUp,
  oneLeaderAtATime,
  oneLeaderPerTerm,
  operator,
  rejoinsAsFollower,
} from 'orrery-sim/nodes/election'

/** Longest one-way delay, and how long a bully waits for answers (milliseconds). */
const DELAY_MAX = 5
const ANSWER = 50
/** For what follows the detection: a commit, a notification and the requests that decide, at the longest delay. */
const DECISION = 250
/** With loss: a notification waits for the next ping, and a call or two are repeated after a second each. */
const REPETITIONS = 3000
/** Contenders wait until the servers of the service have a leader of their own; then the first comes, and soon the others. */
const SERVICE_READY = 500
const HEAD_START = 300
const JOIN_PAUSE = 20

export default scenario({
  name: 'leader-election',
  summary:
    'a leader crashes, another is elected, the old one comes back: with a coordination service, as bullies, or by hand',
  teaches: `
Look at the roles. With strategy predecessor or herd every contender owns an ephemeral sequential znode and the lowest
number leads; the number is the term, so a term never has two leaders. When the leader crashes nothing happens at first:
the service only notices that its pings stay away, and removes its znode when the session times out, on the next tick.
So the cluster is without a leader for up to sessionTimeout + tick, whatever the rest of the system does. The old leader
returns with a new session, a new znode and a higher number: it follows.

The contenders stand in line, in the order of their numbers, and each watches the one before it (or, with herd, all watch
the first). Four situations show what that means. situation=join: they come one after the other, the first leads, nobody is
ever notified. situation=leader-dies: the next in line is told and leads. situation=rejoin: and the old leader comes back,
at the end of the line. situation=middle-dies: only its successor is told, and has to close the gap: it looks who is before
it now, and watches that one. If it did not, it would not hear of the next departure.

Shorten sessionTimeout and the gap shrinks, but now a pause or a slow network is taken for a death. Set fault=pause: the
leader is stopped by its garbage collector for longer than its session lives, another is elected, and when the first one
wakes up both lead until it hears that it has expired. No timeout prevents this; only a fencing token does (the term is
one: see split-brain). With fault=partition the leader notices by itself that the service is silent and steps down after
two thirds of its timeout, before anyone else is elected; set stepDown=expired to see what happens when it does not.

strategy=bully needs no service: the running node with the highest number leads, and takes over whenever it comes back.
It promises one leader only if every message arrives in time. Set fault=partition and each side has its leader; set
fault=split and two of them even lead in the same term.

strategy=by-hand is how it is done before one knows better: the configuration says who leads, an operator gets an alarm
when it does not answer, and appoints another one. See "time without a leader": it takes as long as people take
(reaction). And the old leader comes back with its old configuration, in which it still leads.
`,
  params: {
    n: integer({ default: 5, min: 3, max: 200, about: 'contenders' }),
    servers: integer({ default: 3, min: 0, max: 9, about: 'servers of the coordination service' }),
    strategy: choice(['predecessor', 'herd', 'bully', 'by-hand'], {
      default: 'predecessor',
      about: 'whom a contender watches, or no service at all',
    }),
    situation: choice(['rejoin', 'leader-dies', 'middle-dies', 'join'], {
      default: 'rejoin',
      about:
        'who goes: the leader for a while, the leader for good, one in the middle of the line for good, or nobody',
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
    reaction: duration({
      default: '60s',
      about: 'by hand: from the alarm to the appointment of another leader',
    }),
    loss: number({ default: 0, min: 0, max: 0.3, about: 'share of messages lost' }),
  },
  valid({ sessionTimeout, tick, servers, situation, fault, strategy }) {
    const ticks = milliseconds(sessionTimeout) / milliseconds(tick)
    if (ticks < 2 || ticks > 20) return `sessionTimeout must be 2 to 20 ticks, not ${ticks}`
    const problem = ensembleProblem(servers)
    if (problem !== undefined) return `servers = ${servers}: ${problem}`
    if (situation !== 'rejoin' && fault !== 'crash')
      return `situation ${situation} has no other fault than a crash`
    return (
      situation !== 'middle-dies' ||
      strategy === 'predecessor' ||
      strategy === 'herd' ||
      `without a service there is no line: situation ${situation} needs strategy predecessor or herd`
    )
  },

  cluster(setup) {
    const { add, addOne, network, params } = setup
    const { n, strategy, sessionTimeout, tick, stepDown, loss, reaction } = params
    network({ delay: uniform('1ms', `${DELAY_MAX}ms`), loss })
    const user = addOne(client)
    switch (strategy) {
      case 'bully': {
        const members: readonly Address<BullyMessages>[] = add(bully, n, {
          peers: () => members,
          heartbeat: tick,
          timeout: sessionTimeout,
          answer: ANSWER,
          client: user,
        })
        return
      }
      case 'by-hand': {
        const members = add(appointed, n, { first: 'contender[0]', client: user })
        addOne(operator, { members, reaction })
        return
      }
      case 'predecessor':
      case 'herd': {
        const servers = ensemble(setup, { participants: params.servers, tick: milliseconds(tick) })
        const how = { servers, strategy, sessionTimeout, stepDown, client: user }
        add(contender, n, (index) => ({
          ...how,
          joinAfter: SERVICE_READY + (index === 0 ? 0 : HEAD_START + JOIN_PAUSE * index),
        }))
      }
    }
  },

  faults: ({ situation, fault, at, for: lasting, n, strategy }): Plan => {
    // By name: the servers of the service have a leader of their own, which holds this role as well.
    const leader = strategy === 'bully' ? `contender[${n - 1}]` : 'contender[0]'
    switch (situation) {
      case 'join':
        return []
      case 'leader-dies':
        return [{ at, kind: 'crash', node: leader }]
      case 'middle-dies':
        return [{ at, kind: 'crash', node: `contender[${Math.floor(n / 2)}]` }]
      case 'rejoin':
    }
    switch (fault) {
      case 'crash':
        return [{ at, kind: 'crash', node: leader, for: lasting }]
      case 'pause':
        return [{ at, kind: 'pause', node: leader, for: lasting }]
      case 'partition':
        return [{ at, kind: 'partition', groups: [[leader], ['rest']], for: lasting }]
      case 'split': {
        const half = Math.floor(n / 2)
        const lower = strategy === 'bully' ? `contender[0..${half - 1}]` : `contender[1..${half}]`
        return [{ at, kind: 'partition', groups: [[leader], [lower], ['rest']], for: lasting }]
      }
      case 'service': {
        const hasService = strategy === 'predecessor' || strategy === 'herd'
        return [{ at, kind: 'crash', node: hasService ? 'coordination' : leader, for: lasting }]
      }
      case 'none':
        return []
    }
  },

  // Clients look on from outside.
  randomFaults: ({ strategy, servers }) => {
    const hasService = strategy === 'predecessor' || strategy === 'herd'
    return {
      nodes: ['contender', ...(hasService && servers > 0 ? ['coordination'] : [])],
      roles: ['contender[role:leader]'],
    }
  },

  checks: ({ strategy, situation, fault, at, sessionTimeout, tick, loss, n }): Check[] => {
    const detection = milliseconds(sessionTimeout) + milliseconds(tick)
    const repetitions = loss > 0 ? milliseconds(sessionTimeout) / 3 + REPETITIONS : 0
    if (strategy === 'bully' || strategy === 'by-hand') {
      const bound = detection + 3 * ANSWER + DECISION + repetitions
      const always = [oneLeaderPerTerm(), oneLeaderAtATime(), leaderWithin(bound)].map(underOwnFaults)
      if (strategy === 'by-hand' || situation === 'leader-dies') return always
      const highest = `contender[${n - 1}]`
      return [
        ...always,
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
    const within = detection + DECISION + repetitions
    const promises = [
      oneLeaderPerTerm(),
      // A pause or a slow clock is enough for two who believe to lead: what holds whatever happens is one per term.
      underOwnFaults(oneLeaderAtATime(among)),
      underOwnFaults(leaderWithin(within, among)),
    ]
    const crashes = fault === 'crash' && situation !== 'join'
    return [
      ...promises,
      // Who loses the session to a lossy network joins the line again, at its end.
      ...(crashes && loss === 0 ? [underOwnFaults(lineMovesUp({ within }))] : []),
      ...(crashes && situation === 'rejoin' ? [rejoinsAsFollower()] : []),
      ...((fault === 'crash' || fault === 'none') && loss === 0
        ? [
            underOwnFaults(
              everybodyWaitsForTheOneBefore(strategy === 'herd' ? 'leader' : 'predecessor', {
                within: crashes ? within : milliseconds(at) + within,
              }),
            ),
          ]
        : []),
      ...(situation === 'join'
        ? [
            underOwnFaults(
              never('nobody is woken up', (world) =>
                world.counter('leaders elected') === 0
                  ? undefined
                  : world.counter('coordination notifications') > 0,
              ),
            ),
          ]
        : []),
    ]
  },

  highlights: [
    'time without a leader',
    'leaders elected',
    'sessions expired',
    'coordination notifications',
    'coordination requests',
  ],
  examples: [
    { expect: 'held', about: 'the next in line takes over, the old leader follows' },
    { set: { strategy: 'herd' }, expect: 'held', about: 'the same, with everybody woken up' },
    {
      set: { situation: 'join' },
      expect: 'held',
      about: 'they join in order, each waits for the one before',
    },
    {
      set: { situation: 'leader-dies' },
      expect: 'held',
      about: 'the leader dies for good, the line moves up',
    },
    {
      set: { situation: 'middle-dies' },
      expect: 'held',
      about: 'one in the middle dies, its successor closes the gap',
    },
    {
      set: { servers: 1 },
      expect: 'held',
      about: 'a service of a single server does, until it is that which fails',
    },
    {
      set: { strategy: 'by-hand', situation: 'leader-dies' },
      expect: 'violated',
      about: 'by hand: a minute without a leader',
    },
    {
      set: { strategy: 'by-hand', for: '90s' },
      expect: 'violated',
      about: 'and two of them when the old one is back',
    },
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
    { set: { fault: 'service' }, expect: 'violated', about: 'nobody can lead while the service is down' },
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
  until: ({ at, for: lasting, sessionTimeout, strategy, reaction }) =>
    milliseconds(at) +
    milliseconds(lasting) +
    4 * milliseconds(sessionTimeout) +
    (strategy === 'by-hand' ? milliseconds(reaction) : 0),
})
