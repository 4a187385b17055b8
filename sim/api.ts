/** What the simulator offers to those who write nodes, scenarios, checks and tools. */

// Writing nodes
export { defineNode } from './host/define.ts'
export type { CpuCost, CpuOptions, Handlers, NodeDefinition, NodeKind } from './host/define.ts'
export { fail, ok, unknown } from './host/node.ts'
export type {
  Clock,
  Log,
  Metrics,
  Node,
  Outcome,
  RequestOptions,
  Timer,
  WorkloadOperation,
} from './host/node.ts'
export type { MessageArguments, MessageOf, Reply, ReplyOf, RequestFailure } from './host/protocol.ts'
export { Address } from './kernel/address.ts'
export { RandomStream } from './kernel/random.ts'
export type { Duration } from './kernel/time.ts'
export { formatTime, milliseconds } from './kernel/time.ts'
export type {
  ConnectOptions,
  StreamConnection,
  StreamFace,
  StreamFailure,
  StreamResult,
} from './network/stream-face.ts'
export type { DiskFace, DiskOptions } from './storage/disk-face.ts'
export { DiskError, isTorn } from './storage/disk-image.ts'

// Writing scenarios
export { scenario } from './scenario/scenario.ts'
export type { Example, Scenario, ScenarioDefinition, Verdict, WorkloadContext } from './scenario/scenario.ts'
export { boolean, choice, duration, integer, number } from './scenario/params.ts'
export type { Params, ParamValues } from './scenario/params.ts'
export type { ClusterSetup, LinkException, NetworkOptions, Placement } from './scenario/cluster.ts'
export {
  constant,
  empirical,
  exponential,
  logNormal,
  mixture,
  normal,
  pareto,
  uniform,
} from './kernel/distributions.ts'
export type { Delay, Distribution } from './kernel/distributions.ts'
export { burstyLoss, independentLoss } from './network/loss.ts'
export type { LinkOptions } from './network/link.ts'
export type { Fault, Plan } from './host/fault.ts'

// Checks
export type { Check, CheckContext, CheckResult, RunningCheck, Violation } from './checks/check.ts'
export { always, eventually, never, sometimes } from './checks/predicates.ts'
export { underOwnFaults } from './checks/own-faults.ts'
export type { Predicate } from './checks/predicates.ts'
export { compareVersions, noLostWrite, noReadInversion, noStaleRead } from './checks/register.ts'
export type { RegisterOptions, RegisterViolation, Version } from './checks/register.ts'
export type { NodeView, World } from './checks/world.ts'
export { linearizable, sequential } from './checks/history-checks.ts'
export type { ModelCheckOptions } from './checks/history-checks.ts'
export type { CallReading, HistoryCall, ReadingOptions } from './checks/history.ts'
export { models } from './checks/models/list.ts'
export type { ModelName } from './checks/models/list.ts'
export type { Call, Foresight, Hint, Model, TimedCall } from './checks/models/model.ts'
export type { SearchBudget } from './checks/search/judge.ts'
export type { HistoryViolation } from './checks/search/report.ts'
export type { Witness } from './checks/search/witness.ts'
export { sessions } from './checks/sessions.ts'
export type { SessionGuarantee, SessionOptions, SessionViolation } from './checks/sessions.ts'
export { boundedStaleness } from './checks/staleness.ts'
export type { StalenessOptions, StalenessViolation } from './checks/staleness.ts'
export type { VersionOptions } from './checks/versions.ts'
export { converges } from './checks/converges.ts'
export type { ConvergesOptions } from './checks/converges.ts'
export { availability, budget, latency, messagesPerOperation } from './checks/budgets.ts'
export type { BudgetOptions, Measure, Measured, Statistic } from './checks/budgets.ts'
export type { Operation, OperationStatus } from './host/history.ts'

// Running and reading runs
export { LiveFailure, LiveRun } from './scenario/live.ts'
export type { FaultNow, LiveOptions, Ongoing, OpenLive } from './scenario/live.ts'
export type { NetworkOverride } from './scenario/network-override.ts'
export type { FaultReport } from './scenario/plan-runner.ts'
export type { Profile, RunResult, RunSpec, SimulateOptions, SinkFactory } from './scenario/simulate.ts'
export type { MetricSummary } from './host/metrics-store.ts'
export type { RunFailure } from './host/simulation.ts'
export type { StateChange, StateHistory } from './host/inspector.ts'
export type { ObserverRecord, RecordKind, TraceRecord } from './trace/records.ts'
export { MemoryTrace } from './trace/memory-trace.ts'
export { CallerError, InvariantError } from './kernel/errors.ts'
