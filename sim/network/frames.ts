/**
 * Values on top of bytes: a frame is a length (4 bytes, big-endian) and the value as JSON text in UTF-8, in the form in
 * which traces write values. TCP has no such borders (RFC 9293, 3.8); protocols on top of it all draw their own.
 */
import type { Address } from '../kernel/address.ts'
import { fromJson, toJson } from '../trace/values.ts'

export const FRAME_HEADER_BYTES = 4
/** Largest content of a frame; a longer length is taken for garbage. */
export const FRAME_BYTES = 16 * 1024 * 1024

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** The frame of a value that the value walker has copied (so that it is known to be one). */
export function encodeFrame(value: unknown): Uint8Array {
  const content = encoder.encode(JSON.stringify(toJson(value)))
  const frame = new Uint8Array(FRAME_HEADER_BYTES + content.length)
  new DataView(frame.buffer).setUint32(0, content.length)
  frame.set(content, FRAME_HEADER_BYTES)
  return frame
}

/** Length of the content that a header announces; undefined if no frame can be so long. */
export function frameLength(header: Uint8Array): number | undefined {
  const length = new DataView(header.buffer, header.byteOffset).getUint32(0)
  return length > FRAME_BYTES ? undefined : length
}

/** The value in a frame's content; undefined if there is none in it. */
export function decodeFrame(
  content: Uint8Array,
  resolve: (name: string) => Address | undefined,
): { readonly value: unknown } | undefined {
  try {
    return { value: fromJson(JSON.parse(decoder.decode(content)), resolve) }
  } catch {
    return undefined
  }
}
