/**
 * The phi accrual failure detector: instead of yes or no it gives a level of suspicion, phi = -log10 of the probability
 * that a heartbeat still comes after so long a silence, as the intervals between the last heartbeats let one expect. At
 * phi = 1 one suspicion in ten is wrong, at 8 one in a hundred million: if the intervals are what the model says.
 *
 * Two models are in use. `normal` is that of the paper, here with the logistic approximation, the floor under the standard
 * deviation and the acceptable pause of Akka (PhiAccrualFailureDetector). `exponential` is Cassandra's (gms/FailureDetector):
 * phi is the silence over the mean interval, times log10 e; it needs no deviation and is more patient.
 *
 * An interval that ended a suspicion is not learnt (Akka; Cassandra has an upper bound): after an outage the detector would
 * otherwise take outages for normal.
 *
 * Source: N. Hayashibara, X. Defago, R. Yared, T. Katayama, "The phi accrual failure detector", SRDS 2004.
 */
export interface AccrualOptions {
  readonly model: 'normal' | 'exponential'
  /** Phi from which on a node is suspected. 8 in Akka and Cassandra. */
  readonly threshold: number
  /** How many intervals are remembered. 1000 in the paper, Akka and Cassandra. */
  readonly window: number
  /** Floor under the standard deviation, in ms (`normal` only). 100 in Akka. */
  readonly minStdDev: number
  /** What is added to the mean interval, in ms (`normal` only). 3000 in Akka. */
  readonly acceptablePause: number
}

/** What is known of a node's heartbeats. Times in milliseconds of the observer's clock. */
export interface Heartbeats {
  last: number
  /** The last intervals, oldest first. */
  readonly intervals: number[]
  sum: number
  sumOfSquares: number
}

/** A node that is heard of for the first time: as if two heartbeats had come about as far apart as they should (Akka). */
export function newHeartbeats(now: number, expected: number): Heartbeats {
  const heartbeats: Heartbeats = { last: now, intervals: [], sum: 0, sumOfSquares: 0 }
  learn(heartbeats, expected * 0.75, Infinity)
  learn(heartbeats, expected * 1.25, Infinity)
  return heartbeats
}

/** A heartbeat has come; `isRegular`: its interval is one to learn from. */
export function heartbeat(of: Heartbeats, now: number, isRegular: boolean, window: number): void {
  if (isRegular) learn(of, now - of.last, window)
  of.last = now
}

function learn(of: Heartbeats, interval: number, window: number): void {
  of.intervals.push(interval)
  of.sum += interval
  of.sumOfSquares += interval * interval
  if (of.intervals.length <= window) return
  const oldest = of.intervals.shift() as number
  of.sum -= oldest
  of.sumOfSquares -= oldest * oldest
}

/** The level of suspicion now; Infinity where the probability is too small for a number. */
export function phi(of: Heartbeats, now: number, options: AccrualOptions): number {
  const silence = now - of.last
  const mean = of.sum / of.intervals.length
  switch (options.model) {
    case 'exponential':
      return (silence / mean) * Math.LOG10E
    case 'normal': {
      const variance = Math.max(0, of.sumOfSquares / of.intervals.length - mean * mean)
      const deviation = Math.max(Math.sqrt(variance), options.minStdDev)
      const expected = mean + options.acceptablePause
      const y = (silence - expected) / deviation
      // The logistic approximation of the cumulative normal distribution; its error is below 0.00014.
      const e = Math.exp(-y * (1.5976 + 0.070566 * y * y))
      return silence > expected ? -Math.log10(e / (1 + e)) : -Math.log10(1 - 1 / (1 + e))
    }
  }
}
