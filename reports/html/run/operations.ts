/** The history of a run for its page: operations as intervals, and the orders that checks found of them. */
import type { CheckResult } from '../../../sim/checks/check.ts'
import type { HistoryCall } from '../../../sim/checks/history.ts'
import type { HistoryViolation } from '../../../sim/checks/search/report.ts'
import { ordersOf } from '../../../sim/checks/search/report.ts'
import type { Operation } from '../../../sim/host/history.ts'
import type { TraceRecord } from '../../../sim/trace/records.ts'
import { valueText } from '../../values.ts'
import type { OperationData, OrderData } from './data.ts'

/** Operations that a page shows at most, and calls of an order. */
export const OPERATION_LIMIT = 20_000
const ORDER_LIMIT = 20_000

/** Operations as the page holds them. */
export function operationData(
  operations: readonly Operation[],
  nodes: ReadonlyMap<string, number>,
): OperationData[] {
  return operations.map((one) => {
    const { id, node, name, input, status, invoked, completed, record, endRecord, output, reason } = one
    const answer = status === 'ok' ? valueText(output) : reason
    return {
      id,
      node: nodes.get(node) ?? -1,
      name,
      input: input === undefined ? '' : valueText(input),
      status,
      from: invoked,
      ...(completed === undefined ? {} : { to: completed }),
      record,
      ...(endRecord === undefined ? {} : { endRecord }),
      ...(answer === undefined || (status === 'ok' && output === undefined) ? {} : { answer }),
    }
  })
}

/** The history that a trace tells, where the run cannot be executed again. */
export class HistoryReader {
  private readonly list: Operation[] = []
  private readonly byRecord = new Map<number, number>()

  get operations(): readonly Operation[] {
    return this.list
  }

  record({ id, t, kind, node = '', type = '', data }: TraceRecord): void {
    switch (kind) {
      case 'invoke': {
        const operation: Operation = {
          id: this.list.length + 1,
          node,
          name: type,
          input: data,
          invoked: t,
          record: id,
          status: 'open',
        }
        this.byRecord.set(id, this.list.push(operation) - 1)
        return
      }
      case 'ok':
      case 'fail':
      case 'unknown': {
        const ended = data as {
          readonly operation?: number
          readonly output?: unknown
          readonly reason?: string
        }
        const at = this.byRecord.get(ended.operation ?? -1)
        const begun = at === undefined ? undefined : this.list[at]
        if (at === undefined || begun === undefined) return
        const { output, reason } = ended
        const end = { status: kind, completed: t, endRecord: id }
        this.list[at] = { ...begun, ...end, output, ...(reason === undefined ? {} : { reason }) }
        return
      }
      default:
    }
  }
}

/** The orders of all checks that look for one. */
export function orderData(checks: readonly CheckResult[]): OrderData[] {
  return checks.flatMap((check) => [...foundOrders(check), ...brokenOrder(check)])
}

function foundOrders(check: CheckResult): OrderData[] {
  return ordersOf(check).map(({ object, calls }) => ({
    check: check.name,
    ...(object === undefined ? {} : { object: valueText(object) }),
    order: calls.slice(0, ORDER_LIMIT).map(idOf),
  }))
}

function brokenOrder({ name, violation }: CheckResult): OrderData[] {
  const witness = (violation as Partial<HistoryViolation> | undefined)?.witness
  if (witness?.prefix === undefined) return []
  const { object, call, prefix, state, fitting = [], conflict } = witness
  const broken = {
    operation: call.id,
    conflict: conflict.map(idOf),
    state: valueText(state),
    fitting: fitting.map(valueText),
  }
  return [
    {
      check: name,
      ...(object === undefined ? {} : { object: valueText(object) }),
      order: prefix.slice(-ORDER_LIMIT).map(idOf),
      broken,
    },
  ]
}

const idOf = ({ id }: HistoryCall): number => id
