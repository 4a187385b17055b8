/** Failure bundles as files, under names that tell the test; CI keeps the folder. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Bundle } from '../../sim/explore/bundle.ts'
import { bundleText } from '../../sim/explore/bundle.ts'
import { CallerError, show } from '../../sim/kernel/errors.ts'

const LONGEST = 80

/**
 * Writes a bundle into a folder, which is made if need be; a bundle of the same test and seed is replaced.
 *
 * @returns the file's path from the working directory
 * @throws CallerError if it cannot be written
 */
export function writeBundle(folder: string, test: string, bundle: Bundle): string {
  const words = test
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, LONGEST)
  const path = join(folder, `${words}-seed-${bundle.spec.seed}.json`)
  const temporary = `${path}.${process.pid}.tmp`
  try {
    mkdirSync(folder, { recursive: true })
    writeFileSync(temporary, bundleText(bundle))
    renameSync(temporary, path)
  } catch (error) {
    throw new CallerError(`cannot write the bundle ${show(path)}: ${(error as Error).message}`, {
      expected: 'a folder that can be written to, from `bundles` or ORRERY_BUNDLES',
    })
  }
  return relative('', path)
}
