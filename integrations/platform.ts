/**
 * Drains continuations between events on Node.js (and Bun, Deno): batches of `setImmediate` callbacks, one step each.
 * Between two immediates of a batch Node empties its tick and microtask queues (since Node 11), so the cost of a turn of
 * the event loop is paid once a batch. Where there is no `setImmediate` the program runs in a browser.
 */
import type { StepOutcome } from '../sim/kernel/kernel.ts'
import type { Platform } from '../sim/kernel/platform.ts'
import { browserPlatform } from './browser-platform.ts'

const MAX_BATCH = 256

type Defer = (callback: () => void) => void

// Captured when the module loads, so that fake timers installed later by a test runner do not stop the simulator.
const immediate: Defer | undefined = (globalThis as { setImmediate?: Defer }).setImmediate

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}

/** The platform that this program runs on. */
export const platform: Platform = {
  drive: (step) =>
    immediate === undefined ? browserPlatform.drive(step) : driveByImmediates(step, immediate),
}

function driveByImmediates(step: () => StepOutcome, defer: Defer): Promise<void> {
  return new Promise((resolve, reject) => {
    let done = false
    let batch = 1
    let left = 0
    // Callbacks of a batch that was given up do nothing.
    let current = 0
    const turn = (of: number): void => {
      if (done || of !== current) return
      left--
      try {
        const outcome = step()
        if (outcome === 'end') {
          done = true
          resolve()
          return
        }
        if (outcome === 'more') {
          // A whole budget of events without continuations: let the event loop see to signals and timers first.
          batch = 1
          left = 0
        }
      } catch (error) {
        done = true
        reject(asError(error))
        return
      }
      if (left === 0) schedule()
    }
    const schedule = (): void => {
      left = batch
      const of = ++current
      const callback = (): void => {
        turn(of)
      }
      for (let i = 0; i < batch; i++) defer(callback)
      if (batch < MAX_BATCH) batch *= 2
    }
    // The first step runs at once: a short run without continuations never pays for the event loop.
    left = 1
    turn(current)
  })
}
