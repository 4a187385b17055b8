/**
 * The history for the eye: operations as intervals by client, and where in its interval each took effect in the order that
 * a check found. The points of an order ascend; each lies in its operation's interval, as early as it can.
 */
import type { OperationData, OrderData } from '../run/data.ts'

export interface PlacedOperation {
  readonly operation: OperationData
  /** Number of the client's row, from 0. */
  readonly row: number
  /** Where an operation overlaps an earlier one of its client, it stands below it: 0, 1, 2 ... */
  readonly level: number
}

export interface PlacedHistory {
  readonly operations: readonly PlacedOperation[]
  /** Nodes with a row, in the order of the run, and how many levels each row has. */
  readonly clients: readonly { readonly node: number; readonly levels: number }[]
}

/** Places operations that are in order of invocation. `end`: where open ones end. */
export function placeHistory(operations: readonly OperationData[], end: number): PlacedHistory {
  const nodes = [...new Set(operations.map(({ node }) => node))].sort((a, b) => a - b)
  const rows = new Map(nodes.map((node, row) => [node, row]))
  const busy = nodes.map((): number[] => [])
  const placed = operations.map((operation): PlacedOperation => {
    const row = rows.get(operation.node) ?? 0
    const levels = busy[row] as number[]
    const free = levels.findIndex((until) => until <= operation.from)
    const level = free < 0 ? levels.length : free
    levels[level] = operation.to ?? end
    return { operation, row, level }
  })
  return {
    operations: placed,
    clients: nodes.map((node, row) => ({ node, levels: Math.max(1, busy[row]?.length ?? 1) })),
  }
}

/** Where each operation of an order took effect, by its number: its place in the order (from 1) and a time. */
export function effectsOf(
  { order }: OrderData,
  byId: ReadonlyMap<number, OperationData>,
): ReadonlyMap<number, { readonly place: number; readonly time: number }> {
  const out = new Map<number, { readonly place: number; readonly time: number }>()
  let time = 0
  order.forEach((id, index) => {
    const operation = byId.get(id)
    if (operation === undefined) return
    time = Math.max(time, operation.from)
    out.set(id, { place: index + 1, time })
  })
  return out
}

/** Operations under way at some time within a stretch, at most so many: those in its middle. */
export function operationsIn(
  operations: readonly OperationData[],
  from: number,
  to: number,
  most: number,
): { readonly shown: readonly OperationData[]; readonly all: number } {
  const within = operations.filter((one) => one.from <= to && (one.to ?? Infinity) >= from)
  const skip = Math.max(0, Math.floor((within.length - most) / 2))
  return { shown: within.slice(skip, skip + most), all: within.length }
}
