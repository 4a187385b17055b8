/**
 * Plan files: what may stand in them, how they are read, and the JSON Schema by which editors complete and check them.
 *
 * A plan file holds a list of faults, or an object `{ plan: [...], mode: add }` around it. JSON Schema can say which
 * fields there are and what they look like; whether a selector can match is known only with a scenario.
 */
import { z } from 'zod'
import { CallerError, show } from '../sim/kernel/errors.ts'
import { unknownName } from '../sim/kernel/nearest.ts'
import type { FaultSpec } from './vocabulary.ts'
import { checkFault, kinds } from './vocabulary.ts'

/** Whether a plan takes the place of the scenario's own faults or comes on top of them. */
export type PlanMode = 'replace' | 'add'

/** What a plan file says. */
export interface PlanFile {
  readonly mode: PlanMode
  readonly plan: readonly FaultSpec[]
}

const MODES: readonly string[] = ['replace', 'add']
const FIELDS: readonly string[] = ['plan', 'mode', '$schema']

/**
 * Reads the content of a plan file, parsed from YAML or JSON. Checks everything that can be checked without a scenario.
 *
 * @throws CallerError; its `where` is a path in the file: `plan[2].node`, or `[2].node` if the file is a bare list
 */
export function parsePlanFile(content: unknown): PlanFile {
  if (Array.isArray(content)) return { mode: 'replace', plan: faults(content, '') }
  if (typeof content !== 'object' || content === null) {
    throw new CallerError(`${show(content)} is not a plan`, {
      expected: 'a list of faults, or { plan: [...] }',
    })
  }
  for (const field of Object.keys(content)) {
    if (!FIELDS.includes(field)) throw unknownName('field of a plan file', field, FIELDS, field)
  }
  const { plan, mode = 'replace' } = content as { readonly plan?: unknown; readonly mode?: unknown }
  if (!Array.isArray(plan)) {
    throw new CallerError(plan === undefined ? 'plan is missing' : show(plan), {
      where: plan === undefined ? undefined : 'plan',
      expected: 'a list of faults',
    })
  }
  if (mode !== 'replace' && mode !== 'add') {
    throw typeof mode === 'string'
      ? unknownName('mode', mode, MODES, 'mode')
      : new CallerError(show(mode), { where: 'mode', expected: `one of ${MODES.join(', ')}` })
  }
  return { mode, plan: faults(plan, 'plan') }
}

function faults(list: readonly unknown[], where: string): readonly FaultSpec[] {
  return list.map((fault, index) => checkFault(fault, `${where}[${index}]`))
}

const fault = z.union(kinds.map(({ schema }) => schema)).meta({
  id: 'fault',
  description: 'One fault: when (`at`), what (`kind`), to whom, and for how long (`for`).',
})

const plan = z.array(fault).describe('The faults, in any order: each begins at its own time.')

const planFile = z.union([
  plan,
  z
    .strictObject({
      $schema: z.string().optional().describe('Where this schema is, for editors.'),
      mode: z.enum(['replace', 'add']).optional().meta({
        default: 'replace',
        description: "Whether the faults take the place of the scenario's own or come on top of them.",
      }),
      plan,
    })
    .describe('A plan, and what to do with the faults of the scenario.'),
])

/** The JSON Schema (draft 7, which editors know best) of plan files. */
export function planJsonSchema(): object {
  const { $schema, ...rest } = z.toJSONSchema(planFile, { target: 'draft-7', io: 'input' })
  return {
    $schema,
    title: 'Orrery plan',
    description: 'Faults to inject into a simulated system: a list, or an object with the list as `plan`.',
    ...rest,
  }
}
