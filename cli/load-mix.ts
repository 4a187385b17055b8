/** Files that say what random faults are like: YAML or JSON. What may stand in them is the generators' to say. */
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { checkMix } from '../faults/generate/mix.ts'
import { CallerError, show } from '../sim/kernel/errors.ts'
import { reason } from './output-file.ts'
import type { RandomFaults } from './random-faults.ts'
import { inFile } from './random-faults.ts'

/** Reads one. Throws a CallerError that names the file. */
export function loadMix(file: string): NonNullable<RandomFaults['mix']> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new CallerError(`cannot read ${show(file)}: ${reason(error)}`)
  }
  let content: unknown
  try {
    content = parse(text, { prettyErrors: true })
  } catch (error) {
    const [first = ''] = (error as Error).message.split('\n')
    throw new CallerError(`${file}: ${first}`)
  }
  return { file, content: inFile(file, () => checkMix(content)) }
}
