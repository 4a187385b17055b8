// The committed pictures are those that the program makes today; `npm run gallery` makes them again.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { packageRoot, quietEnv, Workspace } from '../cli/orrery.ts'

const work = new Workspace()
const gallery = join(packageRoot, 'docs', 'gallery')
const committed = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => /\.(svg|md)$/.test(name))
    .sort()

it('the gallery holds what its script makes, byte for byte', { timeout: 120_000 }, () => {
  const script = join(packageRoot, 'scripts', 'gallery.mjs')
  const { status, stderr } = spawnSync(process.execPath, [script, '--out', work.path('gallery')], {
    env: quietEnv(),
    encoding: 'utf8',
  })
  expect([status, stderr]).toEqual([0, ''])
  expect(committed(work.path('gallery'))).toEqual(committed(gallery))
  for (const name of committed(gallery)) {
    const made = readFileSync(work.path('gallery', name), 'utf8')
    expect(made === readFileSync(join(gallery, name), 'utf8'), `${name} is current: npm run gallery`).toBe(
      true,
    )
  }
})

it('the document of the gallery shows each picture, and each picture is small', () => {
  const document = readFileSync(join(gallery, 'README.md'), 'utf8')
  const pictures = committed(gallery).filter((name) => name.endsWith('.svg'))
  expect(pictures.length).toBeGreaterThan(3)
  for (const name of pictures) {
    expect(document).toContain(`](${name})`)
    expect(readFileSync(join(gallery, name)).length).toBeLessThan(40_000)
  }
})
