/**
 * The two kinds of errors that are thrown.
 *
 * A caller's mistake (`CallerError`) is somebody's to correct: it names the value, where it stands and what
 * was expected. A broken invariant (`InvariantError`) is a bug of the simulator: assert and stop. Simulated
 * failures (a lost message, a full disk) are neither: they are data.
 */

/** What a `CallerError` knows besides its sentence; each part is optional. */
export interface CallerErrorDetails {
  /** Where the value stands, as the caller would find it: `plan[2].for`, `network({ delay })`. */
  readonly where?: string | undefined
  /** What would have been accepted, to be read after "expected". */
  readonly expected?: string | undefined
  /** A way out: a sentence of its own, e.g. "did you mean 'partition'?". */
  readonly hint?: string | undefined
}

/**
 * A mistake in what the caller handed in. `message` is whole: `where: problem; expected ...; hint`, so that
 * printing it alone is enough; the parts stay readable as fields.
 */
export class CallerError extends Error {
  override readonly name = 'CallerError'
  readonly where: string | undefined
  readonly expected: string | undefined
  readonly hint: string | undefined

  /** @param problem one clause that names the offending value (see `show`), without a full stop */
  constructor(problem: string, details: CallerErrorDetails = {}) {
    const { where, expected, hint } = details
    const parts = [problem]
    if (expected !== undefined) parts.push(`expected ${expected}`)
    if (hint !== undefined) parts.push(hint)
    super(where === undefined ? parts.join('; ') : `${where}: ${parts.join('; ')}`)
    this.where = where
    this.expected = expected
    this.hint = hint
  }
}

/** A rule that the simulator promised itself does not hold. Never caught to go on: the run is worthless. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

/** Stops with an `InvariantError` unless `cond` is truthy; `text` says what should have held. */
export function invariant(cond: unknown, text: string): asserts cond {
  if (!cond) throw new InvariantError(`broken invariant: ${text}`)
}

const SHOWN_LENGTH = 80

/** A value as an error message quotes it: strings in single quotes, the rest like JSON, cut at 80 characters. */
export function show(value: unknown): string {
  const text = shown(value)
  return text.length <= SHOWN_LENGTH ? text : `${text.slice(0, SHOWN_LENGTH - 3)}...`
}

function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `'${value}'`
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'bigint':
      return `${value}n`
    case 'function':
      return value.name === '' ? 'a function' : `function ${value.name}`
    case 'object':
      if (value === null) return 'null'
      try {
        return JSON.stringify(value) ?? 'an object'
      } catch {
        // A cycle or a throwing getter must not hide the mistake that is being reported.
        return Array.isArray(value) ? 'an array' : 'an object'
      }
    default:
      return String(value)
  }
}
