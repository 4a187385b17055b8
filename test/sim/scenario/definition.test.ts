import { describe, expect, it } from 'vitest'
import { defineNode, scenario } from '../../../index.ts'

// As in a file that is run without a look at its types.
const declare = (definition: object): unknown => (scenario as (definition: object) => unknown)(definition)
const whole = { name: 'sample', summary: 'A sample', cluster: () => undefined, checks: [], until: '1s' }

describe('the definition of a scenario', () => {
  it('that is whole is taken', () => {
    expect(() => declare(whole)).not.toThrow()
  })

  it.each(['summary', 'cluster', 'checks', 'until'])('without %s is refused by name', (field) => {
    expect(() => declare({ ...whole, [field]: undefined })).toThrow(`scenario sample: ${field} is missing`)
  })

  it('with a misspelled field gets the nearest name', () => {
    expect(() => declare({ ...whole, fault: () => [] })).toThrow(
      /unknown field 'fault'.*did you mean 'faults'\?/s,
    )
  })

  it('whose cluster or checks are of another sort is told what they should be', () => {
    expect(() => declare({ ...whole, cluster: {} })).toThrow(/cluster .*expected a function/s)
    expect(() => declare({ ...whole, checks: {} })).toThrow(/checks .*expected a list of checks/s)
  })
})

describe('the definition of a kind', () => {
  it('with a misspelled field gets the nearest name', () => {
    const define = defineNode() as (definition: object) => unknown
    expect(() => define({ kind: 'node', recovr: () => undefined })).toThrow(
      /unknown field 'recovr'.*did you mean 'recover'\?/s,
    )
  })
})
