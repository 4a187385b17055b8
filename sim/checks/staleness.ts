/**
 * Bounded staleness: reads may be old, but not older than that. By versions: at most so many newer ones had been
 * acknowledged when a read began. By time: what was acknowledged so long before a read began, the read returns, or
 * something newer. (The k-atomicity and the Delta-atomicity of Golab, Li and Shah, PODC 2011, reduced to what versions
 * tell.) With 0 versions, or no time at all, it is `noStaleRead`.
 */
import type { Operation } from '../host/history.ts'
import { CallerError, show } from '../kernel/errors.ts'
import type { Duration } from '../kernel/time.ts'
import { formatTime, micros } from '../kernel/time.ts'
import type { Check, CheckResult, Violation } from './check.ts'
import type { Access, Compare, VersionOptions } from './versions.ts'
import { accessesOf, accessText, compareOf, ofRegister } from './versions.ts'

export interface StalenessOptions<V> extends VersionOptions<V> {
  /** How many acknowledged versions a read may miss at most: 0, 1, 2 ... */
  readonly versions?: number
  /** How long ago the newest acknowledged version may be replaced and still be missed. */
  readonly time?: Duration
}

/** A read that was too old, with the newest acknowledged write that it missed. */
export interface StalenessViolation extends Violation {
  readonly operations: readonly [write: Operation, read: Operation]
}

/**
 * No read is staler than the bounds given, of which there must be at least one. Observations: successful reads that began
 * after an acknowledged write of their register. The detail tells how stale reads were at most.
 */
export function boundedStaleness<V>(options: StalenessOptions<V>): Check {
  const { versions, time, by } = options
  if (versions === undefined && time === undefined) {
    throw new CallerError('boundedStaleness: no bound', { expected: 'versions, time, or both' })
  }
  if (versions !== undefined && !(Number.isInteger(versions) && versions >= 0)) {
    throw new CallerError(show(versions), { where: 'boundedStaleness: versions', expected: '0, 1, 2 ...' })
  }
  const within = time === undefined ? undefined : micros(time, 'boundedStaleness: time')
  const bounds = [
    ...(versions === undefined ? [] : [`${versions} ${versions === 1 ? 'version' : 'versions'}`]),
    ...(within === undefined ? [] : [formatTime(within)]),
  ]
  const name = `staleness at most ${bounds.join(' and ')}${by === undefined ? '' : ` (by ${by})`}`
  return {
    name,
    begin: ({ world }) => ({
      finish: () =>
        judgeStaleness(name, accessesOf(world.operations, options), compareOf(options), { versions, within }),
    }),
  }
}

interface Bounds {
  readonly versions: number | undefined
  readonly within: number | undefined
}

function judgeStaleness<V>(
  name: string,
  accesses: readonly Access<V>[],
  compare: Compare<V>,
  { versions, within }: Bounds,
): CheckResult {
  let observations = 0
  let tooOld = 0
  let mostVersions = 0
  let mostTime = 0
  let first: StalenessViolation | undefined
  for (const register of groups(accesses)) {
    const acknowledged = register.filter(({ isRead }) => !isRead).sort((a, b) => a.to - b.to)
    /** Acknowledged versions so far, oldest first. */
    const known: Access<V>[] = []
    let next = 0
    for (const read of register) {
      if (!read.isRead) continue
      for (
        let write = acknowledged[next];
        write !== undefined && write.to < read.from;
        write = acknowledged[++next]
      )
        insert(known, write, compare)
      if (known.length === 0) continue
      observations++
      const missed = known.slice(above(known, read.version, compare))
      if (missed.length === 0) continue
      const newest = missed.at(-1) as Access<V>
      // The first of the versions that it missed was acknowledged that long ago.
      const since = missed.reduce(
        (least, { operation }) => Math.min(least, operation.completed ?? 0),
        Infinity,
      )
      const age = read.operation.invoked - since
      mostVersions = Math.max(mostVersions, missed.length)
      mostTime = Math.max(mostTime, age)
      const isOld =
        (versions !== undefined && missed.length > versions) || (within !== undefined && age > within)
      if (!isOld) continue
      tooOld++
      const violation = violationOf(name, read, newest, missed.length, age)
      if (first === undefined || violation.time < first.time) first = violation
    }
  }
  const most = `at most ${mostVersions} ${mostVersions === 1 ? 'version' : 'versions'} and ${formatTime(mostTime)} behind`
  const measures =
    observations === 0 ? {} : { 'staleness (versions)': mostVersions, 'staleness (ms)': mostTime / 1000 }
  if (first === undefined) return { name, verdict: 'held', observations, measures, detail: most }
  return {
    name,
    verdict: 'violated',
    observations,
    measures,
    violation: first,
    detail: `${tooOld} of ${observations} reads, ${most}`,
  }
}

function groups<V>(accesses: readonly Access<V>[]): readonly (readonly Access<V>[])[] {
  const byRegister = new Map<string, Access<V>[]>()
  for (const access of accesses) {
    const list = byRegister.get(access.register)
    if (list === undefined) byRegister.set(access.register, [access])
    else list.push(access)
  }
  return [...byRegister.values()]
}

/** The position of the first version above `version` in a sorted list. */
function above<V>(sorted: readonly Access<V>[], version: V, compare: Compare<V>): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (compare((sorted[middle] as Access<V>).version, version) <= 0) low = middle + 1
    else high = middle
  }
  return low
}

function insert<V>(sorted: Access<V>[], write: Access<V>, compare: Compare<V>): void {
  const at = above(sorted, write.version, compare)
  const before = sorted[at - 1]
  // One version acknowledged twice is one version.
  if (before === undefined || compare(before.version, write.version) !== 0) sorted.splice(at, 0, write)
}

function violationOf<V>(
  name: string,
  read: Access<V>,
  newest: Access<V>,
  missed: number,
  age: number,
): StalenessViolation {
  const { operation, version, to, register } = read
  const completed = operation.completed ?? operation.invoked
  return {
    time: completed,
    node: operation.node,
    record: to,
    expected: `${accessText(operation)}${ofRegister(register)}: ${name}`,
    observed:
      `begun at ${formatTime(operation.invoked)}, it returned version ${show(version)}, ${missed} behind version ` +
      `${show(newest.version)} of ${accessText(newest.operation)}; the first that it missed was acknowledged ` +
      `${formatTime(age)} before (record ${to})`,
    operations: [newest.operation, operation],
  }
}
