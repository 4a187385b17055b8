/** Configurations are shared by many nodes, so nobody may change them: a deep freeze, once. */
import { CallerError } from '../kernel/errors.ts'

/** Freezes plain objects and arrays all the way down; Map, Set and bytes cannot be frozen and are refused. */
export function deepFreeze<T>(value: T, where: string): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  if (value instanceof Map || value instanceof Set || ArrayBuffer.isView(value)) {
    throw new CallerError(`${where}: a ${value.constructor.name} cannot be frozen`, {
      expected: 'plain objects, arrays, addresses, functions and primitives',
    })
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return value
  Object.freeze(value)
  for (const held of Object.values(value)) deepFreeze(held, where)
  return value
}
