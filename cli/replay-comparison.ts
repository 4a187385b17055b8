/**
 * Compares the lines that a re-execution writes with those of a trace, as they are written. Records must be equal in
 * every byte; observers' lines (logs, metrics) may differ without making the run another one.
 */
import { withoutSum } from '../sim/trace/reader.ts'
import type { TraceRecord } from '../sim/trace/records.ts'
import { fromJson } from '../sim/trace/values.ts'

/** Records kept for context. */
const CONTEXT = 3
const RECORD = '{"id":'

export class Comparison {
  /** The first record that differs; undefined on one side: there is none. */
  difference: { readonly expected?: TraceRecord; readonly actual?: TraceRecord } | undefined
  observersDiffer = false
  private readonly expected: Iterator<string>
  private readonly decoder = new TextDecoder()
  private readonly lastTexts: string[] = []
  private rest = ''
  private observersExpected: string[] = []
  private observersActual: string[] = []

  /** @param lines all lines of the trace, which was verified */
  constructor(lines: Iterable<string>) {
    this.expected = lines[Symbol.iterator]()
    this.expected.next()
  }

  /** Records that both sides share, just before the difference. */
  get before(): readonly TraceRecord[] {
    return this.lastTexts.map(parse)
  }

  /** Takes what a line writer hands over. */
  readonly take = (bytes: Uint8Array, length: number): void => {
    if (this.difference !== undefined) return
    const text = this.rest + this.decoder.decode(bytes.subarray(0, length), { stream: true })
    let from = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      this.line(withoutSum(text.slice(from, end)))
      if (this.difference !== undefined) return
      from = end + 1
    }
    this.rest = text.slice(from)
  }

  /** The re-execution is over: whatever the trace still holds is missing. */
  finish(): void {
    if (this.difference !== undefined) return
    const left = this.nextExpected()
    if (left !== undefined) this.difference = { expected: parse(left) }
    else this.compareObservers()
    this.expected.return?.()
  }

  private line(actual: string): void {
    if (!actual.startsWith(RECORD)) {
      this.observersActual.push(actual)
      return
    }
    const expected = this.nextExpected()
    this.compareObservers()
    if (expected === actual) {
      this.lastTexts.push(actual)
      if (this.lastTexts.length > CONTEXT) this.lastTexts.shift()
      return
    }
    this.difference = {
      ...(expected === undefined ? {} : { expected: parse(expected) }),
      actual: parse(actual),
    }
  }

  /** The next record's line; undefined at the footer. */
  private nextExpected(): string | undefined {
    for (;;) {
      const next = this.expected.next()
      if (next.done === true) return undefined
      const { value } = next
      if (value.startsWith(RECORD)) return withoutSum(value)
      if (value.startsWith('{"verdict"')) return undefined
      this.observersExpected.push(withoutSum(value))
    }
  }

  private compareObservers(): void {
    if (this.observersExpected.length === 0 && this.observersActual.length === 0) return
    const same =
      this.observersExpected.length === this.observersActual.length &&
      this.observersExpected.every((text, index) => text === this.observersActual[index])
    if (!same) this.observersDiffer = true
    this.observersExpected = []
    this.observersActual = []
  }
}

function parse(text: string): TraceRecord {
  const record = JSON.parse(`${text}}`) as TraceRecord
  return 'data' in record ? { ...record, data: fromJson(record.data) } : record
}
