/**
 * The fields that faults are made of: each is a schema (so that editors, types and checks agree) and, where the
 * simulator already knows how to read such a value, its parser. A value that the schema refuses is handed to that
 * parser for the error message: it knows more than "invalid input".
 *
 * The message of a schema is the text that follows "expected" in an error; see issues.ts.
 */
import { z } from 'zod'
import type { Selectable, Selector } from '../sim/host/selectors.ts'
import { checkSelector, parseSelector } from '../sim/host/selectors.ts'
import { CallerError, show } from '../sim/kernel/errors.ts'
import type { Duration } from '../sim/kernel/time.ts'
import { micros } from '../sim/kernel/time.ts'

/** One selector (`replica[0]`, `replica[1..]`, `role:leader`, `replica[role:leader]`, `zone:eu`, `all` ...), or several: nodes that any matches. */
export type Targets = string | readonly string[]

/** Reads a value, or throws a CallerError that names `where`. */
export type Parser = (value: unknown, where: string) => unknown

const parsers = new WeakMap<z.ZodType, Parser>()

/** Has `parser` explain what is wrong with a value that the schema refuses. Goes last: methods of schemas copy them. */
export function explainedBy<T>(parser: Parser, schema: z.ZodType): z.ZodType<T> {
  parsers.set(schema, parser)
  return schema as z.ZodType<T>
}

/** The parser that explains refusals of this schema. */
export function parserOf(schema: z.ZodType): Parser | undefined {
  return parsers.get(schema)
}

const DURATION = "milliseconds as a number, or a string such as '40us', '150ms', '1.5s', '2m' or '1h'"
const MAGNITUDE = '(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?(us|ms|s|m|h)'

/** A span of virtual time, 0 or more. */
export function duration(description: string): z.ZodType<Duration> {
  const milliseconds = z.number().meta({ minimum: 0 })
  const written = z.string().meta({ pattern: `^\\+?${MAGNITUDE}$` })
  return explainedBy(
    (value, where) => micros(value as Duration, where),
    z.union([milliseconds, written], { error: DURATION }).describe(description),
  )
}

/** A span of time forwards or back. */
export function signedDuration(description: string): z.ZodType<Duration> {
  const written = z.string().meta({ pattern: `^[+-]?${MAGNITUDE}$` })
  return explainedBy(
    (value, where) => signedMicros(value as Duration, where),
    z
      .union([z.number(), written], { error: `${DURATION}; with a - in front for back` })
      .describe(description),
  )
}

/** Microseconds of a duration that may be negative: `-250`, `'-2s'`. Throws a CallerError like `micros`. */
export function signedMicros(written: Duration, where: string): number {
  if (typeof written === 'number') return written < 0 ? -micros(-written, where) : micros(written, where)
  if (typeof written === 'string' && /^-[\d.]/.test(written))
    return -micros(written.slice(1) as Duration, where)
  return micros(written, where)
}

const SELECTOR =
  "a node ('replica[0]'), a range ('replica[1..]'), a kind ('replica'), 'role:leader', " +
  "'replica[role:leader]', 'zone:eu' or 'all'"

/** Which nodes. */
export function targets(description: string): z.ZodType<Targets> {
  const several = z.array(z.string().meta({ description: SELECTOR })).min(1)
  const schema = z.union([z.string(), several], { error: `${SELECTOR}; or a list of these` })
  return explainedBy((value, where) => parseTargets(value, where), schema.describe(description))
}

/** Groups of nodes, at least two. */
export function groups(description: string): z.ZodType<readonly Targets[]> {
  const member = z
    .string()
    .meta({ description: `${SELECTOR}; or 'rest': every node that no other group names` })
  const schema = z.array(z.union([member, z.array(member).min(1)])).min(2)
  return explainedBy((value, where) => parseGroups(value, where), schema.describe(description))
}

/**
 * Reads selectors, and refuses those that can never match any of `nodes` (left out: the nodes are not known).
 * `rest` is refused, since it means something in a list of groups only.
 */
export function parseTargets(
  value: unknown,
  where: string,
  nodes?: readonly Selectable[],
): readonly Selector[] {
  return parseSelectors(value, where, nodes).map(({ selector, place }) => {
    if (selector.kind !== 'rest') return selector
    throw new CallerError("'rest' names no node here", {
      where: place,
      expected: `${SELECTOR} ('rest' is for groups)`,
    })
  })
}

/** Reads groups of selectors; each is what `parseTargets` reads, and one of them may have `rest`. */
export function parseGroups(
  value: unknown,
  where: string,
  nodes?: readonly Selectable[],
): readonly (readonly Selector[])[] {
  if (!Array.isArray(value) || value.length < 2) {
    const expected = "a list of at least two groups, such as [['replica[0]'], ['replica[1..]']]"
    throw new CallerError(show(value), { where, expected })
  }
  let rest: string | undefined
  return value.map((group: unknown, index) =>
    parseSelectors(group, `${where}[${index}]`, nodes).map(({ selector, place }) => {
      if (selector.kind === 'rest') {
        if (rest !== undefined) {
          throw new CallerError(`'rest' stands in ${rest} already`, {
            where: place,
            expected: "'rest' at most once",
          })
        }
        rest = place
      }
      return selector
    }),
  )
}

function parseSelectors(
  value: unknown,
  where: string,
  nodes: readonly Selectable[] | undefined,
): { readonly selector: Selector; readonly place: string }[] {
  if (Array.isArray(value) && value.length > 0) {
    return value.map((text: unknown, index) => one(text, `${where}[${index}]`, nodes))
  }
  return [one(value, where, nodes)]
}

function one(
  text: unknown,
  place: string,
  nodes: readonly Selectable[] | undefined,
): { readonly selector: Selector; readonly place: string } {
  if (typeof text !== 'string') throw new CallerError(show(text), { where: place, expected: SELECTOR })
  const selector = parseSelector(text, place)
  if (nodes !== undefined) checkSelector(text, selector, nodes, place)
  return { selector, place }
}

/** A number within bounds; `expected` says so in words. */
export function number(
  bounds: { readonly min?: number; readonly above?: number; readonly max?: number },
  expected: string,
  description: string,
): z.ZodNumber {
  const error = expected
  let schema = z.number({ error })
  if (bounds.min !== undefined) schema = schema.min(bounds.min, { error })
  if (bounds.above !== undefined) schema = schema.gt(bounds.above, { error })
  if (bounds.max !== undefined) schema = schema.max(bounds.max, { error })
  return schema.describe(description)
}

/** A probability. */
export function probability(description: string): z.ZodNumber {
  return number({ min: 0, max: 1 }, 'a probability from 0 to 1', description)
}

/** How many times slower something is. */
export function slowness(description: string): z.ZodNumber {
  return number({ above: 1, max: 1_000_000 }, 'a factor above 1, at most 1000000', description)
}

/** On or off. */
export function flag(description: string): z.ZodBoolean {
  return z.boolean({ error: 'true or false' }).describe(description)
}
