/**
 * Split brain: a leader that does not know that it was deposed goes on writing. It is paused for longer than its session
 * lives, or cut off from the service (but not from the store), or its last write is under way for too long.
 *
 * What should happen: without fencing, entries that were acknowledged are overwritten; with a token that the store checks,
 * whatever its origin, nothing is lost although two nodes believe that they lead.
 */
import type { Plan } from 'orrery-sim'
import { choice, duration, integer, milliseconds, scenario, underOwnFaults, uniform } from 'orrery-sim'
import { coordinationServer } from 'orrery-sim/nodes/coordination'
import { noEntryLost, noWriteOfDeposed, store, twoBelieveToLead, writer } from 'orrery-sim/nodes/fencing'

const FAULT_AT = 3030
const TICK = 500

export default scenario({
  name: 'split-brain',
  summary:
    'a paused or cut-off leader wakes up deposed and writes: damage without fencing, none with a token',
  teaches: `
The leader is stopped by its garbage collector for longer than its session lives. The service cannot know the difference
between stopped and dead, removes its znode, and another node leads: it reads the total from the store and goes on. Then
the first one wakes up. For its own clock no time has passed between two lines of its program, so it finishes what it was
about to do: it writes the total that it remembers. With fencing=none the store obeys, and everything that the new leader
wrote since is gone, although it was acknowledged: see "entries overwritten".

Nothing that the leader does by itself helps. It does look before each write whether it still leads, and gives up as soon
as its connection is in doubt; but it can be stopped after it has looked. With fault=late it is not even at fault: its
write waits in the network until it is itself long dead. A longer session timeout only makes it rarer.

So the store must know. Each leader gets a number that is higher than those before (its znode's sequence number, the zxid
of its creation, or an epoch that it increments) and shows it with everything it asks for; the store refuses a number lower
than one it has seen. Two nodes still believe that they lead, and it does no harm: see "writes refused".

With fault=partition the leader loses the service but not the store. It notices by itself after two thirds of its timeout
and stops in time; with stepDown=expired it waits to be told, which nobody can do, and writes on for as long as it is cut
off.
`,
  params: {
    fencing: choice(['none', 'sequence', 'zxid', 'epoch'], {
      default: 'sequence',
      about: 'which number of a leader the store checks',
    }),
    fault: choice(['pause', 'partition', 'late', 'none'], {
      default: 'pause',
      about: 'what happens to the leader (late: its write is held back in the network, and it crashes)',
    }),
    for: duration({ default: '6s', about: 'for how long' }),
    stepDown: choice(['disconnected', 'expired'], {
      default: 'disconnected',
      about: 'when a leader stops leading: on losing the service, or on being told that its session is over',
    }),
    sessionTimeout: duration({ default: '2s', about: 'silence after which a session expires; 1s to 10s' }),
    writers: integer({ default: 3, min: 2, max: 50, about: 'nodes that want to lead' }),
    interval: duration({ default: '100ms', about: 'time between two entries' }),
  },
  valid({ sessionTimeout }) {
    const timeout = milliseconds(sessionTimeout)
    return (
      (timeout >= 2 * TICK && timeout <= 20 * TICK) ||
      `sessionTimeout must be 1s to 10s, not ${sessionTimeout}`
    )
  },

  cluster({ add, addOne, network, params }) {
    const { fencing, writers, ...how } = params
    network({ delay: uniform('1ms', '5ms') })
    const servers = [addOne(coordinationServer, { tick: TICK })]
    const ledger = addOne(store, { fencing: fencing !== 'none' })
    add(writer, writers, { ...how, servers, store: ledger, token: fencing === 'none' ? 'sequence' : fencing })
  },

  faults: ({ fault, for: lasting, interval }): Plan => {
    switch (fault) {
      case 'pause':
        return [{ at: FAULT_AT, kind: 'pause', node: 'role:leader', for: lasting }]
      case 'partition':
        return [
          { at: FAULT_AT, kind: 'partition', groups: [['role:leader'], ['coordination']], for: lasting },
        ]
      case 'late':
        return [
          { at: FAULT_AT, kind: 'hold', from: 'role:leader', to: 'store', oneWay: true, for: lasting },
          { at: FAULT_AT + 2 * milliseconds(interval), kind: 'crash', node: 'role:leader' },
        ]
      case 'none':
        return []
    }
  },

  // The store has no disk: what it holds is what others are judged by. Pauses are long enough for a session to end.
  randomFaults: ({ sessionTimeout }) => ({
    nodes: ['writer', 'coordination'],
    roles: ['writer[role:leader]'],
    faults: {
      crash: true,
      pause: { role: 0.8, for: { kind: 'uniform', min: 500, max: 3 * milliseconds(sessionTimeout) } },
      partition: true,
      degrade: true,
      hold: true,
      'clock-skew': true,
      'clock-step': true,
      'clock-drift': true,
    },
  }),

  checks: ({ fault, stepDown, sessionTimeout, for: lasting }) => {
    const isLong = milliseconds(lasting) > milliseconds(sessionTimeout) + 2 * TICK
    const isSplit = isLong && (fault === 'pause' || (fault === 'partition' && stepDown === 'expired'))
    return [noEntryLost(), noWriteOfDeposed(), ...(isSplit ? [underOwnFaults(twoBelieveToLead())] : [])]
  },

  highlights: [
    'entries acknowledged',
    'entries overwritten',
    'writes of deposed leaders',
    'writes refused',
    'leaders elected',
  ],
  examples: [
    { expect: 'held', about: 'two leaders for a moment, and the store refuses the old one' },
    { set: { fencing: 'none' }, expect: 'violated', about: 'what the new leader wrote is overwritten' },
    { set: { fencing: 'zxid' }, expect: 'held', about: 'the zxid is as good a token' },
    { set: { fencing: 'epoch' }, expect: 'held', about: 'so is an epoch of its own' },
    {
      set: { fencing: 'none', for: '1s' },
      expect: 'held',
      about: 'a pause shorter than the session: nobody else leads',
    },
    {
      set: { fencing: 'none', fault: 'partition' },
      expect: 'held',
      about: 'a leader whose clock runs steps down in time',
    },
    {
      set: { fencing: 'none', fault: 'partition', stepDown: 'expired' },
      expect: 'violated',
      about: 'one that waits to be told writes on for seconds',
    },
    {
      set: { fault: 'partition', stepDown: 'expired' },
      expect: 'held',
      about: 'fencing saves even that one',
    },
    {
      set: { fencing: 'none', fault: 'late' },
      expect: 'violated',
      about: 'the write of a dead leader arrives',
    },
    { set: { fault: 'late' }, expect: 'held', about: 'and is refused' },
  ],
  until: ({ for: lasting, sessionTimeout }) =>
    FAULT_AT + milliseconds(lasting) + 2 * milliseconds(sessionTimeout),
})
