// What a resume costs at the least: async functions that sleep over the bare event queue, continuations drained by
// batches of immediates. No nodes, no records, no fingerprint, no checks of anything.
import { EventQueue } from '../../sim/kernel/queue.ts'
import type { Outcome } from '../benchmark.ts'
import { exponentials } from '../random.ts'

const SLEEPERS = 1000
const BATCH = 256
const MEAN = 10_000
const TABLE = 65_536

/** Resumes `resumes` times in all. */
export function bareDrain(resumes: number): Promise<Outcome> {
  const queue = new EventQueue()
  const delays = exponentials(TABLE, MEAN, 1)
  let drawn = 0
  const resolvers: (() => void)[] = []
  let left = resumes
  let hash = 0
  const sleep = (slot: number, delay: number): Promise<void> =>
    new Promise((resolve) => {
      resolvers[slot] = resolve
      queue.push(queue.lastKey + delay, 0, slot)
    })
  const sleeper = async (slot: number): Promise<void> => {
    for (;;) await sleep(slot, delays[drawn++ & (TABLE - 1)] as number)
  }
  for (let slot = 0; slot < SLEEPERS; slot++) void sleeper(slot)
  const begun = process.hrtime.bigint()
  return new Promise((resolve) => {
    let inBatch = 0
    const step = (): void => {
      if (left === 0) return
      const slot = queue.pop()
      hash = (Math.imul(hash, 31) + queue.lastKey) | 0
      resolvers[slot]?.()
      if (--left === 0) {
        const seconds = Number(process.hrtime.bigint() - begun) / 1e9
        resolve({ operations: resumes, seconds, hash: (hash >>> 0).toString(16) })
        return
      }
      if (--inBatch === 0) schedule()
    }
    const schedule = (): void => {
      inBatch = BATCH
      for (let i = 0; i < BATCH; i++) setImmediate(step)
    }
    schedule()
  })
}
