import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pathText } from '../../reports/states.ts'
import { ABSENT, differences } from '../../sim/explore/differences.ts'
import { Address } from '../../sim/kernel/address.ts'

const show = (a: unknown, b: unknown): readonly string[] =>
  differences(a, b).map(({ path, a: left, b: right }) => {
    const side = (value: unknown): string => (value === ABSENT ? '-' : JSON.stringify(value))
    return `${pathText(path)} ${side(left)} ${side(right)}`
  })

const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.integer(),
    fc.string(),
    fc.constant(null),
    fc.boolean(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string({ minLength: 1 }), tie('value'), { maxKeys: 4, noNullPrototype: true }),
    fc.array(fc.tuple(fc.string(), tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)),
    fc.array(fc.string(), { maxLength: 4 }).map((members) => new Set(members)),
  ),
})).value

describe('differences', () => {
  it('names what changed, came and went by path', () => {
    expect(show({ a: 1, b: { c: 2 }, d: 3 }, { a: 1, b: { c: 4 }, e: 5 })).toEqual([
      'b.c 2 4',
      'd 3 -',
      'e - 5',
    ])
    expect(show(new Map([['k 1', { v: 1 }]]), new Map([['k 1', { v: 2 }]]))).toEqual(['"k 1".v 1 2'])
    expect(show(new Set(['x', 'y']), new Set(['y', 'z']))).toEqual(['{"x"} "x" -', '{"z"} - "z"'])
    expect(show(1, 2)).toEqual(['(state) 1 2'])
  })

  it('takes what leaves the front of a queue for one difference', () => {
    expect(show({ queue: [1, 2, 3] }, { queue: [2, 3] })).toEqual(['queue[0] [1] -'])
    expect(show({ queue: [1, 2] }, { queue: [1, 2, 3, 4] })).toEqual(['queue[2..3] - [3,4]'])
    expect(show({ queue: [1, 2, 3] }, { queue: [1, 9, 3] })).toEqual(['queue[1] 2 9'])
  })

  it('takes two addresses of one node for the same, as values and as keys', () => {
    const a = new Address(1, 'replica', 0)
    const b = new Address(1, 'replica', 0)
    const c = new Address(2, 'replica', 1)
    expect(show({ peer: a }, { peer: b })).toEqual([])
    expect(show(new Map([[a, 1]]), new Map([[b, 1]]))).toEqual([])
    expect(differences({ peer: a }, { peer: c })).toHaveLength(1)
  })

  it('are none between a value and its copy, and some between values that are not equal', () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(differences(a, structuredClone(a))).toEqual([])
        const equal = JSON.stringify(show(a, b)) === '[]'
        expect(differences(b, a).length === 0).toBe(equal)
      }),
      { seed: 1 },
    )
  })
})
