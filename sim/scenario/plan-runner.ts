/** Fires the faults of a plan at their times, and undoes them when theirs is over. */
import type { FaultVocabulary, Plan, PreparedFault } from '../host/fault.ts'
import type { Host } from '../host/host.ts'
import { CallerError, show } from '../kernel/errors.ts'
import { PRIORITY_CONTROL } from '../kernel/kernel.ts'
import { kindCode } from '../trace/records.ts'

const FAULT = kindCode('fault')
const HEAL = kindCode('heal')

/** What became of one fault of the plan. */
export interface FaultReport {
  /** Position in the plan. */
  readonly index: number
  readonly kind: string
  /** Virtual microseconds. */
  readonly at: number
  /** Names of what it touched; empty when it was vacuous or its time never came. */
  readonly touched: readonly string[]
  readonly fired: boolean
}

export class PlanRunner {
  private readonly reports: FaultReport[]
  /** When the last fault is over, in microseconds. */
  readonly end: number

  constructor(host: Host, vocabulary: FaultVocabulary, plan: Plan) {
    if (!Array.isArray(plan)) throw new CallerError(`plan: ${show(plan)}`, { expected: 'a list of faults' })
    const prepared = plan.map((fault, index) => vocabulary.prepare(fault, `plan[${index}]`, host.control))
    this.reports = prepared.map(({ fault, at }, index) => ({
      index,
      kind: fault.kind,
      at,
      touched: [],
      fired: false,
    }))
    this.end = prepared.reduce((end, { at, duration }) => Math.max(end, at + (duration ?? 0)), 0)
    const { kernel } = host.sim
    const op = kernel.register((index) => {
      this.fire(host, index, prepared[index] as PreparedFault)
    })
    prepared.forEach(({ at }, index) => {
      kernel.schedule(at, PRIORITY_CONTROL, op, index, 0, 0, 0, undefined)
    })
  }

  /** What each fault did so far, in the order of the plan. */
  get outcome(): readonly FaultReport[] {
    return this.reports
  }

  private fire(host: Host, index: number, prepared: PreparedFault): void {
    const { kind } = prepared.fault
    const touched = fireFault(host, index, prepared)
    this.reports[index] = { index, kind, at: host.sim.kernel.now, touched, fired: true }
  }
}

/** Lets a fault happen now, recorded under a number, and its end when its time is over; says what it touched. */
export function fireFault(host: Host, index: number, prepared: PreparedFault): readonly string[] {
  const { sim, control } = host
  const { kernel, recorder, strings } = sim
  const { fault, duration } = prepared
  const { kind, ...fields } = fault
  sim.beginWorld(0)
  const type = strings.id(kind)
  // The record comes first, so that what the fault causes can name it; what it touches is found out before.
  const record = recorder.recordData(kernel.now, FAULT, -1, 0, -1, type, { index, ...fields })
  kernel.cause = record
  const { end, touched } = prepared.begin(control)
  if (end !== undefined && duration !== undefined) {
    const op = kernel.register(() => {
      sim.beginWorld(record)
      kernel.cause = recorder.record(kernel.now, HEAL, -1, record, -1, type)
      end()
    })
    kernel.schedule(kernel.now + duration, PRIORITY_CONTROL, op, 0, 0, 0, record, undefined)
  }
  return touched
}
