/**
 * Histories as EDN maps such as `{:process 0, :type :invoke, :f :put, :key "k", :value "v"}`: one after the other, or all in
 * one vector. Keys that are not known here are left out, and so is what processes that are no clients did (`:nemesis`).
 */
import { CallerError, show } from '../../sim/kernel/errors.ts'
import { EdnReader } from './edn.ts'
import type { EdnForm } from './edn.ts'
import type { HistoryEvent } from './events.ts'
import { eventType } from './events.ts'

/** `by`: the key whose value names the object, without its colon. */
export function* ednEvents(text: string, file: string, by: string): Generator<HistoryEvent, void, undefined> {
  const reader = new EdnReader(text, file)
  const first = reader.peek()
  const isList = first === '[' || first === '('
  if (isList) for (const form of reader.elements()) yield* eventOf(form, file, by)
  for (let form = reader.next(); form !== undefined; form = reader.next()) {
    if (isList)
      throw new CallerError(show(form.value), {
        where: `${file}:${form.line}`,
        expected: 'nothing behind the vector',
      })
    yield* eventOf(form, file, by)
  }
}

function* eventOf(
  { line, value }: EdnForm,
  file: string,
  by: string,
): Generator<HistoryEvent, void, undefined> {
  const where = `${file}:${line}`
  if (!(value instanceof Map)) {
    throw new CallerError(shown(value), {
      where,
      expected: 'a map such as {:process 0, :type :invoke, :f :read}',
    })
  }
  const operation = value as ReadonlyMap<unknown, unknown>
  const process = operation.get(':process')
  if (typeof process === 'string' && process.startsWith(':')) return
  if (typeof process !== 'number' && typeof process !== 'string') throw missing(':process', process, where)
  const type = operation.get(':type')
  if (typeof type !== 'string') throw missing(':type', type, where)
  const name = operation.get(':f')
  if (typeof name !== 'string') throw missing(':f', name, where)
  const error = operation.get(':error') ?? null
  const outcome = operation.get(':value') ?? null
  const isTimeout = /timed?-?\s?out/.test(`${show(error)} ${show(outcome)}`)
  yield {
    line,
    process: String(process),
    type: eventType(type, where),
    name: name.replace(/^:/, ''),
    object: operation.get(`:${by}`),
    value: outcome,
    ...(isTimeout ? { failure: 'timeout' } : error === null ? {} : { failure: 'error' }),
  }
}

function missing(key: string, found: unknown, where: string): CallerError {
  return new CallerError(found === undefined ? `no ${key}` : `${key} ${shown(found)}`, {
    where,
    expected: 'a map with :process, :type and :f',
  })
}

function shown(value: unknown): string {
  return value instanceof Map ? show(Object.fromEntries(value)) : show(value)
}
