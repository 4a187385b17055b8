import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InvariantError } from '../../../sim/kernel/errors.ts'
import { ByteQueue } from '../../../sim/network/byte-queue.ts'

const steps = fc.array(
  fc.oneof(
    fc.record({ push: fc.uint8Array({ maxLength: 20 }) }),
    fc.record({ drop: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ take: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ truncate: fc.nat(40) }),
  ),
  { maxLength: 200 },
)

describe('a queue of bytes', () => {
  it('is what an array of bytes would be', () => {
    fc.assert(
      fc.property(steps, fc.double({ min: 0, max: 1, noNaN: true }), (given, share) => {
        const queue = new ByteQueue()
        let model: number[] = []
        for (const step of given) {
          if ('push' in step) {
            queue.push(step.push)
            model.push(...step.push)
          } else if ('drop' in step) {
            const count = Math.floor(step.drop * model.length)
            queue.drop(count)
            model = model.slice(count)
          } else if ('take' in step) {
            const count = Math.floor(step.take * model.length)
            expect([...queue.take(count)]).toEqual(model.slice(0, count))
            model = model.slice(count)
          } else {
            queue.truncate(step.truncate)
            model = model.slice(0, step.truncate)
          }
          expect(queue.length).toBe(model.length)
          const offset = Math.floor(share * model.length)
          expect([...queue.view(offset, model.length - offset)]).toEqual(model.slice(offset))
        }
      }),
      { seed: 7 },
    )
  })

  it('gives away its own copies only when bytes are taken', () => {
    const queue = new ByteQueue()
    const bytes = Uint8Array.of(1, 2, 3)
    queue.push(bytes)
    expect(queue.view(1, 2).buffer).toBe(bytes.buffer)
    expect(queue.take(2).buffer).not.toBe(bytes.buffer)
  })

  it('holds that nobody takes more than there is', () => {
    expect(() => new ByteQueue().drop(1)).toThrow(InvariantError)
  })
})
