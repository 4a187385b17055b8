/** What must hold of a ledger with one leader at a time. */
import type { Check } from 'orrery-sim'
import { always, never, sometimes } from 'orrery-sim'
import type { StoreState } from './store.ts'

/** The store holds at least as many entries as were acknowledged. */
export function noEntryLost(): Check {
  return always('no acknowledged entry is lost', (world) => {
    const total = world.nodesOf<StoreState>('store')[0]?.state?.total
    const acknowledged = world.counter('entries acknowledged')
    if (total === undefined || acknowledged === 0) return undefined
    return total >= acknowledged || `${acknowledged} entries were acknowledged, the store holds ${total}`
  })
}

/** Once a leader has been at the store, no earlier one changes it. */
export function noWriteOfDeposed(): Check {
  return never('no deposed leader changes the store', (world) =>
    world.counter('entries acknowledged') === 0
      ? undefined
      : world.counter('writes of deposed leaders') > 0 && 'a write with an older token was done',
  )
}

/** The run shows what it is about: two nodes that run and believe that they lead. */
export function twoBelieveToLead(): Check {
  return sometimes('two nodes believe that they lead', (world) => {
    return world.withRole('leader').filter(({ up, paused }) => up && !paused).length > 1
  })
}
