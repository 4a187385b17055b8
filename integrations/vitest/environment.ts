/**
 * What the environment says about all tests of a run of Vitest: other seeds, and where bundles go.
 *
 * - `ORRERY_SEED=17`: this seed alone, to see a failure again;
 * - `ORRERY_SEEDS=5000` or `ORRERY_SEEDS=1001..2000`: these seeds instead of those of the test, as for nightly runs;
 * - `ORRERY_BUNDLES=failures`: a folder for failure bundles.
 */
import type { SeedRange } from '../../sim/explore/sweep.ts'
import { parseSeeds } from '../../sim/explore/sweep.ts'
import { CallerError, show } from '../../sim/kernel/errors.ts'

export interface Environment {
  readonly seeds?: SeedRange
  /** Whether one seed alone was asked for. */
  readonly single: boolean
  readonly bundles?: string
}

type Variables = Readonly<Record<string, string | undefined>>

/** Reads the variables; one that is empty counts as not set. Throws a CallerError that names the variable. */
export function readEnvironment(variables: Variables = process.env): Environment {
  const { ORRERY_SEED: seed = '', ORRERY_SEEDS: seeds = '', ORRERY_BUNDLES: bundles = '' } = variables
  if (seed !== '' && seeds !== '') {
    throw new CallerError(`ORRERY_SEED=${seed} and ORRERY_SEEDS=${seeds} are both set`, {
      expected: 'one of them',
    })
  }
  const folder = bundles === '' ? {} : { bundles }
  if (seed !== '') return { seeds: oneSeed(seed), single: true, ...folder }
  if (seeds !== '') return { seeds: parseSeeds(seeds, 'ORRERY_SEEDS'), single: false, ...folder }
  return { single: false, ...folder }
}

function oneSeed(text: string): SeedRange {
  const seed = /^\d+$/.test(text.trim()) ? Number(text) : NaN
  if (Number.isSafeInteger(seed)) return { from: seed, to: seed }
  throw new CallerError(`ORRERY_SEED: ${show(text)}`, {
    expected: `an integer from 0 to ${Number.MAX_SAFE_INTEGER}`,
  })
}
