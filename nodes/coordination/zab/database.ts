/**
 * The state and the transactions that led to it last, which a leader sends to servers that fell a little behind
 * (`ZKDatabase.committedLog`).
 */
import type { Run } from './messages.ts'
import type { Machine } from './types.ts'

export interface Entry<T> {
  readonly zxid: number
  readonly txn: T
}

export class Database<T> {
  readonly machine: Machine<T>
  private readonly capacity: number
  private recent: Entry<T>[] = []

  constructor(machine: Machine<T>, capacity: number) {
    this.machine = machine
    this.capacity = capacity
  }

  get lastZxid(): number {
    return this.machine.lastZxid
  }

  apply(zxid: number, txn: T): void {
    this.machine.apply(zxid, txn)
    this.recent.push({ zxid, txn })
    // Cut in large steps: taking one from the front of an array costs as much as its length.
    if (this.recent.length >= 2 * this.capacity) this.recent = this.recent.slice(-this.capacity)
  }

  restore(snapshot: unknown, zxid: number): void {
    this.recent = []
    this.machine.restore(snapshot, zxid)
  }

  /** The transactions kept, oldest first; at most so many as were asked for. */
  get committed(): readonly Entry<T>[] {
    return this.recent.length > this.capacity ? this.recent.slice(-this.capacity) : this.recent
  }
}

/** Entries as runs of consecutive zxids. */
export function runsOf<T>(entries: Iterable<Entry<T>>): readonly Run<T>[] {
  const runs: { zxid: number; txns: T[] }[] = []
  for (const { zxid, txn } of entries) {
    const last = runs[runs.length - 1]
    if (last !== undefined && last.zxid + last.txns.length === zxid) last.txns.push(txn)
    else runs.push({ zxid, txns: [txn] })
  }
  return runs
}
