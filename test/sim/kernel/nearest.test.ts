import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CallerError } from '../../../sim/kernel/errors.ts'
import { nearest, unknownName } from '../../../sim/kernel/nearest.ts'

const FAULTS = ['partition', 'heal', 'crash', 'restart', 'pause', 'resume', 'hold', 'release']

describe('nearest', () => {
  it.each([
    ['partitoin', 'partition'],
    ['Crash', 'crash'],
    ['crsah', 'crash'],
    ['pauze', 'pause'],
    ['realease', 'release'],
    ['resart', 'restart'],
    ['hea', 'heal'],
  ])('takes %s for %s', (typed, meant) => {
    expect(nearest(typed, FAULTS)).toBe(meant)
  })

  it.each(['meteorite', 'x', ''])('stays silent about %o, which is close to nothing', (typed) => {
    expect(nearest(typed, FAULTS)).toBeUndefined()
  })

  it('prefers fewer edits, then the earlier candidate', () => {
    expect(nearest('cat', ['cut', 'cat'])).toBe('cat')
    expect(nearest('cat', ['cut', 'cot'])).toBe('cut')
  })

  it('undoes any single slip in a name of its own', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 4, maxLength: 12 }),
        fc.nat(),
        fc.nat({ max: 2 }),
        (word, at, slip) => {
          const i = at % (word.length - 1)
          const swapped = `${word.slice(0, i)}${word[i + 1]}${word[i]}${word.slice(i + 2)}`
          const typed = [
            word.slice(0, i) + word.slice(i + 1),
            `${word.slice(0, i)}~${word.slice(i)}`,
            swapped,
          ][slip]
          return nearest(typed as string, [word]) === word
        },
      ),
      { seed: 7 },
    )
  })
})

describe('unknownName', () => {
  it('names what was given, what is known and what was probably meant', () => {
    const error = unknownName('fault kind', 'partitoin', FAULTS, 'plan[0].kind')
    expect(error).toBeInstanceOf(CallerError)
    expect(error.message).toBe(
      "plan[0].kind: unknown fault kind 'partitoin'; expected one of partition, heal, crash, restart, pause, " +
        "resume, hold, release; did you mean 'partition'?",
    )
  })

  it('does not guess when nothing is close, and does not list hundreds', () => {
    const many = Array.from({ length: 300 }, (_, i) => `replica[${i}]`)
    const error = unknownName('node', 'qqqqqqqqqqqqqqqqq', many)
    expect(error.hint).toBeUndefined()
    expect(error.expected).toMatch(/replica\[19\] and 280 more$/)
    expect(unknownName('node', 'a', []).message).toBe("unknown node 'a'")
  })
})
