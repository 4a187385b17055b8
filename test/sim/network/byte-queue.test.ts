import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InvariantError } from '../../../sim/kernel/errors.ts'
import { ByteQueue } from '../../../sim/network/byte-queue.ts'
import { Payload } from '../../../sim/network/payload.ts'

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
            queue.push(Payload.of(step.push))
            model.push(...step.push)
          } else if ('drop' in step) {
            const count = Math.floor(step.drop * model.length)
            queue.drop(count)
            model = model.slice(count)
          } else if ('take' in step) {
            const count = Math.floor(step.take * model.length)
            expect([...queue.take(count).bytes()]).toEqual(model.slice(0, count))
            model = model.slice(count)
          } else {
            queue.truncate(step.truncate)
            model = model.slice(0, step.truncate)
          }
          expect(queue.length).toBe(model.length)
          const offset = Math.floor(share * model.length)
          expect([...queue.view(offset, model.length - offset).bytes()]).toEqual(model.slice(offset))
        }
      }),
      { seed: 7 },
    )
  })

  it('makes no bytes of what nobody looks at', () => {
    const source = {
      length: 5,
      bytes: (): Uint8Array => {
        throw new Error('somebody looked')
      },
    }
    const queue = new ByteQueue()
    queue.write(source)
    const halves = [queue.take(2), queue.take(3)]
    for (const half of halves) queue.push(half)
    const { pieces } = queue.take(5)
    expect(pieces.map((piece) => [piece.source, piece.from, piece.to])).toEqual([
      [source, 0, 2],
      [source, 2, 5],
    ])
  })

  it('holds that nobody takes more than there is', () => {
    expect(() => new ByteQueue().drop(1)).toThrow(InvariantError)
  })
})
