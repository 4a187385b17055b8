/**
 * From what the user wrote (a name or a file) to a scenario. A file may be TypeScript or JavaScript: it is bundled in
 * memory, with its imports of this library pointed at this program's own copy, so that there is only one. The result
 * is split in two so that other threads can load the same scenario without bundling again: a description that can be
 * sent anywhere, and what turns a description into a scenario.
 */
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, relative, resolve, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CallerError, show } from '../sim/kernel/errors.ts'
import { nearest, unknownName } from '../sim/kernel/nearest.ts'
import type { Scenario } from '../sim/scenario/scenario.ts'
import { isScenario } from '../sim/scenario/scenario.ts'
import { builtinNames, builtinScenario } from './builtin.ts'
import { blame } from './stack.ts'

/** A scenario as data: enough to load it in any thread of this machine. */
export type ScenarioDescription =
  | { readonly kind: 'builtin'; readonly source: string }
  | {
      readonly kind: 'file'
      /** The file relative to the current folder, with slashes: what trace headers and printed commands name. */
      readonly source: string
      readonly path: string
      /** The bundled module. */
      readonly code: string
    }

export interface LoadedScenario {
  readonly scenario: Scenario
  readonly description: ScenarioDescription
}

/** Finds and loads a scenario by name or file. Throws a CallerError for whatever is wrong with it. */
export async function loadScenario(given: string): Promise<LoadedScenario> {
  const description = await describeScenario(given)
  return { description, scenario: await importScenario(description) }
}

/** Finds a scenario by name or file and, if it is a file, bundles it. */
export async function describeScenario(given: string): Promise<ScenarioDescription> {
  if (builtinNames.includes(given)) return { kind: 'builtin', source: given }
  const path = resolve(given)
  const looksLikeFile = /[\\/]|\.[cm]?[jt]sx?$/.test(given)
  if (!existsSync(path)) {
    if (!looksLikeFile) throw unknownScenario(given)
    const close = nearest(basename(given).replace(/\..*$/, ''), builtinNames)
    throw new CallerError(`scenario file ${show(given)} does not exist`, {
      hint: close === undefined ? undefined : `there is a built-in scenario '${close}'`,
    })
  }
  if (!statSync(path).isFile()) {
    if (!looksLikeFile) throw unknownScenario(given)
    throw new CallerError(`${show(given)} is not a file`, { expected: 'a scenario file' })
  }
  const { bundle } = await import('./bundle.ts')
  const source = relative(process.cwd(), path).split(sep).join('/')
  return { kind: 'file', source, path, code: await bundle(path) }
}

function unknownScenario(given: string): CallerError {
  const { message, hint } = unknownName('scenario', given, builtinNames)
  if (hint !== undefined) return new CallerError(message)
  return new CallerError(message, { hint: `a file is written with its ending, such as '${given}.ts'` })
}

/** Loads what a description describes. */
export async function importScenario(description: ScenarioDescription): Promise<Scenario> {
  if (description.kind === 'builtin') return builtinScenario(description.source) as Scenario
  const { source, code } = description
  const module = await importCode(code, source)
  if (!('default' in module)) {
    throw new CallerError(`${source} has no default export`, {
      expected: "'export default scenario({ ... })'",
    })
  }
  if (!isScenario(module.default)) {
    throw new CallerError(`${source}: its default export is ${show(module.default)}`, {
      expected: "a scenario, as in 'export default scenario({ ... })'",
    })
  }
  return module.default
}

async function importCode(code: string, source: string): Promise<Readonly<Record<string, unknown>>> {
  // Stacks then show the user's own file and lines.
  process.setSourceMapsEnabled(true)
  const folder = mkdtempSync(join(tmpdir(), 'orrery-'))
  const file = join(folder, 'scenario.mjs')
  try {
    writeFileSync(file, code)
    return (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>
  } catch (error) {
    throw await importMistake(error, source)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Whatever goes wrong while a user's file is loaded is for the user to correct. */
async function importMistake(error: unknown, source: string): Promise<CallerError> {
  const message = error instanceof Error ? error.message : show(error)
  const missing = /does not provide an export named '([^']+)'/.exec(message)?.[1]
  if (missing !== undefined) {
    return unknownName(
      `export of orrery-sim`,
      missing,
      Object.keys(await import('../index.ts')).sort(),
      source,
    )
  }
  const blamed = blame(error)
  if (blamed instanceof CallerError) return blamed
  return new CallerError(`${source}: ${error instanceof Error ? `${error.name}: ` : ''}${message}`)
}
