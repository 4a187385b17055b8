import fc from 'fast-check'
import seedrandom from 'seedrandom'
import { describe, expect, it } from 'vitest'
import { CallerError } from '../../../sim/kernel/errors.ts'
import { DiskError, DiskImage, isTorn, TORN } from '../../../sim/storage/disk-image.ts'
import type { DiskErrorCode } from '../../../sim/storage/disk-image.ts'
import { NaiveDisk } from './naive-disk.ts'

const SEED = 31
const FILES = ['log', 'tmp', 'old'] as const
const plain = { torn: false }
const noDraws = {
  next(): number {
    throw new Error('a plain crash draws nothing')
  },
}

type Step =
  | { readonly op: 'append'; readonly file: string; readonly size: number }
  | { readonly op: 'write'; readonly file: string; readonly count: number }
  | { readonly op: 'truncate'; readonly file: string; readonly share: number }
  | { readonly op: 'remove'; readonly file: string }
  | { readonly op: 'rename'; readonly file: string; readonly to: string }
  | { readonly op: 'sync'; readonly file?: string }
  | { readonly op: 'crash' }

const file = fc.constantFrom(...FILES)
const append = fc.record({ op: fc.constant('append' as const), file, size: fc.integer({ min: 0, max: 9 }) })
const syncOne = fc.record({ op: fc.constant('sync' as const), file })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: append },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('write' as const), file, count: fc.nat({ max: 3 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('truncate' as const),
      file,
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('remove' as const), file }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('rename' as const), file, to: file }) },
  { weight: 4, arbitrary: syncOne },
  { weight: 1, arbitrary: fc.constant({ op: 'sync' as const }) },
)
const steps = (of: fc.Arbitrary<Step>): fc.Arbitrary<Step[]> => fc.array(of, { maxLength: 40 })

/** Does one step on either disk; `mark` makes the new entries unmistakable. The error code, if it failed. */
function perform(disk: DiskImage | NaiveDisk, step: Step, mark: number): DiskErrorCode | undefined {
  try {
    switch (step.op) {
      case 'append':
        disk.append(step.file, `e${mark}`, step.size)
        break
      case 'write':
        disk.write(
          step.file,
          Array.from({ length: step.count }, (_, i) => ({ value: `w${mark}.${i}`, size: 3 })),
        )
        break
      case 'truncate':
        disk.truncate(step.file, Math.floor(step.share * disk.read(step.file).length))
        break
      case 'remove':
        disk.remove(step.file)
        break
      case 'rename':
        disk.rename(step.file, step.to)
        break
      case 'sync':
        disk.sync(step.file)
        break
      case 'crash':
        disk.crash(plain, noDraws)
        break
      default:
        step satisfies never
    }
    return undefined
  } catch (error) {
    if (error instanceof DiskError) return error.code
    throw error
  }
}

const contents = (disk: DiskImage | NaiveDisk): Record<string, unknown[]> =>
  Object.fromEntries(disk.list().map((name) => [name, disk.read(name)]))

/** The law that matters most: whatever was appended before the last sync of a file is there after a crash. */
function syncedSurvives(make: () => DiskImage): fc.IProperty<[Step[], boolean, number]> {
  return fc.property(steps(fc.oneof(append, syncOne)), fc.boolean(), fc.nat(), (script, torn, seed) => {
    const disk = make()
    const synced = new Map<string, unknown[]>()
    script.forEach((each, i) => {
      const failed = perform(disk, each, i)
      if (each.op === 'sync' && each.file !== undefined && failed === undefined)
        synced.set(each.file, disk.read(each.file))
    })
    const shown = contents(disk)
    disk.crash({ torn }, { next: seedrandom(String(seed)) })
    for (const [name, entries] of synced) {
      expect(disk.read(name).slice(0, entries.length)).toEqual(entries)
    }
    for (const [name, entries] of Object.entries(contents(disk))) {
      const whole = isTorn(entries.at(-1)) ? entries.slice(0, -1) : entries
      expect(whole).toEqual(shown[name]?.slice(0, whole.length))
      if (!torn) expect(entries).toEqual(synced.get(name) ?? [])
    }
  })
}

describe('a disk', () => {
  it('keeps synced entries through any crash, and through a plain one nothing else', () => {
    fc.assert(
      syncedSurvives(() => new DiskImage()),
      { seed: SEED, numRuns: 500 },
    )
  })

  it('is caught by that law if its sync does nothing', () => {
    class ForgetfulDisk extends DiskImage {
      override sync(): void {
        // The deliberate mistake.
      }
    }
    expect(
      fc.check(
        syncedSurvives(() => new ForgetfulDisk()),
        { seed: SEED },
      ).failed,
    ).toBe(true)
  })

  it('equals a naive twin that copies everything, crashes included', () => {
    fc.assert(
      fc.property(
        steps(fc.oneof({ weight: 12, arbitrary: step }, fc.constant({ op: 'crash' as const }))),
        (script) => {
          const disk = new DiskImage()
          const twin = new NaiveDisk()
          script.forEach((each, i) => {
            expect(perform(disk, each, i)).toBe(perform(twin, each, i))
            expect(contents(disk)).toEqual(contents(twin))
            expect(disk.used).toBe(FILES.reduce((sum, name) => sum + disk.bytes(name), 0))
          })
        },
      ),
      { seed: SEED, numRuns: 1_000 },
    )
  })

  it('after a torn crash holds something that the naive twin calls possible, and counts what it lost', () => {
    let half = 0
    fc.assert(
      fc.property(steps(step), fc.nat(), (script, seed) => {
        const disk = new DiskImage()
        const twin = new NaiveDisk()
        script.forEach((each, i) => {
          perform(disk, each, i)
          perform(twin, each, i)
        })
        const shown = FILES.reduce((sum, name) => sum + disk.read(name).length, 0)
        const loss = disk.crash({ torn: true }, { next: seedrandom(String(seed)) })
        const left = contents(disk)
        expect(twin.mayBecome(left)).toBe(true)
        expect(Object.keys(left).filter((name) => isTorn(left[name]?.at(-1)))).toEqual(
          [...loss.tornFiles].sort(),
        )
        expect(loss.entries).toBeGreaterThanOrEqual(0)
        expect(loss.entries).toBeLessThanOrEqual(shown)
        half += loss.tornFiles.length
        // What survived once is on the disk: another crash takes nothing more.
        expect(disk.crash({ torn: true }, noDraws)).toEqual({
          entries: 0,
          directoryChanges: 0,
          tornFiles: [],
        })
        expect(contents(disk)).toEqual(left)
      }),
      { seed: SEED, numRuns: 1_000 },
    )
    expect(half).toBeGreaterThan(50)
  })

  it('says what a crash destroyed', () => {
    const disk = new DiskImage()
    disk.append('log', 'a', 1)
    disk.sync('log')
    disk.append('log', 'b', 1)
    disk.append('tmp', 'c', 1)
    expect(disk.unsyncedBytes('log')).toBe(1)
    expect(disk.unsyncedBytes()).toBe(2)
    expect(disk.crash(plain, noDraws)).toEqual({ entries: 2, directoryChanges: 1, tornFiles: [] })
    expect(contents(disk)).toEqual({ log: ['a'] })
    expect(disk.used).toBe(1)
  })

  it('shows every operation at once', () => {
    const disk = new DiskImage()
    disk.append('log', 'a', 1)
    disk.append('log', 'b', 1)
    expect(disk.read('log')).toEqual(['a', 'b'])
    disk.truncate('log', 1)
    disk.rename('log', 'old')
    expect([disk.exists('log'), disk.list(), disk.read('old')]).toEqual([false, ['old'], ['a']])
    disk.write('old', [{ value: 'z', size: 1 }])
    expect(disk.read('old')).toEqual(['z'])
    disk.remove('old')
    expect(disk.list()).toEqual([])
  })

  it('answers a read of a file that was never written with no entries', () => {
    expect(new DiskImage().read('log')).toEqual([])
  })
})

describe('renaming over a file', () => {
  function replaced({ syncedFirst }: { syncedFirst: boolean }): DiskImage {
    const disk = new DiskImage()
    disk.append('state', 'old', 3)
    disk.sync()
    disk.append('tmp', 'new', 3)
    if (syncedFirst) disk.sync('tmp')
    disk.rename('tmp', 'state')
    return disk
  }

  it('is undone by a crash before the directory is synced', () => {
    const disk = replaced({ syncedFirst: true })
    expect(disk.read('state')).toEqual(['new'])
    disk.crash(plain, noDraws)
    expect(contents(disk)).toEqual({ state: ['old'], tmp: ['new'] })
  })

  it('survives once everything is synced', () => {
    const disk = replaced({ syncedFirst: false })
    disk.sync()
    disk.crash(plain, noDraws)
    expect(contents(disk)).toEqual({ state: ['new'] })
  })

  it('may leave an empty file after a torn crash if the new content was not synced first', () => {
    const seen = new Set<string>()
    for (let seed = 0; seed < 100; seed++) {
      const disk = replaced({ syncedFirst: false })
      disk.crash({ torn: true }, { next: seedrandom(String(seed)) })
      seen.add(JSON.stringify(disk.read('state')))
    }
    expect([...seen].sort()).toEqual(['["new"]', '["old"]', '[]', '[{"torn":true}]'])
  })

  it('with the new content synced first leaves the old or the new file, whole, after any crash', () => {
    for (let seed = 0; seed < 100; seed++) {
      const disk = replaced({ syncedFirst: true })
      disk.crash({ torn: true }, { next: seedrandom(String(seed)) })
      expect([['old'], ['new']]).toContainEqual(disk.read('state'))
    }
  })

  it('never loses what was synced under the old name when a new file of that name is synced (log rotation)', () => {
    const disk = new DiskImage()
    disk.append('log', 1, 1)
    disk.sync('log')
    disk.rename('log', 'log.1')
    disk.append('log', 2, 1)
    disk.sync('log')
    disk.crash(plain, noDraws)
    expect(contents(disk)).toEqual({ log: [2], 'log.1': [1] })
  })
})

describe('a faulty disk', () => {
  function failure(act: () => unknown): string {
    try {
      act()
    } catch (error) {
      if (error instanceof DiskError) return `${error.code} ${error.file}`
      throw error
    }
    return 'ok'
  }

  it('refuses what does not fit into its capacity and leaves everything as it was', () => {
    const disk = new DiskImage(10)
    disk.append('log', 'a', 8)
    expect(failure(() => disk.append('log', 'b', 3))).toBe('ENOSPC log')
    expect(failure(() => disk.append('new', 'b', 3))).toBe('ENOSPC new')
    expect(contents(disk)).toEqual({ log: ['a'] })
    expect(failure(() => disk.append('log', 'b', 2))).toBe('ok')
    expect(failure(() => disk.write('log', [{ value: 'c', size: 10 }]))).toBe('ok')
    expect(failure(() => disk.write('log', [{ value: 'c', size: 11 }]))).toBe('ENOSPC log')
    disk.truncate('log', 0)
    expect(disk.used).toBe(0)
    expect(failure(() => disk.append('log', 'd', 10))).toBe('ok')
  })

  it('that is full refuses appends and writes until it is emptied by hand', () => {
    const disk = new DiskImage()
    disk.append('log', 'a', 1)
    disk.setFaults({ full: true })
    expect(failure(() => disk.append('log', 'b', 0))).toBe('ENOSPC log')
    expect(failure(() => disk.write('log', []))).toBe('ENOSPC log')
    expect(failure(() => disk.truncate('log', 0))).toBe('ok')
    disk.setFaults({ full: false })
    expect(failure(() => disk.append('log', 'b', 1))).toBe('ok')
  })

  it('that cannot read says so and loses nothing by it', () => {
    const disk = new DiskImage()
    disk.append('log', 'a', 1)
    disk.setFaults({ readError: true })
    expect(failure(() => disk.read('log'))).toBe('EIO log')
    disk.setFaults({ readError: false })
    expect(disk.read('log')).toEqual(['a'])
  })

  it('that lies about sync loses what it acknowledged, until an honest sync', () => {
    const disk = new DiskImage()
    disk.setFaults({ lieAboutSync: true })
    disk.append('log', 'a', 1)
    disk.sync('log')
    disk.sync()
    disk.crash(plain, noDraws)
    expect(disk.list()).toEqual([])
    disk.append('log', 'b', 1)
    disk.sync('log')
    disk.setFaults({ lieAboutSync: false })
    disk.sync('log')
    disk.crash(plain, noDraws)
    expect(disk.read('log')).toEqual(['b'])
  })

  it('keeps the faults that a change does not mention', () => {
    const disk = new DiskImage()
    disk.setFaults({ slow: 10 })
    disk.setFaults({ full: true })
    expect(disk.faults).toEqual({ full: true, readError: false, lieAboutSync: false, slow: 10 })
    expect(() => disk.setFaults({ slow: 0 })).toThrow('disk slowed down by 0; expected a factor above 0')
  })

  it('reports missing files by name', () => {
    const disk = new DiskImage()
    for (const act of [
      () => disk.sync('log'),
      () => disk.truncate('log', 0),
      () => disk.remove('log'),
      () => disk.rename('log', 'x'),
    ]) {
      expect(failure(act)).toBe('ENOENT log')
    }
    expect(() => disk.remove('log')).toThrow("ENOENT: no such file, file 'log'")
  })

  it("takes an impossible truncation or capacity for the caller's mistake", () => {
    const disk = new DiskImage()
    disk.append('log', 'a', 1)
    for (const count of [-1, 2, 0.5, NaN]) expect(() => disk.truncate('log', count)).toThrow(CallerError)
    expect(() => disk.truncate('log', 2)).toThrow(
      "cannot truncate 'log' to 2 entries; expected an integer from 0 to 1, the number of its entries",
    )
    expect(() => new DiskImage(0)).toThrow('disk capacity 0; expected bytes, above 0')
  })
})

describe('isTorn', () => {
  it('knows the marker and its copies, and nothing else', () => {
    expect([TORN, { torn: true }].every(isTorn)).toBe(true)
    expect([null, undefined, 'torn', true, {}, { torn: false }, { torn: true, key: 1 }].some(isTorn)).toBe(
      false,
    )
  })
})
