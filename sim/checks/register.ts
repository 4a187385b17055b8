/**
 * History checks for versioned registers: what clients may conclude from the versions that their reads and writes
 * return, whatever the system behind. All are necessary for linearizability and not sufficient: a value that
 * nobody wrote, or two values under one version, is for a checker with a model. In return they take O(n log n), never
 * end undecided, and name the two operations that contradict each other.
 *
 * Which operation came before which is decided by the order of records, so that operations which end and begin within
 * one microsecond are ordered as they were. Operations that failed, are unknown or are still open bound nothing.
 *
 * `noStaleRead` is the last-acknowledged-write rule of Gifford, "Weighted Voting for Replicated Data" (SOSP 1979);
 * `noReadInversion` is what separates an atomic register from a regular one in Lamport, "On Interprocess
 * Communication" (Distributed Computing 1, 1986).
 */
import type { Operation } from '../host/history.ts'
import { CallerError, show } from '../kernel/errors.ts'
import { formatTime } from '../kernel/time.ts'
import type { Check, CheckResult, Violation } from './check.ts'

/** What can be compared without being told how: numbers, strings by code unit, lists element by element. */
export type Version = number | string | readonly (number | string)[]

/** How the operations of a history stand for a versioned register. `V`: the type of its versions. */
export interface RegisterOptions<V = Version> {
  /** Field of the input that names the register, such as `'key'`. Default: all operations are on one register. */
  readonly by?: string
  /** Name of the operations that read. Default 'read'. */
  readonly read?: string
  /** Name of the operations that write. Default 'write'. */
  readonly write?: string
  /** Field of the output of both that holds the version. Default 'version'. */
  readonly version?: string
  /** Below 0 if `a` is older than `b`, 0 if they are the same, above 0 if it is newer. Default: {@link compareVersions}. */
  readonly compare?: (a: V, b: V) => number
}

/** What a register check found, with the operation that returned too old a version last. */
export interface RegisterViolation extends Violation {
  readonly operations: readonly [earlier: Operation, later: Operation]
}

/**
 * No read that succeeded returns a version older than the newest version acknowledged to a writer of the same register
 * before the read began. Observations: successful reads that began after at least one acknowledged write.
 */
export function noStaleRead<V = Version>(options: RegisterOptions<V> = {}): Check {
  return registerCheck(
    { title: 'no stale read', earlier: 'write', later: 'read', had: 'had acknowledged' },
    options,
  )
}

/**
 * A read that begins after another read of the same register ended never returns an older version than that one did
 * (no new/old inversion). Observations: successful reads that began after another one had ended.
 */
export function noReadInversion<V = Version>(options: RegisterOptions<V> = {}): Check {
  return registerCheck(
    { title: 'no read inversion', earlier: 'read', later: 'read', had: 'had returned' },
    options,
  )
}

/**
 * A write that begins after another write of the same register was acknowledged gets a newer version, so that whoever
 * goes by versions does not lose it. Observations: acknowledged writes that began after another one.
 */
export function noLostWrite<V = Version>(options: RegisterOptions<V> = {}): Check {
  return registerCheck(
    { title: 'no lost write', earlier: 'write', later: 'write', had: 'had acknowledged' },
    options,
  )
}

/** Orders versions of one kind: numbers, strings, or lists of them element by element, a shorter one first. */
export function compareVersions(a: Version, b: Version): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0
  if (typeof a === 'object' && typeof b === 'object') {
    const shared = Math.min(a.length, b.length)
    for (let i = 0; i < shared; i++) {
      const order = compareVersions(a[i] as number | string, b[i] as number | string)
      if (order !== 0) return order
    }
    return a.length - b.length
  }
  throw new CallerError(`versions ${show(a)} and ${show(b)} cannot be compared`, {
    where: 'a register check',
    expected: 'versions of one kind, or a compare function',
  })
}

/** A successful operation with its version. */
interface Seen<V> {
  readonly operation: Operation
  readonly version: V
}

/** What a check compares: an operation that ended with one that began later. */
interface Rule {
  readonly title: string
  readonly earlier: 'read' | 'write'
  readonly later: 'read' | 'write'
  readonly had: string
}

function registerCheck<V>(rule: Rule, options: RegisterOptions<V>): Check {
  const { by, read = 'read', write = 'write', version = 'version' } = options
  const compare = options.compare ?? (compareVersions as unknown as (a: V, b: V) => number)
  const name = by === undefined ? rule.title : `${rule.title} (by ${by})`
  const names = { read, write }
  const earlierName = names[rule.earlier]
  const laterName = names[rule.later]
  // A write must add something to what was there before it; a read may return just that.
  const least = rule.later === 'write' ? 1 : 0
  const wanted = rule.later === 'write' ? 'gets a newer version than' : 'returns at least version'

  const judge = (operations: readonly Operation[]): CheckResult => {
    const registers = new Map<unknown, { earlier: Seen<V>[]; later: Seen<V>[] }>()
    for (const operation of operations) {
      if (operation.status !== 'ok' || (operation.name !== earlierName && operation.name !== laterName))
        continue
      const key = by === undefined ? undefined : registerOf(operation, by)
      let register = registers.get(key)
      if (register === undefined) registers.set(key, (register = { earlier: [], later: [] }))
      const seen = { operation, version: field(operation, 'output', version) as V }
      if (operation.name === earlierName) register.earlier.push(seen)
      if (operation.name === laterName) register.later.push(seen)
    }

    let observations = 0
    let found = 0
    let first: { readonly newest: Seen<V>; readonly late: Seen<V>; readonly key: unknown } | undefined
    for (const [key, { earlier, later }] of registers) {
      earlier.sort((a, b) => endOf(a.operation) - endOf(b.operation))
      later.sort((a, b) => a.operation.record - b.operation.record)
      let newest: Seen<V> | undefined
      let next = 0
      for (const late of later) {
        for (let seen = earlier[next]; seen !== undefined; seen = earlier[next]) {
          if (endOf(seen.operation) >= late.operation.record) break
          if (newest === undefined || compare(seen.version, newest.version) > 0) newest = seen
          next++
        }
        if (newest === undefined) continue
        observations++
        if (Math.sign(compare(late.version, newest.version)) >= least) continue
        found++
        if (first === undefined || endOf(late.operation) < endOf(first.late.operation))
          first = { newest, late, key }
      }
    }
    if (first === undefined) return { name, verdict: 'held', observations }

    const { newest, late, key } = first
    const end = late.operation.completed as number
    const violation: RegisterViolation = {
      time: end,
      node: late.operation.node,
      record: endOf(late.operation),
      expected:
        `${describe(late.operation)}${key === undefined ? '' : ` of ${show(key)}`} ${wanted} ${show(newest.version)}, ` +
        `which ${describe(newest.operation)} ${rule.had} at ` +
        `${formatTime(newest.operation.completed as number)} (record ${endOf(newest.operation)})`,
      observed:
        `begun at ${formatTime(late.operation.invoked)} (record ${late.operation.record}), it ended with version ` +
        `${show(late.version)} at ${formatTime(end)} (record ${endOf(late.operation)})`,
      operations: [newest.operation, late.operation],
    }
    return {
      name,
      verdict: 'violated',
      observations,
      violation,
      detail: `${found} of ${observations} ${rule.later}s`,
    }
  }
  return { name, begin: ({ world }) => ({ finish: () => judge(world.operations) }) }
}

/** An operation that ended has the record of its end. */
function endOf(operation: Operation): number {
  return operation.endRecord as number
}

function describe({ id, name, node }: Operation): string {
  return `${name} ${id} by ${node}`
}

/** The name of the register, by value: objects would each be a register of their own. */
function registerOf(operation: Operation, by: string): unknown {
  const key = field(operation, 'input', by)
  if (typeof key !== 'object') return key
  throw new CallerError(`the input of ${describe(operation)} has ${by} ${show(key)}`, {
    where: 'a register check',
    expected: 'a string, a number or a boolean that names the register',
  })
}

/** The named field of what went in or came out; a history without it is not one that these checks can judge. */
function field(operation: Operation, part: 'input' | 'output', name: string): unknown {
  const value = operation[part]
  const found =
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
  if (found === undefined) {
    throw new CallerError(`the ${part} of ${describe(operation)} is ${show(value)}`, {
      where: 'a register check',
      expected: `an object with a field '${name}'`,
    })
  }
  return found
}
