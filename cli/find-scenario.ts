/** Finding the scenario that a trace or a bundle names: where it says, beside the file, or where the caller says. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CallerError } from '../sim/kernel/errors.ts'
import type { LoadedScenario } from './load-scenario.ts'
import { loadScenario } from './load-scenario.ts'

/**
 * @param given what `--scenario` says
 * @param source what the file says: a built-in scenario's name, or a file relative to the folder it was made in
 * @param what what the file is, for errors: `a bundle`
 */
export async function findScenario(
  given: string | undefined,
  source: string,
  file: string,
  what: string,
): Promise<LoadedScenario> {
  const beside = join(dirname(file), source)
  const isFile = /[\\/.]/.test(source)
  const found = given ?? (isFile && !existsSync(source) && existsSync(beside) ? beside : source)
  try {
    return await loadScenario(found)
  } catch (error) {
    if (given !== undefined || !(error instanceof CallerError)) throw error
    throw new CallerError(`${file} is ${what} of ${source}: ${error.message}`, {
      hint: existsSync(source) || existsSync(beside) ? undefined : 'say where it is now with --scenario',
    })
  }
}
