/**
 * Hands seeds to lanes, in batches that fit, until all are run; has a share of the runs executed again by another lane
 * and compares; gives the batches of a worker that died to the next. A batch that takes its worker with it twice is
 * taken apart, and a seed that does so alone is a lost run.
 */
import { BatchSize, isVerified, takeSeeds } from '../../sim/explore/sweep.ts'
import type { SweepOutcome } from '../../sim/explore/sweep-tally.ts'
import { isLost } from '../../sim/explore/sweep-tally.ts'
import type { BatchReply, Lane } from './lane.ts'
import { LaneDied, receiveError } from './lane.ts'

/** A run as it was told: by its line. */
export interface FinishedRun {
  readonly seed: number
  readonly line: string
}

/** Two executions of one run that did not come to the same. */
export interface Mismatch {
  readonly seed: number
  readonly first: string
  readonly again: string
  /** Where it was executed first; unknown for a run of an earlier session. */
  readonly lane: Lane | undefined
}

export interface DispatchOptions {
  /** Share the runs between them. */
  readonly lanes: readonly Lane[]
  /** Executes only what is verified; for a sweep with one lane. */
  readonly verifier?: Lane
  /** Seeds still to be run, ascending. */
  readonly seeds: Iterator<number, unknown>
  /** No seed beyond it need be run; may sink. */
  readonly limit: () => number
  /** The share of runs that are executed twice. */
  readonly share: number
  /** Runs of an earlier session that are still to be executed again. */
  readonly unverified: readonly FinishedRun[]
  readonly onOutcome: (outcome: SweepOutcome, line: string) => void
  readonly onVerified: (seed: number) => void
  readonly onDeath: (reason: string) => void
}

interface Job {
  readonly seeds: readonly number[]
  readonly again: boolean
  /** Workers that died of it. */
  deaths: number
}

interface LaneState {
  readonly lane: Lane
  readonly jobs: Job[]
  /** Runs of other lanes that this one executes again. */
  readonly verify: number[]
  /** Of those, batches that a worker died of. */
  readonly retries: Job[]
  readonly verifierOnly: boolean
  /** Jobs that were in flight when the worker died of another. */
  readonly bystanders: Set<Job>
}

const PATIENCE = 2

export class Dispatcher {
  private readonly options: DispatchOptions
  private readonly lanes: readonly LaneState[]
  private readonly size = new BatchSize()
  private readonly retries: Job[] = []
  private readonly expected = new Map<number, { readonly line: string; readonly lane: Lane | undefined }>()
  private stopped = false
  private turn = 0
  private settle: { resolve(mismatch: Mismatch | undefined): void; reject(error: unknown): void } | undefined

  constructor(options: DispatchOptions) {
    this.options = options
    const state = (lane: Lane, verifierOnly: boolean): LaneState => ({
      lane,
      jobs: [],
      verify: [],
      retries: [],
      verifierOnly,
      bystanders: new Set(),
    })
    const { lanes, verifier } = options
    this.lanes = [
      ...lanes.map((lane) => state(lane, false)),
      ...(verifier === undefined ? [] : [state(verifier, true)]),
    ]
    for (const { seed, line } of options.unverified) this.verify(seed, line, undefined)
  }

  /** Resolves when everything is run and verified, at the first mismatch, or after {@link stop}. */
  run(): Promise<Mismatch | undefined> {
    return new Promise((resolve, reject) => {
      this.settle = { resolve, reject }
      this.fill()
    })
  }

  /** Gives up what is not finished. */
  stop(): void {
    this.end(undefined)
  }

  private end(mismatch: Mismatch | undefined): void {
    this.stopped = true
    this.settle?.resolve(mismatch)
  }

  private fill(): void {
    if (this.stopped) return
    for (const state of this.lanes) {
      while (state.jobs.length < state.lane.depth) {
        const job = this.take(state)
        if (job === undefined) break
        this.start(state, job)
      }
    }
    if (this.lanes.every(({ jobs }) => jobs.length === 0)) this.end(undefined)
  }

  private take(state: LaneState): Job | undefined {
    if (state.verify.length > 0) {
      return { seeds: state.verify.splice(0, this.size.current), again: true, deaths: 0 }
    }
    if (state.verifierOnly) return state.retries.shift()
    const retry = state.retries.shift() ?? this.retries.shift()
    if (retry !== undefined) return retry
    const limit = this.options.limit()
    const seeds = takeSeeds(this.options.seeds, this.size.current).filter((seed) => seed <= limit)
    return seeds.length === 0 ? undefined : { seeds, again: false, deaths: 0 }
  }

  private start(state: LaneState, job: Job): void {
    state.jobs.push(job)
    state.lane.run(job.seeds).then(
      (reply) => {
        this.finished(state, job, () => {
          this.complete(state, job, reply)
        })
      },
      (error: unknown) => {
        this.finished(state, job, (first) => {
          if (error instanceof LaneDied) this.died(state, job, first, error.message)
          else throw error
        })
      },
    )
  }

  /** What every end of a job has in common; errors of whoever listens end the sweep. */
  private finished(state: LaneState, job: Job, then: (first: boolean) => void): void {
    if (this.stopped) return
    const first = state.jobs[0] === job
    state.jobs.splice(state.jobs.indexOf(job), 1)
    try {
      then(first)
      this.fill()
    } catch (error) {
      this.stopped = true
      this.settle?.reject(error)
    }
  }

  private complete(state: LaneState, job: Job, reply: BatchReply): void {
    if ('error' in reply) throw receiveError(reply.error)
    const { lines, millis } = reply
    if (job.again) {
      for (const [index, line] of lines.entries()) {
        if (!this.compare(job.seeds[index] as number, line)) return
      }
      return
    }
    if (lines.length > 0) this.size.learn(lines.length, millis)
    for (const line of lines) {
      const outcome = JSON.parse(line) as SweepOutcome
      this.options.onOutcome(outcome, line)
      if (!isLost(outcome) && isVerified(outcome.seed, this.options.share)) {
        this.verify(outcome.seed, line, state.lane)
      }
    }
  }

  /** Has a run executed by another lane than the one that executed it first. */
  private verify(seed: number, line: string, lane: Lane | undefined): void {
    const others = this.lanes.filter((state) => state.lane !== lane)
    const chosen = others.find(({ verifierOnly }) => verifierOnly) ?? others[this.turn++ % others.length]
    if (chosen === undefined) return
    this.expected.set(seed, { line, lane })
    chosen.verify.push(seed)
  }

  private compare(seed: number, again: string): boolean {
    const held = this.expected.get(seed)
    if (held === undefined) return true
    this.expected.delete(seed)
    if (held.line === again) {
      this.options.onVerified(seed)
      return true
    }
    this.end({ seed, first: held.line, again, lane: held.lane })
    return false
  }

  private died(state: LaneState, job: Job, first: boolean, reason: string): void {
    // A lane executes in order: the first of its jobs is the one that the worker died of.
    const bystander = state.bystanders.delete(job) || !first
    if (!bystander) {
      for (const other of state.jobs) state.bystanders.add(other)
      job.deaths++
      this.options.onDeath(reason)
    }
    if (job.deaths < PATIENCE) this.requeue(state, job)
    else if (job.seeds.length > 1) {
      for (const seed of job.seeds) this.requeue(state, { seeds: [seed], again: job.again, deaths: 0 })
    } else if (!job.again) {
      const [seed = 0] = job.seeds
      const lost = { seed, lost: reason }
      this.options.onOutcome(lost, JSON.stringify(lost))
    }
  }

  private requeue(state: LaneState, job: Job): void {
    // What is executed again stays with its lane: the other one has executed it already.
    if (job.again) state.retries.push(job)
    else this.retries.push(job)
  }
}
