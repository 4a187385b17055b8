/**
 * Versions of a register that several clients write: a counter, and the number of the writer to tell apart what two of
 * them wrote at the same time. They are ordered by counter first (the timestamps of Lynch and Shvartsman, FTCS 1997).
 */

/** `[counter, writer]`, one value to be compared as a whole. */
export type Version = readonly [counter: number, writer: number]

/** What a register holds. */
export interface Versioned {
  readonly version: Version
  readonly value: unknown
}

/** What every register holds before the first write. */
export const initial: Versioned = { version: [0, -1], value: null }

export function isNewer(a: Version, b: Version): boolean {
  return a[0] > b[0] || (a[0] === b[0] && a[1] > b[1])
}

/** The one with the newest version, of at least one. */
export function newestOf(records: readonly Versioned[]): Versioned {
  return records.reduce((newest, record) => (isNewer(record.version, newest.version) ? record : newest))
}
