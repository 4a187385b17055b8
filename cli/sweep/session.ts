/** One session of a sweep: from what was asked for, and what earlier sessions left, to a report. */
import { UntilFirstFailure } from '../../sim/explore/sweep-bail.ts'
import type { SweepOutcome, SweepReport } from '../../sim/explore/sweep-tally.ts'
import { isFailure, SweepTally } from '../../sim/explore/sweep-tally.ts'
import { countSeeds, isVerified, seedsOf } from '../../sim/explore/sweep.ts'
import type { Scenario } from '../../sim/scenario/scenario.ts'
import type { SweepDirectory } from './directory.ts'
import type { FinishedRun } from './dispatcher.ts'
import { Dispatcher } from './dispatcher.ts'
import type { Lane } from './lane.ts'
import { OwnLane } from './lane.ts'
import type { Divergence } from './mismatch.ts'
import { divergenceOf } from './mismatch.ts'
import type { Progress } from './progress.ts'
import type { SweepTask } from './runner.ts'
import { makeRunner } from './runner.ts'
import type { SweepSettings } from './settings.ts'
import { WorkerLane } from './worker-lane.ts'

export interface SessionResult {
  readonly report: SweepReport
  /** Runs, of those in the report, that another thread repeated. */
  readonly verified: number
  /** Runs made in this session. */
  readonly made: number
  /** Set when a run was not repeated as it had been. */
  readonly divergence?: Divergence
}

export interface SessionOptions {
  readonly settings: SweepSettings
  readonly task: SweepTask
  readonly scenario: Scenario
  readonly directory: SweepDirectory | undefined
  readonly startProgress: (total: number, made: number) => Promise<Progress>
  readonly warn: (text: string) => void
  /** Called with each outcome that is in the report, in any order. */
  readonly watch?: (outcome: SweepOutcome) => void
  /** The compiled worker, if it is not beside the lane's module. */
  readonly worker?: URL
}

export async function runSession(options: SessionOptions): Promise<SessionResult> {
  const { settings, task, scenario, directory, worker } = options
  const { seeds, shard, bail, share, timeLimit, jobs } = settings
  const collected = new Collector(bail ? seedsOf(seeds, shard) : undefined, options.watch)
  const unverified: FinishedRun[] = []
  const verified = new Set<number>()
  const done = new Set<number>()
  const earlier = directory?.read((outcome, line) => {
    collected.add(outcome)
    if (isVerified(outcome.seed, share)) unverified.push({ seed: outcome.seed, line })
  })
  earlier?.done.forEach((seed) => done.add(seed))
  earlier?.verified.forEach((seed) => verified.add(seed))

  const total = countSeeds(seeds, shard)
  const progress = await options.startProgress(total, done.size)
  const threads = Math.max(1, Math.min(jobs, total - done.size))
  const workerLane = (): Lane => new WorkerLane(task, worker)
  const own = threads === 1 ? new OwnLane(await makeRunner(task, scenario)) : undefined
  const lanes = own === undefined ? Array.from({ length: threads }, workerLane) : [own]
  const verifier = own === undefined || share === 0 ? undefined : workerLane()
  const deaths = new Set<string>()
  let made = 0
  const dispatcher = new Dispatcher({
    lanes,
    ...(verifier === undefined ? {} : { verifier }),
    seeds: without(seedsOf(seeds, shard), done),
    limit: () => collected.limit,
    share,
    unverified: unverified.filter(({ seed }) => !verified.has(seed)),
    onOutcome(outcome, line) {
      made++
      directory?.append(line)
      collected.add(outcome)
      progress.update(done.size + made, collected.failures)
    },
    onVerified(seed) {
      verified.add(seed)
      directory?.appendVerified(seed)
    },
    onDeath(reason) {
      if (!deaths.has(reason)) options.warn(`orrery: warning: a run was tried again: ${reason}`)
      deaths.add(reason)
    },
  })
  const timer =
    timeLimit === undefined
      ? undefined
      : setTimeout(() => {
          dispatcher.stop()
        }, timeLimit)
  const fresh = workerLane()
  try {
    const mismatch = await dispatcher.run()
    progress.stop()
    const divergence =
      mismatch === undefined
        ? undefined
        : await divergenceOf(mismatch, lanes[0] as Lane, fresh, directory?.path)
    const report = collected.finish()
    return {
      report,
      verified: collected.count([...verified].filter((seed) => isVerified(seed, share))),
      made,
      ...(divergence === undefined ? {} : { divergence }),
    }
  } finally {
    clearTimeout(timer)
    progress.stop()
    await Promise.all(
      [...lanes, fresh, ...(verifier === undefined ? [] : [verifier])].map((lane) => lane.close()),
    )
  }
}

/** Counts outcomes as they come: all of them, or those up to the first failure. */
export class Collector {
  failures = 0
  private readonly tally = new SweepTally()
  private readonly gate: UntilFirstFailure | undefined

  private readonly watch: ((outcome: SweepOutcome) => void) | undefined

  /**
   * @param seeds all seeds, ascending, if the sweep ends with its first failure
   * @param watch sees what is counted
   */
  constructor(seeds: Iterator<number, unknown> | undefined, watch?: (outcome: SweepOutcome) => void) {
    this.watch = watch
    this.gate =
      seeds === undefined
        ? undefined
        : new UntilFirstFailure(seeds, (outcome) => {
            this.take(outcome)
          })
  }

  /** No seed beyond it need be run. */
  get limit(): number {
    return this.gate?.limit ?? Infinity
  }

  add(outcome: SweepOutcome): void {
    if (isFailure(outcome)) this.failures++
    if (this.gate === undefined) this.take(outcome)
    else this.gate.add(outcome)
  }

  finish(): SweepReport {
    this.gate?.finish()
    return this.tally.report()
  }

  /** How many of these seeds are in the report. */
  count(seeds: Iterable<number>): number {
    let count = 0
    for (const seed of seeds) if (seed <= this.limit) count++
    return count
  }

  private take(outcome: SweepOutcome): void {
    this.tally.add(outcome)
    this.watch?.(outcome)
  }
}

function* without(seeds: Iterable<number>, done: ReadonlySet<number>): Generator<number> {
  for (const seed of seeds) if (!done.has(seed)) yield seed
}
