/**
 * A register replicated on N nodes. A write counts once W of them have stored it, a read asks R of them. A partition
 * leaves one client with a few replicas, later a replica crashes and comes back, and the network loses messages.
 *
 * What should happen: with R + W > N no read is older than the last acknowledged write, in any run; with R + W <= N the
 * client behind the partition reads what the others have long replaced. With R + W > N but without write-back reads go
 * back and forth between a new and an old value; with write-back they do not.
 */
import {
  boolean,
  choice,
  exponential,
  integer,
  noLostWrite,
  noReadInversion,
  noStaleRead,
  number,
  scenario,
} from 'orrery-sim'
import { client, replica } from 'orrery-sim/nodes/quorum'

export default scenario({
  name: 'quorum',
  summary:
    'R + W > N never reads older than the last acknowledged write; R + W <= N does; order needs write-back',
  teaches: `If R + W > N, any R replicas and any W replicas have one in common. So one of the R that a read asks was
among the W that stored the last acknowledged write, and versions say which answer is the newest: no stale read, whatever
is lost, cut off or restarted. If R + W <= N the two groups can miss each other. The partition arranges that for r=1 w=1:
client[0] has a replica on its side, the others have theirs, nobody waits and nobody notices. Without it chance is enough:
as long as only R or W replicas are asked, many reads miss the last write. With ask=all every replica is told and the
first answers are taken, as Dynamo does: the same quorums, but the window closes within a few round trips, so that stale
reads become rare instead of impossible. Set r=1 w=3 for the price of writing everywhere: 'write unknown' and 'write fail'
while one replica is away.

That is not yet linearizable. A write that has reached one replica and is not acknowledged may or may not be seen: one
read happens to ask that replica and returns the new value, a later one asks others and returns the old. Neither is stale,
since the write was not acknowledged when they began, and yet time went backwards: the new/old inversion, which lost
messages and a writer behind a partition make likely. Write-back closes the gap: before a read returns, W replicas hold
what it returns, so every later read finds it. It costs a second round trip when the answers differ: compare 'read
latency' and 'write-backs' with writeBack=false.`,

  params: {
    n: integer({ default: 3, min: 1, max: 15, about: 'replicas' }),
    r: integer({ default: 2, min: 1, about: 'replicas that must answer a read' }),
    w: integer({ default: 2, min: 1, about: 'replicas that must store a write' }),
    writeBack: boolean({ default: true, about: 'whether reads wait until W replicas hold what they return' }),
    ask: choice(['all', 'quorum'], {
      default: 'quorum',
      about: 'ask every replica, or at first only as many as needed',
    }),
    check: choice(['both', 'stale', 'inversion'], { default: 'both', about: 'what must not happen' }),
    clients: integer({ default: 6, min: 2, max: 100 }),
    operations: integer({ default: 200, min: 1, max: 10_000, about: 'reads and writes of each client' }),
    pause: number({ default: 20, min: 0, about: 'mean milliseconds between operations of a client' }),
    keys: integer({ default: 2, min: 1, max: 1000, about: 'registers' }),
    reads: number({ default: 0.7, min: 0, max: 1, about: 'share of reads' }),
    loss: number({ default: 0.05, min: 0, max: 1, about: 'probability that a message is lost' }),
  },
  valid({ n, r, w }) {
    if (r > n) return `r = ${r} replicas cannot answer when there are n = ${n}`
    return w <= n || `w = ${w} replicas cannot store a write when there are n = ${n}`
  },

  cluster({ add, network, params }) {
    const { n, clients, r, w, writeBack, ask } = params
    const replicas = add(replica, n)
    add(client, clients, { replicas, r, w, writeBack, ask })
    network({ delay: exponential('5ms'), loss: params.loss })
  },

  workload({ params, random, nodes }) {
    return nodes('client').flatMap((node) =>
      Array.from({ length: params.operations }, (_, index) => {
        const after = random.exponential(params.pause)
        const key = `key-${random.int(params.keys)}`
        return random.chance(params.reads)
          ? { node, name: 'read', input: { key }, after }
          : { node, name: 'write', input: { key, value: `${node}/${index}` }, after }
      }),
    )
  },

  faults({ n, r, w }) {
    // As many replicas as reads need, but no more than writes can do without: if R + W <= N, one side can read and the
    // other store.
    const cutOff = Math.max(1, Math.min(r, n - w))
    const aside = `replica[0..${cutOff - 1}]`
    return [
      { at: '1s', kind: 'partition', groups: [['client[0]', aside], ['rest']], for: '2s' },
      { at: '4s', kind: 'crash', node: `replica[${n - 1}]`, for: '1s' },
    ]
  },

  checks: ({ check }) => [
    ...(check === 'inversion' ? [] : [noStaleRead({ by: 'key' }), noLostWrite({ by: 'key' })]),
    ...(check === 'stale' ? [] : [noReadInversion({ by: 'key' })]),
  ],
  highlights: [
    'read latency',
    'write latency',
    'read ok',
    'read fail',
    'write ok',
    'write fail',
    'write unknown',
    'write-backs',
  ],
  examples: [
    { expect: 'held', about: 'quorums that overlap, and reads that write back' },
    { set: { r: 1, w: 1 }, expect: 'violated', about: 'each side of the partition has its quorums' },
    { set: { r: 1, w: 2 }, expect: 'violated', about: 'R + W = N is not enough' },
    {
      set: { writeBack: false, check: 'stale' },
      expect: 'held',
      about: 'without write-back still nothing stale',
    },
    {
      set: { writeBack: false },
      seed: 1,
      expect: 'violated',
      about: 'without write-back reads go back and forth',
    },
    { set: { n: 5, r: 2, w: 4, ask: 'all' }, expect: 'held', about: 'another overlap, asking everybody' },
  ],
  until: '60s',
})
