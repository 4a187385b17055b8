/**
 * Histories as JSON Lines, one event a line, in the order in which they were seen:
 *
 *     {"process": 0, "type": "invoke", "f": "write", "key": "x", "value": 3}
 *     {"process": 0, "type": "ok", "f": "write"}
 *
 * `process` is a number or text; `type` is invoke, ok, fail or info (or unknown); `f` says what was called; the field that
 * names the object, `key` unless told otherwise, and `value` may be absent; `error` on a fail says why. Other fields are
 * left out, as are empty lines and lines that begin with `//` or `#`.
 */
import { CallerError, show } from '../../sim/kernel/errors.ts'
import { fromJson } from '../../sim/trace/values.ts'
import type { HistoryEvent } from './events.ts'
import { eventType } from './events.ts'

export function* jsonlEvents(
  lines: Iterable<string>,
  file: string,
  by: string,
): Generator<HistoryEvent, void, undefined> {
  let line = 0
  for (const text of lines) {
    line++
    const trimmed = text.replace(/^\uFEFF/, '').trim()
    if (trimmed === '' || trimmed.startsWith('//') || trimmed.startsWith('#')) continue
    const event = eventOf(parse(trimmed, `${file}:${line}`), line, `${file}:${line}`, by)
    if (event !== undefined) yield event
  }
}

type Fields = Readonly<Record<string, unknown>>

function parse(text: string, where: string): Fields {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new CallerError(show(text), { where, expected: 'a JSON object' })
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new CallerError(show(parsed), { where, expected: 'a JSON object' })
  return parsed as Fields
}

function eventOf(fields: Fields, line: number, where: string, by: string): HistoryEvent | undefined {
  const { process, type, f: name, value = null, error = null } = fields
  if (process === 'nemesis') return undefined
  if (typeof process !== 'number' && typeof process !== 'string') throw missing('process', process, where)
  if (typeof type !== 'string') throw missing('type', type, where)
  if (typeof name !== 'string') throw missing('f', name, where)
  const object = fields[by]
  const isTimeout = /timed?-?\s?out/.test(show(error))
  return {
    line,
    process: String(process),
    type: eventType(type, where),
    name,
    object: object === undefined ? undefined : fromJson(object),
    value: fromJson(value),
    ...(isTimeout ? { failure: 'timeout' } : error === null ? {} : { failure: 'error' }),
  }
}

function missing(field: string, found: unknown, where: string): CallerError {
  return new CallerError(found === undefined ? `no "${field}"` : `"${field}": ${show(found)}`, {
    where,
    expected: 'an object with process, type and f',
  })
}
