/** What `orrery sweep` was asked for, read and checked. */
import { availableParallelism } from 'node:os'
import type { SeedRange, Shard } from '../../sim/explore/sweep.ts'
import { parseSeeds, parseShard, WHOLE } from '../../sim/explore/sweep.ts'
import { CallerError, show } from '../../sim/kernel/errors.ts'
import type { Duration } from '../../sim/kernel/time.ts'
import { micros } from '../../sim/kernel/time.ts'
import type { Arguments, OptionSpec } from '../command.ts'
import type { Given } from '../run-spec.ts'
import { readCount, readGiven, specOptions } from '../run-spec.ts'

const { seed: _, ...ofRuns } = specOptions

export const sweepOptions = {
  seeds: {
    kind: 'text',
    about: 'how many runs, or which seeds, as a..b (default 100; with --time all from 1 on)',
  },
  jobs: { kind: 'text', about: 'threads that run at a time (default: one for each core); 1 starts none' },
  time: { kind: 'text', about: 'stops after this time by the wall clock, such as 60s' },
  bail: { kind: 'flag', about: 'stops at the first failure' },
  shard: { kind: 'text', about: 'runs one part of the seeds only, as 2/3' },
  out: { kind: 'text', about: 'a folder that keeps every outcome as it comes' },
  resume: { kind: 'flag', about: 'goes on with what --out holds' },
  verify: { kind: 'text', about: 'share of runs that another thread repeats and compares (default 0.01)' },
  junit: { kind: 'text', about: 'writes a JUnit report to this file' },
  report: {
    kind: 'text',
    about: 'writes a page to this file, and pages of failed runs to a folder beside it',
  },
  ...ofRuns,
  strict: {
    kind: 'flag',
    about: 'faults and checks that were vacuous in all runs make the verdict undecided',
  },
  json: { kind: 'flag', about: 'prints the result as one JSON document' },
} as const satisfies Readonly<Record<string, OptionSpec>>

export interface SweepSettings {
  readonly given: Given
  readonly seeds: SeedRange
  readonly shard: Shard
  readonly jobs: number
  /** Milliseconds by the wall clock; undefined: until all is run. */
  readonly timeLimit: number | undefined
  readonly bail: boolean
  readonly out: string | undefined
  readonly resume: boolean
  /** 0 to 1. */
  readonly share: number
  readonly junit: string | undefined
  readonly report: string | undefined
  readonly strict: boolean
  readonly json: boolean
}

const RUNS = 100
const SHARE = 0.01
const MOST_JOBS = 1024

/** Reads {@link sweepOptions}. Throws a CallerError that names the option. */
export async function readSettings(args: Arguments): Promise<SweepSettings> {
  const time = args.text('time')
  const timeLimit = time === undefined ? undefined : readTime(time)
  const seeds = args.text('seeds')
  const shard = args.text('shard')
  const out = args.text('out')
  const resume = args.flag('resume')
  if (resume && out === undefined) {
    throw new CallerError('--resume says to go on, but not with what', { expected: '--out and the folder' })
  }
  const jobs = readCount(args, 'jobs') ?? availableParallelism()
  if (jobs > MOST_JOBS) throw new CallerError(`--jobs: ${jobs}`, { expected: `at most ${MOST_JOBS}` })
  return {
    given: await readGiven(args),
    seeds:
      seeds === undefined
        ? { from: 1, to: timeLimit === undefined ? RUNS : Infinity }
        : parseSeeds(seeds, '--seeds'),
    shard: shard === undefined ? WHOLE : parseShard(shard, '--shard'),
    jobs,
    timeLimit,
    bail: args.flag('bail'),
    out,
    resume,
    share: readShare(args.text('verify')),
    junit: args.text('junit'),
    report: args.text('report'),
    strict: args.flag('strict'),
    json: args.flag('json'),
  }
}

function readTime(text: string): number {
  const millis = micros(text as Duration, '--time') / 1000
  if (millis > 0) return millis
  throw new CallerError(`--time: ${show(text)}`, { expected: 'a time such as 60s' })
}

function readShare(text: string | undefined): number {
  if (text === undefined) return SHARE
  const [, number, percent] = /^(\d+(?:\.\d+)?|\.\d+)(%?)$/.exec(text.trim()) ?? []
  const share = Number(number) / (percent === '%' ? 100 : 1)
  if (share >= 0 && share <= 1) return share
  throw new CallerError(`--verify: ${show(text)}`, {
    expected: "a share from 0 (nothing) to 1 (everything), such as 0.05 or '5%'",
  })
}
