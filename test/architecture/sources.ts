// Reads the sources of the rooms for the tests in this folder. Paths are relative to the repository, with '/'.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export type Sources = ReadonlyMap<string, string>

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The sources of the given rooms (top-level folders) and root files; a room that does not exist yet is empty. */
export function readSources(rooms: readonly string[], rootFiles: readonly string[] = []): Sources {
  const sources = new Map<string, string>()
  for (const file of rootFiles) {
    if (existsSync(join(root, file))) sources.set(file, readFileSync(join(root, file), 'utf8'))
  }
  for (const room of rooms) {
    if (!existsSync(join(root, room))) continue
    const paths = readdirSync(join(root, room), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.[cm]?[jt]sx?$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
    for (const path of paths) {
      sources.set(relative(root, path).split(sep).join('/'), readFileSync(path, 'utf8'))
    }
  }
  return sources
}

export interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

export function readManifest(): Manifest {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest
}
