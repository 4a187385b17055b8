/** Traces as files: writing one while a run goes on, and reading the lines of one without holding it. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { CallerError, show } from '../sim/kernel/errors.ts'
import type { RunResult, RunSpec, SinkFactory } from '../sim/scenario/simulate.ts'
import { JsonlTrace, LineWriter } from '../sim/trace/jsonl.ts'
import { footerText, headerText } from '../sim/trace/reader.ts'
import type { TraceHeader, TraceViolation } from '../sim/trace/reader.ts'
import { OutputFile, reason } from './output-file.ts'

/** Writes the trace of one run into a file; its path is checked before the run begins. */
export class TraceOutput {
  private readonly file: OutputFile
  private readonly writer: LineWriter
  private failure: Error | undefined

  constructor(path: string) {
    this.file = new OutputFile(path)
    this.writer = new LineWriter((bytes, length) => {
      if (this.failure !== undefined) return
      try {
        this.file.write(bytes, length)
      } catch (error) {
        // Kept for `finish`: thrown here it would look like a mistake of the node whose record this is.
        this.failure = error as Error
      }
    })
  }

  begin(spec: RunSpec, source: string, version: string): SinkFactory {
    this.writer.line(headerText({ version, source, spec: { ...spec } }))
    return (strings, directory) => new JsonlTrace(this.writer, strings, directory)
  }

  /** Throws a CallerError if the file could not be written. */
  finish(result: RunResult): void {
    const { verdict, records, events, endedAt, fingerprint } = result
    const violations = violationsOf(result)
    this.writer.line(footerText({ verdict, records, events, endedAt, fingerprint, violations }))
    this.writer.flush()
    if (this.failure !== undefined) throw this.failure
    this.file.finish()
  }
}

/** What did not hold, the earliest first. */
/** What was violated or failed in a run, in order of time; as a trace's footer notes it. */
export function violationsOf({ checks, failures }: RunResult): readonly TraceViolation[] {
  const found: TraceViolation[] = failures.map(({ kind, time, node, message }) => ({
    name: kind,
    kind: 'failure',
    time,
    ...(node === undefined ? {} : { node }),
    observed: message,
  }))
  for (const { name, verdict, violation } of checks) {
    if (verdict !== 'violated' || violation === undefined) continue
    const { time, node, record, expected, observed } = violation
    found.push({
      name,
      kind: 'check',
      time,
      ...(node === undefined ? {} : { node }),
      ...(record === undefined ? {} : { record }),
      expected,
      observed,
    })
  }
  return found.sort((a, b) => a.time - b.time)
}

const CHUNK = 1 << 18

/** The lines of a text file, read piece by piece. Throws a CallerError if it cannot be read. */
export function* fileLines(path: string): Generator<string, void, undefined> {
  let descriptor: number
  try {
    descriptor = openSync(path, 'r')
    if (fstatSync(descriptor).isDirectory())
      throw new CallerError(`cannot read ${show(path)}: it is a folder`)
  } catch (error) {
    throw error instanceof CallerError
      ? error
      : new CallerError(`cannot read ${show(path)}: ${reason(error)}`)
  }
  try {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
    const buffer = new Uint8Array(CHUNK)
    let rest = ''
    for (;;) {
      const length = readSync(descriptor, buffer, 0, CHUNK, null)
      const text = rest + decoder.decode(buffer.subarray(0, length), { stream: length > 0 })
      let from = 0
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
        yield text.slice(from, end)
        from = end + 1
      }
      rest = text.slice(from)
      if (length === 0) break
    }
    if (rest !== '') yield rest
  } finally {
    closeSync(descriptor)
  }
}

/** The run spec of a header; throws a CallerError if it is none. */
export function specOf(header: TraceHeader, name: string): RunSpec {
  const spec = header.spec as Partial<RunSpec>
  const whole =
    typeof spec.scenario === 'string' &&
    typeof spec.seed === 'number' &&
    typeof spec.until === 'number' &&
    typeof spec.params === 'object' &&
    typeof spec.profile === 'object' &&
    Array.isArray(spec.plan)
  if (!whole) throw new CallerError(`${name}:1: the header holds no whole run spec: ${show(header.spec)}`)
  return spec as RunSpec
}
