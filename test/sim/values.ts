// Random values of all kinds that messages may hold, an independent way to copy them, and a way to spoil them.
import fc from 'fast-check'

const key = fc.oneof(
  fc.string({ maxLength: 5 }),
  fc.constantFrom('$', '$$', '$map', '$node', '$undefined', '$number', '__proto__', 'constructor', '0', '10'),
)

/** Everything but addresses, which only a run can make. */
export const anyValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom(
      undefined,
      null,
      true,
      false,
      0,
      -0,
      1,
      -1,
      NaN,
      Infinity,
      -Infinity,
      2 ** 31,
      -(2 ** 31),
      2 ** 53,
    ),
    fc.integer(),
    fc.double(),
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.string({ maxLength: 12 }),
    fc.bigInt(),
    fc.uint8Array({ maxLength: 8 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 }).map((entries) => new Map(entries)),
    fc.array(tie('value'), { maxLength: 3 }).map((members) => new Set(members)),
  ),
})).value

/** A deep copy that shares no code with the simulator's. */
export function naiveCopy<T>(value: T): T {
  return structuredClone(value)
}

/** Changes everything in a value that can be changed in place. */
export function mutate(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  if (value instanceof Uint8Array) value.fill(0xee)
  else if (value instanceof Map) {
    for (const [k, held] of [...value] as [unknown, unknown][]) {
      mutate(k)
      mutate(held)
    }
    value.set('spoilt', true)
  } else if (value instanceof Set) {
    for (const held of [...value] as unknown[]) mutate(held)
    value.add('spoilt')
  } else if (Array.isArray(value)) {
    value.forEach(mutate)
    value.push('spoilt')
  } else {
    for (const held of Object.values(value)) mutate(held)
    Object.assign(value, { spoilt: true })
  }
}
