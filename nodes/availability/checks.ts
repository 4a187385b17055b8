/** What a replicated service is for: it is there, and it forgets nothing. */
import type { Check } from 'orrery-sim'
import { budget, never } from 'orrery-sim'

/** At least this share of all reads, and of all writes, was answered in time. */
export function availableAtLeast(share: number): Check[] {
  return ['reads available', 'writes available'].map((metric) =>
    budget(`${metric} for at least ${share} of the time`, { atLeast: share, metric, statistic: 'mean' }),
  )
}

/** No client reads less than it knows to be written. */
export function noWriteLost(): Check {
  return never('no acknowledged write is lost', (world) =>
    world.samples('reads available').length === 0
      ? undefined
      : world.counter('acknowledged writes lost') > 0 && 'a client read an older value than it had written',
  )
}
