/**
 * Drains continuations between events in a browser (a page or a worker). A browser runs all microtasks after each task,
 * and a message to a MessageChannel of one's own is a task that no timer clamp slows down: one message, one step.
 * Between two steps any chain of promises has run to its end, as `setImmediate` gives on Node.
 *
 * Several messages are under way at a time, so that a step need not wait for the one before it to be answered, and the
 * page's own tasks (painting, input) come between them.
 */
import type { StepOutcome } from '../sim/kernel/kernel.ts'
import type { Platform } from '../sim/kernel/platform.ts'

interface Port {
  onmessage: (() => void) | null
  postMessage(message: unknown): void
  close(): void
}

/** Messages under way at most. */
const MAX_BATCH = 64

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}

function driveByChannel(step: () => StepOutcome): Promise<void> {
  const { MessageChannel } = globalThis as unknown as {
    MessageChannel: new () => { port1: Port; port2: Port }
  }
  return new Promise((resolve, reject) => {
    const { port1, port2 } = new MessageChannel()
    let done = false
    let batch = 1
    let left = 0
    const finish = (settle: () => void): void => {
      done = true
      port1.close()
      settle()
    }
    const send = (): void => {
      left = batch
      for (let i = 0; i < batch; i++) port2.postMessage(null)
      if (batch < MAX_BATCH) batch *= 2
    }
    port1.onmessage = () => {
      // What was still under way when the run ended.
      if (done) return
      left--
      try {
        if (step() === 'end') {
          finish(resolve)
          return
        }
      } catch (error) {
        finish(() => {
          reject(asError(error))
        })
        return
      }
      if (left === 0) send()
    }
    send()
  })
}

/** The platform of a browser. */
export const browserPlatform: Platform = { drive: driveByChannel }
