/**
 * The CPU of one machine: cores that serve one first-in-first-out run queue, with a speed and a pause.
 *
 * A job costs microseconds of work at nominal speed and runs to its end on one core (an M/G/c queue if work
 * arrives at random). Left out: time slices, priorities, several queues, caches, hyper-threading. The event loop
 * is handed in, so this is a state machine of its own that a test can drive.
 */
import { CallerError, show } from '../kernel/errors.ts'

/** A job as the scheduler sees it: pass it back to `Cpu.finish` when its time has come. */
export interface CpuJob<P = unknown> {
  readonly cpu: Cpu<P>
  readonly payload: P
}

/** The event loop as a CPU needs it. Jobs that are due at one instant must come back in the order of `at`. */
export interface CpuScheduler<P = unknown> {
  /** True time in integer microseconds. */
  now(): number
  /** Calls `job.cpu.finish(job)` after `delayUs` true microseconds; the result is a handle for `cancel`. */
  at(delayUs: number, job: CpuJob<P>): unknown
  /** The job is not due any more. Called at most once for a handle, and only before its time has come. */
  cancel(handle: unknown): void
}

class Job<P> implements CpuJob<P> {
  readonly cpu: Cpu<P>
  readonly payload: P
  /** Work left at `since`, in microseconds at nominal speed. */
  work: number
  since = 0
  handle: unknown = undefined

  constructor(cpu: Cpu<P>, payload: P, work: number) {
    this.cpu = cpu
    this.payload = payload
    this.work = work
  }
}

// Subtracting what was done leaves doubles a hair above the exact value; without this they would cost a microsecond.
const NOISE_US = 1e-6

// A queue that never runs empty is cut in steps of at least this many jobs.
const CUT_AFTER = 256

export class Cpu<P = unknown> {
  readonly cores: number
  readonly #scheduler: CpuScheduler<P>
  readonly #run: (payload: P) => void
  // In the order in which they were started, so that a rescheduling keeps the order of ties.
  readonly #running: Job<P>[] = []
  #queue: Job<P>[] = []
  // Jobs before this index have left the queue.
  #head = 0
  #speed = 1
  #paused = false
  #busyTotal = 0
  #busySince = 0

  /**
   * @param cores how many jobs run at a time, an integer of at least 1
   * @param run called with the payload of each job that is done
   */
  constructor(cores: number, scheduler: CpuScheduler<P>, run: (payload: P) => void) {
    if (!Number.isSafeInteger(cores) || cores < 1) {
      throw new CallerError(`a CPU with ${show(cores)} cores`, { expected: 'an integer of at least 1' })
    }
    this.cores = cores
    this.#scheduler = scheduler
    this.#run = run
    this.#busySince = scheduler.now()
  }

  /** Jobs that wait for a core. */
  get queued(): number {
    return this.#queue.length - this.#head
  }

  /** Cores with a job on them; a pause does not take the job away. */
  get busy(): number {
    return this.#running.length
  }

  get paused(): boolean {
    return this.#paused
  }

  /** Factor on nominal speed. */
  get speed(): number {
    return this.#speed
  }

  /** True if a job submitted now would start now. */
  get idle(): boolean {
    return !this.#paused && this.#running.length < this.cores && this.queued === 0
  }

  /**
   * Core-microseconds during which jobs made progress, up to `now` (not before the last change). Divided by time
   * and cores it is the utilisation.
   */
  busyMicros(now: number): number {
    return this.#busyTotal + (this.#paused ? 0 : this.#running.length * (now - this.#busySince))
  }

  /**
   * Adds a job at the end of the queue. Its payload is run when `costUs` microseconds of work (0 or more, at nominal
   * speed) are done on a core; a job that costs nothing runs at once, inside this call, if the CPU is idle.
   */
  submit(costUs: number, payload: P): void {
    const { idle } = this
    if (idle && costUs === 0) {
      this.#run(payload)
      return
    }
    const job = new Job(this, payload, costUs)
    if (idle) {
      this.#account()
      this.#start(job)
    } else this.#queue.push(job)
  }

  /** For the scheduler alone: the job's time has come. */
  finish(job: CpuJob<P>): void {
    this.#account()
    this.#running.splice((this.#running as CpuJob<P>[]).indexOf(job), 1)
    this.#run(job.payload)
    this.#dispatch()
  }

  /**
   * Changes the speed; what is left of running jobs takes as much longer or shorter.
   *
   * @throws CallerError unless `factor` is finite and above 0 (use `pause` to stop)
   */
  setSpeed(factor: number): void {
    if (!(factor > 0 && factor < Infinity)) {
      throw new CallerError(`CPU speed ${show(factor)}`, { expected: 'a factor above 0' })
    }
    if (this.#paused) {
      this.#speed = factor
      return
    }
    this.#halt()
    this.#speed = factor
    for (const job of this.#running) this.#schedule(job)
  }

  /** Stops all progress; jobs stay on their cores and in the queue. No effect while paused. */
  pause(): void {
    if (this.#paused) return
    this.#account()
    this.#halt()
    this.#paused = true
  }

  /** Goes on after a pause where it stopped. No effect otherwise. */
  resume(): void {
    if (!this.#paused) return
    this.#account()
    this.#paused = false
    for (const job of this.#running) this.#schedule(job)
    this.#dispatch()
  }

  /** Drops all jobs (a crash). Speed and pause stay as they are: they are the machine's. */
  clear(): void {
    this.#account()
    if (!this.#paused) for (const job of this.#running) this.#scheduler.cancel(job.handle)
    this.#running.length = 0
    this.#queue = []
    this.#head = 0
  }

  // To be called before `#running` or `#paused` changes.
  #account(): void {
    const now = this.#scheduler.now()
    this.#busyTotal = this.busyMicros(now)
    this.#busySince = now
  }

  #halt(): void {
    const now = this.#scheduler.now()
    for (const job of this.#running) {
      this.#scheduler.cancel(job.handle)
      job.work = Math.max(0, job.work - (now - job.since) * this.#speed)
    }
  }

  #start(job: Job<P>): void {
    this.#running.push(job)
    this.#schedule(job)
  }

  #schedule(job: Job<P>): void {
    job.since = this.#scheduler.now()
    job.handle = this.#scheduler.at(Math.max(0, Math.ceil(job.work / this.#speed - NOISE_US)), job)
  }

  #dispatch(): void {
    this.#account()
    while (!this.#paused && this.#running.length < this.cores) {
      const job = this.#shift()
      if (job === undefined) return
      if (job.work === 0) this.#run(job.payload)
      else this.#start(job)
    }
  }

  #shift(): Job<P> | undefined {
    const job = this.#queue[this.#head]
    if (job === undefined) return undefined
    this.#head++
    if (this.#head === this.#queue.length) {
      this.#queue.length = 0
      this.#head = 0
    } else if (this.#head >= CUT_AFTER && this.#head * 2 > this.#queue.length) {
      this.#queue.splice(0, this.#head)
      this.#head = 0
    }
    return job
  }
}
