/**
 * A file that appears whole or not at all: it is written under another name in the same folder and renamed at the
 * end. What a failure or an interrupt leaves unfinished is removed when the process exits.
 */
import {
  accessSync,
  closeSync,
  constants,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { CallerError } from '../sim/kernel/errors.ts'

const unfinished = new Set<string>()

/** Removes the files that were begun and not finished. */
export function discardUnfinished(): void {
  for (const path of unfinished) rmSync(path, { force: true })
  unfinished.clear()
}

export class OutputFile {
  private readonly descriptor: number
  private readonly path: string
  private readonly target: string
  /** Undefined when the target is no regular file (a pipe, /dev/null): it is then written directly. */
  private readonly temporary: string | undefined

  /**
   * Opens the file for writing.
   *
   * @throws CallerError with path and reason if it cannot be written
   */
  constructor(path: string) {
    this.path = path
    this.target = resolve(path)
    try {
      const existing = statSync(this.target, { throwIfNoEntry: false })
      if (existing?.isDirectory() === true) throw new CallerError(`cannot write ${path}: it is a folder`)
      if (existing !== undefined) {
        accessSync(this.target, constants.W_OK)
        this.target = realpathSync(this.target)
      }
      if (existing === undefined || existing.isFile()) {
        this.temporary = join(dirname(this.target), `.${basename(this.target)}.${process.pid}.tmp`)
      }
      this.descriptor = openSync(this.temporary ?? this.target, this.temporary === undefined ? 'w' : 'wx')
    } catch (error) {
      throw this.refused(error)
    }
    if (this.temporary !== undefined) unfinished.add(this.temporary)
  }

  /** Writes the first `length` bytes. */
  readonly write = (bytes: Uint8Array, length: number): void => {
    let from = 0
    try {
      while (from < length) from += writeSync(this.descriptor, bytes, from, length - from)
    } catch (error) {
      throw this.refused(error)
    }
  }

  /** The file is whole: gives it its name. */
  finish(): void {
    try {
      closeSync(this.descriptor)
      if (this.temporary === undefined) return
      renameSync(this.temporary, this.target)
      unfinished.delete(this.temporary)
    } catch (error) {
      throw this.refused(error)
    }
  }

  private refused(error: unknown): unknown {
    if (error instanceof CallerError) return error
    return new CallerError(`cannot write ${this.path}: ${reason(error)}`)
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  ENOTDIR: 'a part of the path is not a folder',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left on the device',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
}

/** Why a file operation failed, for people. */
export function reason(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException
  if (code !== undefined) return REASONS[code] ?? code
  return error instanceof Error ? error.message : String(error)
}
