/**
 * Operations of a history as reads and writes of versions: what the checks of sessions and of staleness look at. Versions
 * are totally ordered for each register, and writes learn theirs when they are acknowledged.
 */
import type { Operation } from '../host/history.ts'
import { CallerError, show } from '../kernel/errors.ts'
import { canonical } from './canonical.ts'
import { compareVersions } from './register.ts'
import type { Version } from './register.ts'

/** How the operations of a history stand for versioned registers. */
export interface VersionOptions<V = Version> {
  /** Field of the input that names the register. Default: all operations are on one register. */
  readonly by?: string
  /** Name of the operations that read. Default 'read'. */
  readonly read?: string
  /** Name of the operations that write. Default 'write'. */
  readonly write?: string
  /** Field of the output that holds the version, or what gives it. Default 'version'. */
  readonly version?: string | ((operation: Operation) => V)
  /** Below 0 if `a` is older than `b`, 0 if they are the same. Default: `compareVersions`. */
  readonly compare?: (a: V, b: V) => number
}

/** One successful read or write. */
export interface Access<V> {
  readonly operation: Operation
  readonly isRead: boolean
  /** Text of the register's name. */
  readonly register: string
  readonly version: V
  /** Records of its beginning and its end: positions in the one order of both. */
  readonly from: number
  readonly to: number
}

export type Compare<V> = (a: V, b: V) => number

export function compareOf<V>(options: VersionOptions<V>): Compare<V> {
  return options.compare ?? (compareVersions as unknown as Compare<V>)
}

/** Successful reads and writes, in order of beginning. Operations of other names or that did not succeed bound nothing. */
export function accessesOf<V>(
  operations: readonly Operation[],
  options: VersionOptions<V>,
): readonly Access<V>[] {
  const { by, read = 'read', write = 'write', version = 'version' } = options
  return operations.flatMap((operation): Access<V>[] => {
    const { name, status, record, endRecord = record } = operation
    if (status !== 'ok' || (name !== read && name !== write)) return []
    const register = by === undefined ? '' : canonical(field(operation, 'input', by))
    const own =
      typeof version === 'function' ? version(operation) : (field(operation, 'output', version) as V)
    return [{ operation, isRead: name === read, register, version: own, from: record, to: endRecord }]
  })
}

function field(operation: Operation, part: 'input' | 'output', name: string): unknown {
  const value = operation[part]
  const found =
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
  if (found !== undefined) return found
  throw new CallerError(`the ${part} of ${accessText(operation)} is ${show(value)}`, {
    where: 'a check of versions',
    expected: `an object with a field '${name}'`,
  })
}

/** `read 17 by client[2]`. */
export function accessText({ id, name, node }: Operation): string {
  return `${name} ${id} by ${node}`
}

/** Where a register's name is told: ` of 'x'`, or nothing. */
export function ofRegister(register: string): string {
  return register === '' ? '' : ` of ${register.replace(/^"(.*)"$/, "'$1'")}`
}
