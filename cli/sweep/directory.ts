/**
 * Outcomes in a folder: a manifest, and a file to which a line is added for each outcome as it comes. Whenever the program
 * is killed, what it wrote stays; at most the last line is torn, and its run is made again.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { hasSeed } from '../../sim/explore/sweep.ts'
import type { LostRun, SweepOutcome } from '../../sim/explore/sweep-tally.ts'
import { isLost } from '../../sim/explore/sweep-tally.ts'
import type { RunOutcome } from '../../sim/explore/outcome.ts'
import { CallerError, show } from '../../sim/kernel/errors.ts'
import { OutputFile, reason } from '../output-file.ts'
import { fileLines } from '../trace-file.ts'
import type { SweepManifest } from './manifest.ts'
import { checkSameSweep, manifestText, readManifest } from './manifest.ts'

const MANIFEST = 'manifest.json'
const OUTCOMES = 'outcomes.jsonl'

/** What a line of the outcomes tells. */
type Entry = SweepOutcome | { readonly verified: number }

/** What was read of a folder. */
export interface SweepContent {
  /** Seeds that need not be run again. */
  readonly done: ReadonlySet<number>
  readonly verified: ReadonlySet<number>
  /** Runs that took their workers with them and were not made since. */
  readonly lost: ReadonlyMap<number, LostRun>
}

/** The manifest of a folder; undefined if it holds no sweep. Throws a CallerError if it cannot be read. */
export function manifestOf(folder: string): SweepManifest | undefined {
  const file = join(folder, MANIFEST)
  if (!existsSync(file)) return undefined
  try {
    return readManifest(readFileSync(file, 'utf8'), file)
  } catch (error) {
    throw error instanceof CallerError
      ? error
      : new CallerError(`cannot read ${show(file)}: ${reason(error)}`)
  }
}

/** Reads all outcomes of a folder; each is handed over once, with its line. */
export function readOutcomes(
  folder: string,
  { seeds, shard }: SweepManifest,
  take: (outcome: RunOutcome, line: string) => void,
): SweepContent {
  const file = join(folder, OUTCOMES)
  const done = new Set<number>()
  const verified = new Set<number>()
  const lost = new Map<number, LostRun>()
  let number = 0
  for (const line of completeLines(file)) {
    number++
    const entry = parseEntry(line)
    if (entry === undefined) throw new CallerError(`${file}:${number} is no outcome: ${show(line)}`)
    if ('verified' in entry) {
      verified.add(entry.verified)
      continue
    }
    const { seed } = entry
    if (!hasSeed(seeds, shard, seed)) {
      throw new CallerError(`${file}:${number}: seed ${seed} does not belong to the sweep of ${MANIFEST}`)
    }
    if (isLost(entry)) {
      if (!done.has(seed)) lost.set(seed, entry)
      continue
    }
    lost.delete(seed)
    if (done.has(seed)) continue
    done.add(seed)
    take(entry, line)
  }
  return { done, verified, lost }
}

function parseEntry(line: string): Entry | undefined {
  try {
    const entry = JSON.parse(line) as Partial<RunOutcome & LostRun & { readonly verified: number }>
    if (typeof entry.verified === 'number') return { verified: entry.verified }
    const whole = typeof entry.lost === 'string' || typeof entry.fingerprint === 'string'
    return Number.isSafeInteger(entry.seed) && whole ? (entry as SweepOutcome) : undefined
  } catch {
    return undefined
  }
}

/** The lines of a file that end; none if there is no file. */
function* completeLines(file: string): Generator<string, void, undefined> {
  if (!existsSync(file)) return
  let last: string | undefined
  for (const line of fileLines(file)) {
    if (last !== undefined) yield last
    last = line
  }
  if (last !== undefined && lengthOfLines(file) === statSync(file).size) yield last
}

const CHUNK = 1 << 16
const NEWLINE = 10

/** The length of a file up to its last newline, that included. */
function lengthOfLines(file: string): number {
  const descriptor = openSync(file, 'r')
  try {
    const buffer = new Uint8Array(CHUNK)
    for (let end = fstatSync(descriptor).size; end > 0;) {
      const from = Math.max(0, end - CHUNK)
      const length = readSync(descriptor, buffer, 0, end - from, from)
      const at = buffer.subarray(0, length).lastIndexOf(NEWLINE)
      if (at >= 0) return from + at + 1
      end = from
    }
    return 0
  } finally {
    closeSync(descriptor)
  }
}

/** What a session that was killed before it wrote its manifest may leave. */
function isBegun(name: string): boolean {
  return name === OUTCOMES || name.startsWith(`.${MANIFEST}.`)
}

export class SweepDirectory {
  readonly path: string
  private readonly manifest: SweepManifest
  private readonly descriptor: number

  /**
   * Makes the folder, or opens it to go on.
   *
   * @throws CallerError if it holds anything and is not to be gone on with, or is another sweep's
   */
  constructor(path: string, manifest: SweepManifest, resume: boolean) {
    this.path = path
    this.manifest = manifest
    try {
      mkdirSync(path, { recursive: true })
      const held = manifestOf(path)
      if (held === undefined) {
        if (readdirSync(path).some((name) => !isBegun(name))) {
          throw new CallerError(`--out: ${show(path)} is not empty and holds no sweep`, {
            expected: 'a new or empty folder',
          })
        }
      } else if (!resume) {
        throw new CallerError(`--out: ${show(path)} already holds a sweep`, {
          expected: '--resume to go on with it, or another folder',
        })
      } else checkSameSweep(held, manifest, path, 'this', false)
      const file = join(path, OUTCOMES)
      const length = existsSync(file) ? lengthOfLines(file) : 0
      this.descriptor = openSync(file, 'a')
      if (fstatSync(this.descriptor).size > length) ftruncateSync(this.descriptor, length)
      // Last: a folder with a manifest has a file for its outcomes.
      const text = new TextEncoder().encode(manifestText(manifest))
      const output = new OutputFile(join(path, MANIFEST))
      output.write(text, text.length)
      output.finish()
    } catch (error) {
      throw error instanceof CallerError
        ? error
        : new CallerError(`--out: cannot use ${show(path)}: ${reason(error)}`)
    }
  }

  /** What earlier sessions left. */
  read(take: (outcome: RunOutcome, line: string) => void): SweepContent {
    return readOutcomes(this.path, this.manifest, take)
  }

  /** Adds an outcome; it is on its way to the disk when this returns. */
  append(line: string): void {
    const bytes = new TextEncoder().encode(`${line}\n`)
    try {
      for (let from = 0; from < bytes.length;) {
        from += writeSync(this.descriptor, bytes, from, bytes.length - from)
      }
    } catch (error) {
      throw new CallerError(`cannot write to ${show(this.path)}: ${reason(error)}`)
    }
  }

  appendVerified(seed: number): void {
    this.append(JSON.stringify({ verified: seed }))
  }

  close(): void {
    closeSync(this.descriptor)
  }
}
