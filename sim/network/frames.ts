/**
 * Values on top of bytes: a frame is a length (4 bytes, big-endian) and the value as JSON text in UTF-8, in the form in
 * which traces write values. TCP has no such borders (RFC 9293, 3.8); protocols on top of it all draw their own.
 *
 * A frame carries its value along: whoever receives exactly what was sent gets the value itself, and only what was
 * damaged, or is read as bytes, is ever encoded.
 */
import type { Address } from '../kernel/address.ts'
import { fromJson, toJson } from '../trace/values.ts'
import type { Payload, Source } from './payload.ts'

export const FRAME_HEADER_BYTES = 4
/** Largest content of a frame; a longer length is taken for garbage. */
export const FRAME_BYTES = 16 * 1024 * 1024

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** The frame of a value that nobody else holds: the receiver gets it. */
export class Frame implements Source {
  readonly length: number
  readonly value: unknown
  private readonly text: string
  private encoded: Uint8Array | undefined

  /** `plain`: the value is what JSON makes of it, as the value walker has seen. */
  constructor(value: unknown, plain: boolean) {
    this.value = value
    // The text is kept, not made again when it is needed: by then the value is its receiver's, who may change it.
    this.text = JSON.stringify(plain ? value : toJson(value))
    this.length = FRAME_HEADER_BYTES + utf8Length(this.text)
  }

  bytes(): Uint8Array {
    if (this.encoded === undefined) {
      this.encoded = new Uint8Array(this.length)
      new DataView(this.encoded.buffer).setUint32(0, this.length - FRAME_HEADER_BYTES)
      this.encoded.set(encoder.encode(this.text), FRAME_HEADER_BYTES)
    }
    return this.encoded
  }
}

/** What a text is encoded into only to see how long it gets: several times faster than looking at its characters. */
const scratch = new Uint8Array(65536)

/** Bytes of a text as UTF-8. */
function utf8Length(text: string): number {
  // A unit of UTF-16 takes three bytes at the most.
  if (text.length * 3 > scratch.length) return encoder.encode(text).length
  return encoder.encodeInto(text, scratch).written
}

/** Length of the content that a header announces; undefined if no frame can be so long. */
export function frameLength(header: Payload): number | undefined {
  const [piece, another] = header.pieces
  if (another === undefined && piece?.from === 0 && piece.source instanceof Frame) {
    return piece.source.length - FRAME_HEADER_BYTES
  }
  const bytes = header.bytes()
  const length = new DataView(bytes.buffer).getUint32(0)
  return length > FRAME_BYTES ? undefined : length
}

/** The value in a frame, header included; undefined if there is none in it. */
export function decodeFrame(
  frame: Payload,
  resolve: (name: string) => Address | undefined,
): { readonly value: unknown } | undefined {
  const { whole } = frame
  if (whole instanceof Frame) return whole
  try {
    return {
      value: fromJson(JSON.parse(decoder.decode(frame.bytes().subarray(FRAME_HEADER_BYTES))), resolve),
    }
  } catch {
    return undefined
  }
}
