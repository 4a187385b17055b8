/**
 * Sessions as whoever orders the writes tracks them: which there are, which are ending, and when each expires, in buckets
 * of one tick. A session that is heard of moves to the bucket in which its timeout ends, rounded up to the next whole
 * tick; so it lives for its timeout at least and for its timeout and a tick at most, and hearing of it costs no timer.
 *
 * Source: SessionTrackerImpl and ExpiryQueue of ZooKeeper 3.8.
 */
import type { ErrorName } from '../wire.ts'

/** The timeout a client gets: what it asked for, within 2 and 20 ticks. All in milliseconds. */
export function negotiate(asked: number, tick: number): number {
  return Math.min(Math.max(asked, 2 * tick), 20 * tick)
}

/** What a client has to show to come back to its session; a function of the session, so that every server knows it. */
export function passwordOf(session: number): string {
  let [a, b] = [(session % 4294967296) | 0, Math.floor(session / 4294967296) | 0]
  let text = ''
  for (let i = 0; i < 4; i++) {
    a = Math.imul(a ^ (a >>> 16) ^ SECRET, 0x45d9f3b) + b
    b = Math.imul(b ^ (b >>> 15) ^ a, 0x2c1b3c6d) + i
    text += ((a ^ b) >>> 0).toString(16).padStart(8, '0')
  }
  return text
}

/** Any number that all servers share. */
const SECRET = 0x3a7c15e9

interface Tracked {
  due: number
  /** Its end is on its way: it may ask for nothing any more. */
  closing: boolean
}

export class SessionTracker {
  private readonly tick: number
  private readonly sessions = new Map<number, Tracked>()
  private readonly buckets = new Map<number, Set<number>>()
  /** End of the earliest bucket that was not looked at, in milliseconds on the server's monotonic clock. */
  next: number

  constructor(tick: number, now: number) {
    this.tick = tick
    this.next = this.bucketAfter(now)
  }

  get count(): number {
    return this.sessions.size
  }

  /** Begins to track a session, or hears of one. */
  track(session: number, timeout: number, now: number): void {
    if (this.touch(session, timeout, now) || this.sessions.has(session)) return
    const due = this.bucketAfter(now + timeout)
    this.sessions.set(session, { due, closing: false })
    this.bucket(due).add(session)
  }

  /** The session was heard of and may be silent for `timeout` from now; false if there is none, or it is ending. */
  touch(session: number, timeout: number, now: number): boolean {
    const tracked = this.sessions.get(session)
    if (tracked === undefined || tracked.closing) return false
    const due = this.bucketAfter(now + timeout)
    if (due === tracked.due) return true
    this.buckets.get(tracked.due)?.delete(session)
    tracked.due = due
    this.bucket(due).add(session)
    return true
  }

  close(session: number): void {
    const tracked = this.sessions.get(session)
    if (tracked !== undefined) tracked.closing = true
  }

  remove(session: number): void {
    const tracked = this.sessions.get(session)
    if (tracked === undefined) return
    this.buckets.get(tracked.due)?.delete(session)
    this.sessions.delete(session)
  }

  /** Why the session may not write. */
  error(session: number): ErrorName | undefined {
    const tracked = this.sessions.get(session)
    return tracked === undefined || tracked.closing ? 'SessionExpired' : undefined
  }

  /** Takes the sessions out of the buckets that are over; they are closing from now on. */
  expire(now: number): number[] {
    const over: number[] = []
    for (; this.next <= now; this.next += this.tick) {
      for (const session of this.buckets.get(this.next) ?? []) {
        over.push(session)
        this.close(session)
      }
      this.buckets.delete(this.next)
    }
    return over
  }

  private bucketAfter(time: number): number {
    return (Math.floor(time / this.tick) + 1) * this.tick
  }

  private bucket(due: number): Set<number> {
    let bucket = this.buckets.get(due)
    if (bucket === undefined) this.buckets.set(due, (bucket = new Set()))
    return bucket
  }
}
