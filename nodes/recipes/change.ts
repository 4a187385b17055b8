/**
 * One wait for one watch event. Make it, leave its watcher with a read, look at what was read, and wait if that is not
 * what was hoped for. What happens between the read and the wait is not missed: the watch is set by the read.
 */
import type { Node } from 'orrery-sim'
import type { CoordinationSession, WatchEvent } from 'orrery-sim/nodes/coordination'

export class Change {
  private seen = false

  /** Left with `exists`, `getData` or `getChildren`. */
  readonly watcher = ({ type }: WatchEvent): void => {
    // Watchers hear of the session's ups and downs as well; the watch survives them.
    if (type !== 'None') this.seen = true
  }

  /** Waits for the event; false if the session ended before it came. */
  async happens(node: Node, session: CoordinationSession): Promise<boolean> {
    await node.until(() => this.seen || isOver(session))
    return this.seen
  }

  /** Waits for the first event of several. */
  static async anyHappens(
    node: Node,
    session: CoordinationSession,
    changes: readonly Change[],
  ): Promise<boolean> {
    const happened = (): boolean => changes.some(({ seen }) => seen)
    await node.until(() => happened() || isOver(session))
    return happened()
  }
}

/** Whether the session is over for good. */
export function isOver({ state }: CoordinationSession): boolean {
  return state === 'Expired' || state === 'Closed'
}

/** What a recipe ends with when its session ended under it. */
export const sessionOver = { ok: false, reason: 'SessionExpired' } as const
