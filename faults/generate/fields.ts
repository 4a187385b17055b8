/**
 * What descriptions of random faults are made of, besides the fields of faults themselves: ranges and weights. Like
 * those, each is a schema and the parser that explains what the schema refuses and checks what it cannot.
 */
import { z } from 'zod'
import { CallerError, show } from '../../sim/kernel/errors.ts'
import { unknownName } from '../../sim/kernel/nearest.ts'
import type { Duration } from '../../sim/kernel/time.ts'
import { micros } from '../../sim/kernel/time.ts'
import { explainedBy, parserOf } from '../fields.ts'
import { refusal } from '../issues.ts'

export type Fields = Readonly<Record<string, z.ZodType>>

/** What an object with these fields holds; all of them may be left out. */
export type OptionsOf<F extends Fields> = z.output<z.ZodObject<{ [K in keyof F]: z.ZodOptional<F[K]> }>>

/** Checks an object against fields that may all be left out; the values stay as they were written. */
export function readFields<F extends Fields>(fields: F, value: unknown, where: string): OptionsOf<F> {
  const schema = z.strictObject(fields).partial()
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw refusal(schema, parsed.error, value, where)
  const out: Record<string, unknown> = {}
  for (const [name, given] of Object.entries(parsed.data)) {
    if (given === undefined) continue
    parserOf(fields[name] as z.ZodType)?.(given, where === '' ? name : `${where}.${name}`)
    out[name] = given
  }
  return out as OptionsOf<F>
}

/** Two values of which the first is not above the second, both included. */
function ordered<T>(
  size: (value: unknown, where: string) => number,
  schema: z.ZodType<T>,
  expected: string,
  description: string,
): z.ZodType<readonly [T, T]> {
  const parser = (value: unknown, where: string): void => {
    if (!Array.isArray(value) || value.length !== 2) throw new CallerError(show(value), { where, expected })
    const [low, high] = value.map((end: unknown, index) => size(end, `${where}[${index}]`))
    if ((low as number) > (high as number)) {
      throw new CallerError(`${show(value[0])} is above ${show(value[1])}`, { where, expected })
    }
  }
  return explainedBy(parser, z.tuple([schema, schema], { error: expected }).describe(description))
}

/** A range of numbers, such as [2, 50]. */
export function numbers(min: number, max: number, description: string): z.ZodType<readonly [number, number]> {
  const expected = `two numbers from ${min} to ${max}, the smaller one first`
  const size = (value: unknown, where: string): number => {
    if (typeof value === 'number' && value >= min && value <= max) return value
    throw new CallerError(show(value), { where, expected: `a number from ${min} to ${max}` })
  }
  return ordered(size, z.number(), expected, description)
}

/** A range of durations above 0, such as ['10ms', '2s']. */
export function durations(description: string): z.ZodType<readonly [Duration, Duration]> {
  const expected = "two durations above 0, such as ['10ms', '2s']"
  const size = (value: unknown, where: string): number => {
    const us = micros(value as Duration, where)
    if (us > 0) return us
    throw new CallerError(show(value), { where, expected: 'a duration above 0' })
  }
  const written = z.union([z.number(), z.string()]) as unknown as z.ZodType<Duration>
  return ordered(size, written, expected, description)
}

/** Weights by name: how often each is chosen relative to the others. A name that is left out has none. */
export function weights<const N extends string>(
  names: readonly N[],
  description: string,
): z.ZodType<Readonly<Partial<Record<N, number>>>> {
  const expected = `weights, such as { ${names[0]}: 1 }`
  const parser = (value: unknown, where: string): void => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new CallerError(show(value), { where, expected })
    }
    for (const [name, weight] of Object.entries(value)) {
      if (!(names as readonly string[]).includes(name)) throw unknownName('shape', name, names, where)
      if (!(typeof weight === 'number' && weight >= 0 && weight < Infinity)) {
        throw new CallerError(show(weight), { where: `${where}.${name}`, expected: 'a number, 0 or more' })
      }
    }
    if (Object.values(value).every((weight) => weight === 0)) {
      throw new CallerError('all weights are 0', { where, expected: 'at least one above 0' })
    }
  }
  const schema = z.record(z.string(), z.number(), { error: expected })
  return explainedBy(parser, schema.describe(description)) as unknown as z.ZodType<
    Readonly<Partial<Record<N, number>>>
  >
}

/** Names, at least one. */
export function words(description: string): z.ZodType<readonly string[]> {
  const expected = 'a list of names'
  return z
    .array(z.string({ error: expected }).min(1, { error: expected }), { error: expected })
    .describe(description)
}
