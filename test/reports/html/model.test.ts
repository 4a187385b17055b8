import { describe, expect, it } from 'vitest'
import { bandsOf, standingAt } from '../../../reports/html/model/bands.ts'
import { chainOf, Effects, stepsOf } from '../../../reports/html/model/causes.ts'
import { clockAt } from '../../../reports/html/model/clocks.ts'
import { keysOf, matching, NO_FILTER } from '../../../reports/html/model/filter.ts'
import { effectsOf, placeHistory } from '../../../reports/html/model/history.ts'
import { firstFolds, layLanes } from '../../../reports/html/model/lanes.ts'
import { DELAYED, DUPLICATE, LOST, messagesOf, REORDERED } from '../../../reports/html/model/messages.ts'
import { shortTime, timeTicks } from '../../../reports/html/model/ticks.ts'
import type { OperationData } from '../../../reports/html/run/data.ts'
import { nodes, recordsOf } from './records.ts'
import type { Given } from './records.ts'

const send = (id: number, t: number, more: Partial<Given> = {}): Given => ({
  id,
  t,
  node: 'a',
  kind: 'send',
  to: 'b',
  type: 'hello',
  data: { key: 'x' },
  ...more,
})
const deliver = (id: number, t: number, cause: number): Given => ({
  id,
  t,
  node: 'b',
  kind: 'deliver',
  cause,
  from: 'a',
  type: 'hello',
})

describe('messages of a diagram', () => {
  it('are pairs of departure and arrival, marked when lost, duplicated or reordered', () => {
    const records = recordsOf([
      send(1, 0),
      send(2, 10),
      send(3, 20),
      deliver(4, 30, 2),
      deliver(5, 40, 1),
      { id: 6, t: 40, node: 'a', kind: 'duplicate', cause: 3, to: 'b' },
      deliver(7, 50, 6),
      { id: 8, t: 60, node: 'a', kind: 'drop', cause: 3, to: 'b', type: 'loss' },
    ])
    const { from, to, flags, receiver } = messagesOf(records)
    const seen = [...from].map((row, at) => [records.id[row], records.id[to[at]!], flags[at], receiver[at]])
    expect(seen).toEqual([
      [2, 4, 0, 1],
      [1, 5, REORDERED, 1],
      [3, 7, DUPLICATE, 1],
      [3, 8, LOST, 1],
    ])
  })

  it('are delayed when they take more than eight times the median', () => {
    const list = Array.from({ length: 9 }, (_, at) => send(at + 1, at))
    const arrivals = list.map(({ id, t }) => deliver(id + 9, id === 9 ? 200 : t + 10, id))
    const { flags } = messagesOf(recordsOf([...list, ...arrivals]))
    expect([...flags]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, DELAYED])
  })
})

describe('causes in a page', () => {
  const records = recordsOf([
    { id: 1, t: 0, node: 'a', kind: 'start', data: { incarnation: 1 } },
    { ...send(2, 5), cause: 1 },
    deliver(3, 9, 2),
    { ...send(4, 9), cause: 1, to: 'c' },
  ])

  it('lead from a record to its root', () => {
    expect(chainOf(records, 2)).toEqual([0, 1, 2])
    const steps = stepsOf(records, nodes, 2, true)
    expect(steps.map(({ record, took, waiting }) => [record.id, took, waiting])).toEqual([
      [1, 0, 'none'],
      [2, 5, 'other'],
      [3, 4, 'wire'],
    ])
  })

  it('have effects, in order', () => {
    const effects = new Effects(records)
    expect([0, 1, 2, 3].map((row) => effects.of(row))).toEqual([[1, 3], [2], [], []])
  })

  it('end where what came before is left out', () => {
    const part = recordsOf([{ ...send(20, 5), cause: 3 }, deliver(21, 9, 20)])
    expect(chainOf(part, 1)).toEqual([0, 1])
    expect(part.causeId[0]).toBe(3)
    expect(stepsOf(part, nodes, 1, false).map(({ record }) => record.cause)).toEqual([3, 20])
  })
})

describe('bands of a diagram', () => {
  const records = recordsOf([
    { id: 1, t: 0, node: 'a', kind: 'role', type: 'leader', data: { term: 3 } },
    { id: 2, t: 100, kind: 'fault', type: 'crash', data: { index: 0, at: '100us', node: 'a', for: '50us' } },
    { id: 3, t: 100, node: 'a', kind: 'crash', cause: 2, type: 'fault' },
    { id: 4, t: 150, kind: 'heal', cause: 2, type: 'crash' },
    { id: 5, t: 150, node: 'a', kind: 'start', cause: 4, data: { incarnation: 2 } },
    {
      id: 6,
      t: 160,
      kind: 'fault',
      type: 'clock-step',
      data: { index: 1, at: '160us', node: 'b', by: '-1s' },
    },
  ])
  const plan = [{ index: 1, kind: 'clock-step', touched: ['b'], fired: true }]
  const bands = bandsOf(records, nodes, plan, 500)

  it('are lives, roles with their term, and faults with what they touched', () => {
    expect(bands.lives).toMatchObject([{ node: 0, state: 'down', from: 100, to: 150 }])
    expect(bands.roles).toMatchObject([{ node: 0, label: 'leader, term 3', from: 0, to: 100 }])
    expect(bands.faults).toMatchObject([
      { label: 'crash a', from: 100, to: 150, touched: [0], lasts: true, category: 'process' },
      { label: 'clock-step b by -1s', from: 160, to: 160, touched: [1], lasts: false, category: 'clock' },
    ])
  })

  it('say how a node stands after a record, also within one microsecond', () => {
    const after = (id: number): unknown => standingAt(bands, 0, { row: records.rowOf(id), time: 100 }, 500)
    expect([2, 3, 4, 5].map(after)).toEqual([
      { role: 'leader, term 3' },
      { life: 'down' },
      { life: 'down' },
      {},
    ])
  })
})

describe('the filter', () => {
  const records = recordsOf([
    send(1, 0),
    send(2, 1, { to: 'c', data: { key: 'y', text: 'Large' } }),
    deliver(3, 2, 1),
    { id: 4, t: 3, node: 'c', kind: 'timer' },
  ])
  const ids = (filter: Partial<typeof NO_FILTER>): number[] => {
    const found = matching(records, nodes, { ...NO_FILTER, ...filter })
    return [...records.id].filter((_, row) => found === undefined || found[row] === 1)
  }

  it.each([
    [{ node: 'b' }, [1, 3]],
    [{ node: 'node' }, [1, 2, 3, 4]],
    [{ kind: 'send' as const }, [1, 2]],
    [{ type: 'hello' }, [1, 2, 3]],
    [{ key: 'x' }, [1, 3]],
    [{ text: 'large' }, [2]],
    [{ text: 'hel', node: 'c' }, [2]],
    [{}, [1, 2, 3, 4]],
  ])('%j lets %j through', (filter, expected) => {
    expect(ids(filter)).toEqual(expected)
  })

  it('suggests keys', () => {
    expect(keysOf(records)).toEqual(['x', 'y'])
  })
})

describe('lanes', () => {
  const many = Array.from({ length: 30 }, (_, at) => ({ name: `client[${at}]`, kind: 'client' }))
  const all = [{ name: 'server', kind: 'server' }, ...many]

  it('are one for each node, of many nodes one for all of a kind', () => {
    expect(firstFolds(nodes)).toEqual(new Set())
    const folded = firstFolds(all)
    expect(folded).toEqual(new Set(['client']))
    const { lanes, y } = layLanes(all, folded, 400)
    expect(lanes.map(({ label }) => label)).toEqual(['server', 'client (30)'])
    expect(new Set(y).size).toBe(31)
    expect(layLanes(all, new Set(), 400).lanes).toHaveLength(31)
  })
})

describe('the history', () => {
  const operation = (id: number, node: number, from: number, to: number): OperationData => {
    return { id, node, name: 'write', input: '', status: 'ok', from, to, record: id }
  }

  it('puts operations of one client that overlap below each other', () => {
    const { operations, clients } = placeHistory(
      [operation(1, 2, 0, 10), operation(2, 2, 5, 8), operation(3, 0, 6, 7), operation(4, 2, 10, 12)],
      99,
    )
    expect(operations.map(({ row, level }) => [row, level])).toEqual([
      [1, 0],
      [1, 1],
      [0, 0],
      [1, 0],
    ])
    expect(clients).toEqual([
      { node: 0, levels: 1 },
      { node: 2, levels: 2 },
    ])
  })

  it('lets the operations of an order take effect one after the other, within their intervals', () => {
    const byId = new Map([operation(1, 0, 0, 10), operation(2, 1, 4, 9)].map((one) => [one.id, one]))
    expect([...effectsOf({ check: 'linearizable', order: [2, 1] }, byId)]).toEqual([
      [2, { place: 1, time: 4 }],
      [1, { place: 2, time: 4 }],
    ])
  })
})

describe('clocks in a page', () => {
  it('show what a drifting and skewed clock shows', () => {
    const clocks = [
      { node: 0, t: 0, wall: 500, monotonic: 0, ppm: 0 },
      { node: 0, t: 1_000_000, wall: 500, monotonic: 0, ppm: 20_000 },
    ]
    expect(clockAt(clocks, 0, 400)).toEqual({ wall: 900, error: 500, monotonic: 400, ppm: 0 })
    expect(clockAt(clocks, 0, 3_000_000)).toMatchObject({ error: 40_500, monotonic: 3_040_000, ppm: 20_000 })
    expect(clockAt(clocks, 1, 7)).toMatchObject({ wall: 7, error: 0 })
  })
})

describe('a time axis', () => {
  it('has round times, at most as many as asked for, written as short as they differ', () => {
    expect(timeTicks(0, 19_000_000, 8)).toEqual([0, 5_000_000, 10_000_000, 15_000_000])
    expect(timeTicks(3, 9, 100)).toEqual([3, 4, 5, 6, 7, 8, 9])
    expect([shortTime(1_250_000, 50_000), shortTime(15_000_000, 5_000_000)]).toEqual(['1.25s', '15s'])
  })
})
