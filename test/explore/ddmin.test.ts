import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ddmin } from '../../sim/explore/ddmin.ts'

const run = { seed: 20260729, numRuns: 300 }

/** Fails when all of the guilty are there, or when at least `any` of the others are. */
interface Cause {
  readonly size: number
  readonly guilty: readonly number[]
  readonly any: number
}

const cause: fc.Arbitrary<Cause> = fc.integer({ min: 1, max: 24 }).chain((size) =>
  fc.record({
    size: fc.constant(size),
    guilty: fc.uniqueArray(fc.integer({ min: 0, max: size - 1 }), { maxLength: 4 }),
    any: fc.integer({ min: 1, max: size + 4 }),
  }),
)

const itemsOf = ({ size }: Cause): number[] => Array.from({ length: size }, (_, index) => index)

const failsWith =
  ({ guilty, any }: Cause) =>
  (items: readonly number[]): boolean =>
    guilty.every((item) => items.includes(item)) || items.length >= any

describe('ddmin', () => {
  it('returns a part that fails, in the order of the whole, of which each single item is needed', async () => {
    await fc.assert(
      fc.asyncProperty(cause, async (of) => {
        const fails = failsWith(of)
        const items = itemsOf(of)
        fc.pre(fails(items))
        const small = await ddmin(items, async (part) => fails(part))
        expect(fails(small)).toBe(true)
        expect(small).toEqual(items.filter((item) => small.includes(item)))
        for (const left of small) expect(fails(small.filter((item) => item !== left))).toBe(false)
      }),
      run,
    )
  })

  it('tests at most n^2 + 3n + 1 parts, and never the whole', async () => {
    await fc.assert(
      fc.asyncProperty(cause, async (of) => {
        const fails = failsWith(of)
        const items = itemsOf(of)
        fc.pre(fails(items))
        let tests = 0
        await ddmin(items, async (part) => {
          tests++
          expect(part.length).toBeLessThan(items.length)
          return fails(part)
        })
        expect(tests).toBeLessThanOrEqual(items.length * items.length + 3 * items.length + 1)
      }),
      run,
    )
  })

  it('finds one item among many in logarithmic time', async () => {
    let tests = 0
    const items = Array.from({ length: 1024 }, (_, index) => index)
    const small = await ddmin(items, async (part) => {
      tests++
      return part.includes(700)
    })
    expect(small).toEqual([700])
    expect(tests).toBeLessThanOrEqual(1 + 2 * 10)
  })

  it('returns nothing after one test when nothing is needed', async () => {
    let tests = 0
    expect(await ddmin([1, 2, 3], async () => ++tests > 0)).toEqual([])
    expect(tests).toBe(1)
  })

  it('asks the same questions in the same order each time', async () => {
    const asked = async (): Promise<string[]> => {
      const out: string[] = []
      await ddmin('abcdefghij'.split(''), async (part) => {
        out.push(part.join(''))
        return part.includes('c') && part.includes('i')
      })
      return out
    }
    expect(await asked()).toEqual(await asked())
  })

  it('gives the best part so far when it may not go on, and asks no more', async () => {
    await fc.assert(
      fc.asyncProperty(cause, fc.integer({ min: 0, max: 30 }), async (of, most) => {
        const fails = failsWith(of)
        const items = itemsOf(of)
        fc.pre(fails(items))
        let tests = 0
        const small = await ddmin(
          items,
          async (part) => {
            tests++
            return fails(part)
          },
          () => tests < most,
        )
        expect(tests).toBeLessThanOrEqual(most)
        expect(fails(small)).toBe(true)
      }),
      run,
    )
  })
})
