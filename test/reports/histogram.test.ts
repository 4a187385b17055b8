import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { histogram } from '../../reports/histogram.ts'

const repeat = (value: number, times: number): readonly number[] => Array.from({ length: times }, () => value)

describe('a histogram of characters', () => {
  it('is as high as each class is full, and shows an empty class as a gap', () => {
    expect(histogram([...repeat(1, 8), ...repeat(2, 4), 4], 4)).toBe('█▄ ▁')
  })

  it('shows what is rare at all', () => {
    expect(histogram([...repeat(1, 10_000), 2], 2)).toBe('█▁')
  })

  it('is logarithmic from a factor of ten on, so that a long tail leaves something to see', () => {
    expect(histogram([1, 2, 4, 8, 9.9], 2)).toBe('█▆')
    const tail = [1, 20, 200, 2000, 10_000]
    expect(histogram(tail, 4)).toBe('▄▄▄█')
    // With a value of zero there is no logarithm: classes are equally wide.
    expect(histogram([0, ...tail], 4)).toBe('█  ▂')
  })

  it('is empty for fewer than five values and for values that are all the same', () => {
    expect(histogram([1, 2, 3, 4], 8)).toBe('')
    expect(histogram(repeat(7, 100), 8)).toBe('')
  })

  it('has one character a class, its first and its last class are not empty, and one is full', () => {
    const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 5, maxLength: 60 })
    fc.assert(
      fc.property(values, fc.integer({ min: 2, max: 12 }), (list, width) => {
        fc.pre(new Set(list.map((value) => value + 0)).size > 1)
        const text = histogram(list, width)
        expect(text).toHaveLength(width)
        expect(text).toMatch(/^[▁▂▃▄▅▆▇█][ ▁▂▃▄▅▆▇█]*[▁▂▃▄▅▆▇█]$/)
        expect(text).toContain('█')
        // The order in which values came does not matter.
        expect(histogram([...list].reverse(), width)).toBe(text)
      }),
      { seed: 10 },
    )
  })
})
