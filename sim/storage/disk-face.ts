/**
 * A node's disk as its code sees it: named files, each a sequence of entries. Operations are visible to later reads at
 * once and durable after `sync`; what a crash does to the rest is in disk-image.ts. Operations of one node are served
 * one after the other, in the order in which they were asked for. They reject with a `DiskError` (a simulated failure;
 * uncaught, it ends the incarnation as it would end the process).
 */
import type { DiskLatency } from './disk-image.ts'

export interface DiskFace {
  /** Adds one entry (copied) at the end, creating the file. */
  append(file: string, entry: unknown): Promise<void>
  /** Replaces the file's entries. */
  write(file: string, entries: readonly unknown[]): Promise<void>
  /** All entries in order, as copies; none for a file that does not exist. */
  read<T = unknown>(file: string): Promise<T[]>
  /** Keeps the first `count` entries. */
  truncate(file: string, count: number): Promise<void>
  remove(file: string): Promise<void>
  /** Renames, replacing a file of that name. */
  rename(from: string, to: string): Promise<void>
  /** Makes everything done so far to this file (default: all files) survive a crash. */
  sync(file?: string): Promise<void>
  /** Names of the files, sorted. */
  list(): Promise<string[]>
}

/** Latencies and capacity; everything defaults to instantaneous and unlimited. */
export interface DiskOptions {
  readonly latency?: DiskLatency
  /** Bytes. */
  readonly capacity?: number
}
