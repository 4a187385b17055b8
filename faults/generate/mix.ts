/**
 * What random faults are like, as data: which sources there are, how often and how long, whom they hit, and how much of
 * the run is left in peace. A scenario may declare one (`randomFaults`), a file may hold one; docs/random-faults.md
 * explains it.
 */
import { CallerError, show } from '../../sim/kernel/errors.ts'
import { duration, explainedBy, number, targets } from '../fields.ts'
import type { OptionsOf } from './fields.ts'
import { readFields, words } from './fields.ts'
import { anything } from './source.ts'
import { sourceFields } from './sources.ts'

type Sources = OptionsOf<typeof sourceFields>

const sourcesField = explainedBy<Sources>((value, where) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CallerError(show(value), { where, expected: 'sources of faults, such as { crash: true }' })
  }
  return readFields(sourceFields, value, where)
}, anything('Sources of faults by name: true, false or options. Those left out are off. Default: all usual ones.'))

const WHOLE = 'a whole number, 1 or more'

const fields = {
  nodes: targets(
    'At whom faults are aimed. Default: all nodes but clients, which are those that have a workload; everyone if there ' +
      'are only clients.',
  ),
  roles: words(
    "Roles at whose holders faults are aimed: 'leader', or those of one kind, 'replica[role:leader]'. Default: those that " +
      "the scenario's own faults name.",
  ),
  from: duration('Virtual time before which no fault begins. Default 0.'),
  quiet: duration(
    'How long before the end of the run all faults are over. Default: a quarter of the run, or more if clients are done ' +
      'earlier.',
  ),
  maxDown: number(
    { min: 1 },
    WHOLE,
    'How many nodes of a kind may be crashed at once, and how many paused. Default: a minority, but at least 1.',
  ).int(WHOLE),
  faults: sourcesField,
}

/** What random faults are like. Everything may be left out; {} is the default for any scenario. */
export type FaultMix = OptionsOf<typeof fields>

/**
 * Checks a description, as far as that is possible without knowing the nodes.
 *
 * @param where what stands before the places in errors; '' for none
 * @throws CallerError naming the place, the value, and what was expected
 */
export function checkMix(content: unknown, where = ''): FaultMix {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new CallerError(`${show(content)} is no description of random faults`, {
      where: where || undefined,
      expected: 'an object such as { faults: { crash: true } }',
    })
  }
  return readFields(fields, content, where)
}
