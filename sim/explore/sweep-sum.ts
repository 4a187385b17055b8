/**
 * Sums of doubles that do not depend on the order of the terms: what many workers found comes in any order, and a report
 * must not differ in its last digit. The sum is kept as a list of doubles that do not overlap, after J. R. Shewchuk,
 * "Adaptive Precision Floating-Point Arithmetic", 1997, section 2.3 (grow-expansion), and rounded once, at the end.
 * Sums beyond the range of doubles are left out: terms must be finite and so must their sum.
 */

export class ExactSum {
  /** Growing magnitudes, no two overlapping; their sum is exact. */
  private readonly parts: number[] = []

  add(term: number): void {
    const { parts } = this
    let x = term
    let kept = 0
    for (const part of parts) {
      const [large, small] = Math.abs(x) < Math.abs(part) ? [part, x] : [x, part]
      const high = large + small
      const low = small - (high - large)
      if (low !== 0) parts[kept++] = low
      x = high
    }
    parts.length = kept
    parts.push(x)
  }

  /** The double nearest to the sum, ties to even. */
  get value(): number {
    const { parts } = this
    let at = parts.length - 1
    if (at < 0) return 0
    let high = parts[at--] as number
    let low = 0
    while (at >= 0 && low === 0) {
      const x = high
      const y = parts[at--] as number
      high = x + y
      low = y - (high - x)
    }
    // Half a unit in the last place is rounded by what lies below it.
    const below = at < 0 ? 0 : (parts[at] as number)
    if ((low < 0 && below < 0) || (low > 0 && below > 0)) {
      const doubled = low * 2
      const rounded = high + doubled
      if (doubled === rounded - high) high = rounded
    }
    return high
  }
}
