import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EdnReader } from '../../../cli/histories/edn.ts'

const read = (text: string): unknown => new EdnReader(text, 'file').next()?.value

describe('the EDN reader', () => {
  it.each([
    ['nil', null],
    ['true', true],
    ['false', false],
    ['3', 3],
    ['-12', -12],
    ['+7', 7],
    ['3N', 3],
    ['123456789012345678901', 123456789012345678901n],
    ['1.5', 1.5],
    ['2.5e3M', 2500],
    ['22/7', '22/7'],
    [':ok', ':ok'],
    [':jepsen/x', ':jepsen/x'],
    ['a-symbol', 'a-symbol'],
    ['"a \\"b\\"\\n\\u0041"', 'a "b"\nA'],
    ['\\a', 'a'],
    ['\\newline', '\n'],
    ['\\u0041', 'A'],
    ['\\(', '('],
    ['[1 [2 3], (4)]', [1, [2, 3], [4]]],
    ['#{1 2}', new Set([1, 2])],
    [
      '{:a 1, "b" [nil]}',
      new Map<unknown, unknown>([
        [':a', 1],
        ['b', [null]],
      ]),
    ],
    ['#inst "2026-01-01"', '2026-01-01'],
    ['#jepsen.history.Op{:index 0}', new Map([[':index', 0]])],
    ['#:ns{:a 1}', new Map([[':a', 1]])],
    ['; comment\n #_ {:left out} #_#_ 1 2 3', 3],
    ['##Inf', Infinity],
    [',,, 5', 5],
  ])('reads %s', (text, value) => {
    expect(read(text)).toEqual(value)
  })

  it('gives every value its line', () => {
    const reader = new EdnReader('1 ; one\n\n"a\nb"\n#_\n2\n[3\n4]', 'file')
    const lines: (readonly [number, unknown])[] = []
    for (let form = reader.next(); form !== undefined; form = reader.next())
      lines.push([form.line, form.value])
    expect(lines).toEqual([
      [1, 1],
      [3, 'a\nb'],
      [7, [3, 4]],
    ])
  })

  it.each([
    ['\n{:a', "file:2: the text ends inside what was opened here; '}' is missing"],
    ['{:a}', 'file:1: a map with a key that has no value'],
    ['\n\n]', "file:3: ']' closes nothing"],
    ['"abc', 'file:1: a string that is not closed'],
    ['"\\q"', "file:1: unknown escape '\\q' in a string"],
    ['12ab', "file:1: '12ab' is no value"],
    ['\\nope', "file:1: unknown character '\\nope'"],
    ['#_', 'file:1: the text ends where a value should stand'],
    ['#_'.repeat(100_000), 'file:1: values are nested more than 200 deep'],
    ['['.repeat(100_000), 'file:1: values are nested more than 200 deep'],
    ['#'.repeat(100_000), 'file:1: '],
  ])('refuses %s', (text, message) => {
    expect(() => read(text)).toThrow(message)
  })

  it('never fails in any other way than with a line', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from('{}[]()#_;:"\\ \na1-/N.,')) }), (text) => {
        const reader = new EdnReader(text, 'file')
        try {
          while (reader.next() !== undefined);
        } catch (error) {
          expect((error as Error).name).toBe('CallerError')
          expect((error as Error).message).toMatch(/^file:\d+: /)
        }
      }),
      { seed: 20261127, numRuns: 3000 },
    )
  })

  it('reads back what JSON can say', () => {
    // Commas are white space and colons need it, so JSON arrays of scalars are EDN.
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string({ unit: 'grapheme-ascii' }), fc.integer(), fc.boolean())),
        (value) => {
          expect(read(JSON.stringify(value))).toEqual(value)
        },
      ),
      { seed: 20261128 },
    )
  })
})
