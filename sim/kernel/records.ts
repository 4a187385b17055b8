// A stretch of event records in one buffer, the earliest first: what the queue pops from. A record is 16 bytes,
// a double (key) and two 32-bit words (tie, slot), kept side by side so that moving one touches one cache line.
// Equal records stay in the order in which they came.

/** Doubles in a record: the key, and one that holds the two words. */
export const DOUBLES = 2
/** 32-bit words in a record, and which of them hold tie and slot. */
export const WORDS = 4
export const TIE = 2
export const SLOT = 3

/**
 * Slots must be less. Records are moved as two doubles, and an engine may rewrite a double whose bits are a
 * NaN; the slot is the upper half of the second, and NaNs begin here.
 */
export const MAX_SLOT = 0x7ff00000

const FIRST_CAPACITY = 64

/** Records `head` (inclusive) to `end` (exclusive), counted in records, sorted by (key, tie). */
export class Records {
  doubles = new Float64Array(FIRST_CAPACITY * DOUBLES)
  words = new Uint32Array(this.doubles.buffer)
  head = 0
  end = 0

  clear(): void {
    this.head = 0
    this.end = 0
  }

  /** Puts a record where it belongs, after its equals; returns how many records had to move. */
  insert(key: number, tie: number, slot: number): number {
    if (this.end * DOUBLES === this.doubles.length) this.makeRoom(1)
    const { doubles, words, head } = this
    let at = this.end++
    while (at > head) {
      const before = doubles[(at - 1) * DOUBLES] as number
      if (before < key || (before === key && (words[(at - 1) * WORDS + TIE] as number) <= tie)) break
      doubles[at * DOUBLES] = before
      doubles[at * DOUBLES + 1] = doubles[at * DOUBLES - 1] as number
      at--
    }
    doubles[at * DOUBLES] = key
    words[at * WORDS + TIE] = tie
    words[at * WORDS + SLOT] = slot
    return this.end - 1 - at
  }

  /** Makes room for `more` records at the end: moves the pending ones to the front, or to a wider buffer. */
  makeRoom(more: number): void {
    const { doubles, head, end } = this
    const pending = end - head
    let length = doubles.length
    // Moving down costs as much as it frees, so only a buffer at least half used up is worth it.
    if (head < pending || (pending + more) * DOUBLES > length) {
      while (length < (pending + more) * DOUBLES || length === doubles.length) length *= 2
      this.doubles = new Float64Array(length)
      this.words = new Uint32Array(this.doubles.buffer)
    }
    this.doubles.set(doubles.subarray(head * DOUBLES, end * DOUBLES))
    this.head = 0
    this.end = pending
  }

  /** Takes over the records of `younger`, each after its equals. Costs nothing for older records before all. */
  absorb(younger: Records): void {
    const more = younger.end - younger.head
    if ((this.end + more) * DOUBLES > this.doubles.length) this.makeRoom(more)
    const { doubles, words, head } = this
    let mine = this.end - 1
    let at = mine + more
    let theirs = younger.end - 1
    this.end += more
    for (; theirs >= younger.head; at--) {
      const key = younger.doubles[theirs * DOUBLES] as number
      const tie = younger.words[theirs * WORDS + TIE] as number
      if (
        mine >= head &&
        isAfter(doubles[mine * DOUBLES] as number, words[mine * WORDS + TIE] as number, key, tie)
      ) {
        doubles[at * DOUBLES] = doubles[mine * DOUBLES] as number
        doubles[at * DOUBLES + 1] = doubles[mine * DOUBLES + 1] as number
        mine--
      } else {
        doubles[at * DOUBLES] = key
        doubles[at * DOUBLES + 1] = younger.doubles[theirs * DOUBLES + 1] as number
        theirs--
      }
    }
    younger.clear()
  }

  /** Sorts records of one and the same key by tie: radix sort, stable and linear. */
  sortByTie(): void {
    const { head, end } = this
    let from = this.words
    let inOrder = true
    for (let i = head + 1; i < end && inOrder; i++) {
      inOrder = (from[(i - 1) * WORDS + TIE] as number) <= (from[i * WORDS + TIE] as number)
    }
    if (inOrder) return
    let to = new Uint32Array(from.length)
    const places = new Uint32Array(256)
    for (let shift = 0; shift < 32; shift += 8) {
      places.fill(0)
      for (let i = head; i < end; i++) {
        const digit = ((from[i * WORDS + TIE] as number) >>> shift) & 255
        places[digit] = (places[digit] as number) + 1
      }
      let place = head
      for (let digit = 0; digit < 256; digit++) {
        const count = places[digit] as number
        places[digit] = place
        place += count
      }
      for (let i = head; i < end; i++) {
        const digit = ((from[i * WORDS + TIE] as number) >>> shift) & 255
        const at = places[digit] as number
        places[digit] = at + 1
        for (let word = 0; word < WORDS; word++) to[at * WORDS + word] = from[i * WORDS + word] as number
      }
      const spare = from
      from = to
      to = spare
    }
    // Four passes: the result is back in the buffer it came from.
  }
}

function isAfter(key: number, tie: number, otherKey: number, otherTie: number): boolean {
  return key !== otherKey ? key > otherKey : tie > otherTie
}

/** Whether the first record of `a` comes before the first of `b`, where `a` holds the older of equals. */
export function isFirst(a: Records, b: Records): boolean {
  const keyA = a.doubles[a.head * DOUBLES] as number
  const keyB = b.doubles[b.head * DOUBLES] as number
  if (keyA !== keyB) return keyA < keyB
  return (a.words[a.head * WORDS + TIE] as number) <= (b.words[b.head * WORDS + TIE] as number)
}
