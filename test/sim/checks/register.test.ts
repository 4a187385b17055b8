import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Check, CheckResult } from '../../../sim/checks/check.ts'
import type { RegisterViolation } from '../../../sim/checks/register.ts'
import { compareVersions, noLostWrite, noReadInversion, noStaleRead } from '../../../sim/checks/register.ts'
import type { World } from '../../../sim/checks/world.ts'
import type { Operation } from '../../../sim/host/history.ts'

/** An operation as a line: who, what, on which register, from record to record, with which version. */
type Line = readonly [
  node: string,
  name: string,
  key: string,
  from: number,
  to: number | undefined,
  version: number | string | readonly (number | string)[] | undefined,
]

function history(...lines: readonly Line[]): Operation[] {
  return lines.map(([node, name, key, from, to, version], index): Operation => {
    const begun = { id: index + 1, node, name, input: { key }, invoked: from * 10, record: from }
    if (to === undefined) return { ...begun, status: 'open' }
    const ended = { ...begun, completed: to * 10, endRecord: to }
    return version === undefined
      ? { ...ended, status: 'unknown', reason: 'timeout' }
      : { ...ended, status: 'ok', output: { version } }
  })
}

function judge(check: Check, operations: readonly Operation[]): CheckResult {
  return check
    .begin({
      world: { operations } as World,
      faultsEnd: 0,
      randomFaults: false,
      at: () => undefined,
      stop: () => undefined,
    })
    .finish()
}

function pair(result: CheckResult): number[] | undefined {
  return (result.violation as RegisterViolation | undefined)?.operations.map(({ id }) => id)
}

describe('noStaleRead', () => {
  const check = noStaleRead({ by: 'key' })

  it('finds a read that returns less than a write acknowledged before it began, and says both', () => {
    const result = judge(
      check,
      history(['a', 'write', 'x', 1, 2, 1], ['a', 'write', 'x', 3, 4, 2], ['b', 'read', 'x', 5, 6, 1]),
    )
    expect(result).toMatchObject({ verdict: 'violated', observations: 1, detail: '1 of 1 reads' })
    expect(result.violation).toMatchObject({ time: 60, node: 'b', record: 6 })
    expect(result.violation?.expected).toBe(
      "read 3 by b of 'x' returns at least version 2, which write 2 by a had acknowledged at 40us (record 4)",
    )
    expect(result.violation?.observed).toBe(
      'begun at 50us (record 5), it ended with version 1 at 60us (record 6)',
    )
    expect(pair(result)).toEqual([2, 3])
  })

  it('lets a read return the old version while the write is not acknowledged', () => {
    const before = ['a', 'write', 'x', 1, 2, 1] as const
    expect(
      judge(check, history(before, ['a', 'write', 'x', 3, 7, 2], ['b', 'read', 'x', 5, 6, 1])).verdict,
    ).toBe('held')
    expect(
      judge(check, history(before, ['a', 'write', 'x', 3, 4, undefined], ['b', 'read', 'x', 5, 6, 1]))
        .verdict,
    ).toBe('held')
    expect(
      judge(check, history(before, ['a', 'write', 'x', 3, undefined, undefined], ['b', 'read', 'x', 5, 6, 1]))
        .verdict,
    ).toBe('held')
  })

  it('keeps registers apart by the field named', () => {
    const operations = history(['a', 'write', 'x', 1, 2, 5], ['b', 'read', 'y', 3, 4, 0])
    expect(judge(check, operations)).toMatchObject({ verdict: 'held', observations: 0 })
    expect(judge(noStaleRead(), operations).verdict).toBe('violated')
  })

  it('counts the newest version of acknowledged writes, whichever was acknowledged last', () => {
    const operations = history(
      ['a', 'write', 'x', 1, 3, 7],
      ['b', 'write', 'x', 2, 4, 6],
      ['c', 'read', 'x', 5, 6, 6],
    )
    expect(pair(judge(check, operations))).toEqual([1, 3])
  })

  it('reports the violation that could be seen first', () => {
    const operations = history(
      ['a', 'write', 'x', 1, 2, 2],
      ['b', 'read', 'x', 3, 9, 1],
      ['c', 'read', 'x', 4, 5, 1],
      ['c', 'write', 'y', 6, 7, 2],
      ['c', 'read', 'y', 8, 10, 1],
    )
    const result = judge(check, operations)
    expect(pair(result)).toEqual([1, 3])
    expect(result.detail).toBe('3 of 3 reads')
  })

  it('orders operations of one microsecond by record', () => {
    const [write, read] = history(['a', 'write', 'x', 1, 2, 2], ['b', 'read', 'x', 3, 4, 1])
    const atOnce = [write!, { ...read!, invoked: write!.completed! }]
    expect(judge(check, atOnce).verdict).toBe('violated')
    expect(
      judge(check, [
        { ...write!, endRecord: 3, record: 1 },
        { ...read!, record: 2 },
      ]).verdict,
    ).toBe('held')
  })

  it('takes other names of operations and fields, and another order', () => {
    const operations: Operation[] = [
      {
        id: 1,
        node: 'a',
        name: 'put',
        input: { k: 1 },
        invoked: 0,
        record: 1,
        status: 'ok',
        completed: 1,
        endRecord: 2,
        output: { etag: 'v9' },
      },
      {
        id: 2,
        node: 'b',
        name: 'get',
        input: { k: 1 },
        invoked: 2,
        record: 3,
        status: 'ok',
        completed: 3,
        endRecord: 4,
        output: { etag: 'v10' },
      },
    ]
    const names = { by: 'k', read: 'get', write: 'put', version: 'etag' }
    expect(judge(noStaleRead(names), operations).verdict).toBe('violated')
    const compare = (a: string, b: string): number => Number(a.slice(1)) - Number(b.slice(1))
    expect(judge(noStaleRead({ ...names, compare }), operations).verdict).toBe('held')
  })

  it('refuses histories that it cannot read', () => {
    const [operation] = history(['a', 'read', 'x', 1, 2, 1])
    const bad = (part: Partial<Operation>): (() => CheckResult) => {
      return () => judge(check, [{ ...operation!, ...part }])
    }
    expect(bad({ output: 7 })).toThrow(
      /the output of read 1 by a is 7; expected an object with a field 'version'/,
    )
    expect(bad({ input: { name: 'x' } })).toThrow(/expected an object with a field 'key'/)
    expect(bad({ input: { key: ['x'] } })).toThrow(/names the register/)
    const mixed = history(['a', 'write', 'x', 1, 2, 1], ['b', 'read', 'x', 3, 4, 'one'])
    expect(() => judge(check, mixed)).toThrow(/versions 'one' and 1 cannot be compared/)
  })
})

describe('noReadInversion', () => {
  const check = noReadInversion({ by: 'key' })

  it('finds a read that goes back behind one that had ended', () => {
    const result = judge(check, history(['a', 'read', 'x', 1, 2, 2], ['b', 'read', 'x', 3, 4, 1]))
    expect(result).toMatchObject({ verdict: 'violated', observations: 1 })
    expect(pair(result)).toEqual([1, 2])
    expect(result.violation?.expected).toMatch(
      /^read 2 by b of 'x' returns at least version 2, which read 1 by a had/,
    )
  })

  it('lets reads that overlap disagree, and says nothing about writes', () => {
    const overlapping = history(
      ['a', 'read', 'x', 1, 4, 2],
      ['b', 'read', 'x', 3, 5, 1],
      ['a', 'write', 'x', 6, 7, 9],
    )
    expect(judge(check, [...overlapping, ...history(['c', 'read', 'x', 8, 9, 2])])).toMatchObject({
      verdict: 'held',
      observations: 1,
    })
  })
})

describe('noLostWrite', () => {
  const check = noLostWrite({ by: 'key' })

  it('finds a write that is not newer than one acknowledged before it began', () => {
    const first = ['a', 'write', 'x', 1, 2, 2] as const
    const result = judge(check, history(first, ['b', 'write', 'x', 3, 4, 1]))
    expect(result).toMatchObject({ verdict: 'violated', observations: 1, detail: '1 of 1 writes' })
    expect(result.violation?.expected).toMatch(
      /^write 2 by b of 'x' gets a newer version than 2, which write 1 by a had/,
    )
    expect(judge(check, history(first, ['b', 'write', 'x', 3, 4, 2])).verdict).toBe('violated')
    expect(judge(check, history(first, ['b', 'write', 'x', 3, 4, 3])).verdict).toBe('held')
  })
})

describe('register checks against their definition', () => {
  /** Random operations of a few clients, each one after the other, on two registers, with versions out of a small range. */
  const histories = fc
    .array(
      fc.record({
        node: fc.constantFrom('a', 'b', 'c'),
        name: fc.constantFrom('read', 'write', 'cas'),
        key: fc.constantFrom('x', 'y'),
        from: fc.nat(400),
        length: fc.option(fc.integer({ min: 1, max: 120 }), { nil: undefined, freq: 10 }),
        version: fc.option(fc.tuple(fc.nat(3), fc.nat(2)), { nil: undefined, freq: 10 }),
      }),
      { maxLength: 30 },
    )
    .map((drawn) =>
      // Records are unique: twice the drawn instant keeps beginnings even, and ends are odd.
      history(
        ...drawn.map(({ node, name, key, from, length, version }, index): Line => {
          const begin = (from * 40 + index) * 2
          return [node, name, key, begin, length === undefined ? undefined : begin + length * 80 + 1, version]
        }),
      ).sort((a, b) => a.record - b.record),
    )

  function naive(
    operations: readonly Operation[],
    bound: string,
    lateName: string,
  ): { found: boolean; observations: number } {
    let observations = 0
    let found = false
    for (const late of operations) {
      if (late.name !== lateName || late.status !== 'ok') continue
      const before = operations.filter(
        (each) =>
          each.name === bound &&
          each.status === 'ok' &&
          (each.input as { key: string }).key === (late.input as { key: string }).key &&
          each.endRecord! < late.record,
      )
      if (before.length > 0) observations++
      const version = (of: Operation): readonly number[] =>
        (of.output as { version: readonly number[] }).version
      const allowed = lateName === 'write' ? -1 : 0
      if (before.some((each) => Math.sign(compareVersions(version(each), version(late))) > allowed))
        found = true
    }
    return { found, observations }
  }

  it.each([
    ['noStaleRead', noStaleRead({ by: 'key' }), 'write', 'read'],
    ['noReadInversion', noReadInversion({ by: 'key' }), 'read', 'read'],
    ['noLostWrite', noLostWrite({ by: 'key' }), 'write', 'write'],
  ] as const)('%s agrees with a comparison of all pairs', (_name, check, bound, late) => {
    let violated = 0
    fc.assert(
      fc.property(histories, (operations) => {
        const result = judge(check, operations)
        const { found, observations } = naive(operations, bound, late)
        if (found) violated++
        expect(result).toMatchObject({ verdict: found ? 'violated' : 'held', observations })
        if (result.violation === undefined) return
        const [earlier, later] = (result.violation as RegisterViolation).operations
        expect(earlier.endRecord).toBeLessThan(later.record)
        const versions = [earlier, later].map((each) => (each.output as { version: number[] }).version)
        expect(compareVersions(versions[1]!, versions[0]!)).toBeLessThan(late === 'write' ? 1 : 0)
      }),
      { seed: 11, numRuns: 2000 },
    )
    // Neither outcome is so rare that the comparison would say little.
    expect(violated).toBeGreaterThan(200)
    expect(violated).toBeLessThan(1800)
  })

  it('judges a hundred thousand operations', () => {
    const lines = Array.from({ length: 100_000 }, (_, i): Line => [
      'a',
      i % 2 === 0 ? 'write' : 'read',
      'x',
      2 * i,
      2 * i + 1,
      i - (i % 2),
    ])
    expect(judge(noStaleRead({ by: 'key' }), history(...lines))).toMatchObject({
      verdict: 'held',
      observations: 50_000,
    })
  })
})

describe('compareVersions', () => {
  it('compares lists element by element and puts a prefix first', () => {
    const sorted = [[0, -1], [1], [1, 2], [1, 10], [2, 0]]
    expect(sorted.slice().reverse().sort(compareVersions)).toEqual(sorted)
    expect(compareVersions([3, 1], [3, 1])).toBe(0)
    expect(['b', 'a', 'B'].sort(compareVersions)).toEqual(['B', 'a', 'b'])
  })
})
