/** A map from pairs of small integers to an integer, in one typed array: millions of entries without an object each. */
export class IntPairMap {
  private size = 0
  private mask: number
  /** Triples (a + 1, b, value); a first number of 0 is an empty place. */
  private cells: Int32Array

  constructor(capacity = 64) {
    this.mask = capacity - 1
    this.cells = new Int32Array(capacity * 3)
  }

  get bytes(): number {
    return this.cells.length * 4
  }

  /** The value, or `absent`. */
  get(a: number, b: number, absent: number): number {
    const at = this.find(this.cells, this.mask, a + 1, b)
    return this.cells[at] === 0 ? absent : (this.cells[at + 2] as number)
  }

  set(a: number, b: number, value: number): void {
    const at = this.find(this.cells, this.mask, a + 1, b)
    if (this.cells[at] === 0) this.size++
    this.cells[at] = a + 1
    this.cells[at + 1] = b
    this.cells[at + 2] = value
    if (this.size * 3 > (this.mask + 1) * 2) this.grow()
  }

  private find(cells: Int32Array, mask: number, first: number, second: number): number {
    let hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(second + 1, 0x85ebca77)
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
    let slot = (hash ^ (hash >>> 13)) & mask
    for (;;) {
      const at = slot * 3
      if (cells[at] === 0 || (cells[at] === first && cells[at + 1] === second)) return at
      slot = (slot + 1) & mask
    }
  }

  private grow(): void {
    const mask = (this.mask + 1) * 2 - 1
    const cells = new Int32Array((mask + 1) * 3)
    for (let at = 0; at < this.cells.length; at += 3) {
      if (this.cells[at] === 0) continue
      const to = this.find(cells, mask, this.cells[at] as number, this.cells[at + 1] as number)
      cells[to] = this.cells[at] as number
      cells[to + 1] = this.cells[at + 1] as number
      cells[to + 2] = this.cells[at + 2] as number
    }
    this.mask = mask
    this.cells = cells
  }
}
