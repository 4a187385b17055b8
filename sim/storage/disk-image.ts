/**
 * What a disk holds: named files, each a sequence of entries, in one directory. Every operation is visible to
 * reads at once (the page cache) and survives a crash only once it is durable:
 *
 * - `sync(file)` makes the file's entries durable, and its creation together with whatever happened in the
 *   directory before that. POSIX fsync promises the data only; fsync(2) of Linux asks for an fsync of the
 *   directory even after a creation, but ext4, XFS and Btrfs persist a new file's name with it, and programs rely
 *   on that.
 * - `rename`, `remove` and the creation of files never synced wait for `sync()`, which makes everything durable.
 *   They reach the disk in the order in which they were done (a journalled directory).
 * - A replacing `write` and `truncate` are not atomic: synced entries stay on disk until the next sync.
 *
 * A plain crash keeps exactly what is durable. A torn crash also keeps what the cache may have written back of
 * its own accord: of the directory changes a prefix; of the entries appended since the last sync a prefix, perhaps
 * with half an entry after it; of replaced content the old or, in the same way, a prefix of the new. Directory and
 * entries are independent, so that a file renamed before it was synced may come back empty. These are the
 * vulnerabilities of Pillai et al., "All File Systems Are Not Created Equal" (OSDI 2014), for file systems that
 * keep the order of directory changes (unlike Btrfs) and of appends.
 *
 * Left out: subdirectories, links, holes from appends written back out of order, bit rot, a failing fsync that
 * drops dirty pages, space still taken by a removed file until the removal is durable. A write that does not fit
 * has no effect at all. Entries are the caller's own: they are neither copied nor frozen here.
 */
import { CallerError, show } from '../kernel/errors.ts'
import type { UniformSource } from '../kernel/samplers.ts'

export type { DiskLatency } from './disk-latency.ts'

/** One entry of a file and the bytes it takes (an integer, 0 or more). */
export interface DiskEntry {
  readonly value: unknown
  readonly size: number
}

/** What stands in a file after a torn crash where half an entry was written: what a checksum would detect. */
export interface TornEntry {
  readonly torn: true
}

/** The torn entry; copies of it count as torn too, see `isTorn`. */
export const TORN: TornEntry = Object.freeze({ torn: true })

/** Whether an entry read from a disk is half an entry. An entry of one's own that is `{ torn: true }` looks the same. */
export function isTorn(entry: unknown): entry is TornEntry {
  return (
    typeof entry === 'object' &&
    entry !== null &&
    (entry as Partial<TornEntry>).torn === true &&
    Object.keys(entry).length === 1
  )
}

/** Why an operation failed: no space left, a device error, no such file. */
export type DiskErrorCode = 'ENOSPC' | 'EIO' | 'ENOENT'

const MEANING: Readonly<Record<DiskErrorCode, string>> = {
  ENOSPC: 'no space left on the disk',
  EIO: 'the disk failed to read',
  ENOENT: 'no such file',
}

/** A simulated failure of the disk, as node code sees it. The operation had no effect. */
export class DiskError extends Error {
  override readonly name = 'DiskError'
  readonly code: DiskErrorCode
  readonly file: string

  constructor(code: DiskErrorCode, file: string) {
    super(`${code}: ${MEANING[code]}, file '${file}'`)
    this.code = code
    this.file = file
  }
}

/** What is wrong with a disk at present. */
export interface DiskFaults {
  /** Every append and write fails with ENOSPC, whatever the capacity. */
  readonly full: boolean
  /** Every read of an existing file fails with EIO. */
  readonly readError: boolean
  /** `sync` succeeds, and nothing becomes durable. An honest sync later makes up for it. */
  readonly lieAboutSync: boolean
  /** Factor on every latency, above 0; 1 is healthy. */
  readonly slow: number
}

/** A disk with nothing wrong. */
export const HEALTHY: DiskFaults = Object.freeze({
  full: false,
  readError: false,
  lieAboutSync: false,
  slow: 1,
})

/** What a crash destroyed. */
export interface CrashLoss {
  /** Entries that reads would have shown and that are gone (a torn entry counts as gone). */
  readonly entries: number
  /** Creations, removals and renames that were undone. */
  readonly directoryChanges: number
  /** Files that now end in a torn entry, in the order of the directory. */
  readonly tornFiles: readonly string[]
}

/** A file apart from its name. */
class FileBody {
  entries: DiskEntry[] = []
  /** How many of the first `entries` are on the disk as well. */
  durable = 0
  /** What is on the disk, if that is more than the first `durable` entries; null if it is just those. */
  replaced: readonly DiskEntry[] | null = null
}

type DirectoryChange =
  | { readonly kind: 'create'; readonly name: string; readonly body: FileBody }
  | { readonly kind: 'remove'; readonly name: string }
  | { readonly kind: 'rename'; readonly name: string; readonly to: string }

export class DiskImage {
  /** Bytes; Infinity if unlimited. */
  readonly capacity: number
  #faults = HEALTHY
  #used = 0
  #files = new Map<string, FileBody>()
  #durableFiles = new Map<string, FileBody>()
  // Turns #durableFiles into #files; a prefix of it is applied when that much becomes durable.
  #journal: DirectoryChange[] = []

  /** @param capacity in bytes, above 0; unlimited by default */
  constructor(capacity = Infinity) {
    if (!(capacity > 0))
      throw new CallerError(`disk capacity ${show(capacity)}`, { expected: 'bytes, above 0' })
    this.capacity = capacity
  }

  /** Bytes in all visible files. */
  get used(): number {
    return this.#used
  }

  get faults(): DiskFaults {
    return this.#faults
  }

  /** Changes some faults and leaves the others. Throws CallerError if `slow` is not a number above 0. */
  setFaults(changes: Partial<DiskFaults>): void {
    const { slow } = changes
    if (slow !== undefined && !(slow > 0 && slow < Infinity)) {
      throw new CallerError(`disk slowed down by ${show(slow)}`, { expected: 'a factor above 0' })
    }
    this.#faults = { ...this.#faults, ...changes }
  }

  exists(file: string): boolean {
    return this.#files.has(file)
  }

  /** Names of the visible files, sorted by code unit. */
  list(): string[] {
    return [...this.#files.keys()].sort()
  }

  /** All entries in order, in an array of its own; none for a file that does not exist. Throws DiskError EIO. */
  read(file: string): unknown[] {
    const body = this.#files.get(file)
    if (body === undefined) return []
    if (this.#faults.readError) throw new DiskError('EIO', file)
    return body.entries.map((entry) => entry.value)
  }

  /** Bytes in a file as reads see it; 0 for a file that does not exist. */
  bytes(file: string): number {
    return sizeOf(this.#files.get(file)?.entries ?? [], 0)
  }

  /** Bytes that a sync of the file (default: of all files) would have to write. */
  unsyncedBytes(file?: string): number {
    const bodies = file === undefined ? [...this.#files.values()] : [this.#files.get(file)]
    return bodies.reduce(
      (sum, body) => sum + (body === undefined ? 0 : sizeOf(body.entries, body.durable)),
      0,
    )
  }

  /** Adds an entry of `size` bytes at the end, creating the file. Throws DiskError ENOSPC. */
  append(file: string, value: unknown, size: number): void {
    this.#reserve(file, size)
    this.#bodyToChange(file).entries.push({ value, size })
  }

  /** Replaces the entries of a file, creating it. Throws DiskError ENOSPC. */
  write(file: string, entries: readonly DiskEntry[]): void {
    const old = this.#files.get(file)
    this.#reserve(file, sizeOf(entries, 0) - (old === undefined ? 0 : sizeOf(old.entries, 0)))
    const body = this.#bodyToChange(file)
    keepDurable(body, 0)
    body.entries = [...entries]
  }

  /**
   * Keeps the first `count` entries. Throws DiskError ENOENT, and CallerError if `count` is not an integer from 0
   * to the number of entries.
   */
  truncate(file: string, count: number): void {
    const { entries } = this.#existing(file)
    if (!Number.isInteger(count) || count < 0 || count > entries.length) {
      const expected = `an integer from 0 to ${entries.length}, the number of its entries`
      throw new CallerError(`cannot truncate '${file}' to ${show(count)} entries`, { expected })
    }
    this.#used -= sizeOf(entries, count)
    keepDurable(this.#existing(file), count)
    entries.length = count
  }

  /** Removes a file. Throws DiskError ENOENT. */
  remove(file: string): void {
    this.#used -= sizeOf(this.#existing(file).entries, 0)
    this.#change({ kind: 'remove', name: file })
  }

  /** Renames a file, replacing one of that name. Throws DiskError ENOENT. */
  rename(from: string, to: string): void {
    this.#existing(from)
    if (from === to) return
    this.#used -= this.bytes(to)
    this.#change({ kind: 'rename', name: from, to })
  }

  /**
   * Makes a file durable as it is now, or, without a name, all files and the directory. Throws DiskError ENOENT
   * for a file that does not exist.
   */
  sync(file?: string): void {
    const one = file === undefined ? undefined : this.#existing(file)
    if (this.#faults.lieAboutSync) return
    if (one !== undefined) {
      settle(one)
      this.#persist(this.#journal.findIndex((change) => change.kind === 'create' && change.body === one) + 1)
      return
    }
    for (const body of this.#files.values()) settle(body)
    this.#persist(this.#journal.length)
  }

  /**
   * Power goes off: what is not durable is gone; with `torn`, part of it may have been written back before.
   * Faults stay as they are. Draws from `random` only if `torn`: one for pending directory changes, if any, and
   * up to three for each file with unsynced entries.
   */
  crash(options: { readonly torn: boolean }, random: UniformSource): CrashLoss {
    const { torn } = options
    const visible = new Set(this.#files.values())
    let lost = 0
    for (const body of visible) lost += body.entries.length
    this.#persist(torn && this.#journal.length > 0 ? upTo(this.#journal.length, random) : 0)
    const directoryChanges = this.#journal.length
    this.#journal = []

    const tornFiles: string[] = []
    this.#used = 0
    for (const [name, body] of this.#durableFiles) {
      const { entries, intact, half } = torn ? writtenBack(body, random) : onDisk(body)
      if (visible.has(body)) lost -= intact
      if (half) tornFiles.push(name)
      body.entries = entries
      settle(body)
      this.#used += sizeOf(entries, 0)
    }
    this.#files = new Map(this.#durableFiles)
    return { entries: lost, directoryChanges, tornFiles }
  }

  #existing(file: string): FileBody {
    const body = this.#files.get(file)
    if (body === undefined) throw new DiskError('ENOENT', file)
    return body
  }

  #bodyToChange(file: string): FileBody {
    const known = this.#files.get(file)
    if (known !== undefined) return known
    const body = new FileBody()
    this.#change({ kind: 'create', name: file, body })
    return body
  }

  #reserve(file: string, growth: number): void {
    if (this.#faults.full || this.#used + growth > this.capacity) throw new DiskError('ENOSPC', file)
    this.#used += growth
  }

  #change(change: DirectoryChange): void {
    apply(this.#files, change)
    this.#journal.push(change)
  }

  #persist(count: number): void {
    if (count === 0) return
    for (const change of this.#journal.splice(0, count)) apply(this.#durableFiles, change)
  }
}

function apply(files: Map<string, FileBody>, change: DirectoryChange): void {
  switch (change.kind) {
    case 'create':
      files.set(change.name, change.body)
      return
    case 'remove':
      files.delete(change.name)
      return
    case 'rename': {
      const body = files.get(change.name) as FileBody
      files.delete(change.name)
      files.set(change.to, body)
      return
    }
    default:
      change satisfies never
  }
}

// Only the first `count` entries will stay; what is on the disk beyond them must be remembered until the next sync.
function keepDurable(body: FileBody, count: number): void {
  if (count >= body.durable) return
  body.replaced ??= body.entries.slice(0, body.durable)
  body.durable = count
}

function settle(body: FileBody): void {
  body.durable = body.entries.length
  body.replaced = null
}

interface Survival {
  readonly entries: DiskEntry[]
  /** How many of the entries that reads showed are among them. */
  readonly intact: number
  readonly half: boolean
}

function onDisk(body: FileBody): Survival {
  const entries = body.replaced === null ? body.entries.slice(0, body.durable) : [...body.replaced]
  return { entries, intact: body.durable, half: false }
}

function writtenBack(body: FileBody, random: UniformSource): Survival {
  const unsynced = body.entries.length - body.durable
  if (unsynced === 0 && body.replaced === null) return onDisk(body)
  if (body.replaced !== null && random.next() < 0.5) return onDisk(body)
  const intact = body.durable + upTo(unsynced, random)
  const entries = body.entries.slice(0, intact)
  const next = body.entries[intact]
  const half = next !== undefined && random.next() < 0.5
  if (half) entries.push({ value: TORN, size: Math.floor(next.size / 2) })
  return { entries, intact, half }
}

/** Uniform integer from 0 to `most`, both included. */
function upTo(most: number, random: UniformSource): number {
  return Math.floor(random.next() * (most + 1))
}

function sizeOf(entries: readonly DiskEntry[], from: number): number {
  let bytes = 0
  for (let i = from; i < entries.length; i++) bytes += (entries[i] as DiskEntry).size
  return bytes
}
