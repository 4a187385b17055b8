/**
 * The two clocks of one machine as functions of true time, all in integer microseconds.
 *
 * Both run on one oscillator, whose drift is constant between changes: 1_000_000 + ppm local microseconds pass
 * in 1_000_000 true ones. The monotonic clock is 0 when the machine is switched on and goes through restarts of
 * its processes; the wall clock is the monotonic one plus an offset that can be set and stepped, so it may jump
 * back. The parts of a microsecond that a segment leaves over are carried into the next: setting the drift often
 * loses no time.
 *
 * Left out: NTP discipline (slewing towards a server is a protocol; it can be built from steps and drift), leap
 * seconds, jitter and read granularity coarser than a microsecond.
 */
import { CallerError, invariant, show } from '../kernel/errors.ts'

/** Slowest drift: half speed. */
export const PPM_MIN = -500_000
/** Fastest drift: double speed. */
export const PPM_MAX = 1_000_000

const MILLION = 1_000_000
const EXACT_MAX = 1_000_000_000_000_000

export class NodeClock {
  // Since true time `#since` the monotonic clock went on from `#base` and `#carry` millionths of a microsecond.
  #since: number
  #base = 0
  #carry = 0
  #ppm = 0
  // Wall time minus monotonic time.
  #wallAhead: number
  #revision = 0

  /** @param bootUs true time at which the machine is switched on; its wall clock is right and nothing drifts */
  constructor(bootUs = 0) {
    this.#since = bootUs
    this.#wallAhead = bootUs
  }

  /** Goes up whenever the clocks are changed. */
  get revision(): number {
    return this.#revision
  }

  /** Present drift in parts per million; above 0 the clocks run fast. */
  get driftPpm(): number {
    return this.#ppm
  }

  /** What the monotonic clock shows: never less than before. `trueUs` must not lie before the last change. */
  monotonicAt(trueUs: number): number {
    const elapsed = trueUs - this.#since
    // Not as the condition of `invariant`: its text would be built on every reading.
    if (elapsed < 0)
      invariant(false, `a clock is read in the order of time (${trueUs} before ${this.#since})`)
    return this.#ppm === 0 ? this.#base + elapsed : this.#base + elapsed + this.#gained(elapsed)
  }

  /** What the wall clock shows; may be negative, and less than before if it was stepped back. */
  wallAt(trueUs: number): number {
    return this.monotonicAt(trueUs) + this.#wallAhead
  }

  /** How far the wall clock is ahead of true time (negative: behind). */
  skewAt(trueUs: number): number {
    return this.wallAt(trueUs) - trueUs
  }

  /**
   * The fewest true microseconds after which the monotonic clock will have advanced by at least `localUs`, if the
   * drift stays as it is: rounded so that a timer never fires early by the clock of its own machine. 0 for 0,
   * at least 1 for more. (Beyond 10^15 us, 31 years, it is right only to a few microseconds.)
   */
  trueDelay(trueNow: number, localUs: number): number {
    if (this.#ppm === 0 || localUs <= 0) return localUs > 0 ? localUs : 0
    const estimate = localUs / (1 + this.#ppm / MILLION)
    if (localUs > EXACT_MAX) return Math.ceil(estimate)
    // A quotient of doubles may be a microsecond off; the clock itself has the last word.
    const due = this.monotonicAt(trueNow) + localUs
    let at = trueNow + Math.floor(estimate)
    while (at > trueNow && this.monotonicAt(at - 1) >= due) at--
    while (this.monotonicAt(at) < due) at++
    return at - trueNow
  }

  /**
   * From now on the clocks run `ppm` parts per million fast (negative: slow). Neither jumps.
   *
   * @throws CallerError unless `ppm` is an integer from -500000 to 1000000
   */
  setDrift(trueNow: number, ppm: number): void {
    if (!Number.isInteger(ppm) || ppm < PPM_MIN || ppm > PPM_MAX) {
      const expected = `an integer number of parts per million from ${PPM_MIN} to ${PPM_MAX}`
      throw new CallerError(`clock drift ${show(ppm)}`, { expected })
    }
    const elapsed = trueNow - this.#since
    const reached = this.monotonicAt(trueNow)
    // What remains below a microsecond; full seconds gain whole ones.
    const millionths = (elapsed % MILLION) * this.#ppm + this.#carry
    this.#carry = millionths - Math.floor(millionths / MILLION) * MILLION
    this.#base = reached
    this.#since = trueNow
    this.#ppm = ppm
    this.#revision++
  }

  /** Moves the wall clock by integer microseconds, forwards or back; the monotonic clock does not notice. */
  step(trueNow: number, us: number): void {
    this.setOffset(trueNow, this.skewAt(trueNow) + integer(us, 'step'))
  }

  /** Sets the wall clock to be `us` integer microseconds ahead of true time now (negative: behind). */
  setOffset(trueNow: number, us: number): void {
    this.#wallAhead = trueNow + integer(us, 'offset') - this.monotonicAt(trueNow)
    this.#revision++
  }

  // Microseconds gained by drift, rounded down. Split by full seconds: the product of both would exceed 2^53.
  #gained(elapsed: number): number {
    const seconds = Math.floor(elapsed / MILLION)
    const rest = elapsed - seconds * MILLION
    return seconds * this.#ppm + Math.floor((rest * this.#ppm + this.#carry) / MILLION)
  }
}

function integer(us: number, what: string): number {
  if (Number.isSafeInteger(us)) return us
  throw new CallerError(`clock ${what} ${show(us)}`, { expected: 'an integer number of microseconds' })
}
