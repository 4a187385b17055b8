/** What a test may say about the runs that it wants, and how that becomes one run spec a seed. */
import type { FaultMix } from '../../faults/generate/mix.ts'
import { checkMix } from '../../faults/generate/mix.ts'
import { planner } from '../../faults/generate/planner.ts'
import type { FaultSpec } from '../../faults/vocabulary.ts'
import { CallerError, show } from '../../sim/kernel/errors.ts'
import { unknownName } from '../../sim/kernel/nearest.ts'
import type { Duration } from '../../sim/kernel/time.ts'
import { micros } from '../../sim/kernel/time.ts'
import type { ParamValues, Params } from '../../sim/scenario/params.ts'
import type { Scenario } from '../../sim/scenario/scenario.ts'
import { scenarioParams } from '../../sim/scenario/scenario.ts'
import type { RunSpec } from '../../sim/scenario/simulate.ts'

/** The parameters of a scenario, each of which may be set. */
export type ParamsOf<S> = S extends { readonly params: infer P extends Params }
  ? { readonly [K in keyof ParamValues<P>]?: ParamValues<P>[K] | undefined }
  : Readonly<Record<string, unknown>>

/** Which runs. */
export interface RunsOptions<S = Scenario> {
  /** How many seeds (1 to so many), or which, as `'a..b'`. Default 100. */
  readonly seeds?: number | `${number}..${number}`
  readonly params?: ParamsOf<S>
  /** Faults instead of the scenario's own, the same in all runs. */
  readonly plan?: readonly FaultSpec[]
  /** Random faults, drawn from the seed, instead of the scenario's own; an object says what they are like. */
  readonly randomFaults?: boolean | FaultMix
  /** Random faults of which each seed first draws the kinds that are on at all. */
  readonly swarm?: boolean
  /** Whether exploration hooks (`node.maybe`) happen. Default false. */
  readonly hooks?: boolean
  /** Order of events at one instant. Default `serial`. */
  readonly ties?: 'serial' | 'shuffled'
  /** Virtual time at which runs end; default: as the scenario says. */
  readonly until?: Duration
  /** Events after which a run is stopped as failed; default 100 million. */
  readonly maxEvents?: number
}

/** What becomes of a failure. */
export interface FailureOptions {
  /** Runs that may be spent on making a failure small; false: it is told as it was found. Default 200. */
  readonly shrink?: number | false
  /** A folder for failure bundles; default: that of ORRERY_BUNDLES, or none is written. */
  readonly bundles?: string
  /** The scenario's name or file as the command line takes it, so that commands can be given; a URL of a file will do. */
  readonly source?: string | URL
}

export interface HoldOptions<S = Scenario> extends RunsOptions<S>, FailureOptions {
  /** Whether faults that touched nothing and checks that observed nothing, in all runs, fail the test. Default false. */
  readonly strict?: boolean
  /** Whether the seeds stay what they are, whatever ORRERY_SEED and ORRERY_SEEDS say. Default false. */
  readonly fixedSeeds?: boolean
}

export type ViolateOptions<S = Scenario> = RunsOptions<S>

const KNOWN: Readonly<Record<keyof HoldOptions, true>> = {
  seeds: true,
  params: true,
  plan: true,
  randomFaults: true,
  swarm: true,
  hooks: true,
  ties: true,
  until: true,
  maxEvents: true,
  shrink: true,
  bundles: true,
  source: true,
  strict: true,
  fixedSeeds: true,
}

/** Throws a CallerError for what is no options, an option that there is not, and options that exclude each other. */
export function checkOptions(given: unknown, where: string): HoldOptions {
  if (typeof given !== 'object' || given === null) {
    throw new CallerError(`${where}: ${show(given)}`, { expected: 'options such as { seeds: 200 }' })
  }
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(KNOWN, name)) throw unknownName('option', name, Object.keys(KNOWN), where)
  }
  const options = given as HoldOptions
  const { plan, randomFaults = false, swarm = false } = options
  if (plan !== undefined && (randomFaults !== false || swarm)) {
    throw new CallerError(`${where}: plan and random faults exclude each other`, {
      expected: 'either plan, or randomFaults and swarm',
    })
  }
  return options
}

/** What makes the run spec of a seed. Throws a CallerError for parameters or a description that do not fit. */
export function specsOf(scenario: Scenario, options: RunsOptions): (seed: number) => RunSpec {
  const { randomFaults = false, swarm = false, hooks = false, ties = 'serial' } = options
  const params = scenarioParams(scenario, options.params ?? {})
  const untilGiven =
    options.until ?? (typeof scenario.until === 'function' ? scenario.until(params) : scenario.until)
  const until = micros(untilGiven, 'until')
  const own = options.plan ?? scenario.faults?.(params) ?? []
  const random = randomFaults !== false || swarm
  const mix = typeof randomFaults === 'object' ? checkMix(randomFaults, 'randomFaults') : undefined
  const planOf = random ? planner(scenario, params, { mix, swarm, horizonMicros: until }) : () => own
  return (seed) => ({
    scenario: scenario.name,
    params,
    seed,
    plan: planOf(seed),
    profile: { ties, ...(hooks ? { hooks } : {}), ...(random ? { faults: 'random' as const } : {}) },
    until,
  })
}
