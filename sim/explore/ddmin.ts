/**
 * Delta debugging: from a list of which all together cause a failure to a part of it from which nothing can be taken
 * away. The algorithm is `ddmin` of Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input" (IEEE
 * Transactions on Software Engineering 28(2), 2002, section 3): parts of halving size are tried alone, then left out.
 *
 * Two departures: the empty list is tried first, since many failures need nothing of what surrounds them; and a search
 * that may not go on returns the best list so far, which then fails but need not be minimal.
 */

/** Whether the failure is still there when only these items are left. */
export type StillFails<T> = (items: readonly T[]) => Promise<boolean>

/**
 * A part of `items`, in their order, that still fails and of which each single item is needed. `items` itself is taken
 * to fail and is not tried. Tests at most about n^2 + 3n lists, about 2 log2 n for one item that is to blame alone.
 *
 * @param goOn asked before each test; false ends the search
 */
export async function ddmin<T>(
  items: readonly T[],
  stillFails: StillFails<T>,
  goOn: () => boolean = () => true,
): Promise<readonly T[]> {
  if (items.length === 0 || !goOn()) return items
  if (await stillFails([])) return []
  let current = items
  let parts = 2
  while (current.length >= 2) {
    const chunks = split(current, parts)
    const smaller = await firstFailing(candidates(chunks), stillFails, goOn)
    if (smaller !== undefined) {
      parts = smaller.alone ? 2 : Math.max(parts - 1, 2)
      current = smaller.items
    } else {
      if (parts >= current.length || !goOn()) break
      parts = Math.min(parts * 2, current.length)
    }
  }
  return current
}

interface Candidate<T> {
  readonly items: readonly T[]
  /** Whether it is one chunk alone, and not all but one. */
  readonly alone: boolean
}

function* candidates<T>(chunks: readonly (readonly T[])[]): Generator<Candidate<T>, void, undefined> {
  for (const items of chunks) yield { items, alone: true }
  // Of two chunks, leaving out one is the other alone.
  if (chunks.length === 2) return
  for (const skipped of chunks) {
    yield { items: chunks.filter((chunk) => chunk !== skipped).flat(), alone: false }
  }
}

async function firstFailing<T>(
  all: Iterable<Candidate<T>>,
  stillFails: StillFails<T>,
  goOn: () => boolean,
): Promise<Candidate<T> | undefined> {
  for (const candidate of all) {
    if (!goOn()) return undefined
    if (await stillFails(candidate.items)) return candidate
  }
  return undefined
}

/** Contiguous chunks whose lengths differ by at most one; `parts` is at most the length. */
function split<T>(items: readonly T[], parts: number): readonly (readonly T[])[] {
  const chunks: (readonly T[])[] = []
  for (let i = 0; i < parts; i++) {
    const from = Math.floor((i * items.length) / parts)
    chunks.push(items.slice(from, Math.floor(((i + 1) * items.length) / parts)))
  }
  return chunks
}
