/** Recorded histories from files: which format a file is in, and its calls. */
import type { HistoryCall } from '../../sim/checks/history.ts'
import { callsOf } from '../../sim/checks/history.ts'
import type { AnyModel } from '../../sim/checks/models/model.ts'
import type { Operation, OperationStatus } from '../../sim/host/history.ts'
import { CallerError, show } from '../../sim/kernel/errors.ts'
import { unknownName } from '../../sim/kernel/nearest.ts'
import { readTrace } from '../../sim/trace/reader.ts'
import { fileLines } from '../trace-file.ts'
import { ednEvents } from './edn-history.ts'
import type { HistoryEvent, RecordedCall } from './events.ts'
import { pairEvents } from './events.ts'
import { jepsenEvents } from './jepsen.ts'
import { jsonlEvents } from './jsonl-history.ts'

export const FORMATS = ['jepsen', 'edn', 'jsonl'] as const
export type Format = (typeof FORMATS)[number]

export interface HistoryOptions {
  readonly model: AnyModel
  /** Default: by what stands in the file. */
  readonly format: string | undefined
  /** Field that names the object; default `key`. */
  readonly by: string | undefined
  readonly nilIsUnrecorded: boolean
}

export interface RecordedHistory {
  readonly format: Format | 'trace'
  readonly calls: readonly RecordedCall[]
}

/** Reads a history. Throws a CallerError with file and line of what cannot be read, or holds nothing to be judged. */
export function loadHistory(file: string, options: HistoryOptions): RecordedHistory {
  const { model, by = 'key', nilIsUnrecorded } = options
  const lines = [...fileLines(file)].map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
  const format = formatOf(options.format, lines, file)
  const calls =
    format === 'trace'
      ? traceCalls(lines, file, model, options.by)
      : pairEvents(eventsOf(format, lines, file, by), model, { file, nilIsUnrecorded })
  if (calls.length === 0) {
    throw new CallerError(`${show(file)} holds no operation that happened or may have happened`, {
      expected: 'a history with at least one',
    })
  }
  return { format, calls }
}

function eventsOf(
  format: Format,
  lines: readonly string[],
  file: string,
  by: string,
): Iterable<HistoryEvent> {
  switch (format) {
    case 'jepsen':
      return jepsenEvents(lines, file)
    case 'edn':
      return ednEvents(lines.join('\n'), file, by)
    case 'jsonl':
      return jsonlEvents(lines, file, by)
  }
}

function formatOf(given: string | undefined, lines: readonly string[], file: string): Format | 'trace' {
  const first = lines.findIndex((line) => !/^\s*(?:[;#]|\/\/|$)/.test(line.replace(/^\uFEFF/, '')))
  const text = (lines[first] ?? '').replace(/^\uFEFF/, '').trim()
  const isTrace = text.startsWith('{"orrery":"trace"')
  if (given !== undefined) {
    const known = FORMATS.find((one) => one === given)
    if (known === undefined) throw unknownName('format', given, [...FORMATS], '--format')
    return known === 'jsonl' && isTrace ? 'trace' : known
  }
  if (isTrace) return 'trace'
  if (lines.some((line) => line.includes('jepsen.util'))) return 'jepsen'
  if (/^\{\s*"/.test(text)) return 'jsonl'
  // A record of Clojure begins with its tag, which the search above takes for a comment.
  if (/^[[({]/.test(text) || lines.some((line) => /^\s*#[\w.]+\{/.test(line))) return 'edn'
  if (text === '') throw new CallerError(`${show(file)} is empty`, { expected: 'a history' })
  throw new CallerError(`${show(text)} is in no format that is known`, {
    where: `${file}:${first + 1}`,
    expected: 'lines of a Jepsen log, EDN maps, or JSON objects',
    hint: 'say which with --format jepsen, edn or jsonl',
  })
}

/** The operations that a trace of Orrery recorded. `by`: the field of their inputs that names the object. */
function traceCalls(
  lines: readonly string[],
  file: string,
  model: AnyModel,
  by: string | undefined,
): readonly RecordedCall[] {
  const drafts = new Map<number, { -readonly [K in keyof Operation]: Operation[K] }>()
  const lineOf = new Map<number, number>()
  for (const { line, record } of readTrace(lines, file).lines()) {
    if (record === undefined) continue
    const { id, t, kind, node = '', type = '', data } = record
    if (kind === 'invoke') {
      lineOf.set(id, line)
      drafts.set(id, {
        id: drafts.size + 1,
        node,
        name: type,
        input: data,
        invoked: t,
        record: id,
        status: 'open',
      })
    } else if (kind === 'ok' || kind === 'fail' || kind === 'unknown') {
      const { operation, output } = data as { readonly operation: number; readonly output?: unknown }
      const draft = drafts.get(operation)
      if (draft === undefined) continue
      lineOf.set(id, line)
      Object.assign(draft, { status: kind satisfies OperationStatus, completed: t, endRecord: id, output })
    }
  }
  const operations: readonly Operation[] = [...drafts.values()]
  const field = by ?? 'key'
  const isKeyed = operations.every(
    ({ input }) => typeof input === 'object' && input !== null && field in input,
  )
  const calls = callsOf(operations, model, isKeyed || by !== undefined ? { by: field } : {})
  const byId = new Map(operations.map((operation) => [operation.id, operation]))
  return calls.map((call: HistoryCall): RecordedCall => {
    const { record = 0, endRecord } = byId.get(call.id) ?? {}
    return {
      ...call,
      line: lineOf.get(record) ?? 0,
      endLine: endRecord === undefined ? undefined : lineOf.get(endRecord),
    }
  })
}
