/**
 * The order in which a java.util.HashSet of texts gives its elements. A real server deletes the ephemeral znodes of a session
 * that ends in the order of such a set, or rather of its copy. It is no guarantee, but the same for the same paths, and so
 * are the events.
 *
 * Source: documentation of String.hashCode, HashMap and HashSet.clone: a table of a power of two, at most three quarters
 * full; elements of one slot in the order in which they came. Left out: tables that had been larger once, trees in slots.
 */

const LEAST_SLOTS = 16
const FULL = 0.75

/** Slots of a set to which `count` elements were added one by one, with `slots` at first. */
export function grown(count: number, slots: number = LEAST_SLOTS): number {
  let result = slots
  while (count > result * FULL) result *= 2
  return result
}

/** Slots of a copy of a set of `count` elements: as few as hold them. */
export function slotsOfCopy(count: number): number {
  let slots = 1
  while (slots < Math.floor(count / FULL + 1)) slots *= 2
  return slots
}

export function hashOrder(texts: Iterable<string>, slots: number): string[] {
  const placed = Array.from(texts, (text) => ({ text, slot: spread(text) & (slots - 1) }))
  return placed.sort((a, b) => a.slot - b.slot).map(({ text }) => text)
}

/** String.hashCode with its upper half folded into the lower one. */
function spread(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash ^ (hash >>> 16)
}
