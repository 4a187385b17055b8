/** States of nodes at an instant: after a record's event, or at a time when all that was due then had happened. */
import type { NodeData, StateData } from '../run/data.ts'
import { StateTable } from '../run/state-values.ts'

/** `record`: a record's number. `time`: virtual microseconds. */
export type Instant = { readonly record: number } | { readonly time: number }

interface NodeChanges {
  readonly first: number[]
  readonly record: number[]
  readonly t: number[]
  readonly value: number[]
}

export interface NodeState {
  /** Undefined while the node is down. */
  readonly state: unknown
  /** Number of the change that made it, from 0; -1: there was none yet. */
  readonly change: number
}

export class States {
  private readonly table: StateTable
  private readonly byNode: readonly NodeChanges[]

  constructor(data: StateData, nodes: readonly NodeData[]) {
    this.table = new StateTable(data)
    const byNode = nodes.map((): NodeChanges => ({ first: [], record: [], t: [], value: [] }))
    const { node, first, record, t, value } = data.changes
    let time = 0
    for (let i = 0; i < node.length; i++) {
      time += t[i] as number
      const list = byNode[node[i] as number]
      if (list === undefined) continue
      list.first.push((record[i] as number) + (first[i] as number))
      list.record.push(record[i] as number)
      list.t.push(time)
      list.value.push(value[i] as number)
    }
    this.byNode = byNode
  }

  /** A node's state at an instant. */
  at(node: number, instant: Instant): NodeState {
    const { first, t } = this.byNode[node] as NodeChanges
    const change = 'record' in instant ? lastAtMost(first, instant.record) : lastAtMost(t, instant.time)
    return { state: this.value(node, change), change }
  }

  /** What the event of a record did to a node: undefined if it changed nothing. */
  changeBy(node: number, record: number): { readonly before: unknown; readonly after: unknown } | undefined {
    const { first, record: last } = this.byNode[node] as NodeChanges
    const change = lastAtMost(first, record)
    if (change < 0 || (last[change] as number) < record) return undefined
    return { before: this.value(node, change - 1), after: this.value(node, change) }
  }

  private value(node: number, change: number): unknown {
    const id = this.byNode[node]?.value[change] ?? -1
    return id < 0 ? undefined : this.table.value(id)
  }
}

function lastAtMost(ascending: readonly number[], most: number): number {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ascending[middle] as number) <= most) low = middle + 1
    else high = middle
  }
  return low - 1
}
