/**
 * Reading a JSON Lines trace back: header, records and observers' lines, footer, each checked as it is read. A line
 * whose checksum does not fit what is in it and before it is refused by its number and record, so an edited, removed
 * or inserted line is found without running anything again; one whose checksums were all made anew is found by a
 * replay. The whole trace is never held: lines come in one by one and go out one by one.
 */
import { CallerError, show } from '../kernel/errors.ts'
import { addToSum, SUM_START, sumText, TRACE_FORMAT } from './jsonl.ts'
import type { ObserverRecord, TraceRecord } from './records.ts'
import { OBSERVER_KINDS, RECORD_KINDS } from './records.ts'
import { fromJson, toJson } from './values.ts'

/** The first line: what wrote the trace, and everything that the run depends on. */
export interface TraceHeader {
  readonly format: number
  /** The program's version. */
  readonly version: string
  /** What was run: a built-in scenario's name, or a file. */
  readonly source: string
  /** The run spec. */
  readonly spec: Readonly<Record<string, unknown>>
}

/** The last line: how the run ended. */
export interface TraceFooter {
  readonly verdict: string
  /** Records that the fingerprint covers. */
  readonly records: number
  readonly events: number
  /** Virtual microseconds. */
  readonly endedAt: number
  readonly fingerprint: string
  /** What did not hold, in the order of time; absent if everything held, and in traces written before it was noted. */
  readonly violations?: readonly TraceViolation[]
}

/** One violated check, or one failure of the simulated code, as the footer notes it. */
export interface TraceViolation {
  /** The check's name, or the kind of failure: `threw`, `event-limit` ... */
  readonly name: string
  readonly kind: 'check' | 'failure'
  /** Virtual microseconds. */
  readonly time: number
  readonly node?: string
  /** The record to look at. Failures have none: `why` takes the error's. */
  readonly record?: number
  readonly expected?: string
  readonly observed: string
}

/** One line between header and footer. `text` is what stands in the file, without the checksum. */
export type TraceLine =
  | { readonly line: number; readonly text: string; readonly record: TraceRecord; readonly observer?: never }
  | {
      readonly line: number
      readonly text: string
      readonly record?: never
      readonly observer: ObserverRecord
    }

/** `,"sum":"xxxxxxxx"}`, with which every line ends. */
const SUM_LENGTH = 18
const SUM_OPEN = ',"sum":"'

const recordKinds: ReadonlySet<string> = new Set(RECORD_KINDS)
const observerKinds: ReadonlySet<string> = new Set(OBSERVER_KINDS)

type Json = Readonly<Record<string, unknown>>

/** The header as a line writer takes it: without the closing brace. */
export function headerText(header: Omit<TraceHeader, 'format'>): string {
  const { version, source, spec } = header
  const line = { orrery: 'trace', format: TRACE_FORMAT, version, source, spec: toJson(spec) }
  return JSON.stringify(line).slice(0, -1)
}

/** The footer as a line writer takes it: without the closing brace. */
export function footerText({
  verdict,
  records,
  events,
  endedAt,
  fingerprint,
  violations = [],
}: TraceFooter): string {
  const noted = violations.length === 0 ? {} : { violations }
  return JSON.stringify({ verdict, records, events, endedAt, fingerprint, ...noted }).slice(0, -1)
}

/** A line without its checksum; lines that have none come back whole. */
export function withoutSum(line: string): string {
  return hasSum(line) ? line.slice(0, -SUM_LENGTH) : line
}

/**
 * Opens a trace: reads its header; the rest is read by iterating.
 *
 * @param lines the lines of the file, without their newlines
 * @param name what error messages call the trace, e.g. its path
 * @throws CallerError (here and while iterating) naming line, record and what was expected, if the text is no trace,
 *   of another format, edited or truncated
 */
export function readTrace(lines: Iterable<string>, name = 'trace'): TraceReader {
  return new TraceReader(lines, name)
}

/** Reads all of a trace for its checks alone. Throws as {@link readTrace} does. */
export function verifyTrace(
  lines: Iterable<string>,
  name = 'trace',
): { readonly header: TraceHeader; readonly footer: TraceFooter } {
  const reader = readTrace(lines, name)
  return { header: reader.header, footer: reader.drain() }
}

export class TraceReader {
  readonly header: TraceHeader
  /** The header as it stands in the file, without the checksum. */
  readonly headerText: string
  private readonly name: string
  private readonly source: Iterator<string>
  private sum = SUM_START
  private line = 0
  private lastId = 0
  private lastTime = 0
  /** The line last read. */
  private parsed: Json = {}
  private end: TraceFooter | undefined

  /** Use {@link readTrace}. */
  constructor(lines: Iterable<string>, name: string) {
    this.name = name
    this.source = lines[Symbol.iterator]()
    const first = this.next()
    if (first === undefined) throw new CallerError(`${name}: the file is empty`, { expected: 'a trace' })
    this.header = this.readHeader(first)
    this.headerText = withoutSum(first)
  }

  /** How the run ended; undefined until all lines were read. */
  get footer(): TraceFooter | undefined {
    return this.end
  }

  /** All lines between header and footer, in order; to be iterated once. */
  *lines(): Generator<TraceLine, void, undefined> {
    for (let text = this.nextChecked(); text !== undefined; text = this.nextChecked()) {
      const { line, parsed } = this
      if (typeof parsed.id === 'number')
        yield { line, text: withoutSum(text), record: withoutSumField(parsed) }
      else yield { line, text: withoutSum(text), observer: withoutSumField(parsed) }
    }
  }

  /** The records that the fingerprint covers, in order. */
  *records(): Generator<TraceRecord, void, undefined> {
    for (const { record } of this.lines()) if (record !== undefined) yield record
  }

  /** Reads what is left, for the checks alone. */
  drain(): TraceFooter {
    while (this.nextChecked() !== undefined);
    return this.end as TraceFooter
  }

  /** The next line, parsed and checked; undefined when it was the footer. */
  private nextChecked(): string | undefined {
    if (this.end !== undefined) return undefined
    const text = this.next()
    if (text === undefined) throw this.truncated()
    const parsed = this.parse(text)
    this.parsed = parsed
    if (typeof parsed.id === 'number') this.checkRecord(parsed)
    else if ('verdict' in parsed) {
      this.end = this.readFooter(parsed)
      return undefined
    } else if (!observerKinds.has(parsed.kind as string)) {
      throw this.refuse(
        `${show(withoutSum(text))} is no line of a trace`,
        'a record, a log line or the footer',
      )
    }
    return text
  }

  private next(): string | undefined {
    const result = this.source.next()
    if (result.done === true) return undefined
    this.line++
    return result.value
  }

  private readHeader(text: string): TraceHeader {
    const header = parseJson(text)
    if (!isObject(header) || header.orrery !== 'trace') {
      const expected = 'the header of a trace, as `orrery run --trace` writes it'
      throw this.refuse(`not a trace: the first line is ${show(text.slice(0, 60))}`, expected)
    }
    const { format, version, source, spec } = header
    if (format !== TRACE_FORMAT) {
      const hint = `it was written by version ${String(version)}; record it again, or read it with that version`
      throw this.refuse(`trace format ${show(format)}`, `format ${TRACE_FORMAT}`, hint)
    }
    this.checkSum(text, 'the header')
    if (typeof version !== 'string' || typeof source !== 'string' || !isObject(spec)) {
      throw this.refuse('the header is incomplete', 'version, source and spec')
    }
    return { format, version, source, spec: fromJson(spec) as Json }
  }

  private parse(text: string): Json {
    if (!hasSum(text)) {
      const line = this.line
      const isLast = this.next() === undefined
      this.line = line
      if (isLast) throw this.truncated(true)
      throw this.refuse(`${this.what(text)} has no checksum at its end`, 'a line as it was written', EDITED)
    }
    this.checkSum(text, this.what(text))
    const parsed = parseJson(text)
    if (!isObject(parsed)) throw this.refuse(`${show(text)} is no line of a trace`, 'a JSON object')
    return parsed
  }

  private checkSum(text: string, what: string): void {
    const own = withoutSum(text)
    this.sum = addToSum(this.sum, own)
    const expected = sumText(this.sum)
    const found = text.slice(own.length + SUM_OPEN.length, -2)
    if (found === expected) return
    throw this.refuse(`${what} does not fit its checksum ${show(found)}`, `'${expected}'`, EDITED)
  }

  private checkRecord(parsed: Json): void {
    const { id, t, kind, cause, hash } = parsed
    const expectedId = this.lastId + 1
    if (id !== expectedId) throw this.refuse(`record ${String(id)} is out of order`, `record ${expectedId}`)
    if (!recordKinds.has(kind as string))
      throw this.refuse(`record ${id}: unknown kind ${show(kind)}`, 'a known kind')
    if (!isCount(t) || t < this.lastTime) {
      throw this.refuse(`record ${id}: time ${show(t)}`, `microseconds, at least ${this.lastTime}`)
    }
    if (cause !== undefined && !(isCount(cause) && cause < id)) {
      throw this.refuse(`record ${id}: cause ${show(cause)}`, 'an earlier record')
    }
    if (typeof hash !== 'string' || hash.length !== 16) {
      throw this.refuse(`record ${id}: hash ${show(hash)}`, '16 hexadecimal digits')
    }
    this.lastId = id
    this.lastTime = t
  }

  private readFooter(parsed: Json): TraceFooter {
    const { verdict, records, events, endedAt, fingerprint, violations } = parsed
    if (
      typeof verdict !== 'string' ||
      !isCount(records) ||
      !isCount(events) ||
      !isCount(endedAt) ||
      typeof fingerprint !== 'string'
    ) {
      throw this.refuse('the footer is incomplete', 'verdict, records, events, endedAt and fingerprint')
    }
    if (records !== this.lastId)
      throw this.refuse(`the footer counts ${records} records`, String(this.lastId))
    if (this.next() !== undefined) throw this.refuse('a line after the footer', 'the end of the file')
    if (violations === undefined) return { verdict, records, events, endedAt, fingerprint }
    if (!Array.isArray(violations) || !violations.every(isViolation)) {
      throw this.refuse(`violations: ${show(violations)}`, 'a list with name, kind, time and observed')
    }
    return { verdict, records, events, endedAt, fingerprint, violations }
  }

  /** What a line claims to be, for error messages; it may be any text. */
  private what(text: string): string {
    const id = /^\{"id":(\d+)/.exec(text)?.[1]
    if (id !== undefined) return `record ${id}`
    return text.startsWith('{"verdict"') ? 'the footer' : `the line after record ${this.lastId}`
  }

  private truncated(within = false): CallerError {
    const where = within ? `in the middle of line ${this.line}` : `after line ${this.line}`
    const problem = `the trace is truncated: it ends ${where}, the last whole record is ${this.lastId}`
    return new CallerError(`${this.name}: ${problem}`, { expected: 'a footer with verdict and fingerprint' })
  }

  private refuse(problem: string, expected: string, hint?: string): CallerError {
    return new CallerError(problem, { where: `${this.name}:${this.line}`, expected, hint })
  }
}

const EDITED = 'it was edited, or a line before it was removed or inserted'

function hasSum(line: string): boolean {
  return line.startsWith(SUM_OPEN, line.length - SUM_LENGTH) && line.endsWith('"}')
}

/** The value of a JSON text; undefined if it is none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isViolation(value: unknown): value is TraceViolation {
  if (!isObject(value)) return false
  const { name, kind, time, record, observed } = value
  return (
    typeof name === 'string' &&
    (kind === 'check' || kind === 'failure') &&
    isCount(time) &&
    (record === undefined || isCount(record)) &&
    typeof observed === 'string'
  )
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** A record or an observer's line as it was before it was written. */
function withoutSumField<T extends TraceRecord | ObserverRecord>({ sum: _, ...fields }: Json): T {
  return ('data' in fields ? { ...fields, data: fromJson(fields.data) } : fields) as unknown as T
}
