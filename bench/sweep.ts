// Many short runs: two worker threads against this thread alone, and what it costs to repeat a share of them. A run is
// the quorum scenario with 15 operations a client, a millisecond or two of work.
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { builtinScenario } from '../cli/builtin.ts'
import type { Given } from '../cli/run-spec.ts'
import { makeSpec } from '../cli/run-spec.ts'
import { Dispatcher } from '../cli/sweep/dispatcher.ts'
import type { Lane } from '../cli/sweep/lane.ts'
import { OwnLane } from '../cli/sweep/lane.ts'
import type { SweepTask } from '../cli/sweep/runner.ts'
import { makeRunner } from '../cli/sweep/runner.ts'
import { WorkerLane } from '../cli/sweep/worker-lane.ts'
import { SweepTally } from '../sim/explore/sweep-tally.ts'
import { seedsOf } from '../sim/explore/sweep.ts'
import type { Benchmark, Contender, Outcome } from './benchmark.ts'

const RUNS = 4000
/** Runs a thread makes before the clock starts: so many until V8 has compiled what is hot, and each thread for itself. */
const WARM_UP = 2500

const given: Given = {
  seed: 1,
  set: { operations: '15' },
  until: undefined,
  plan: undefined,
  random: undefined,
  hooks: false,
  ties: undefined,
  maxEvents: undefined,
}

function taskOf(): SweepTask {
  const source = 'quorum'
  const scenario = builtinScenario(source)
  if (scenario === undefined) throw new Error(`there is no scenario ${source}`)
  return { description: { kind: 'builtin', source }, spec: makeSpec(scenario, given), version: 'bench' }
}

/** Workers run compiled code; from the sources, that of `dist/`. */
function compiledWorker(): URL {
  const beside = new URL('../cli/sweep/worker.js', import.meta.url)
  return existsSync(beside) ? beside : new URL('../dist/cli/sweep/worker.js', import.meta.url)
}

async function sweep(lanes: readonly Lane[], from: number, runs: number, share: number): Promise<SweepTally> {
  const tally = new SweepTally()
  const mismatch = await new Dispatcher({
    lanes,
    seeds: seedsOf({ from, to: from + runs - 1 }),
    limit: () => Infinity,
    share,
    unverified: [],
    onOutcome: (outcome) => {
      tally.add(outcome)
    },
    onVerified: () => undefined,
    onDeath: (reason) => {
      throw new Error(reason)
    },
  }).run()
  if (mismatch !== undefined) throw new Error(`seed ${mismatch.seed} is not deterministic`)
  return tally
}

/** Lanes are warm before the clock starts: what counts is the rate of a sweep, not how it begins. */
async function timedSweep(lanes: readonly Lane[], scale: number, share: number): Promise<Outcome> {
  try {
    await sweep(lanes, 1_000_000, Math.max(8, Math.round(WARM_UP * scale * lanes.length)), 0)
    const runs = Math.max(8, Math.round(RUNS * scale))
    const begun = process.hrtime.bigint()
    const tally = await sweep(lanes, 1, runs, share)
    const seconds = Number(process.hrtime.bigint() - begun) / 1e9
    const hash = createHash('sha256').update(JSON.stringify(tally.report())).digest('hex').slice(0, 16)
    return { operations: runs, seconds, hash }
  } finally {
    await Promise.all(lanes.map((lane) => lane.close()))
  }
}

const threads = (count: number): Lane[] =>
  Array.from({ length: count }, () => new WorkerLane(taskOf(), compiledWorker()))

const oneThread: Contender = {
  name: 'one thread',
  run: async (scale) => timedSweep([new OwnLane(await makeRunner(taskOf()))], scale, 0),
}

const twoThreads: Contender = { name: 'two threads', run: (scale) => timedSweep(threads(2), scale, 0) }

export const sweepRuns: Benchmark = {
  name: 'sweep',
  what: 'a run of about 1 ms, by two worker threads against one thread',
  goal: 1.85,
  ours: twoThreads,
  yardsticks: [oneThread],
}

export const sweepVerified: Benchmark = {
  name: 'sweep-verified',
  what: 'the same by two threads, of which 1 % is repeated by the other, against nothing repeated',
  goal: null,
  ours: { name: 'verified', run: (scale) => timedSweep(threads(2), scale, 0.01) },
  yardsticks: [twoThreads],
}
