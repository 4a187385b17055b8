/** Waiting with a limit on the node's monotonic clock. */
import type { Node } from 'orrery-sim'

/** Waits until the condition holds, at most so many milliseconds; whether it holds then. */
export async function within(node: Node, limit: number, condition: () => boolean): Promise<boolean> {
  let isLate = false
  const timer = node.after(limit, () => {
    isLate = true
  })
  await node.until(() => isLate || condition())
  timer.cancel()
  return condition()
}
