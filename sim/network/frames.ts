/**
 * Values on top of bytes: a frame is a length (4 bytes, big-endian) and a value. TCP has no such borders (RFC 9293, 3.8);
 * protocols on top of it all draw their own.
 *
 * A frame takes as many bytes as a compact binary encoding of its value would, as the value walker counts them; datagrams
 * are measured in the same way. It carries the value along, so none of these bytes is ever made: whoever receives all of
 * a frame gets the value, and corruption that no checksum caught hits the value, as in a datagram. Frames and raw bytes
 * are not to be mixed. Who reads a frame as raw bytes finds the value as JSON text, cut off or filled up with spaces to
 * the length of the frame; who writes bytes by hand is understood if they are a length and JSON text.
 */
import type { Address } from '../kernel/address.ts'
import { fromJson, toJson } from '../trace/values.ts'
import { mangle } from './corruption.ts'
import type { MessageDraws } from './draws.ts'
import { Payload, Piece, RawSource } from './payload.ts'
import type { Source } from './payload.ts'

export const FRAME_HEADER_BYTES = 4
/** Largest content of a frame; a longer length is taken for garbage. */
export const FRAME_BYTES = 16 * 1024 * 1024
const SPACE = 0x20

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** The frame of a value that nobody else holds: the receiver gets it. */
export class Frame implements Source {
  readonly length: number
  readonly value: unknown
  /** The frame that this one is a damaged copy of; itself, if it is none. */
  readonly original: Frame

  /** `size`: of the value, as the walker counts it. */
  constructor(value: unknown, size: number, original?: Frame) {
    this.value = value
    this.length = FRAME_HEADER_BYTES + size
    this.original = original ?? this
  }

  bytes(): Uint8Array {
    const content = this.length - FRAME_HEADER_BYTES
    const bytes = new Uint8Array(this.length).fill(SPACE)
    new DataView(bytes.buffer).setUint32(0, content)
    bytes.set(encoder.encode(JSON.stringify(toJson(this.value))).subarray(0, content), FRAME_HEADER_BYTES)
    return bytes
  }

  /** The same with one leaf of the value changed. */
  damaged(draws: MessageDraws): Frame {
    return new Frame(mangle(this.value, draws), this.length - FRAME_HEADER_BYTES, this.original)
  }
}

/** A payload in which one bit is different, or a value of which a part is in it. */
export function damage(payload: Payload, draws: MessageDraws): Payload {
  if (payload.length === 0) return payload
  let at = draws.bits() % payload.length
  const hit = payload.pieces.find((piece) => {
    if (at < piece.length) return true
    at -= piece.length
    return false
  }) as Piece
  const { source } = hit
  const damaged = source instanceof Frame ? source.damaged(draws) : flipped(source, hit.from + at, draws)
  return new Payload(
    payload.pieces.map((piece) =>
      piece.source === source ? new Piece(damaged, piece.from, piece.to) : piece,
    ),
    payload.length,
  )
}

function flipped(source: Source, at: number, draws: MessageDraws): Source {
  const bytes = source.bytes().slice()
  bytes[at] = (bytes[at] as number) ^ (1 << (draws.bits() & 7))
  return new RawSource(bytes)
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
  payload: Payload,
  resolve: (name: string) => Address | undefined,
): { readonly value: unknown } | undefined {
  const frame = wholeFrame(payload)
  if (frame !== undefined) return frame
  try {
    const text = decoder.decode(payload.bytes().subarray(FRAME_HEADER_BYTES))
    return { value: fromJson(JSON.parse(text), resolve) }
  } catch {
    return undefined
  }
}

/** The frame of which a payload is all, from first to last byte; a damaged copy, if any part of it comes from one. */
function wholeFrame({ pieces, length }: Payload): Frame | undefined {
  const first = pieces[0]?.source
  if (!(first instanceof Frame) || first.length !== length) return undefined
  let frame = first
  let at = 0
  for (const { source, from, to } of pieces) {
    if (!(source instanceof Frame) || source.original !== first.original || from !== at) return undefined
    if (source !== source.original) frame = source
    at = to
  }
  return frame
}
