import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RecordData } from '../../reports/html/diff/data.ts'
import { alignedRows, recordData } from '../../reports/html/diff/data.ts'

const records = (...said: readonly string[]): readonly RecordData[] =>
  said.map((text, index) => ({ id: index + 1, t: index, node: 'a', kind: 'timer', said: text }))

describe('two runs in rows', () => {
  it('put what both did beside each other, although numbers have shifted', () => {
    const a = records('x', 'y', 'z').map((record) => ({ ...record, t: 5 }))
    const b = records('new', 'x', 'z').map((record) => ({ ...record, t: 5 }))
    const rows = alignedRows(a, b)
    expect(rows.map((row) => [row.a?.said ?? '', row.b?.said ?? ''])).toEqual([
      ['', 'new'],
      ['x', 'x'],
      ['y', ''],
      ['z', 'z'],
    ])
  })

  it('take the earlier of two that have nothing to do with each other first', () => {
    const [early, late] = [
      { ...records('a')[0]!, t: 1 },
      { ...records('b')[0]!, t: 2 },
    ]
    expect(alignedRows([late], [early])).toEqual([{ b: early }, { a: late }])
    expect(alignedRows([early], [late])).toEqual([{ a: early }, { b: late }])
  })

  it('hold every record of each run once and in its order, and pair only what is the same', () => {
    const run = fc.array(fc.constantFrom('p', 'q', 'r'), { maxLength: 12 })
    fc.assert(
      fc.property(run, run, (one, other) => {
        const a = records(...one).map((record) => ({ ...record, t: 0 }))
        const b = records(...other).map((record) => ({ ...record, t: 0 }))
        const rows = alignedRows(a, b)
        expect(rows.flatMap((row) => row.a ?? [])).toEqual(a)
        expect(rows.flatMap((row) => row.b ?? [])).toEqual(b)
        for (const row of rows) if (row.a && row.b) expect(row.a.said).toBe(row.b.said)
        // Runs that are the same have no row of their own.
        expect(alignedRows(a, a).every((row) => row.a === row.b)).toBe(true)
      }),
      { seed: 11 },
    )
  })

  it('cut long values, and show text as it is', () => {
    const record = {
      id: 1,
      t: 0,
      kind: 'send' as const,
      to: 'b',
      type: '<b>',
      data: 'x'.repeat(1000),
      hash: '',
    }
    const { node, said } = recordData(record)
    expect(node).toBe('world')
    expect(said).toHaveLength(400)
    expect(said.startsWith('<b> → b "xxx')).toBe(true)
  })
})
