/**
 * The configurations that a search has been in: which calls have been placed, and the state they leave. Reaching one
 * twice by two orders is what makes the search exponential, so each is entered once (Lowe, "Testing for
 * linearizability", Concurrency and Computation 29(4), 2017).
 *
 * Configurations are rows of integers of different lengths, behind one another in one array, found through an open hash
 * table of their offsets. Whole rows are compared: two that only share a hash are never taken for one.
 */
export class ConfigSet {
  private count = 0
  private mask = 255
  /** Offsets + 1 into `rows`; 0 is an empty place. */
  private table = new Int32Array(256)
  /** Hash, length, integers; and so on. */
  private rows = new Int32Array(4096)
  private end = 0

  get bytes(): number {
    return (this.table.length + this.rows.length) * 4
  }

  /** Adds the first `length` integers of `row`; false if they were there. */
  add(hash: number, row: Int32Array, length: number): boolean {
    let slot = hash & this.mask
    for (let found = this.table[slot] as number; found !== 0; found = this.table[slot] as number) {
      if (this.isSame(found - 1, hash, row, length)) return false
      slot = (slot + 1) & this.mask
    }
    const need = this.end + length + 2
    if (need > this.rows.length) {
      const rows = new Int32Array(Math.max(need, this.rows.length * 2))
      rows.set(this.rows)
      this.rows = rows
    }
    this.table[slot] = this.end + 1
    this.rows[this.end] = hash
    this.rows[this.end + 1] = length
    for (let i = 0; i < length; i++) this.rows[this.end + 2 + i] = row[i] as number
    this.end = need
    if (++this.count * 2 > this.mask) this.grow()
    return true
  }

  private isSame(at: number, hash: number, row: Int32Array, length: number): boolean {
    const { rows } = this
    if (rows[at] !== hash || rows[at + 1] !== length) return false
    for (let i = 0; i < length; i++) if (rows[at + 2 + i] !== row[i]) return false
    return true
  }

  private grow(): void {
    this.mask = (this.mask + 1) * 2 - 1
    this.table = new Int32Array(this.mask + 1)
    for (let at = 0; at < this.end; at += (this.rows[at + 1] as number) + 2) {
      let slot = (this.rows[at] as number) & this.mask
      while (this.table[slot] !== 0) slot = (slot + 1) & this.mask
      this.table[slot] = at + 1
    }
  }
}

/** Spreads the bits of an integer (the finishing steps of MurmurHash3, Austin Appleby, public domain). */
export function mix(value: number): number {
  let x = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return x ^ (x >>> 16)
}
