/**
 * What a folder of outcomes is about, so that nothing is ever added to it, or joined with it, that belongs to another
 * sweep: the scenario and its code, the parameters, the program's version, the seeds.
 */
import { createHash } from 'node:crypto'
import type { Invocation } from '../../reports/invocation.ts'
import type { SeedRange, Shard } from '../../sim/explore/sweep.ts'
import { rangeText } from '../../sim/explore/sweep.ts'
import { CallerError, show } from '../../sim/kernel/errors.ts'
import type { RunSpec } from '../../sim/scenario/simulate.ts'
import { fromJson, toJson } from '../../sim/trace/values.ts'
import type { ScenarioDescription } from '../load-scenario.ts'
import type { RandomFaults } from '../random-faults.ts'

/** Version of the format; a change that older programs cannot read raises it. */
const FORMAT = 1

/** How the runs are asked for, one by one: an invocation without what differs from run to run or place to place. */
export type RunInvocation = Omit<Invocation, 'program' | 'seed'>

export interface SweepManifest {
  /** Of the program. */
  readonly version: string
  readonly scenario: string
  /** Of the scenario's file with all that it imports; null for a built-in scenario, which the version stands for. */
  readonly code: string | null
  readonly params: Readonly<Record<string, unknown>>
  readonly plan: RunSpec['plan']
  readonly profile: RunSpec['profile']
  /** Virtual microseconds. */
  readonly until: number
  readonly random: RandomFaults | null
  readonly maxEvents: number | null
  readonly seeds: SeedRange
  readonly shard: Shard
  /** How the sweep was run, which may change from one session to the next. */
  readonly session: {
    readonly bail: boolean
    readonly share: number
    /** Whether time may have ended it before all was run. */
    readonly timed: boolean
  }
  readonly invocation: RunInvocation
}

/** The file's text; ends in a newline. */
export function manifestText(manifest: SweepManifest): string {
  const { seeds, ...rest } = manifest
  const json = { orrery: 'sweep', format: FORMAT, ...rest, seeds: { from: seeds.from, to: finite(seeds.to) } }
  return `${JSON.stringify(toJson(json), null, 2)}\n`
}

const finite = (to: number): number | null => (to === Infinity ? null : to)

/** Reads what {@link manifestText} wrote. Throws a CallerError that names the file. */
export function readManifest(text: string, file: string): SweepManifest {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    // Told below.
  }
  const held = (typeof json === 'object' && json !== null ? fromJson(json) : {}) as Readonly<
    Record<string, unknown>
  >
  if (held.orrery !== 'sweep') throw new CallerError(`${file} is not what 'orrery sweep --out' writes`)
  if (held.format !== FORMAT) {
    throw new CallerError(`${file} has format ${show(held.format)}`, { expected: `format ${FORMAT}` })
  }
  const { orrery: _, format: _format, ...rest } = held
  const manifest = rest as unknown as SweepManifest
  const parts = [manifest.seeds, manifest.shard, manifest.params, manifest.session, manifest.invocation]
  if (parts.some((part) => typeof part !== 'object' || part === null)) {
    throw new CallerError(`${file} is not whole: it was edited, or written by something else`)
  }
  const { from, to } = manifest.seeds as { readonly from: number; readonly to: number | null }
  return { ...manifest, seeds: { from, to: to ?? Infinity } }
}

/** A hash of a scenario's code that does not depend on where the file, or this program, lies. */
export function codeHash(description: ScenarioDescription): string | null {
  if (description.kind === 'builtin') return null
  const text = description.code
    .replace(/^\/\/# sourceMappingURL=.*$/m, '')
    .replace(/^\/\/ .*$/gm, '')
    .replace(/(["'])file:\/\/[^"']*?([^/"']+)\1/g, '$1$2$1')
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/**
 * Throws a CallerError unless two manifests belong to one sweep.
 *
 * @param folder what holds `held`
 * @param other what `wanted` belongs to, for people: `this sweep`, or another folder
 * @param parts whether they may be different shards of it
 */
export function checkSameSweep(
  held: SweepManifest,
  wanted: SweepManifest,
  folder: string,
  other: string,
  parts: boolean,
): void {
  const differ = (a: unknown, b: unknown): boolean => JSON.stringify(toJson(a)) !== JSON.stringify(toJson(b))
  const refuse = (what: string, hint?: string): never => {
    throw new CallerError(`${folder} holds a sweep ${what}`, { hint })
  }
  if (held.scenario !== wanted.scenario) {
    refuse(`of scenario '${held.scenario}', ${other} is one of '${wanted.scenario}'`)
  }
  if (held.version !== wanted.version) {
    refuse(`by version ${held.version}, ${other} is by ${wanted.version}`, 'runs of two versions may differ')
  }
  if (held.code !== wanted.code) {
    refuse(`of another state of '${held.invocation.source}': the code was changed since`)
  }
  for (const name of new Set([...Object.keys(held.params), ...Object.keys(wanted.params)])) {
    const [a, b] = [held.params[name], wanted.params[name]]
    if (differ(a, b)) refuse(`with parameter ${name} = ${show(a)}, ${other} has ${show(b)}`)
  }
  if (held.until !== wanted.until) refuse(`until ${held.until} us, ${other} is until ${wanted.until} us`)
  if (differ(held.random, wanted.random))
    refuse(`with ${randomText(held)}, ${other} has ${randomText(wanted)}`)
  if (differ(held.plan, wanted.plan)) refuse(`with another plan than ${other}`)
  if (differ(held.profile, wanted.profile)) {
    refuse(`with profile ${show(held.profile)}, ${other} has ${show(wanted.profile)}`)
  }
  if (held.maxEvents !== wanted.maxEvents) {
    refuse(
      `with --max-events ${held.maxEvents ?? 'as usual'}, ${other} has ${wanted.maxEvents ?? 'the usual'}`,
    )
  }
  if (differ(held.seeds, wanted.seeds)) {
    refuse(`of seeds ${rangeText(held.seeds)}, ${other} is of ${rangeText(wanted.seeds)}`)
  }
  const [a, b] = [held.shard, wanted.shard]
  if (parts ? a.count !== b.count : differ(a, b)) {
    refuse(`of shard ${a.index}/${a.count}, ${other} is ${b.index}/${b.count}`)
  }
}

function randomText({ random }: SweepManifest): string {
  if (random === null) return 'no random faults'
  const like = random.mix === undefined ? '' : ` as in ${random.mix.file}`
  return `${random.swarm ? 'random faults by swarm' : 'random faults'}${like}`
}
