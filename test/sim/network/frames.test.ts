import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MessageDraws } from '../../../sim/network/draws.ts'
import { damage, decodeFrame, Frame, FRAME_HEADER_BYTES, frameLength } from '../../../sim/network/frames.ts'
import { Payload, Piece, RawSource } from '../../../sim/network/payload.ts'
import { ValueWalker } from '../../../sim/trace/value-walker.ts'
import { toJson } from '../../../sim/trace/values.ts'

const values = fc.anything({ withBigInt: true, withMap: true, withSet: true, withNullPrototype: false })

function frameOf(value: unknown): Frame {
  const walker = new ValueWalker()
  return new Frame(walker.copy(value, 'a test'), walker.size)
}

function halves(frame: Frame, at: number): readonly [Piece, Piece] {
  const cut = 1 + (at % (frame.length - 1))
  return [new Piece(frame, 0, cut), new Piece(frame, cut, frame.length)]
}

const resolve = (): undefined => undefined

function draws(time: number): MessageDraws {
  const made = new MessageDraws(Int32Array.of(1, 2))
  made.key(1, 2, time, 0)
  return made
}

describe('a frame', () => {
  it('received as it was written, in whatever pieces, hands the value over', () => {
    fc.assert(
      fc.property(values, fc.nat(), (value, at) => {
        const frame = frameOf(value)
        const payload = new Payload(halves(frame, at), frame.length)
        expect(frameLength(payload.slice(0, FRAME_HEADER_BYTES))).toBe(frame.length - FRAME_HEADER_BYTES)
        expect(decodeFrame(payload, resolve)?.value).toBe(frame.value)
      }),
      { seed: 12 },
    )
  })

  it('with a piece missing, doubled or of another frame is not taken for what was written', () => {
    const frame = frameOf({ name: 'x'.repeat(20) })
    const other = frameOf({ name: 'y'.repeat(20) })
    const [first, last] = halves(frame, 9)
    const [, foreign] = halves(other, 9)
    expect(decodeFrame(new Payload([first, first], 20), resolve)).toBeUndefined()
    expect(decodeFrame(new Payload([last], last.length), resolve)).toBeUndefined()
    expect(decodeFrame(new Payload([first, foreign], frame.length), resolve)).toBeUndefined()
    expect(decodeFrame(new Payload([first, last], frame.length), resolve)).toBe(frame)
  })

  it('written by hand, as a length and JSON text, is understood', () => {
    fc.assert(
      fc.property(values, (value) => {
        const copy = new ValueWalker().copy(value, 'a test')
        const text = new TextEncoder().encode(JSON.stringify(toJson(copy)))
        const bytes = new Uint8Array(FRAME_HEADER_BYTES + text.length)
        new DataView(bytes.buffer).setUint32(0, text.length)
        bytes.set(text, FRAME_HEADER_BYTES)
        expect(frameLength(Payload.of(bytes))).toBe(text.length)
        expect(decodeFrame(Payload.of(bytes), resolve)?.value).toEqual(copy)
      }),
      { seed: 11 },
    )
  })

  it('has as many raw bytes as it says', () => {
    fc.assert(
      fc.property(values, (value) => {
        const frame = frameOf(value)
        const bytes = frame.bytes()
        expect(bytes).toHaveLength(frame.length)
        expect(frameLength(Payload.of(bytes))).toBe(frame.length - FRAME_HEADER_BYTES)
      }),
      { seed: 13 },
    )
  })
})

describe('damage that no checksum catches', () => {
  const sent = { numbers: [1, 2, 3], text: 'abc' }
  const leaves = ({ numbers, text }: typeof sent): unknown[] => [...numbers, text]

  it('changes one leaf of a value of which a part is hit; what was sent stays as it is', () => {
    for (let time = 0; time < 100; time++) {
      const frame = frameOf(sent)
      const [first, last] = halves(frame, time)
      const hit = damage(new Payload([last], last.length), draws(time))
      const received = decodeFrame(new Payload([first, ...hit.pieces], frame.length), resolve)
      const value = received?.value as typeof sent
      const changed = leaves(value).filter((leaf, i) => leaf !== leaves(sent)[i])
      expect(changed).toHaveLength(1)
      expect(frame.value).toEqual(sent)
    }
  })

  it('leaves the frames beside it alone', () => {
    const [before, after] = [frameOf(sent), frameOf(sent)]
    const pieces = [new Piece(before, 0, before.length), new Piece(after, 0, after.length)]
    for (let time = 0; time < 50; time++) {
      const hit = damage(new Payload(pieces, before.length + after.length), draws(time))
      expect(hit.pieces.filter(({ source }) => source !== before && source !== after)).toHaveLength(1)
    }
  })

  it('flips one bit of raw bytes', () => {
    const bytes = Uint8Array.from({ length: 64 }, (_, i) => i)
    for (let time = 0; time < 50; time++) {
      const hit = damage(new Payload([new Piece(new RawSource(bytes), 8, 40)], 32), draws(time)).bytes()
      const bits = [...hit].map((byte, i) => (byte ^ (i + 8)).toString(2).replaceAll('0', '').length)
      expect(bits.reduce((sum, count) => sum + count, 0)).toBe(1)
    }
  })
})
