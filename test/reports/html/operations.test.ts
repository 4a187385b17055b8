import { describe, expect, it } from 'vitest'
import { HistoryReader, operationData, orderData } from '../../../reports/html/run/operations.ts'
import { linearizable } from '../../../sim/checks/history-checks.ts'
import type { CheckContext } from '../../../sim/checks/check.ts'
import type { Operation } from '../../../sim/host/history.ts'
import type { RecordKind } from '../../../sim/trace/records.ts'

function operation(id: number, name: 'read' | 'write', value: number, from: number, to: number): Operation {
  const end = { status: 'ok', completed: to, endRecord: to } as const
  const content = name === 'write' ? { input: value, output: undefined } : { input: undefined, output: value }
  return { id, node: `client[${id % 2}]`, name, invoked: from, record: from, ...end, ...content }
}

function orders(operations: readonly Operation[]) {
  const check = linearizable({ model: 'register' })
  const context = { world: { operations } } as unknown as CheckContext
  return orderData([check.begin(context).finish()])
}

describe('the order of a history', () => {
  it('is the one that a check of linearizability found', () => {
    // The write of 2 began last and took effect before the write of 1 ended.
    const history = [
      operation(1, 'write', 1, 1, 20),
      operation(2, 'write', 2, 5, 10),
      operation(3, 'read', 1, 21, 22),
    ]
    expect(orders(history)).toEqual([{ check: 'linearizable (register)', order: [2, 1, 3] }])
  })

  it('is the longest there is where there is none of all, with what contradicts it', () => {
    const history = [
      operation(1, 'write', 1, 1, 2),
      operation(2, 'write', 2, 3, 4),
      operation(3, 'read', 1, 5, 6),
    ]
    expect(orders(history)).toEqual([
      {
        check: 'linearizable (register)',
        order: [1, 2],
        broken: { operation: 3, conflict: [1, 2, 3], state: '2', fitting: ['2'] },
      },
    ])
  })
})

describe('a history that is read from a trace', () => {
  const record = (id: number, kind: RecordKind, data: unknown) =>
    ({ id, t: id * 10, kind, node: 'client', type: 'read', data, hash: '' }) as const

  it('has the operations, those that never ended too', () => {
    const reader = new HistoryReader()
    for (const one of [
      record(1, 'invoke', { key: 'a' }),
      record(2, 'invoke', { key: 'b' }),
      record(3, 'fail', { operation: 2, reason: 'full' }),
      record(4, 'invoke', { key: 'c' }),
      record(5, 'ok', { operation: 1, output: [7] }),
    ])
      reader.record(one)
    const shown = operationData(reader.operations, new Map([['client', 4]]))
    const common = { node: 4, name: 'read' }
    expect(shown).toEqual([
      {
        ...common,
        id: 1,
        input: '{key:"a"}',
        status: 'ok',
        from: 10,
        to: 50,
        record: 1,
        endRecord: 5,
        answer: '[7]',
      },
      {
        ...common,
        id: 2,
        input: '{key:"b"}',
        status: 'fail',
        from: 20,
        to: 30,
        record: 2,
        endRecord: 3,
        answer: 'full',
      },
      { ...common, id: 3, input: '{key:"c"}', status: 'open', from: 40, record: 4 },
    ])
  })
})
