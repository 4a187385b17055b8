/**
 * Parameters of scenarios: typed where they are used, checked when they are given, and overridable from the command
 * line, where they arrive as text.
 */
import { CallerError, show } from '../kernel/errors.ts'
import { unknownName } from '../kernel/nearest.ts'
import type { Duration } from '../kernel/time.ts'
import { micros } from '../kernel/time.ts'

interface ParamBase<T> {
  readonly default: T
  /** One line for `list` and for error messages. */
  readonly about?: string | undefined
}

export interface NumberParam extends ParamBase<number> {
  readonly kind: 'integer' | 'number'
  readonly min: number
  readonly max: number
}

export interface BooleanParam extends ParamBase<boolean> {
  readonly kind: 'boolean'
}

export interface ChoiceParam<T extends string = string> extends ParamBase<T> {
  readonly kind: 'choice'
  readonly choices: readonly T[]
}

export interface DurationParam extends ParamBase<Duration> {
  readonly kind: 'duration'
}

export type Param = NumberParam | BooleanParam | ChoiceParam | DurationParam
export type Params = Readonly<Record<string, Param>>

/** The values that a scenario's functions get. */
export type ParamValues<P extends Params> = {
  readonly [K in keyof P]: P[K] extends ParamBase<infer T> ? T : never
}

interface NumberOptions {
  readonly default: number
  /** Included; default -Infinity. */
  readonly min?: number
  /** Included; default Infinity. */
  readonly max?: number
  readonly about?: string
}

/** A whole number. */
export function integer(options: NumberOptions): NumberParam {
  return numberParam('integer', options)
}

/** A number. */
export function number(options: NumberOptions): NumberParam {
  return numberParam('number', options)
}

function numberParam(kind: NumberParam['kind'], options: NumberOptions): NumberParam {
  const { min = -Infinity, max = Infinity } = options
  const param: NumberParam = { kind, default: options.default, min, max, about: options.about }
  parseParam(param, options.default, `${kind}({ default })`)
  return param
}

export function boolean(options: { readonly default: boolean; readonly about?: string }): BooleanParam {
  return { kind: 'boolean', ...options }
}

/** One of several words. */
export function choice<const T extends string>(
  choices: readonly T[],
  options: { readonly default: NoInfer<T>; readonly about?: string },
): ChoiceParam<T> {
  return { kind: 'choice', choices, ...options }
}

/** A duration such as '150ms'. */
export function duration(options: { readonly default: Duration; readonly about?: string }): DurationParam {
  return { kind: 'duration', ...options }
}

/** What a parameter accepts, for people. */
export function describeParam(param: Param): string {
  switch (param.kind) {
    case 'integer':
    case 'number': {
      const what = param.kind === 'integer' ? 'an integer' : 'a number'
      if (param.min > -Infinity && param.max < Infinity) return `${what} from ${param.min} to ${param.max}`
      if (param.min > -Infinity) return `${what}, at least ${param.min}`
      return param.max < Infinity ? `${what}, at most ${param.max}` : what
    }
    case 'boolean':
      return 'true or false'
    case 'choice':
      return `one of ${param.choices.join(', ')}`
    case 'duration':
      return "a duration such as '150ms' or '2s'"
  }
}

/** Checks one value, given as such or as text. */
export function parseParam(param: Param, value: unknown, where: string): number | boolean | string {
  const refuse = (): never => {
    throw new CallerError(`${where}: ${show(value)}`, { expected: describeParam(param) })
  }
  switch (param.kind) {
    case 'integer':
    case 'number': {
      const parsed = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
      if (typeof parsed !== 'number' || !Number.isFinite(parsed)) return refuse()
      if (param.kind === 'integer' && !Number.isSafeInteger(parsed)) return refuse()
      return parsed >= param.min && parsed <= param.max ? parsed : refuse()
    }
    case 'boolean':
      if (value === true || value === 'true') return true
      return value === false || value === 'false' ? false : refuse()
    case 'choice':
      if (typeof value === 'string' && param.choices.includes(value)) return value
      if (typeof value === 'string') throw unknownName('choice', value, param.choices, where)
      return refuse()
    case 'duration': {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
      const given = typeof number === 'number' && !Number.isNaN(number) ? number : value
      micros(given as Duration, where)
      return given as Duration
    }
  }
}

/** All values: those given, checked, and the defaults of the rest. */
export function resolveParams<P extends Params>(
  params: P,
  given: Readonly<Record<string, unknown>>,
  scenario: string,
): ParamValues<P> {
  const out: Record<string, unknown> = {}
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(params, name)) {
      throw unknownName('parameter', name, Object.keys(params), `scenario ${scenario}`)
    }
  }
  for (const [name, param] of Object.entries(params)) {
    const value = given[name]
    out[name] = value === undefined ? param.default : parseParam(param, value, `parameter ${name}`)
  }
  return Object.freeze(out) as ParamValues<P>
}
