/**
 * Data inside a page: JSON, compressed, as text that may stand in any HTML element. Both halves, for Node and for the
 * browser. The compressor is a library of a fixed version, not the platform's: the same data give the same text
 * everywhere.
 */
import { deflateSync, inflateSync, strFromU8, strToU8 } from 'fflate'

/** Bytes turned into characters at once; a multiple of 3, so that pieces of base64 can be joined. */
const PIECE = 3 * 8192

/** JSON values as base64 text. */
export function pack(data: unknown): string {
  const bytes = deflateSync(strToU8(JSON.stringify(data)), { level: 6 })
  const pieces: string[] = []
  for (let from = 0; from < bytes.length; from += PIECE) {
    pieces.push(btoa(String.fromCharCode(...bytes.subarray(from, from + PIECE))))
  }
  return pieces.join('')
}

/** The inverse of {@link pack}; throws if the text is none of its. */
export function unpack(text: string): unknown {
  const binary = atob(text.trim())
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i)
  return JSON.parse(strFromU8(inflateSync(bytes))) as unknown
}
