// Outcomes of runs that nobody made, for the laws of tallies.
import fc from 'fast-check'
import type { RunOutcome, Signature } from '../../sim/explore/outcome.ts'
import type { SweepOutcome } from '../../sim/explore/sweep-tally.ts'

const signatures: readonly Signature[] = [
  { kind: 'check', subject: 'safe' },
  { kind: 'threw', subject: 'replica on.write', detail: 'TypeError: no # of it' },
  { kind: 'event-limit', subject: '' },
]

const amount = fc.oneof(
  fc.double({ min: -1e12, max: 1e12, noNaN: true }),
  fc.constantFrom(0.1, 1e16, -1e16, 1 / 3),
)

const metric = fc.oneof(
  fc.record({ kind: fc.constant('counter' as const), total: amount }),
  fc.record({
    kind: fc.constant('samples' as const),
    count: fc.integer({ min: 1, max: 50 }),
    mean: amount,
    min: amount,
    p50: amount,
    p90: amount,
    p99: amount,
    max: amount,
  }),
  fc.record({ kind: fc.constant('gauge' as const), last: amount, mean: amount, max: amount }),
)

const fault = fc.record({ planned: fc.nat(5), fired: fc.nat(5), touched: fc.nat(5) })

const hook = fc.record({ live: fc.boolean(), visits: fc.nat(9), hits: fc.nat(5) })

const body = fc.record({
  failed: fc.option(fc.constantFrom(...signatures), { nil: undefined, freq: 2 }),
  undecided: fc.boolean(),
  events: fc.integer({ min: 1, max: 8 }),
  endedAt: fc.nat(1_000_000),
  looks: fc.nat(3),
  reached: fc.boolean(),
  faults: fc.dictionary(fc.constantFrom('crash', 'pause', 'partition'), fault, {
    maxKeys: 3,
    noNullPrototype: true,
  }),
  metrics: fc.dictionary(fc.constantFrom('latency', 'retries', 'queue'), metric, {
    maxKeys: 3,
    noNullPrototype: true,
  }),
  hooks: fc.dictionary(fc.constantFrom('flush', 'retry'), hook, { maxKeys: 2, noNullPrototype: true }),
  lost: fc.boolean(),
})

type Body = typeof body extends fc.Arbitrary<infer T> ? T : never

function made(seed: number, { failed, undecided, looks, reached, lost, ...rest }: Body): SweepOutcome {
  if (lost && looks === 3) return { seed, lost: 'its worker ran out of memory' }
  const outcome: RunOutcome = {
    seed,
    verdict: failed !== undefined ? 'violated' : undecided ? 'undecided' : 'held',
    ...(failed === undefined
      ? {}
      : { signature: failed, failure: { time: seed, observed: `by seed ${seed}` } }),
    fingerprint: seed.toString(16).padStart(16, '0'),
    records: rest.events,
    observations: { safe: looks, live: 1, somewhere: looks },
    sometimes: { somewhere: reached },
    undecided: undecided ? ['live'] : [],
    ...rest,
  }
  return outcome
}

/** Outcomes of the seeds 1 to n, in order. */
export const outcomes: fc.Arbitrary<readonly SweepOutcome[]> = fc
  .array(body, { maxLength: 40 })
  .map((bodies) => bodies.map((one, index) => made(index + 1, one)))

/** One that held and saw everything, with fields of choice. */
export function heldRun(seed: number, more: Partial<RunOutcome> = {}): RunOutcome {
  return {
    seed,
    verdict: 'held',
    fingerprint: '0000000000000000',
    events: 10,
    records: 10,
    endedAt: 1000,
    faults: {},
    observations: { safe: 1 },
    sometimes: {},
    undecided: [],
    metrics: {},
    ...more,
  }
}
