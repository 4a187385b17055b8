/**
 * A failure bundle: one failing run as a file (`failure.json`) that can be kept, sent and replayed. It holds the whole
 * run spec, the signature and fingerprint that the run had, and a story for people. The spec repeats the run; the
 * signature finds the failure again after the code has changed and with it the fingerprint.
 */
import { CallerError, show } from '../kernel/errors.ts'
import type { RunResult, RunSpec } from '../scenario/simulate.ts'
import { fromJson, toJson } from '../trace/values.ts'
import type { Signature } from './outcome.ts'
import type { Cost } from './shrink-search.ts'
import type { Counts } from './shrink-size.ts'

/** Version of the format; a change that older programs cannot read raises it. */
export const BUNDLE_FORMAT = 1

/** What a shrinker did. */
export interface ShrinkReport {
  readonly before: Counts
  readonly after: Counts
  readonly spent: Cost
  /** Whether nothing more was found, and not merely the budget spent. */
  readonly complete: boolean
}

export interface Bundle {
  /** The version of the program that wrote it. */
  readonly version: string
  /** What was run: a built-in scenario's name, or a file. */
  readonly source: string
  readonly spec: RunSpec
  readonly signature: Signature
  readonly fingerprint: string
  readonly records: number
  /** Events after which runs are stopped, if other than usual. */
  readonly maxEvents?: number
  /** Left out: the run is as it was found. */
  readonly shrunk?: ShrinkReport
  /** Lines for people. */
  readonly story: readonly string[]
}

/** The bundle of a failing run. */
export function bundleOf(
  result: Pick<RunResult, 'spec' | 'fingerprint' | 'records'>,
  rest: Omit<Bundle, 'spec' | 'fingerprint' | 'records'>,
): Bundle {
  const { spec, fingerprint, records } = result
  return { ...rest, spec, fingerprint, records }
}

/** The file's text: JSON, ending in a newline. Equal bundles give equal bytes. */
export function bundleText(bundle: Bundle): string {
  return `${JSON.stringify(bundleJson(bundle), null, 2)}\n`
}

/** The bundle as JSON values. */
export function bundleJson(bundle: Bundle): Readonly<Record<string, unknown>> {
  const { version, source, spec, signature, fingerprint, records, maxEvents, shrunk, story } = bundle
  return {
    orrery: 'failure',
    format: BUNDLE_FORMAT,
    version,
    source,
    signature,
    story,
    ...(shrunk === undefined ? {} : { shrunk }),
    spec: toJson(spec),
    fingerprint,
    records,
    ...(maxEvents === undefined ? {} : { maxEvents }),
  }
}

/** Whether a text looks like the beginning of a bundle, whatever its format. */
export function looksLikeBundle(beginning: string): boolean {
  return /^\s*\{\s*"orrery"\s*:\s*"failure"/.test(beginning)
}

/**
 * Reads a bundle.
 *
 * @param name what error messages call it, e.g. its path
 * @throws CallerError naming the field at fault
 */
export function readBundle(text: string, name = 'bundle'): Bundle {
  const json = parse(text, name)
  if (json.orrery !== 'failure') {
    throw new CallerError(`${name}: not a failure bundle: it begins with ${show(text.slice(0, 40))}`, {
      expected: "what 'orrery shrink' writes",
    })
  }
  if (json.format !== BUNDLE_FORMAT) {
    throw new CallerError(`${name}: bundle format ${show(json.format)}`, {
      expected: `format ${BUNDLE_FORMAT}`,
      hint: `it was written by version ${String(json.version)}; shrink the failure again, or use that version`,
    })
  }
  const field = new Fields(json, name)
  return {
    version: field.text('version'),
    source: field.text('source'),
    spec: readSpec(new Fields(field.object('spec'), `${name}: spec`)),
    signature: readSignature(new Fields(field.object('signature'), `${name}: signature`)),
    fingerprint: field.text('fingerprint'),
    records: field.count('records'),
    ...('maxEvents' in json ? { maxEvents: field.count('maxEvents') } : {}),
    ...('shrunk' in json
      ? { shrunk: readReport(new Fields(field.object('shrunk'), `${name}: shrunk`)) }
      : {}),
    story: field.list('story').map(String),
  }
}

type Json = Readonly<Record<string, unknown>>

function parse(text: string, name: string): Json {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new CallerError(`${name}: ${(error as Error).message}`, { expected: 'JSON' })
  }
  if (isObject(json)) return json
  throw new CallerError(`${name}: ${show(json)} is no failure bundle`, {
    expected: "what 'orrery shrink' writes",
  })
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Fields of an object that must be there and of a type. */
class Fields {
  readonly json: Json
  readonly where: string

  constructor(json: Json, where: string) {
    this.json = json
    this.where = where
  }

  private refuse(name: string, expected: string): never {
    const value = this.json[name]
    throw new CallerError(value === undefined ? `${name} is missing` : `${name}: ${show(value)}`, {
      where: this.where,
      expected,
    })
  }

  text(name: string): string {
    const value = this.json[name]
    return typeof value === 'string' ? value : this.refuse(name, 'a text')
  }

  count(name: string): number {
    const value = this.json[name]
    return Number.isSafeInteger(value) && (value as number) >= 0
      ? (value as number)
      : this.refuse(name, 'a whole number, 0 or more')
  }

  flag(name: string): boolean {
    const value = this.json[name]
    return typeof value === 'boolean' ? value : this.refuse(name, 'true or false')
  }

  object(name: string): Json {
    const value = this.json[name]
    return isObject(value) ? value : this.refuse(name, 'an object')
  }

  inside(name: string): Fields {
    return new Fields(this.object(name), `${this.where}.${name}`)
  }

  list(name: string): readonly unknown[] {
    const value: unknown = this.json[name]
    return Array.isArray(value) ? value : this.refuse(name, 'a list')
  }
}

/** The shape alone: values are checked by who runs the spec. */
function readSpec(field: Fields): RunSpec {
  field.text('scenario')
  field.object('params')
  field.count('seed')
  field.list('plan')
  if ('workload' in field.json) field.list('workload')
  field.inside('profile').text('ties')
  field.count('until')
  return fromJson(field.json) as RunSpec
}

const KINDS: readonly string[] = ['check', 'threw', 'foreign-wait', 'event-limit', 'instant-limit']

function readSignature(field: Fields): Signature {
  const kind = field.text('kind')
  if (!KINDS.includes(kind))
    throw new CallerError(`kind ${show(kind)}`, {
      where: field.where,
      expected: `one of ${KINDS.join(', ')}`,
    })
  return {
    kind: kind as Signature['kind'],
    subject: field.text('subject'),
    ...('detail' in field.json ? { detail: field.text('detail') } : {}),
  }
}

function readReport(field: Fields): ShrinkReport {
  const counts = (name: string): Counts => {
    const of = field.inside(name)
    return {
      faults: of.count('faults'),
      operations: of.count('operations'),
      nodes: of.count('nodes'),
      events: of.count('events'),
      until: of.count('until'),
    }
  }
  const spent = field.inside('spent')
  return {
    before: counts('before'),
    after: counts('after'),
    spent: { runs: spent.count('runs'), events: spent.count('events') },
    complete: field.flag('complete'),
  }
}
