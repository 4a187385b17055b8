/** From what stands on the command line to a run spec, and from a run spec to a run whose errors find their owner. */
import { simulate } from '../index.ts'
import type { Invocation } from '../reports/invocation.ts'
import type { Plan } from '../sim/host/fault.ts'
import { CallerError, show } from '../sim/kernel/errors.ts'
import type { Duration } from '../sim/kernel/time.ts'
import { micros } from '../sim/kernel/time.ts'
import type { Scenario } from '../sim/scenario/scenario.ts'
import { scenarioParams } from '../sim/scenario/scenario.ts'
import type { RunResult, RunSpec, SimulateOptions, SinkFactory } from '../sim/scenario/simulate.ts'
import { optionsOf } from '../sim/scenario/simulate.ts'
import type { Arguments, OptionSpec } from './command.ts'
import type { LoadedPlan } from './load-plan.ts'
import type { RandomFaults } from './random-faults.ts'
import { planMaker } from './random-faults.ts'
import { blame, userStack } from './stack.ts'

/** Options of every command that takes a run spec from the command line. */
export const specOptions = {
  seed: { kind: 'text', about: 'seed of all randomness, an integer (default 1)' },
  set: { kind: 'list', about: 'sets a parameter, as name=value; may be repeated' },
  until: { kind: 'text', about: 'virtual time at which the run ends, such as 30s' },
  plan: { kind: 'text', about: 'faults from a YAML or JSON file' },
  'random-faults': {
    kind: 'flag',
    about: "random faults, drawn from the seed, instead of the scenario's own",
  },
  swarm: { kind: 'flag', about: 'random faults of which each seed first draws the kinds that are on at all' },
  mix: {
    kind: 'text',
    about: 'what random faults are like, from a YAML or JSON file; implies --random-faults',
  },
  hooks: { kind: 'flag', about: "lets the nodes' exploration hooks happen (node.maybe)" },
  ties: { kind: 'text', about: 'order of events at one instant: serial or shuffled (default serial)' },
  'max-events': {
    kind: 'text',
    about: 'events after which a run is stopped as failed (default 100 million)',
  },
} as const satisfies Readonly<Record<string, OptionSpec>>

/** What the command line says about a run, apart from the scenario. */
export interface Given {
  readonly seed: number
  readonly set: Readonly<Record<string, string>>
  readonly until: string | undefined
  readonly plan: { readonly file: string; readonly loaded: LoadedPlan } | undefined
  readonly random: RandomFaults | undefined
  readonly hooks: boolean
  readonly ties: 'serial' | 'shuffled' | undefined
  /** Events after which a run is stopped as failed; undefined: as usual. */
  readonly maxEvents: number | undefined
}

/** Reads {@link specOptions}. */
export async function readGiven(args: Arguments): Promise<Given> {
  const ties = args.text('ties')
  if (ties !== undefined && ties !== 'serial' && ties !== 'shuffled') {
    throw new CallerError(`--ties: ${show(ties)}`, { expected: 'serial or shuffled' })
  }
  const until = args.text('until')
  if (until !== undefined) micros(until as Duration, '--until')
  const file = args.text('plan')
  const random = await readRandom(args)
  if (file !== undefined && random !== undefined) {
    throw new CallerError('--plan and random faults exclude each other', {
      expected: 'either --plan, or --random-faults, --swarm and --mix',
    })
  }
  return {
    seed: readSeed(args.text('seed')),
    set: readAssignments(args.list('set')),
    until,
    plan: file === undefined ? undefined : { file, loaded: (await import('./load-plan.ts')).loadPlan(file) },
    random,
    hooks: args.flag('hooks'),
    ties,
    maxEvents: readCount(args, 'max-events'),
  }
}

/** An option that is a whole number, 1 or more. */
export function readCount(args: Arguments, name: string): number | undefined {
  const text = args.text(name)
  if (text === undefined) return undefined
  const count = /^\d+$/.test(text) ? Number(text) : NaN
  if (Number.isSafeInteger(count) && count > 0) return count
  throw new CallerError(`--${name}: ${show(text)}`, { expected: 'a whole number, 1 or more' })
}

async function readRandom(args: Arguments): Promise<RandomFaults | undefined> {
  const swarm = args.flag('swarm')
  const file = args.text('mix')
  if (file !== undefined) return { swarm, mix: (await import('./load-mix.ts')).loadMix(file) }
  return swarm || args.flag('random-faults') ? { swarm } : undefined
}

function readSeed(text: string | undefined): number {
  if (text === undefined) return 1
  const seed = /^\d+$/.test(text) ? Number(text) : NaN
  if (Number.isSafeInteger(seed)) return seed
  throw new CallerError(`--seed: ${show(text)}`, {
    expected: `an integer from 0 to ${Number.MAX_SAFE_INTEGER}`,
  })
}

function readAssignments(list: readonly string[]): Readonly<Record<string, string>> {
  const out = new Map<string, string>()
  for (const text of list) {
    const at = text.indexOf('=')
    if (at < 1) throw new CallerError(`--set: ${show(text)}`, { expected: 'name=value, such as n=5' })
    const name = text.slice(0, at)
    if (out.has(name)) throw new CallerError(`--set: ${name} was given twice`, { expected: 'it once' })
    out.set(name, text.slice(at + 1))
  }
  return Object.fromEntries(out)
}

/** How the run was asked for, to be asked for again. */
export function invocationOf(source: string, given: Given, program: string): Invocation {
  const { seed, set, until, plan, random, hooks, ties, maxEvents } = given
  return {
    program,
    source,
    seed,
    set,
    ...(until === undefined ? {} : { until }),
    ...(plan === undefined ? {} : { plan: plan.file }),
    ...(random === undefined ? {} : { random: { swarm: random.swarm, mix: random.mix?.file } }),
    ...(hooks ? { hooks } : {}),
    ...(ties === undefined ? {} : { ties }),
    ...(maxEvents === undefined ? {} : { maxEvents }),
  }
}

/** The run spec of a scenario with what was given; `execute` takes it. */
export function makeSpec(scenario: Scenario, given: Given): RunSpec {
  try {
    const params = scenarioParams(scenario, given.set)
    const { seed, random, hooks, ties } = given
    const untilGiven =
      given.until ?? (typeof scenario.until === 'function' ? scenario.until(params) : scenario.until)
    const until = micros(untilGiven as Duration, 'until')
    const plan =
      random === undefined
        ? mergedPlan(scenario.faults?.(params) ?? [], given)
        : planMaker(scenario, { params, until }, random)(seed)
    return {
      scenario: scenario.name,
      params,
      seed,
      plan,
      profile: {
        ties: ties ?? 'serial',
        ...(hooks ? { hooks } : {}),
        ...(random === undefined ? {} : { faults: 'random' as const }),
      },
      until,
    }
  } catch (error) {
    throw blame(error)
  }
}

function mergedPlan(own: Plan, { plan }: Given): Plan {
  if (plan === undefined) return own
  return plan.loaded.mode === 'add' ? [...own, ...plan.loaded.plan] : plan.loaded.plan
}

/**
 * Runs a spec. Mistakes in the scenario's code become CallerErrors that name the line, mistakes in the plan name the
 * place in its file; stacks of simulated failures are cut down to the scenario's own lines.
 *
 * @param records whether the result is to have its records
 */
export async function execute(
  scenario: Scenario,
  spec: RunSpec,
  sinks: readonly SinkFactory[],
  given?: Partial<Pick<Given, 'plan' | 'maxEvents'>>,
  keep?: Pick<SimulateOptions, 'records' | 'inspect'>,
): Promise<RunResult> {
  try {
    const limits = given?.maxEvents === undefined ? {} : { maxEvents: given.maxEvents }
    // What the spec's parameters may be, the scenario has checked when the spec was made, or checks now.
    const options = { ...optionsOf(spec), ...limits, ...keep, sinks } as SimulateOptions
    const result = await simulate(scenario, options)
    const failures = result.failures.map(({ stack, ...rest }) => {
      const lines = userStack(stack)
      return lines.length === 0 ? rest : { ...rest, stack: lines.join('\n') }
    })
    return { ...result, failures }
  } catch (error) {
    const loaded = given?.plan?.loaded
    const ownFaults = loaded === undefined ? 0 : spec.plan.length - loaded.plan.length
    throw loaded === undefined ? blame(error) : loaded.explain(blame(error), ownFaults)
  }
}
