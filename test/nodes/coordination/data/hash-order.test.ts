// Expected orders are those of java.util.HashSet, copied by clone, on OpenJDK 17.
import { describe, expect, it } from 'vitest'

import { grown, hashOrder, slotsOfCopy } from '../../../../nodes/coordination/data/hash-order.ts'

const copied = (texts: readonly string[]): string[] =>
  hashOrder(hashOrder(texts, grown(texts.length)), slotsOfCopy(texts.length))

describe('the order of a set', () => {
  it('is that of the slots of its copy, which are as few as hold it', () => {
    expect(copied(['/g/b', '/g/a', '/g/c'])).toEqual(['/g/c', '/g/a', '/g/b'])
    // In a table of 16 slots it would be the other way round.
    expect(copied(['/x/b-0000000001', '/x/a'])).toEqual(['/x/a', '/x/b-0000000001'])
    expect(hashOrder(['/x/a', '/x/b-0000000001'], 16)).toEqual(['/x/b-0000000001', '/x/a'])
  })

  it('is that of coming within a slot', () => {
    expect(hashOrder(['/b', '/a', '/c'], 1)).toEqual(['/b', '/a', '/c'])
  })

  it.each([
    [0, 1],
    [1, 2],
    [2, 4],
    [3, 8],
    [5, 8],
    [6, 16],
    [12, 32],
  ])('copies %i elements into %i slots', (count, slots) => {
    expect(slotsOfCopy(count)).toBe(slots)
  })

  it('grows when it is more than three quarters full', () => {
    expect([0, 12, 13, 25].map((count) => grown(count))).toEqual([16, 16, 32, 64])
  })
})
