/**
 * Somebody who needs a leader: hears from whoever leads, and measures how long there was nobody. It stands for the users of
 * the cluster, who do not care about elections, only about how long they wait.
 */
import type { Address, Duration, Node } from 'orrery-sim'
import { defineNode, milliseconds } from 'orrery-sim'

export interface LeaderMessages {
  leading(): void
}

/** How often a leader lets itself be heard; what is measured is exact to that. */
const INTERVAL: Duration = '20ms'
/** A silence is one if several are missing. */
const SILENCE = 4 * milliseconds(INTERVAL)

/** Samples `time without a leader` (ms): one sample for each time, the first election not counted. */
export const client = defineNode<LeaderMessages>()({
  kind: 'client',
  state: (): { heard: number | undefined } => ({ heard: undefined }),
  on: {
    leading({ state, clock, metrics }) {
      const now = clock.monotonic()
      if (state.heard !== undefined && now - state.heard > SILENCE)
        metrics.sample('time without a leader', now - state.heard)
      state.heard = now
    },
  },
})

/** A leader lets itself be heard, for as long as it leads. */
export function announce(
  node: Node,
  to: Address<LeaderMessages> | undefined,
  isLeading: () => boolean,
): void {
  if (to === undefined) return
  node.send(to, 'leading')
  const timer = node.every(INTERVAL, () => {
    if (isLeading()) node.send(to, 'leading')
    else timer.cancel()
  })
}
