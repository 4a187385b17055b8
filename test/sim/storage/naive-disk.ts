/**
 * A disk for comparison that keeps a copy of everything: each state of the directory since the last durable one,
 * and for each file what is on the disk, what is shown, and every content shown since the last sync. Slow and
 * obvious; it shares nothing with the model but its rules.
 */
import type { DiskEntry } from '../../../sim/storage/disk-image.ts'
import { DiskError, isTorn } from '../../../sim/storage/disk-image.ts'

interface NaiveFile {
  shown: unknown[]
  onDisk: unknown[]
  /** How many entries at the beginning were never touched since the last sync. */
  untouched: number
  /** Whether entries that are on the disk were replaced or cut off since then. */
  rewritten: boolean
}

type Directory = ReadonlyMap<string, NaiveFile>

export class NaiveDisk {
  /** First: on the disk. Last: shown. */
  #directories: Directory[] = [new Map()]

  list(): string[] {
    return [...this.#shown().keys()].sort()
  }

  read(name: string): unknown[] {
    return [...(this.#shown().get(name)?.shown ?? [])]
  }

  append(name: string, value: unknown, _size: number): void {
    const file = this.#open(name)
    file.shown = [...file.shown, value]
  }

  write(name: string, entries: readonly DiskEntry[]): void {
    this.#cut(this.#open(name), 0)
    this.#open(name).shown = entries.map((entry) => entry.value)
  }

  truncate(name: string, count: number): void {
    this.#cut(this.#existing(name), count)
  }

  remove(name: string): void {
    this.#existing(name)
    this.#redo((files) => files.delete(name))
  }

  rename(from: string, to: string): void {
    const file = this.#existing(from)
    if (from !== to) this.#redo((files) => files.delete(from) && files.set(to, file))
  }

  sync(name?: string): void {
    if (name === undefined) {
      this.#directories = [this.#shown()]
      for (const file of this.#shown().values()) this.#flush(file)
      return
    }
    const file = this.#existing(name)
    this.#flush(file)
    const created = this.#directories.findIndex((files) => [...files.values()].includes(file))
    this.#directories = this.#directories.slice(created)
  }

  crash(): void {
    const files = this.#directories[0] as Directory
    this.#directories = [files]
    for (const file of files.values()) {
      file.shown = [...file.onDisk]
      this.#flush(file)
    }
  }

  /** Whether a torn crash now may leave these contents. */
  mayBecome(left: Record<string, unknown[]>): boolean {
    return this.#directories.some(
      (files) =>
        files.size === Object.keys(left).length &&
        [...files].every(([name, file]) => left[name] !== undefined && mayLeave(file, left[name])),
    )
  }

  #shown(): Directory {
    return this.#directories.at(-1) as Directory
  }

  #existing(name: string): NaiveFile {
    const file = this.#shown().get(name)
    if (file === undefined) throw new DiskError('ENOENT', name)
    return file
  }

  #open(name: string): NaiveFile {
    if (!this.#shown().has(name)) {
      this.#redo((files) => files.set(name, { shown: [], onDisk: [], untouched: 0, rewritten: false }))
    }
    return this.#existing(name)
  }

  #redo(change: (files: Map<string, NaiveFile>) => unknown): void {
    const files = new Map(this.#shown())
    change(files)
    this.#directories.push(files)
  }

  #cut(file: NaiveFile, count: number): void {
    if (count < file.untouched) file.rewritten = true
    file.untouched = Math.min(file.untouched, count)
    file.shown = file.shown.slice(0, count)
  }

  #flush(file: NaiveFile): void {
    file.onDisk = [...file.shown]
    file.untouched = file.shown.length
    file.rewritten = false
  }
}

function mayLeave(file: NaiveFile, left: readonly unknown[]): boolean {
  const same = (a: readonly unknown[], b: readonly unknown[]): boolean =>
    JSON.stringify(a) === JSON.stringify(b)
  if (same(left, file.onDisk)) return true
  const whole = isTorn(left.at(-1)) ? left.slice(0, -1) : left
  const halfFits = whole.length === left.length || whole.length < file.shown.length
  return halfFits && whole.length >= file.untouched && same(whole, file.shown.slice(0, whole.length))
}
