/**
 * From what a schema finds wrong to the one error that a caller gets: it names the place (`plan[2].groups[0][1]`), the
 * value, and what was expected. Of several mistakes an unknown field comes first, since it is often why another is
 * missing; the rest shows up when that is corrected.
 */
import { z } from 'zod'
import { CallerError, invariant, show } from '../sim/kernel/errors.ts'
import { unknownName } from '../sim/kernel/nearest.ts'
import { parserOf } from './fields.ts'

/** The error for an `input` that the schema refuses; `where` is the place of `input`, possibly empty. */
export function refusal(schema: z.ZodType, error: z.ZodError, input: unknown, where: string): CallerError {
  const issue = error.issues.find(({ code }) => code === 'unrecognized_keys') ?? error.issues[0]
  invariant(issue !== undefined, 'a schema that refuses a value says why')
  let at = inner(schema)
  let value = input
  let place = where
  for (const key of issue.path) {
    if (parserOf(at) !== undefined) break
    const outside = place
    at = inner(partOf(at, key))
    value = (value as Readonly<Record<PropertyKey, unknown>> | undefined)?.[key]
    place = typeof key === 'number' ? `${place}[${key}]` : dotted(place, String(key))
    if (value === undefined) {
      return new CallerError(`${String(key)} is missing`, {
        where: outside || undefined,
        expected: issue.message,
      })
    }
  }
  const explained = explanation(at, value, place)
  if (explained !== undefined) return explained
  if (issue.code === 'unrecognized_keys') {
    const known = at instanceof z.ZodObject ? Object.keys(at.shape) : []
    return unknownName('field', issue.keys[0] as string, known, place || undefined)
  }
  return new CallerError(show(value), { where: place || undefined, expected: issue.message })
}

/** What the simulator's own parser has to say about the value. */
function explanation(schema: z.ZodType, value: unknown, place: string): CallerError | undefined {
  try {
    parserOf(schema)?.(value, place)
    return undefined
  } catch (error) {
    if (error instanceof CallerError) return error
    throw error
  }
}

function inner(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional ? inner(schema.unwrap() as z.ZodType) : schema
}

function partOf(schema: z.ZodType, key: PropertyKey): z.ZodType {
  if (schema instanceof z.ZodObject)
    return (schema.shape as Record<PropertyKey, z.ZodType>)[key] ?? z.unknown()
  if (schema instanceof z.ZodArray) return schema.element as z.ZodType
  return z.unknown()
}

function dotted(place: string, field: string): string {
  return place === '' ? field : `${place}.${field}`
}
