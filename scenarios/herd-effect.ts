/**
 * The herd effect: N contenders behind one leader, all watching its znode, against each watching only its predecessor.
 * The servers of the service have a CPU each, so that waking everybody up shows: as notifications, as requests, and as the
 * time until the one that should lead learns that it does.
 */
import type { Check, Duration, Violation } from 'orrery-sim'
import {
  choice,
  duration,
  formatTime,
  integer,
  milliseconds,
  scenario,
  underOwnFaults,
  uniform,
} from 'orrery-sim'
import { ensemble, ensembleProblem } from 'orrery-sim/nodes/coordination'
import { contender, leaders, oneLeaderAtATime } from 'orrery-sim/nodes/election'

/** The first contenders come in a certain order: they are the ones that will lead. */
const FIRST = 5
const FIRST_PAUSE = 200
/** When the first one comes: by then the servers have a leader of their own. */
const READY = 1000

/** When a contender joins: the later ones so far apart (milliseconds) that the service easily keeps up. */
function joinAfter(index: number, requestCost: Duration): number {
  const first = READY + FIRST_PAUSE * Math.min(index, FIRST)
  return first + (2 + 10 * milliseconds(requestCost)) * Math.max(0, index - FIRST)
}
/** Between a crash and the next one: the old session must be over and the herd asleep again. */
const CALM = 5000

/** Nobody's departure wakes up more than `most`, on all servers together. */
function notificationsPerFailover(most: number): Check {
  const name = `at most ${most} notifications per failover`
  return {
    name,
    begin({ world }) {
      const crashes = world.countRecords(['crash'])
      let failovers = 0
      let before = 0
      let highest = 0
      let violation: Violation | undefined
      return {
        afterEvent() {
          const sent = world.counter('coordination notifications')
          if (crashes() !== failovers) {
            failovers = crashes()
            before = sent
          }
          const count = failovers === 0 ? 0 : sent - before
          highest = Math.max(highest, count)
          if (count <= most) return
          violation ??= {
            time: Math.round(world.now * 1000),
            record: world.lastRecord,
            expected: name,
            observed: `${count} contenders were notified of one change`,
          }
        },
        finish: () => ({
          name,
          verdict: violation === undefined ? 'held' : 'violated',
          observations: failovers,
          detail: `at most ${highest}`,
          ...(violation === undefined ? {} : { violation }),
        }),
      }
    },
  }
}

/** From the moment at which the service gives up the old leader until the new one knows. */
function leaderSoonAfterExpiry(within: number): Check {
  const name = `a new leader within ${formatTime(Math.round(within * 1000))} of the old one's expiry`
  return {
    name,
    begin(context) {
      const { world } = context
      let expired = 0
      let elected = 0
      let since: number | undefined
      let longest = 0
      let failovers = 0
      let violation: Violation | undefined
      const overdue = (): void => {
        if (since === undefined || violation !== undefined || world.now - since < within) return
        violation = {
          time: Math.round(world.now * 1000),
          record: world.lastRecord,
          expected: name,
          observed: `no leader yet; the session expired at ${formatTime(Math.round(since * 1000))}`,
        }
      }
      return {
        afterEvent() {
          const nowExpired = world.counter('sessions expired')
          if (nowExpired !== expired) {
            expired = nowExpired
            if (since === undefined && leaders(world).length === 0) {
              since = world.now
              context.at(Math.round((since + within) * 1000), overdue)
            }
          }
          const nowElected = world.counter('leaders elected')
          if (nowElected === elected) return
          elected = nowElected
          if (since === undefined) return
          longest = Math.max(longest, world.now - since)
          failovers++
          since = undefined
        },
        finish: () => ({
          name,
          verdict: violation === undefined ? 'held' : 'violated',
          observations: failovers,
          ...(failovers === 0 ? {} : { measures: { 'longest failover (ms)': longest } }),
          detail: `${failovers} failovers, the longest ${formatTime(Math.round(longest * 1000))}`,
          ...(violation === undefined ? {} : { violation }),
        }),
      }
    },
  }
}

export default scenario({
  name: 'herd-effect',
  summary: 'N contenders watch the leader or their predecessor: n-1 notifications for a failover, or one',
  teaches: `
The leader crashes a few times, for good. Whoever watched its znode is told, asks the service who is there now, and
watches again. With strategy=herd that is everybody: n-1 notifications, then n-1 lists of n names each, then n-1 new
watches, all at once and all but one for nothing. With strategy=predecessor one contender is told, asks once, and
leads; the others sleep on.

Look at "notifications per change", at "coordination requests", and at "coordination latency", which contains the time
that a request waits for the service's CPU. The next leader is one of the herd: its question waits in the same queue as
all the others, so the cluster is without a leader for longer the more contenders there are, although most of them only
watch. Double n and see what doubles.

Then look for the point at which the service hardly comes out of it any more: with n=800 and requestCost=1ms, where pings
alone keep it busy most of the time, the predecessors still fail over within milliseconds, while the herd leaves the cluster
without a leader for more than a second. More servers share the herd: set servers=3, and each wakes up a third of it. They
share nothing of what has to be agreed on: every write, every new session is work for all of them.
`,
  params: {
    n: integer({ default: 100, min: 5, max: 3000, about: 'contenders' }),
    servers: integer({ default: 1, min: 0, max: 9, about: 'servers of the coordination service' }),
    strategy: choice(['herd', 'predecessor'], { default: 'predecessor', about: 'whom a contender watches' }),
    failovers: integer({ default: 3, min: 1, max: 4, about: 'leaders that crash, one after the other' }),
    sessionTimeout: duration({
      default: '3s',
      about: 'silence after which a session expires; 2 to 20 ticks of 1 s',
    }),
    requestCost: duration({ default: '100us', about: 'CPU time of a server for each request and ping' }),
    notificationCost: duration({ default: '50us', about: 'CPU time of a server for each notification' }),
    maxNotifications: integer({
      default: 10,
      min: 1,
      about: 'notifications per failover that are acceptable',
    }),
    within: duration({ default: '50ms', about: 'acceptable time from expiry to the next leader' }),
  },

  valid({ servers }) {
    const problem = ensembleProblem(servers)
    return problem === undefined || `servers = ${servers}: ${problem}`
  },

  cluster(setup) {
    const { n, servers: participants, strategy, sessionTimeout, requestCost, notificationCost } = setup.params
    setup.network({ delay: uniform('1ms', '3ms') })
    const servers = ensemble(setup, { participants, tick: 1000, requestCost, notificationCost })
    setup.add(contender, n, (index) => ({
      servers,
      strategy,
      sessionTimeout,
      stepDown: 'disconnected' as const,
      joinAfter: joinAfter(index, requestCost),
    }))
  },

  // By name, in the order in which they lead: the servers have a leader of their own.
  faults: ({ n, failovers, sessionTimeout, requestCost }) =>
    Array.from({ length: failovers }, (_, index) => ({
      at: joinAfter(n, requestCost) + 2000 + index * (milliseconds(sessionTimeout) + CALM),
      kind: 'crash',
      node: `contender[${index}]`,
    })),

  randomFaults: { roles: ['contender[role:leader]'] },

  checks: ({ maxNotifications, within }) =>
    [
      notificationsPerFailover(maxNotifications),
      leaderSoonAfterExpiry(milliseconds(within)),
      oneLeaderAtATime({ reaching: 'coordination' }),
    ].map(underOwnFaults),

  highlights: [
    'notifications per change',
    'coordination notifications',
    'coordination requests',
    'notification to leadership',
    'notification to decision',
    'coordination latency',
  ],
  examples: [
    { expect: 'held', about: 'one notification for each failover, at any n' },
    {
      set: { strategy: 'herd' },
      expect: 'violated',
      about: '99 notifications where one would do',
    },
    {
      set: { strategy: 'herd', n: 400, maxNotifications: 400 },
      expect: 'violated',
      about: 'even if so many notifications are accepted, the leader is late',
    },
    {
      set: { strategy: 'herd', n: 400, maxNotifications: 400, servers: 3 },
      expect: 'held',
      about: 'three servers share the herd: each has a third of it',
    },
    {
      set: {
        strategy: 'herd',
        n: 400,
        maxNotifications: 400,
        servers: 3,
        requestCost: '2ms',
        failovers: 1,
      },
      expect: 'violated',
      about: 'until requests cost more: the herd overloads three servers',
    },
    { set: { strategy: 'herd', n: 8 }, expect: 'held', about: 'a small herd does no harm' },
    {
      set: { strategy: 'predecessor', n: 400 },
      expect: 'held',
      about: 'the number of contenders does not matter',
    },
  ],
  until: ({ n, failovers, sessionTimeout, requestCost }) =>
    joinAfter(n, requestCost) + 2000 + failovers * (milliseconds(sessionTimeout) + CALM),
})
