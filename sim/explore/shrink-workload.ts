/**
 * Fewer operations, with shorter pauses between them. An operation that is left out leaves its time behind: what the
 * same node does next still begins when it began in the best run so far, since faults happen at times and not at
 * operations. The pauses that this makes are then shortened on their own.
 */
import type { Operation } from '../host/history.ts'
import type { WorkloadOperation } from '../host/node.ts'
import type { RunResult } from '../scenario/simulate.ts'
import { ddmin } from './ddmin.ts'
import { cutDigits, first, lowest, nearestDigits, stepsBelow } from './round.ts'
import type { Search } from './shrink-search.ts'

/** More operations than these are not looked at one by one. */
const SINGLE = 40

/** Leaves out every operation that is not needed. */
export async function fewerOperations(search: Search): Promise<void> {
  search.pass = 'operations'
  if (search.best.workload.length === 0) return
  await takeBegun(search)
  const { best, spec } = search
  const schedule = scheduleOf(best)
  await ddmin(
    schedule,
    (kept) => search.take({ ...spec, workload: rescheduled(schedule, new Set(kept)) }),
    search.goOn,
  )
}

/** What never began cannot matter, and the rest keeps its times: all of it goes at once. */
async function takeBegun(search: Search): Promise<void> {
  const { best, spec } = search
  const begun = new Map<string, number>()
  for (const { node } of best.history) begun.set(node, (begun.get(node) ?? 0) + 1)
  const seen = new Map<string, number>()
  const workload = best.workload.filter(({ node }) => {
    const position = seen.get(node) ?? 0
    seen.set(node, position + 1)
    return position < (begun.get(node) ?? 0)
  })
  if (workload.length < best.workload.length) await search.take({ ...spec, workload })
}

/** Leaves out pauses, or shortens them. */
export async function shorterPauses(search: Search): Promise<void> {
  search.pass = 'pauses'
  const { workload } = search.best
  if (!workload.some(({ after = 0 }) => after > 0)) return
  const { spec } = search
  await search.take({ ...spec, workload: workload.map((operation) => paused(operation, 0)) })
  if (workload.length > SINGLE) {
    await search.take({
      ...spec,
      workload: workload.map((operation) => paused(operation, Math.round(operation.after ?? 0))),
    })
    return
  }
  for (let index = 0; index < search.best.workload.length; index++) {
    const pause = (): number => Math.round((search.best.workload[index]?.after ?? 0) * 1000)
    const put = (us: number): Promise<boolean> => {
      const now = search.best.workload
      return search.take({
        ...search.spec,
        workload: now.map((operation, at) => (at === index ? paused(operation, us / 1000) : operation)),
      })
    }
    if (pause() === 0) continue
    await lowest([0, ...stepsBelow(pause(), 1_000)], put)
    await first([...cutDigits(pause()), ...nearestDigits(pause())], put)
  }
}

function paused({ after: _, ...operation }: WorkloadOperation, after: number): WorkloadOperation {
  return after === 0 ? operation : { ...operation, after }
}

/** An operation with the times that it had, if the history tells them. */
interface Scheduled {
  readonly operation: WorkloadOperation
  /** Microseconds. */
  readonly begun: number | undefined
  readonly ended: number | undefined
}

/** Operations beside their history: node by node, the n-th of the one is the n-th of the other if all names agree. */
function scheduleOf({ workload, history }: RunResult): readonly Scheduled[] {
  const byNode = new Map<string, Operation[]>()
  for (const operation of history) {
    const list = byNode.get(operation.node)
    if (list === undefined) byNode.set(operation.node, [operation])
    else list.push(operation)
  }
  const positions = new Map<string, number>()
  return workload.map((operation) => {
    const position = positions.get(operation.node) ?? 0
    positions.set(operation.node, position + 1)
    const done = byNode.get(operation.node)?.[position]
    const known = done?.name === operation.name ? done : undefined
    return { operation, begun: known?.invoked, ended: known?.completed }
  })
}

function rescheduled(
  schedule: readonly Scheduled[],
  kept: ReadonlySet<Scheduled>,
): readonly WorkloadOperation[] {
  /** By node: the last operation that is kept, and the pauses of those left out since. */
  const before = new Map<string, { last: Scheduled | undefined; skipped: number | undefined }>()
  const out: WorkloadOperation[] = []
  for (const one of schedule) {
    const { operation } = one
    const state = before.get(operation.node) ?? { last: undefined, skipped: undefined }
    before.set(operation.node, state)
    const { after = 0 } = operation
    if (!kept.has(one)) {
      state.skipped = (state.skipped ?? 0) + after
      continue
    }
    const { last, skipped } = state
    if (skipped === undefined) out.push(operation)
    else {
      const since = last === undefined ? 0 : last.ended
      const known = one.begun !== undefined && since !== undefined
      const pause = known ? Math.max(0, (one.begun ?? 0) - (since ?? 0)) / 1000 : skipped + after
      out.push(paused(operation, Math.round(pause * 1000) / 1000))
    }
    state.last = one
    state.skipped = undefined
  }
  return out
}
