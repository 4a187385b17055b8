/** Arbitrary parameters of a scenario: within what each accepts and the rules between them. */
import * as fc from 'fast-check'
import { written } from '../../faults/generate/scene.ts'
import { CallerError } from '../../sim/kernel/errors.ts'
import { unknownName } from '../../sim/kernel/nearest.ts'
import { micros } from '../../sim/kernel/time.ts'
import type { Duration } from '../../sim/kernel/time.ts'
import type { NumberParam, Param, Params, ParamValues } from '../../sim/scenario/params.ts'
import type { Scenario } from '../../sim/scenario/scenario.ts'
import { scenarioParams } from '../../sim/scenario/scenario.ts'

/** Parameters that are not to be drawn as declared: a value for a fixed one, or an arbitrary of values. */
export type Given<P extends Params> = {
  readonly [K in keyof P]?: ParamValues<P>[K] | fc.Arbitrary<ParamValues<P>[K]>
}

/** How many draws in a row may break the rules between parameters. */
const PATIENCE = 10_000
/** Steps between the ends of a number. */
const STEPS = 1000
/** Tenths of its default, the most that a duration becomes. */
const TENTHS = 40

/**
 * Parameters that the scenario accepts. Integers, numbers and durations shrink to the least, choices and booleans to the
 * default. A number without an upper end is drawn up to twice its default and 5 more, one without a lower end from 0 or
 * its default if that is less; a duration from a tenth of its default to four times as long.
 *
 * @param given values and arbitraries that replace what is declared
 * @throws CallerError for an unknown parameter; when drawn from, if the scenario's rules refuse 10 000 draws in a row
 */
export function paramsOf<P extends Params>(
  scenario: Scenario<P>,
  given: Given<P> = {},
): fc.Arbitrary<ParamValues<P>> {
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(scenario.params, name)) continue
    throw unknownName('parameter', name, Object.keys(scenario.params), `scenario ${scenario.name}`)
  }
  const each = Object.entries(scenario.params).map(([name, param]) => {
    const own: unknown = given[name]
    if (own === undefined) return [name, ofParam(param)] as const
    return [name, own instanceof fc.Arbitrary ? (own as fc.Arbitrary<unknown>) : fc.constant(own)] as const
  })
  const drawn = fc.record(Object.fromEntries(each)) as unknown as fc.Arbitrary<ParamValues<P>>
  const { valid } = scenario
  if (valid === undefined) return drawn
  let refused = 0
  return drawn.filter((values) => {
    const said = valid(values)
    if (said === true) {
      refused = 0
      return true
    }
    if (++refused < PATIENCE) return false
    throw new CallerError(`scenario ${scenario.name} refused ${PATIENCE} draws of parameters: ${said}`, {
      expected: 'arbitraries of which its rules accept some',
    })
  })
}

/** The values, checked as the scenario checks them, defaults filled in. */
export function checkedParams<P extends Params>(
  scenario: Scenario<P>,
  values: Readonly<Record<string, unknown>>,
): ParamValues<P> {
  return scenarioParams(scenario, values)
}

function ofParam(param: Param): fc.Arbitrary<unknown> {
  switch (param.kind) {
    case 'integer': {
      const [min, max] = bounds(param)
      return fc.integer({ min: Math.ceil(min), max: Math.floor(max) })
    }
    case 'number': {
      const [min, max] = bounds(param)
      return fc
        .integer({ min: 0, max: STEPS })
        .map((step) => (step === STEPS ? max : min + Number(((max - min) * (step / STEPS)).toPrecision(3))))
    }
    case 'boolean':
      return fc.constantFrom(param.default, !param.default)
    case 'choice':
      return fc.constantFrom(param.default, ...param.choices.filter((word) => word !== param.default))
    case 'duration': {
      const usual = micros(param.default, 'default')
      const tenth = usual === 0 ? 10_000 : Math.max(1, Math.round(usual / 10))
      return fc.integer({ min: 1, max: TENTHS }).map((tenths): Duration => written(tenths * tenth))
    }
  }
}

function bounds({ min, max, default: usual }: NumberParam): readonly [number, number] {
  const low = min > -Infinity ? min : Math.min(0, usual, max)
  const high = max < Infinity ? max : Math.max(low, 2 * Math.abs(usual) + 5)
  return [low, high]
}
