/**
 * What a test that failed says: the story of the run, made small first, its seed, its signature, and the commands that
 * show it again.
 */
import { existsSync, readFileSync } from 'node:fs'
import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Chalk } from 'chalk'
import { commandLineOf, quote } from '../../reports/invocation.ts'
import { storyLines } from '../../reports/story.ts'
import type { Bundle } from '../../sim/explore/bundle.ts'
import { bundleOf } from '../../sim/explore/bundle.ts'
import { failureSignature } from '../../sim/explore/failing.ts'
import type { Signature } from '../../sim/explore/outcome.ts'
import { signatureText } from '../../sim/explore/outcome.ts'
import type { Attempt } from '../../sim/explore/shrink.ts'
import { shrink } from '../../sim/explore/shrink.ts'
import type { Counts } from '../../sim/explore/shrink-size.ts'
import { InvariantError } from '../../sim/kernel/errors.ts'
import type { Scenario } from '../../sim/scenario/scenario.ts'
import type { RunResult, RunSpec } from '../../sim/scenario/simulate.ts'
import { writeBundle } from './bundle-file.ts'
import type { HoldOptions } from './options.ts'

/** The test that asks, as Vitest names it. */
export interface AskingTest {
  readonly name?: string | undefined
  readonly path?: string | undefined
}

export interface FailureRequest {
  readonly scenario: Scenario
  readonly spec: RunSpec
  readonly options: HoldOptions
  readonly attempt: Attempt
  readonly test: AskingTest
  /** The folder for bundles, if there is one. */
  readonly bundles: string | undefined
}

const BUDGET = 200
const PLAIN = new Chalk({ level: 0 })

/** A failing run, told. */
export async function tellFailure(request: FailureRequest): Promise<string> {
  const { scenario, spec, test, bundles } = request
  const small = await makeSmall(request)
  if (typeof small === 'string') return small
  const { result, signature, shrunk } = small
  const source = sourceText(request.options.source)
  const story = storyLines(scenario, result, signature, PLAIN)
  const facts: [string, string][] = [
    ['signature', signatureText(signature)],
    ['seed', String(spec.seed)],
    ...(shrunk === undefined ? [] : [['shrunk', shrunkText(shrunk)] as [string, string]]),
    ['again', againCommand(spec.seed, test)],
  ]
  const run = source === undefined ? undefined : runCommand(source, request)
  if (run !== undefined) facts.push(['run', run])
  if (bundles !== undefined) {
    const bundle = bundleOf(result, {
      version: programVersion(),
      source: source ?? scenario.name,
      signature,
      ...limitsOf(request),
      ...(shrunk === undefined ? {} : { shrunk }),
      story,
    })
    const file = writeBundle(bundles, test.name ?? scenario.name, bundle)
    const where = source === undefined ? ' --scenario FILE' : ''
    facts.push(['bundle', file], ['replay', `npx orrery replay ${quote(file)}${where}`])
    if (source === undefined)
      facts.push(['', 'FILE exports the scenario as its default; built-in ones need none'])
  }
  return [...story, '', ...facts.map(([name, text]) => `${name.padEnd(9)} ${text}`)].join('\n')
}

interface Small {
  readonly result: RunResult
  readonly signature: Signature
  readonly shrunk?: NonNullable<Bundle['shrunk']>
}

/** The failing run with its records; a text if it does not repeat itself. */
async function makeSmall({ scenario, spec, options, attempt }: FailureRequest): Promise<Small | string> {
  const { shrink: runs = BUDGET } = options
  if (runs === false) {
    const result = await attempt(spec, { records: true })
    const signature = failureSignature(result)
    return signature === undefined
      ? notDeterministic(spec.seed, ['violated', result.verdict])
      : { result, signature }
  }
  const outcome = await shrink({ scenario, spec, attempt, runs })
  switch (outcome.kind) {
    case 'does-not-fail':
      return notDeterministic(spec.seed, ['violated', outcome.result.verdict])
    case 'not-deterministic':
      return notDeterministic(spec.seed, outcome.fingerprints)
    case 'shrunk': {
      const { result, signature, before, after, spent, complete } = outcome
      return { result, signature, shrunk: { before, after, spent, complete } }
    }
  }
}

/** What is said of a seed whose run does not repeat itself. */
export function notDeterministic(seed: number, [a, b]: readonly [string, string]): string {
  return [
    `not deterministic: seed ${seed} gave ${a} at first and ${b} when it was run again`,
    'the scenario depends on something outside the simulation, or keeps state from one run to the next',
  ].join('\n')
}

function shrunkText({ before, after, spent, complete }: NonNullable<Bundle['shrunk']>): string {
  const pair = (name: keyof Counts): string => `${name} ${before[name]} -> ${after[name]}`
  const end = complete ? 'nothing more can be left out' : 'the budget is spent'
  return `${pair('faults')}, ${pair('operations')}, ${pair('nodes')}, ${pair('events')} in ${spent.runs} runs; ${end}`
}

/** The command that runs this seed of this test alone. */
function againCommand(seed: number, { name, path }: AskingTest): string {
  const words = ['npx vitest run']
  if (path !== undefined) words.push(quote(shortPath(path)))
  // Vitest joins the names of suites and test by ' > ' where it shows them, by a space where -t matches them.
  if (name !== undefined) words.push('-t', quote(escapePattern(name.replaceAll(' > ', ' '))))
  return `ORRERY_SEED=${seed} ${words.join(' ')}`
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

/** The command line's way to the same run; undefined where it cannot say all that the test says. */
function runCommand(source: string, { spec, options }: FailureRequest): string | undefined {
  const { params = {}, plan, randomFaults = false, swarm = false, hooks, ties, until, maxEvents } = options
  if (plan !== undefined || typeof randomFaults === 'object') return undefined
  const given = Object.entries(params).filter(([, value]) => value !== undefined)
  return commandLineOf('run', {
    program: 'npx orrery',
    source,
    seed: spec.seed,
    set: Object.fromEntries(given.map(([name, value]) => [name, String(value)])),
    ...(until === undefined ? {} : { until: String(until) }),
    ...(randomFaults || swarm ? { random: { swarm } } : {}),
    ...(hooks === true ? { hooks } : {}),
    ...(ties === undefined ? {} : { ties }),
    ...(maxEvents === undefined ? {} : { maxEvents }),
  })
}

function limitsOf({ options: { maxEvents } }: FailureRequest): { readonly maxEvents?: number } {
  return maxEvents === undefined ? {} : { maxEvents }
}

/** A scenario's file as it is written from the working directory; a name as it stands. */
function sourceText(source: string | URL | undefined): string | undefined {
  if (source === undefined) return undefined
  if (source instanceof URL || source.startsWith('file:')) return shortPath(fileURLToPath(source))
  return source
}

function shortPath(path: string): string {
  const short = relative(process.cwd(), path)
  return (short === '' || short.startsWith('..') ? path : short).split(sep).join('/')
}

/** The package's version: its manifest lies above the sources, and above what is built from them. */
function programVersion(): string {
  for (const up of ['../../package.json', '../../../package.json']) {
    const file = new URL(up, import.meta.url)
    if (!existsSync(file)) continue
    return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version
  }
  throw new InvariantError('the package has a manifest')
}
