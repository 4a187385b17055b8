/**
 * What a scenario is: a cluster of nodes, what clients do, what goes wrong, what must hold, and for how long; with
 * parameters, and with examples that state the verdict expected of them.
 */
import type { Check } from '../checks/check.ts'
import type { Fault } from '../host/fault.ts'
import type { WorkloadOperation } from '../host/node.ts'
import type { OnThrow } from '../host/simulation.ts'
import { CallerError, show } from '../kernel/errors.ts'
import { knownFields } from '../kernel/nearest.ts'
import type { RandomStream } from '../kernel/random.ts'
import type { Duration } from '../kernel/time.ts'
import { micros } from '../kernel/time.ts'
import type { ClusterSetup } from './cluster.ts'
import type { Params, ParamValues } from './params.ts'
import { resolveParams } from './params.ts'

export type Verdict = 'held' | 'violated' | 'undecided'

/** One way to run a scenario, with what it is expected to show. Tests run all of them. */
export interface Example<V> {
  readonly set?: Partial<V>
  /** Default 1. */
  readonly seed?: number
  readonly expect: Verdict
  /** What it shows, in a clause. */
  readonly about?: string
}

/**
 * A function of the parameters' values. Typed as a method, and so compared bivariantly: a scenario with parameters of
 * its own can stand wherever some scenario is wanted, since values are checked before they get to it.
 */
type Computed<V, R> = { compute(values: V): R }['compute']

/** `P`: its parameters; `F`: the faults that its plan may use, as the registered vocabulary types them. */
export interface ScenarioDefinition<P extends Params, F extends Fault = Fault> {
  /** Lower-case words joined by hyphens. */
  readonly name: string
  /** What it shows, in one line. */
  readonly summary: string
  /** What to look at and why it is so, in a paragraph or more. */
  readonly teaches?: string
  readonly params?: P
  /** Rules between parameters: true, or what is wrong. */
  readonly valid?: Computed<ParamValues<P>, true | string>
  /** Adds nodes and describes the network. */
  readonly cluster: Computed<ClusterSetup<ParamValues<P>>, void>
  /** What clients do; drawn from the stream `workload`, or given in the run spec. */
  readonly workload?: Computed<WorkloadContext<ParamValues<P>>, readonly WorkloadOperation[]>
  /** What goes wrong unless another plan is given. */
  readonly faults?: Computed<ParamValues<P>, readonly F[]>
  /**
   * What random faults are like for this scenario, as the vocabulary of faults describes them (docs/random-faults.md);
   * checked when a plan is generated. Left out: derived from its nodes.
   */
  readonly randomFaults?:
    Readonly<Record<string, unknown>> | Computed<ParamValues<P>, Readonly<Record<string, unknown>>>
  readonly checks: readonly Check[] | Computed<ParamValues<P>, readonly Check[]>
  /** Names of the metrics to show first. */
  readonly highlights?: readonly string[]
  readonly examples?: readonly Example<ParamValues<P>>[]
  /** Virtual time at which a run ends, if nothing ends it earlier. */
  readonly until: Duration | Computed<ParamValues<P>, Duration>
  /** What a throwing handler does: fails the run (default), or crashes its node. */
  readonly onThrow?: OnThrow
}

export interface WorkloadContext<V> {
  readonly params: V
  readonly random: RandomStream
  /** Names of the nodes of a kind, in order. */
  readonly nodes: (kind: string) => readonly string[]
}

/** A checked scenario, ready to run. The type of its parameters is kept for `simulate`. */
export interface Scenario<P extends Params = Params, F extends Fault = Fault> extends ScenarioDefinition<
  P,
  F
> {
  readonly params: P
  readonly examples: readonly Example<ParamValues<P>>[]
}

/** Declares a scenario; throws a CallerError for a definition that cannot work. */
export function scenario<const P extends Params = Readonly<Record<string, never>>, F extends Fault = Fault>(
  definition: ScenarioDefinition<P, F>,
): Scenario<P, F> {
  const { name } = definition
  if (typeof name !== 'string' || !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) {
    throw new CallerError(`scenario: name ${show(name)}`, {
      expected: "lower-case words joined by hyphens, such as 'lost-update'",
    })
  }
  checkShape(name, definition)
  const params = definition.params ?? ({} as P)
  const made: Scenario<P, F> = { ...definition, params, examples: definition.examples ?? [] }
  if (typeof definition.until !== 'function') micros(definition.until, `scenario ${name}: until`)
  made.examples.forEach((example, index) => {
    scenarioParams(made, (example.set ?? {}) as Readonly<Record<string, unknown>>, `examples[${index}]`)
  })
  return made
}

const FIELDS: Readonly<Record<keyof ScenarioDefinition<Params>, string>> = {
  name: 'a text',
  summary: 'a text',
  teaches: 'a text',
  params: 'an object of parameters',
  valid: 'a function',
  cluster: 'a function',
  workload: 'a function',
  faults: 'a function',
  randomFaults: 'an object, or a function',
  checks: 'a list of checks ([] for none), or a function that gives one',
  highlights: 'a list of names',
  examples: 'a list of examples',
  until: "a duration such as '30s', or a function that gives one",
  onThrow: "'fail' or 'crash'",
}

const NEEDED = ['summary', 'cluster', 'checks', 'until'] as const

/** Scenario files are run without a look at their types: what is missing, or misspelled, is told here. */
function checkShape(name: string, definition: object): void {
  knownFields(definition, Object.keys(FIELDS), `scenario ${name}`)
  for (const key of NEEDED) {
    const value = (definition as Readonly<Record<string, unknown>>)[key]
    if (value === undefined) {
      throw new CallerError(`scenario ${name}: ${key} is missing`, { expected: FIELDS[key] })
    }
  }
  const { cluster } = definition as { readonly cluster: unknown }
  if (typeof cluster !== 'function') {
    throw new CallerError(`scenario ${name}: cluster ${show(cluster)}`, { expected: FIELDS.cluster })
  }
  const { checks } = definition as { readonly checks: unknown }
  if (typeof checks !== 'function' && !Array.isArray(checks)) {
    throw new CallerError(`scenario ${name}: checks ${show(checks)}`, { expected: FIELDS.checks })
  }
}

/** The scenario's parameters with the given ones set; checks the rules between them too. */
export function scenarioParams<P extends Params>(
  of: Scenario<P>,
  given: Readonly<Record<string, unknown>>,
  where = 'parameters',
): ParamValues<P> {
  const values = resolveParams(of.params, given, of.name)
  const valid = of.valid?.(values) ?? true
  if (valid !== true)
    throw new CallerError(`scenario ${of.name}: ${where}: ${valid}`, { hint: `given ${show(given)}` })
  return values
}

/** Whether something is a scenario made by {@link scenario} (possibly by another copy of this library). */
export function isScenario(value: unknown): value is Scenario {
  if (typeof value !== 'object' || value === null) return false
  const { name, cluster, checks, examples, params } = value as Partial<Scenario>
  return (
    typeof name === 'string' &&
    typeof cluster === 'function' &&
    checks !== undefined &&
    Array.isArray(examples) &&
    typeof params === 'object'
  )
}
