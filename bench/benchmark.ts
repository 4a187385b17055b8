// What a benchmark is. To add one: a file that exports a Benchmark, and an entry in list.ts.

/** One timed run. */
export interface Outcome {
  readonly operations: number
  readonly seconds: number
  /** What was computed, shortened: the same for the same work, whoever does it. */
  readonly hash: string
  /** Where the work is done by another process; otherwise the harness asks its own. */
  readonly peakRssMb?: number
}

/** One way of doing the work of a benchmark: the simulator's, or a yardstick's. */
export interface Contender {
  readonly name: string
  /** A yardstick that does other work gives a rate to compare with, but no hash. Default: the same work. */
  readonly otherWork?: boolean
  /** `scale` shrinks the input (1 is full size); undefined: cannot run on this machine. */
  run(scale: number): Promise<Outcome | undefined>
}

export interface Benchmark {
  readonly name: string
  /** One line: what an operation is and what surrounds it. */
  readonly what: string
  /** Operations per second, ours to those of the first yardstick; null: measured, nothing promised. */
  readonly goal: number | null
  /** Peak memory of our process that must not be exceeded, in MiB; absent: none is promised. */
  readonly goalPeakMb?: number
  readonly ours: Contender
  /** Others that do the same work, and then must come to the same hash, or other work; the goal is against the first. */
  readonly yardsticks: readonly Contender[]
}
