/** What a page says about a run before anything else: what was run, what was checked, what held, how to run it again. */
import type { CheckResult, CheckVerdict } from '../../../sim/checks/check.ts'
import type { Operation } from '../../../sim/host/history.ts'
import type { RunFailure } from '../../../sim/host/simulation.ts'
import type { Scenario } from '../../../sim/scenario/scenario.ts'
import type { Profile, RunResult, RunSpec } from '../../../sim/scenario/simulate.ts'
import type { TraceFooter, TraceHeader, TraceViolation } from '../../../sim/trace/reader.ts'
import { valueText } from '../../values.ts'
import type {
  CheckData,
  CommandData,
  FaultData,
  NodeData,
  ParamData,
  RunFacts,
  ViolationData,
} from './data.ts'

/** What surrounds a run: where it came from and what may be done with it. */
export interface RunSurroundings {
  /** A built-in scenario's name, or a file. */
  readonly source: string
  readonly version: string
  readonly commands: readonly CommandData[]
  /** Lines of a failure bundle. */
  readonly story?: readonly string[]
}

/** The facts of a run whose result is at hand. `lastError`: the record of the last error; 0 if there is none. */
export function factsOfResult(
  scenario: Scenario,
  result: RunResult,
  lastError: number,
  around: RunSurroundings,
): RunFacts {
  const { spec, verdict, checks, failures, warnings, faults, endedAt, records, events, fingerprint } = result
  const { source, version, commands, story = [] } = around
  return {
    scenario: scenario.name,
    summary: scenario.summary,
    source,
    version,
    seed: spec.seed,
    params: paramData(spec, scenario),
    profile: profileTexts(spec.profile),
    verdict,
    checks: checks.map(checkData),
    violations: [
      ...failures.map((failure) => failureData(failure, lastError)),
      ...checks.flatMap(violationData),
    ].sort((a, b) => a.time - b.time),
    warnings,
    faults: faults.map(({ index, kind, touched, fired }): FaultData => ({ index, kind, touched, fired })),
    endedAt,
    records,
    events,
    fingerprint,
    commands,
    story,
  }
}

/** The facts that a trace alone tells. */
export function factsOfTrace(
  spec: RunSpec,
  { source, version }: TraceHeader,
  footer: TraceFooter,
  lastError: number,
  commands: readonly CommandData[],
): RunFacts {
  const { verdict, violations = [], endedAt, records, events, fingerprint } = footer
  return {
    scenario: spec.scenario,
    summary: '',
    source,
    version,
    seed: spec.seed,
    params: paramData(spec, undefined),
    profile: profileTexts(spec.profile),
    verdict: verdictOf(verdict),
    // A trace notes what was violated, not what held.
    checks: violations
      .filter(({ kind }) => kind === 'check')
      .map(({ name }) => ({ name, verdict: 'violated', said: '' })),
    violations: violations.map((one) => tracedViolation(one, lastError)),
    warnings: [],
    faults: spec.plan.map(({ kind }, index) => ({ index, kind, touched: [], fired: true })),
    endedAt,
    records,
    events,
    fingerprint,
    commands,
    story: [],
  }
}

const verdictOf = (verdict: string): CheckVerdict =>
  verdict === 'violated' || verdict === 'undecided' ? verdict : 'held'

function paramData({ params }: RunSpec, scenario: Scenario | undefined): ParamData[] {
  return Object.entries(params).map(([name, value]) => {
    const param = scenario?.params[name]
    return { name, value: String(value), ...(param === undefined ? {} : { usual: String(param.default) }) }
  })
}

function profileTexts({ ties, hooks, network }: Profile): string[] {
  return [
    ...(ties === 'serial' ? [] : [`ties: ${ties}`]),
    ...(hooks === true ? ['exploration hooks: on'] : []),
    ...(network === undefined ? [] : [`network: ${valueText(network)}`]),
  ]
}

function checkData({ name, verdict, detail, observations }: CheckResult): CheckData {
  return { name, verdict, said: detail ?? `looked ${observations === 1 ? 'once' : `${observations} times`}` }
}

function failureData(
  { kind, time, node, where, message, stack }: RunFailure,
  lastError: number,
): ViolationData {
  const threw = kind === 'threw' || kind === 'foreign-wait'
  return {
    name: where === undefined ? kind : `${kind} in ${where}`,
    kind: 'failure',
    time,
    ...(node === undefined ? {} : { node }),
    ...(threw && lastError > 0 ? { record: lastError } : {}),
    observed: message,
    ...(stack === undefined ? {} : { stack }),
  }
}

function violationData({ name, verdict, violation }: CheckResult): ViolationData[] {
  if (verdict !== 'violated' || violation === undefined) return []
  const { time, node, record, expected, observed } = violation
  // What checks of registers, sessions and staleness know beyond other checks.
  const { operations = [] } = violation as { readonly operations?: readonly Operation[] }
  return [
    {
      name,
      kind: 'check',
      time,
      ...(node === undefined ? {} : { node }),
      ...(record === undefined || record === 0 ? {} : { record }),
      expected,
      observed,
      ...(operations.length === 0 ? {} : { operations: operations.map(({ id }) => id) }),
    },
  ]
}

function tracedViolation(violation: TraceViolation, lastError: number): ViolationData {
  const { kind, record } = violation
  return {
    ...violation,
    ...(kind === 'failure' && record === undefined && lastError > 0 ? { record: lastError } : {}),
  }
}

/** Nodes by kind, from names such as `replica[2]`; the order is that of the run. */
export function nodeData(names: readonly string[]): NodeData[] {
  return names.map((name) => ({ name, kind: name.replace(/\[\d+\]$/, '') }))
}
