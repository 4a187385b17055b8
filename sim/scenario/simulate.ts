/**
 * Running a scenario: from a run spec to a result. The result is a pure function of the spec; whoever watches (traces,
 * checks, the inspector) changes nothing.
 */
import type { Check, CheckResult, RunningCheck } from '../checks/check.ts'
import { HostWorld } from '../checks/world.ts'
import type { ClockChange } from '../host/clock-history.ts'
import { watchClocks } from '../host/clock-history.ts'
import type { FaultVocabulary, Plan } from '../host/fault.ts'
import type { Operation } from '../host/history.ts'
import type { HookReport } from '../host/hooks.ts'
import { Host } from '../host/host.ts'
import type { RecordWindow, StateHistory } from '../host/inspector.ts'
import { inspect } from '../host/inspector.ts'
import type { MetricSummary } from '../host/metrics-store.ts'
import type { WorkloadOperation } from '../host/node.ts'
import type { OnThrow, RunFailure } from '../host/simulation.ts'
import { Simulation } from '../host/simulation.ts'
import { CallerError, InvariantError, show } from '../kernel/errors.ts'
import { LAST_TIME, PRIORITY_PROBE } from '../kernel/kernel.ts'
import type { Platform } from '../kernel/platform.ts'
import type { Duration } from '../kernel/time.ts'
import { formatTime, micros } from '../kernel/time.ts'
import type { NodeDirectory } from '../trace/memory-trace.ts'
import { MemoryTrace } from '../trace/memory-trace.ts'
import type { RecordSink } from '../trace/recorder.ts'
import { kindCode } from '../trace/records.ts'
import type { StringTable } from '../trace/string-table.ts'
import { clusterSetup } from './cluster.ts'
import type { NetworkOverride } from './network-override.ts'
import { checkNetworkOverride } from './network-override.ts'
import type { Params, ParamValues } from './params.ts'
import type { FaultReport } from './plan-runner.ts'
import { PlanRunner } from './plan-runner.ts'
import type { Scenario, Verdict } from './scenario.ts'
import { scenarioParams } from './scenario.ts'

/** What else is chosen for a run. */
export interface Profile {
  /** Order of events at one instant: as they were scheduled, or shuffled by the seed. */
  readonly ties: 'serial' | 'shuffled'
  /** Whether exploration hooks (`node.maybe`) are on; left out when they are off. */
  readonly hooks?: boolean
  /** Simplifications of the scenario's network; left out: it is as described. */
  readonly network?: NetworkOverride
  /** `random`: the plan was drawn, so that checks stated for the scenario's own faults do not judge; else left out. */
  readonly faults?: 'random'
}

/** Everything that a run depends on, as JSON: the header of a trace. */
export interface RunSpec {
  readonly scenario: string
  readonly params: Readonly<Record<string, unknown>>
  readonly seed: number
  readonly plan: Plan
  /** The operations, if they were given instead of drawn from the seed. */
  readonly workload?: readonly WorkloadOperation[]
  readonly profile: Profile
  /** Virtual microseconds. */
  readonly until: number
}

/** Makes a sink for the records of a run. */
export type SinkFactory = (strings: StringTable, directory: NodeDirectory, spec: RunSpec) => RecordSink

export interface SimulateOptions<V = ParamValues<Params>> {
  /** Default 1. */
  readonly seed?: number
  readonly params?: Partial<V>
  /** Replaces the scenario's own faults. */
  readonly plan?: Plan
  /** Replaces the generated operations. */
  readonly workload?: readonly WorkloadOperation[]
  readonly until?: Duration
  readonly profile?: Partial<Profile>
  /** Keeps all records in memory: `result.trace`. Default false. */
  readonly records?: boolean
  /**
   * Keeps states and clocks of all nodes, `result.states` and `result.clocks`: of the whole run, or the states of a
   * stretch of records. Default false.
   */
  readonly inspect?: boolean | RecordWindow
  /** What throwing handlers do; default: as the scenario says. */
  readonly onThrow?: OnThrow
  /** Events after which a run is stopped as failed; default 100 million. */
  readonly maxEvents?: number
  /** Events at one instant after which a run is stopped as failed; default 100 000 plus 10 for each node. */
  readonly maxEventsAtInstant?: number
  readonly sinks?: readonly SinkFactory[]
}

export interface RunResult {
  readonly spec: RunSpec
  readonly verdict: Verdict
  readonly checks: readonly CheckResult[]
  /** Why the run failed apart from checks. */
  readonly failures: readonly RunFailure[]
  readonly metrics: Readonly<Record<string, MetricSummary>>
  readonly fingerprint: string
  /** Records that the fingerprint covers. */
  readonly records: number
  readonly events: number
  /** Virtual microseconds at the end. */
  readonly endedAt: number
  readonly faults: readonly FaultReport[]
  readonly history: readonly Operation[]
  /** The operations that clients were given, whether drawn from the seed or stated: as a spec's `workload` they repeat the run. */
  readonly workload: readonly WorkloadOperation[]
  /** What does not change the verdict but should be known: vacuous faults, checks that observed nothing. */
  readonly warnings: readonly string[]
  readonly nodes: readonly string[]
  /** The exploration hooks that were visited, by name; present when they are on. */
  readonly hooks?: readonly HookReport[]
  readonly trace?: MemoryTrace
  readonly states?: StateHistory
  /** Changes of clocks, in order; machines whose clocks were always right have none. */
  readonly clocks?: readonly ClockChange[]
}

const MAX_EVENTS = 100_000_000
const BUDGET = 65_536

/** Runs scenarios on one platform with one vocabulary of faults. */
export type Simulate = <P extends Params>(
  scenario: Scenario<P>,
  options?: SimulateOptions<ParamValues<P>>,
) => Promise<RunResult>

export function createSimulate(platform: Platform, vocabulary: FaultVocabulary): Simulate {
  return async (scenario, options = {}) => {
    const run = prepare(scenario, options, vocabulary)
    await platform.drive(() => run.sim.kernel.step(BUDGET))
    return run.finish()
  }
}

/** A run that is ready to begin. */
export interface PreparedRun {
  readonly sim: Simulation
  readonly host: Host
  readonly world: HostWorld
  finish(): RunResult
}

/** Makes a run ready: all that is a matter of its spec; what is left is to drive its kernel. */
export function prepare<P extends Params>(
  scenario: Scenario<P>,
  options: SimulateOptions<ParamValues<P>>,
  vocabulary: FaultVocabulary,
): PreparedRun {
  const params = scenarioParams(scenario, (options.params ?? {}) as Readonly<Record<string, unknown>>)
  const untilGiven =
    options.until ?? (typeof scenario.until === 'function' ? scenario.until(params) : scenario.until)
  const until = micros(untilGiven, 'until')
  if (until > LAST_TIME)
    throw new CallerError(`until: ${show(untilGiven)}`, { expected: `at most ${formatTime(LAST_TIME)}` })
  const seed = options.seed ?? 1
  const { hooks = false, ...chosen } = options.profile ?? {}
  // Left out when off, so that a spec without hooks looks as it always did.
  const profile: Profile = { ties: 'serial', ...chosen, ...(hooks ? { hooks } : {}) }
  if (profile.ties !== 'serial' && profile.ties !== 'shuffled') {
    throw new CallerError(`profile.ties: ${show(profile.ties)}`, { expected: "'serial' or 'shuffled'" })
  }
  if (typeof hooks !== 'boolean')
    throw new CallerError(`profile.hooks: ${show(hooks)}`, { expected: 'true or false' })
  const { faults } = profile as { readonly faults?: unknown }
  if (faults !== undefined && faults !== 'random') {
    throw new CallerError(`profile.faults: ${show(faults)}`, { expected: "'random', or nothing" })
  }
  if (profile.network !== undefined) checkNetworkOverride(profile.network, 'profile.network')
  const sim = new Simulation({
    seed,
    until,
    maxEvents: options.maxEvents ?? MAX_EVENTS,
    // Set for good below, when the number of nodes is known.
    maxEventsAtInstant: options.maxEventsAtInstant ?? 0,
    onThrow: options.onThrow ?? scenario.onThrow ?? 'fail',
    ties: profile.ties,
    hooks,
  })
  const host = new Host(sim)
  scenario.cluster(clusterSetup(host, params, sim.random.stream('cluster'), profile.network))
  if (host.machines.length === 0) throw new CallerError(`scenario ${scenario.name}: cluster() added no nodes`)
  sim.kernel.limitInstant(options.maxEventsAtInstant ?? 100_000 + 10 * host.machines.length)

  const workload = fillWorkload(sim, scenario, params, options.workload)
  // Nodes start before the first fault fires, even one at time 0.
  host.start()
  const plan = options.plan ?? scenario.faults?.(params) ?? []
  const runner = new PlanRunner(host, vocabulary, plan)

  const spec: RunSpec = {
    scenario: scenario.name,
    params,
    seed,
    plan,
    ...(options.workload === undefined ? {} : { workload: options.workload }),
    profile,
    until,
  }

  const trace = options.records === true ? new MemoryTrace(sim.strings, sim) : undefined
  if (trace !== undefined) sim.recorder.attach(trace)
  for (const make of options.sinks ?? []) sim.recorder.attach(make(sim.strings, sim, spec))

  const world = new HostWorld(host)
  const checks = typeof scenario.checks === 'function' ? scenario.checks(params) : scenario.checks
  const running = beginChecks(sim, world, checks, runner.end, faults === 'random')
  const { inspect: window = false } = options
  const states = window === false ? undefined : inspect(sim, window === true ? undefined : window)
  const clocks = window === false ? undefined : watchClocks(sim)

  return {
    sim,
    host,
    world,
    finish() {
      noteLimits(sim)
      const results = running.map((check) => check.finish())
      const failed = sim.failures.length > 0 || results.some((result) => result.verdict === 'violated')
      const undecided = results.some((result) => result.verdict === 'undecided')
      return {
        spec,
        verdict: failed ? 'violated' : undecided ? 'undecided' : 'held',
        checks: results,
        failures: sim.failures,
        metrics: sim.metrics.summarize(sim.kernel.now),
        fingerprint: sim.recorder.fingerprint,
        records: sim.recorder.count,
        events: sim.kernel.events,
        endedAt: sim.kernel.now,
        faults: runner.outcome,
        history: sim.history.operations,
        workload,
        warnings: warnings(runner.outcome, results),
        nodes: host.machines.map((machine) => machine.name),
        ...(sim.hooks === undefined ? {} : { hooks: sim.hooks.report }),
        ...(trace === undefined ? {} : { trace }),
        ...(states === undefined ? {} : { states }),
        ...(clocks === undefined ? {} : { clocks }),
      }
    },
  }
}

/** The part of a run spec that says how the run was asked for: what `simulate` needs to repeat it. */
export function optionsOf(spec: RunSpec): SimulateOptions {
  return {
    seed: spec.seed,
    params: spec.params as ParamValues<Params>,
    plan: spec.plan,
    ...(spec.workload === undefined ? {} : { workload: spec.workload }),
    profile: spec.profile,
    until: spec.until / 1000,
  }
}

function fillWorkload<P extends Params>(
  sim: Simulation,
  scenario: Scenario<P>,
  params: ParamValues<P>,
  given: readonly WorkloadOperation[] | undefined,
): readonly WorkloadOperation[] {
  const nodes = (kind: string): string[] =>
    sim.machines.filter((machine) => machine.kind.name === kind).map((machine) => machine.name)
  const operations =
    given ?? scenario.workload?.({ params, random: sim.random.stream('workload'), nodes }) ?? []
  operations.forEach((operation, index) => {
    const where = `workload[${index}]`
    if (sim.find(operation.node) === undefined) {
      throw new CallerError(`${where}.node: ${show(operation.node)}`, {
        expected: 'the name of a node of the scenario',
      })
    }
    if (typeof operation.name !== 'string') {
      throw new CallerError(`${where}.name: ${show(operation.name)}`, {
        expected: 'the name of an operation',
      })
    }
    const { after = 0 } = operation
    if (!(after >= 0))
      throw new CallerError(`${where}.after: ${show(after)}`, { expected: 'milliseconds, 0 or more' })
    const list = sim.workload.get(operation.node)
    if (list === undefined) sim.workload.set(operation.node, [operation])
    else list.push(operation)
  })
  return operations
}

function beginChecks(
  sim: Simulation,
  world: HostWorld,
  checks: readonly Check[],
  faultsEnd: number,
  randomFaults: boolean,
): RunningCheck[] {
  const { kernel, recorder } = sim
  const op = kernel.register((_a, _b, _c, _cause, ref) => {
    sim.beginWorld(0)
    ;(ref as () => void)()
  })
  let seenKinds = 0
  if (checks.some((check) => check.on !== undefined)) {
    recorder.attach({
      record(_id, _time, kind) {
        seenKinds |= 1 << kind
      },
      observe() {
        // Observers' lines are nothing that a check may depend on.
      },
    })
  }
  const running = checks.map((check) => {
    const mask = (check.on ?? []).reduce((bits, kind) => bits | (1 << kindCode(kind)), 0)
    const context = {
      world,
      faultsEnd,
      randomFaults,
      at(time: number, run: () => void) {
        kernel.schedule(Math.max(time, kernel.now), PRIORITY_PROBE, op, 0, 0, 0, 0, run)
      },
      stop() {
        kernel.stop()
      },
    }
    return { mask, check: check.begin(context) }
  })
  const watching = running.filter(({ check }) => check.afterEvent !== undefined)
  if (watching.length > 0) {
    sim.addProbe(() => {
      for (const { mask, check } of watching) {
        if (mask === 0 || (mask & seenKinds) !== 0) check.afterEvent?.()
      }
      seenKinds = 0
    })
  }
  return running.map(({ check }) => check)
}

function noteLimits(sim: Simulation): void {
  const { stopReason, now } = sim.kernel
  if (stopReason?.kind === 'event-limit') {
    sim.failures.push({ kind: 'event-limit', time: now, message: `stopped after ${stopReason.limit} events` })
  } else if (stopReason?.kind === 'instant-limit') {
    const node = sim.active?.name
    sim.failures.push({
      kind: 'instant-limit',
      ...(node === undefined ? {} : { node }),
      time: now,
      message:
        `stopped after ${stopReason.limit} events at one instant: an endless loop of zero delays` +
        (node === undefined ? '' : `, last on ${node}`),
    })
  }
  if (stopReason === undefined) throw new InvariantError('a finished run knows why it stopped')
}

function warnings(faults: readonly FaultReport[], checks: readonly CheckResult[]): string[] {
  const out: string[] = []
  for (const fault of faults) {
    if (!fault.fired)
      out.push(`plan[${fault.index}] (${fault.kind}) never fired: the run ended before its time`)
    else if (fault.touched.length === 0)
      out.push(`plan[${fault.index}] (${fault.kind}) is vacuous: it touched nothing`)
  }
  for (const check of checks) {
    if (check.verdict === 'held' && check.judged !== false && check.observations === 0) {
      out.push(`check '${check.name}' is vacuous: it observed nothing`)
    }
  }
  return out
}
