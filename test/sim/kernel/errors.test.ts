import { describe, expect, it } from 'vitest'
import { CallerError, invariant, InvariantError, show } from '../../../sim/kernel/errors.ts'

describe('CallerError', () => {
  it('says place, problem, expectation and way out in one message, and keeps the parts', () => {
    const error = new CallerError('loss is 3', {
      where: 'plan[1].loss',
      expected: '0 to 1',
      hint: 'write 0.03',
    })
    expect(error.message).toBe('plan[1].loss: loss is 3; expected 0 to 1; write 0.03')
    expect(error).toMatchObject({
      name: 'CallerError',
      where: 'plan[1].loss',
      expected: '0 to 1',
      hint: 'write 0.03',
    })
    expect(error).toBeInstanceOf(Error)
  })

  it('leaves out the parts it was not given', () => {
    const error = new CallerError('no nodes')
    expect(error.message).toBe('no nodes')
    expect(error.where).toBeUndefined()
  })
})

describe('invariant', () => {
  it('is silent while the condition holds and stops with its text when it does not', () => {
    expect(() => invariant(1 + 1 === 2, 'sums')).not.toThrow()
    expect(() => invariant(false, 'time never runs back')).toThrow(InvariantError)
    expect(() => invariant(0, 'time never runs back')).toThrow('broken invariant: time never runs back')
  })
})

describe('show', () => {
  const cyclic: Record<string, unknown> = {}
  cyclic.self = cyclic

  it.each<[unknown, string]>([
    ['a', "'a'"],
    [1.5, '1.5'],
    [-0, '-0'],
    [NaN, 'NaN'],
    [12n, '12n'],
    [undefined, 'undefined'],
    [null, 'null'],
    [true, 'true'],
    [[1, 'x'], '[1,"x"]'],
    [{ a: 1 }, '{"a":1}'],
    [cyclic, 'an object'],
    [micro, 'function micro'],
  ])('quotes a value readably (%#)', (value, text) => {
    expect(show(value)).toBe(text)
  })

  it('cuts long values', () => {
    expect(show('x'.repeat(500))).toHaveLength(80)
    expect(show('x'.repeat(500))).toMatch(/\.\.\.$/)
  })
})

function micro(): void {
  // Only its name matters.
}
