/**
 * What a platform must give the simulator: a way to let every released continuation (microtask) run before the next
 * event. The simulator cannot do that itself: it would have to count awaits, and no count is right for all chains.
 */
import type { StepOutcome } from './kernel.ts'

export interface Platform {
  /**
   * Calls `step` again and again until it answers 'end'. After 'drain', all microtasks must have run before `step` is
   * called again; after 'more' the platform may yield to its event loop or not. Rejects with what `step` throws.
   */
  drive(step: () => StepOutcome): Promise<void>
}
