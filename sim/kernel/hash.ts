/**
 * 32-bit mixing used by the fingerprint, by named random streams and by the network's keyed draws.
 *
 * These are hashes for reproducibility, not for security: nothing here resists an adversary. Only `Math.imul`,
 * shifts and xor are used, so every engine gives the same bits. The finaliser is the 32-bit one of MurmurHash3
 * (Austin Appleby, public domain): a bijection, which the shuffled order of ties relies on.
 */

/** Bijective 32-bit finaliser; the result is a signed 32-bit integer. */
export function mix32(value: number): number {
  let h = value | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** 32-bit hash of a string's UTF-16 code units (FNV-1a steps, then {@link mix32}); `basis` separates families. */
export function hashString(text: string, basis = 0x811c9dc5): number {
  let h = basis | 0
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return mix32(h ^ text.length)
}

/** Two 32-bit lanes as 16 lower-case hexadecimal digits. */
export function hex64(high: number, low: number): string {
  return hex32(high) + hex32(low)
}

function hex32(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0')
}
