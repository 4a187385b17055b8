/** What a client may expect of its tasks. */
import type { Check } from 'orrery-sim'
import { always, eventually } from 'orrery-sim'
import type { ClientState } from './client.ts'

/** Every task is done at least once, `within` ms of the end of the faults. */
export function everyTaskDone(within: number): Check {
  return eventually(
    'every task is done',
    (world) => {
      const state = world.nodesOf<ClientState>('client')[0]?.state
      if (state === undefined) return 'no client'
      return state.total !== undefined || `${state.finished.size} tasks are done`
    },
    { within },
  )
}

/** What the results came to is what each task brings, once. */
export function everyTaskCountsOnce(): Check {
  return always('every task counts exactly once', (world) => {
    const state = world.nodesOf<ClientState>('client')[0]?.state
    if (state?.total === undefined) return undefined
    return state.total === state.expected || `the tasks bring ${state.expected}, the total is ${state.total}`
  })
}
