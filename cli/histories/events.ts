/**
 * What all formats of recorded histories come to: events in the order in which they were seen, each with the line on
 * which it stands; and from those events to calls of a model.
 */
import type { HistoryCall } from '../../sim/checks/history.ts'
import { checkCall } from '../../sim/checks/history.ts'
import { sameValue } from '../../sim/checks/canonical.ts'
import type { AnyModel } from '../../sim/checks/models/model.ts'
import { CallerError, show } from '../../sim/kernel/errors.ts'
import { unknownName } from '../../sim/kernel/nearest.ts'

export const EVENT_TYPES = ['invoke', 'ok', 'fail', 'info'] as const
export type EventType = (typeof EVENT_TYPES)[number]

export interface HistoryEvent {
  readonly line: number
  readonly process: string
  readonly type: EventType
  /** What was called. */
  readonly name: string
  /** The object that it is about; undefined: there is only one. */
  readonly object: unknown
  readonly value: unknown
  /** `fail` only: whether there was another reason than what the object held. */
  readonly failure?: 'error' | 'timeout'
}

/** A call with the lines that it was read from. */
export interface RecordedCall extends HistoryCall {
  readonly line: number
  readonly endLine: number | undefined
}

export interface ReadingRules {
  /** What error messages call the file. */
  readonly file: string
  /** Whether a read of nil is one whose value was not recorded. */
  readonly nilIsUnrecorded: boolean
}

const READS: ReadonlySet<string> = new Set(['read', 'get'])

/** The type that a format's word stands for. Throws a CallerError with the nearest one. */
export function eventType(word: unknown, where: string): EventType {
  const text = String(word).replace(/^:/, '')
  if (text === 'unknown') return 'info'
  const type = EVENT_TYPES.find((one) => one === text)
  if (type === undefined) throw unknownName('type of event', text, [...EVENT_TYPES], where)
  return type
}

interface Open {
  readonly event: HistoryEvent
  /** Position of its call in the list. */
  readonly index: number
}

/**
 * Pairs beginnings with ends. A process has one operation at a time; one that is never ended, or ended by `info`, may have
 * taken effect at any time since. What failed did not happen, with two exceptions: a `cas` that failed without an error
 * has seen another value than it expected; what failed by a timeout is as unknown as `info`.
 *
 * @throws CallerError naming file and line of an event that fits no other, or that the model does not know
 */
export function pairEvents(
  events: Iterable<HistoryEvent>,
  model: AnyModel,
  rules: ReadingRules,
): readonly RecordedCall[] {
  const calls: (RecordedCall | undefined)[] = []
  const open = new Map<string, Open>()
  let position = 0
  for (const event of events) {
    position++
    const { line, process, type, name, value } = event
    const where = `${rules.file}:${line}`
    const begun = open.get(process)
    if (type === 'invoke') {
      if (begun !== undefined) {
        throw new CallerError(
          `process ${process} invokes ${name} while its ${begun.event.name} of line ${begun.event.line} has not ended`,
          { where, expected: 'ok, fail or info first' },
        )
      }
      const call: RecordedCall = {
        id: calls.length + 1,
        process,
        name,
        input: value === null ? undefined : value,
        output: undefined,
        known: false,
        object: event.object,
        from: position,
        to: Infinity,
        line,
        endLine: undefined,
      }
      checkCall(model, call, where)
      open.set(process, { event, index: calls.push(call) - 1 })
      continue
    }
    if (begun === undefined) {
      throw new CallerError(`process ${process} ends ${name} (${type}), but has begun nothing`, {
        where,
        expected: 'its invocation on an earlier line',
      })
    }
    if (begun.event.name !== name) {
      throw new CallerError(
        `process ${process} ends ${name} (${type}), but has begun ${begun.event.name} on line ${begun.event.line}`,
        { where, expected: `the end of ${begun.event.name}` },
      )
    }
    open.delete(process)
    const call = calls[begun.index] as RecordedCall
    const ended = endOf(call, event, rules)
    if (ended === 'never happened') {
      calls[begun.index] = undefined
      continue
    }
    const whole: RecordedCall = { ...call, endLine: line, ...ended, ...(ended.known ? { to: position } : {}) }
    checkCall(model, whole, where)
    calls[begun.index] = whole
  }
  return calls.filter((call) => call !== undefined)
}

type Ending = Pick<RecordedCall, 'known' | 'output'>
const UNKNOWN: Ending = { known: false, output: undefined }

function endOf(call: RecordedCall, event: HistoryEvent, rules: ReadingRules): Ending | 'never happened' {
  const { type, name, value, failure } = event
  switch (type) {
    case 'ok':
      if (name === 'cas') return { known: true, output: value !== false }
      if (READS.has(name))
        return value === null && rules.nilIsUnrecorded ? UNKNOWN : { known: true, output: value }
      // Many clients answer with what they were given: that says nothing.
      return {
        known: true,
        output: call.input !== undefined && sameValue(value, call.input) ? undefined : value,
      }
    case 'fail':
      if (failure === 'timeout') return UNKNOWN
      return name === 'cas' && failure === undefined ? { known: true, output: false } : 'never happened'
    case 'info':
      return UNKNOWN
    case 'invoke':
      throw new CallerError(show(event), { expected: 'an end' })
  }
}
