/**
 * "Did you mean": the candidate that a mistyped name most probably stood for.
 *
 * The distance is the optimal string alignment form of Damerau-Levenshtein (insert, delete, replace, swap two
 * neighbours, no substring edited twice), case ignored. Keyboard layout and sound are left out: for names of
 * faults, nodes and parameters the plain distance is good enough.
 */
import { CallerError, show } from './errors.ts'

const LISTED = 20

/**
 * The candidate closest to `word`, or undefined if none is close: at most one edit per three letters of the
 * longer of the two (at least one). Of equally close candidates the first wins.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase()
  let best: string | undefined
  let bestDistance = Infinity
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate.toLowerCase())
    const allowed = Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3))
    if (distance <= allowed && distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/**
 * The error for a name that is not among the candidates: says what was given, the nearest candidate if one
 * is close, and the candidates themselves (the first 20).
 *
 * @param what what the name should have named, e.g. `'fault kind'`
 * @param where where the name stands, if known
 */
export function unknownName(
  what: string,
  given: string,
  candidates: Iterable<string>,
  where?: string,
): CallerError {
  const names = [...candidates]
  const close = nearest(given, names)
  return new CallerError(`unknown ${what} ${show(given)}`, {
    where,
    expected: names.length === 0 ? undefined : listed(names),
    hint: close === undefined ? undefined : `did you mean '${close}'?`,
  })
}

/** Refuses an object that has fields of other names: files that users write are run without a look at their types. */
export function knownFields(given: object, fields: readonly string[], where: string): void {
  const stranger = Object.keys(given).find((key) => !fields.includes(key))
  if (stranger !== undefined) throw unknownName('field', stranger, fields, where)
}

function listed(names: readonly string[]): string {
  const head = names.slice(0, LISTED).join(', ')
  const rest = names.length - LISTED
  if (rest > 0) return `one of ${head} and ${rest} more`
  return names.length === 1 ? head : `one of ${head}`
}

function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min(
        (last[j] as number) + 1,
        (row[j - 1] as number) + 1,
        (last[j - 1] as number) + (same ? 0 : 1),
      )
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) cost = Math.min(cost, (beforeLast[j - 2] as number) + 1)
      row.push(cost)
    }
    beforeLast = last
    last = row
  }
  return last[b.length] as number
}
