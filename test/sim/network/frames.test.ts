import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeFrame, Frame, FRAME_HEADER_BYTES, frameLength } from '../../../sim/network/frames.ts'
import { Payload, Piece, RawSource } from '../../../sim/network/payload.ts'
import { ValueWalker } from '../../../sim/trace/value-walker.ts'

const values = fc.anything({ withBigInt: true, withMap: true, withSet: true, withNullPrototype: false })

function frameOf(value: unknown): Frame {
  const walker = new ValueWalker()
  const copy = walker.copy(value, 'a test')
  return new Frame(copy, walker.plain)
}

const whole = (frame: Frame): Payload => new Payload([new Piece(frame, 0, frame.length)], frame.length)

describe('a frame', () => {
  it('received as bytes is the value that was sent', () => {
    fc.assert(
      fc.property(values, (value) => {
        const frame = frameOf(value)
        const bytes = Payload.of(whole(frame).bytes())
        expect(frameLength(bytes)).toBe(bytes.length - FRAME_HEADER_BYTES)
        expect(decodeFrame(bytes, () => undefined)?.value).toEqual(frame.value)
      }),
      { seed: 11, numRuns: 500 },
    )
  })

  it('received as it was written, in whatever pieces, hands the value over', () => {
    fc.assert(
      fc.property(values, fc.nat(), (value, at) => {
        const frame = frameOf(value)
        const cut = 1 + (at % (frame.length - 1))
        const halves = [new Piece(frame, 0, cut), new Piece(frame, cut, frame.length)]
        expect(decodeFrame(new Payload(halves, frame.length), () => undefined)).toBe(frame)
      }),
      { seed: 12 },
    )
  })

  it('whose receiver has changed the value still has the bytes that were sent', () => {
    const frame = frameOf({ list: [1, 2, 3] })
    ;(frame.value as { list: number[] }).list.push(4)
    expect(decodeFrame(Payload.of(frame.bytes()), () => undefined)).toEqual({ value: { list: [1, 2, 3] } })
  })

  it('with a piece missing, doubled or replaced is not taken for what was written', () => {
    const frame = frameOf({ name: 'x'.repeat(20) })
    const first = new Piece(frame, 0, 10)
    const last = new Piece(frame, 10, frame.length)
    const foreign = new Piece(new RawSource(frame.bytes().slice(10)), 0, frame.length - 10)
    expect(new Payload([first, first], 20).whole).toBeUndefined()
    expect(new Payload([last], last.length).whole).toBeUndefined()
    expect(new Payload([first, foreign], frame.length).whole).toBeUndefined()
    expect(new Payload([first, last], frame.length).whole).toBe(frame)
  })
})
