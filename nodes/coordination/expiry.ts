/**
 * When sessions expire: in buckets of one tick. A session that is heard of moves to the bucket in which its timeout,
 * rounded up to a whole tick, ends; the server looks at one bucket a tick. So a session lives for its timeout at least
 * and for its timeout and a tick at most, and hearing of it costs no timer.
 */

export interface Expiry {
  /** Milliseconds. */
  readonly tick: number
  /** End of each session's time, a multiple of the tick. */
  readonly due: Map<number, number>
}

export function noExpiry(tick: number): Expiry {
  return { tick, due: new Map() }
}

/** A session was heard of at `now` and may be silent for `timeout` from there (both in milliseconds). */
export function touch(expiry: Expiry, session: number, now: number, timeout: number): void {
  const due = (Math.floor((now + timeout) / expiry.tick) + 1) * expiry.tick
  if (due > (expiry.due.get(session) ?? 0)) expiry.due.set(session, due)
}

/** Takes out the sessions whose time is over, in the order in which they were opened. */
export function expire(expiry: Expiry, now: number): number[] {
  const over = [...expiry.due].filter(([, due]) => due <= now).map(([session]) => session)
  for (const session of over) expiry.due.delete(session)
  return over.sort((a, b) => a - b)
}

/** The timeout a client gets: what it asked for, within 2 and 20 ticks. */
export function negotiate(asked: number, tick: number): number {
  return Math.min(Math.max(asked, 2 * tick), 20 * tick)
}
