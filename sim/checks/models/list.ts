/** All models that come with the program, by name. To add one: a file beside this one, and an entry here. */
import { unknownName } from '../../kernel/nearest.ts'
import { counter } from './counter.ts'
import { keyValue } from './key-value.ts'
import type { AnyModel } from './model.ts'
import { mutex } from './mutex.ts'
import { fifoQueue } from './queue.ts'
import { casRegister, register } from './register.ts'
import { set } from './set.ts'

/** Makes the models; the options are their first values. */
export const models = { register, casRegister, keyValue, set, fifoQueue, counter, mutex } as const

const BY_NAME = {
  register,
  'cas-register': casRegister,
  'key-value': keyValue,
  set,
  'fifo-queue': fifoQueue,
  counter,
  mutex,
} as const

/** The name of a model that comes with the program. */
export type ModelName = keyof typeof BY_NAME

/** Names of models, in the order in which they are told. */
export const MODEL_NAMES = Object.keys(BY_NAME) as readonly ModelName[]

const ALIASES: Readonly<Record<string, ModelName>> = {
  cas: 'cas-register',
  kv: 'key-value',
  queue: 'fifo-queue',
  lock: 'mutex',
}

/** Models whose first value can be chosen. */
export const WITH_INITIAL: ReadonlySet<string> = new Set(['register', 'cas-register', 'key-value', 'counter'])

/**
 * The model of a name, with its first value if given.
 *
 * @param where what error messages call the place where the name stands
 * @throws CallerError naming the nearest model if there is none of this name
 */
export function modelNamed(
  name: string,
  options: { readonly initial?: unknown } = {},
  where?: string,
): AnyModel {
  const known = Object.hasOwn(ALIASES, name) ? (ALIASES[name] as ModelName) : name
  if (!Object.hasOwn(BY_NAME, known)) throw unknownName('model', name, MODEL_NAMES, where)
  // Which options a model takes is checked where they are read; here they are only passed on.
  const make = BY_NAME[known as ModelName] as (given: object) => unknown
  return make(options) as AnyModel
}
