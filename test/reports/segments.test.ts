import { describe, expect, it } from 'vitest'
import { activityOf } from '../../reports/exports/activity.ts'
import { acknowledgementsOf, messagesOf, writeRow } from '../../reports/html/model/messages.ts'
import { matching, NO_FILTER } from '../../reports/html/model/filter.ts'
import { frameName, frameText, isAcknowledgement, StreamWrites } from '../../reports/segments.ts'
import { cut, sourceFrom, sourceOf } from './exports/sources.ts'
import type { Given } from './html/records.ts'
import { nodes, recordsOf } from './html/records.ts'

const ping = { xid: -2, op: { type: 'ping' } }

/** A writes a frame, B acknowledges it; the acknowledgement overtakes nothing. */
const conversation: readonly Given[] = [
  { id: 1, t: 0, node: 'a', kind: 'stream', type: 'send', data: { connection: 'a#1', value: ping } },
  {
    ...{ id: 2, t: 0, node: 'a', kind: 'stream', cause: 1, to: 'b', type: 'data' },
    data: { connection: 'a#1', seq: 1, length: 18, ack: 1, window: 9 },
  },
  { id: 3, t: 5, node: 'b', kind: 'deliver', cause: 2, from: 'a', type: 'data' },
  {
    ...{ id: 4, t: 5, node: 'b', kind: 'stream', cause: 3, to: 'a', type: 'ACK' },
    data: { connection: 'a#1', seq: 1, ack: 19, window: 9 },
  },
  { id: 5, t: 9, node: 'a', kind: 'deliver', cause: 4, from: 'b', type: 'ACK' },
  // The same bytes again: what they are is not known from this record.
  {
    ...{ id: 6, t: 9, node: 'a', kind: 'stream', to: 'b', type: 'data' },
    data: { connection: 'a#1', seq: 1, length: 18, ack: 1, window: 9, again: true },
  },
  { id: 7, t: 12, node: 'b', kind: 'deliver', cause: 6, from: 'a', type: 'data' },
]

describe('frames in reports', () => {
  it.each([
    [ping, 'ping'],
    [{ xid: 1, op: { type: 'create', path: '/a' } }, 'create /a'],
    [[{ type: 'commit' }, { type: 'ping' }], 'commit, ping'],
    [Array.from({ length: 5 }, () => ({ type: 'ack' })), 'ack, ack, ack and 2 more'],
  ])('are named by what they are: %j', (value, name) => {
    expect(frameName(value)).toBe(name)
  })

  it('without a name are told by their value', () => {
    expect([frameName({ xid: 1 }), frameName([{ xid: 1 }]), frameName('text')]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect([frameText({ xid: 1 }), frameText('text')]).toEqual(['{xid:1}', '"text"'])
  })

  it('are remembered until their segment leaves, not for ever', () => {
    const writes = new StreamWrites()
    for (let id = 1; id <= 1000; id++) writes.add(id, { value: id })
    expect(writes.carriedBy('stream', 'data', 1000)).toBe(1000)
    expect(writes.carriedBy('stream', 'data', 1)).toBeUndefined()
    expect(writes.carriedBy('stream', 'ACK', 1000)).toBeUndefined()
  })
})

describe('segments in a page', () => {
  const records = recordsOf(conversation)

  it('are messages, those without content marked', () => {
    const { count, from } = messagesOf(records)
    const empty = acknowledgementsOf(records)
    expect(count).toBe(3)
    expect([...from].map((row) => [records.id[row], empty[row]])).toEqual([
      [2, 0],
      [4, 1],
      [6, 0],
    ])
    expect([...empty]).toEqual([0, 0, 0, 1, 1, 0, 0])
  })

  it('that overtake each other are put in order by TCP, so that none is marked as reordered', () => {
    const data = { connection: 'a#1', seq: 1 }
    const segment = { t: 0, node: 'a', kind: 'stream', to: 'b', type: 'data', data } as const
    const arrival = { t: 9, node: 'b', kind: 'deliver', from: 'a', type: 'data' } as const
    const overtaking = [
      { ...segment, id: 1 },
      { ...segment, id: 2 },
      { ...arrival, id: 3, cause: 2 },
      { ...arrival, id: 4, cause: 1 },
    ]
    expect([...messagesOf(recordsOf(overtaking)).flags]).toEqual([0, 0])
    const datagrams = overtaking.map((one) =>
      one.kind === 'stream' ? { ...one, kind: 'send' as const } : one,
    )
    expect([...messagesOf(recordsOf(datagrams)).flags]).not.toEqual([0, 0])
  })

  it('carry what was written, at their departure and at their arrival, where that is known', () => {
    expect([0, 1, 2, 3, 4, 5, 6].map((row) => writeRow(records, row))).toEqual([-1, 0, 0, -1, -1, -1, -1])
  })

  it('are found by what they carry', () => {
    const found = matching(records, nodes, { ...NO_FILTER, text: 'ping' })
    expect([...(found ?? [])]).toEqual([1, 1, 1, 0, 0, 0, 0])
  })
})

describe('segments in exports', () => {
  it('are named by what they carry; those without content are there when asked for', () => {
    const source = sourceFrom(conversation)
    const told = (acknowledgements: boolean): readonly unknown[] =>
      activityOf(source, cut(source, { acknowledgements })).messages.map(({ id, type }) => [id, type])
    expect(told(false)).toEqual([
      [2, 'ping'],
      [6, 'data'],
    ])
    expect(told(true)).toEqual([
      [2, 'ping'],
      [4, 'ACK'],
      [6, 'data'],
    ])
  })

  it('of the coordination service mostly have names', async () => {
    const source = await sourceOf('split-brain', {}, '2s')
    const { messages } = activityOf(source, cut(source))
    expect(messages.filter(({ kind, type }) => isAcknowledgement(kind, type))).toEqual([])
    const types = new Set(messages.filter(({ kind }) => kind === 'stream').map(({ type }) => type))
    expect([...types]).toEqual(expect.arrayContaining(['ping', 'create /writers']))
  })
})
