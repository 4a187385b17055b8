import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { whyText } from '../../reports/why.ts'
import type { Explanation } from '../../sim/explore/why.ts'
import { CauseIndex, explain } from '../../sim/explore/why.ts'
import type { RecordKind, TraceRecord } from '../../sim/trace/records.ts'
import { Chalk } from 'chalk'
import { simulate } from '../../index.ts'
import counter from '../fixtures/counter.ts'

const plain = new Chalk({ level: 0 })

type Fields = Partial<Omit<TraceRecord, 'id' | 'kind' | 't' | 'hash'>>

/** A trace written by hand: time, kind, and what else there is. */
function trace(...rows: readonly (readonly [number, RecordKind, Fields?])[]): readonly TraceRecord[] {
  return rows.map(([t, kind, fields = {}], index) => ({ id: index + 1, t, kind, hash: '', ...fields }))
}

const why = (records: readonly TraceRecord[], id = records.length): Explanation => explain(() => records, id)
const ids = ({ steps }: Explanation): readonly number[] => steps.map(({ record }) => record.id)
const text = (explanation: Explanation, all = false): string => whyText({ explanation, all }, plain)

const asked = trace(
  [0, 'start', { node: 'a' }],
  [0, 'request', { node: 'a', cause: 1, to: 'b', type: 'ask' }],
  [0, 'start', { node: 'b' }],
  [2000, 'deliver', { node: 'b', cause: 2, from: 'a', type: 'ask' }],
  [5000, 'handle', { node: 'b', cause: 4, from: 'a', type: 'ask' }],
  [9000, 'disk', { node: 'b', cause: 5, type: 'sync' }],
  [9000, 'reply', { node: 'b', cause: 6, to: 'a', type: 'ask' }],
  [12000, 'deliver', { node: 'a', cause: 7, from: 'b', type: 'ask' }],
)

describe('the chain of causes', () => {
  it('leads from the root to the record and leaves out what has no part in it', () => {
    expect(ids(why(asked))).toEqual([1, 2, 4, 5, 6, 7, 8])
    expect(ids(why(asked, 3))).toEqual([3])
  })

  it('says for each step what was waited for, and how long', () => {
    expect(why(asked).steps.map(({ took, waiting }) => [took, waiting])).toEqual([
      [0, 'none'],
      [0, 'none'],
      [2000, 'wire'],
      [3000, 'cpu'],
      [4000, 'disk'],
      [0, 'none'],
      [3000, 'wire'],
    ])
  })

  it('goes through faults: from a restart to the fault that had crashed the node', () => {
    const records = trace(
      [0, 'start', { node: 'a' }],
      [1000, 'fault', { type: 'crash', data: { index: 0, node: 'a', for: '5ms' } }],
      [1000, 'crash', { node: 'a', type: 'fault', cause: 2 }],
      [6000, 'heal', { type: 'crash', cause: 2 }],
      [6000, 'start', { node: 'a', cause: 4, data: { incarnation: 2 } }],
      [7000, 'timer', { node: 'a', cause: 5 }],
    )
    const explanation = why(records)
    expect(ids(explanation)).toEqual([2, 4, 5, 6])
    expect(explanation.steps[1]).toMatchObject({ took: 5000, waiting: 'fault' })
    expect(explanation.faults).toEqual([{ fault: records[1], until: 6000 }])
    expect(text(explanation)).toContain('root: the fault crash (#2, at 1ms)')
  })

  it('refuses a record that is not there', () => {
    expect(() => why(asked, 9)).toThrow('there is no record 9; expected a record from 1 to 8')
    expect(() => why(asked, 0)).toThrow('there is no record 0')
    expect(() => why([], 1)).toThrow('there is no record 1; expected a trace with records')
  })

  it('ends in a root, for every record of a run, in the order of time', async () => {
    const { trace: kept } = await simulate(counter, { params: { loss: 0.3 }, records: true })
    const records = [...kept!.records()]
    fc.assert(
      fc.property(fc.integer({ min: 1, max: records.length }), (id) => {
        const { steps } = why(records, id)
        expect(steps[0]?.record.cause).toBeUndefined()
        expect(steps.at(-1)?.record.id).toBe(id)
        for (const [index, { record, took }] of steps.entries()) {
          if (index === 0) continue
          const before = steps[index - 1]!.record
          expect(record.cause).toBe(before.id)
          expect(took).toBe(record.t - before.t)
        }
      }),
      { seed: 1 },
    )
  })

  it('keeps both ends of a chain that is too long for memory, and counts the rest', () => {
    const length = 12_000
    const records = trace(
      ...Array.from(
        { length },
        (_, index) => [index, 'timer', { node: 'a', ...(index === 0 ? {} : { cause: index }) }] as const,
      ),
    )
    const explanation = why(records)
    expect(explanation.omitted).toBe(2000)
    expect(explanation.steps).toHaveLength(10_000)
    expect(explanation.steps[0]?.record.id).toBe(1)
    expect(explanation.steps.at(-1)?.record.id).toBe(length)
    expect(text(explanation, true)).toContain('... 2000 steps are left out ...')
  })

  it('needs a few bytes a record for its index', () => {
    const index = new CauseIndex()
    for (let id = 1; id <= 100_000; id++) {
      index.add({ id, t: id, kind: 'timer', hash: '', ...(id === 1 ? {} : { cause: id - 1 }) })
    }
    expect(index.chain(100_000)).toHaveLength(100_000)
    expect(index.count).toBe(100_000)
  })
})

describe('what became of a request that timed out', () => {
  const sent: readonly (readonly [number, RecordKind, Fields?])[] = [
    [0, 'start', { node: 'a' }],
    [0, 'request', { node: 'a', cause: 1, to: 'b', type: 'ask' }],
  ]
  const timeout = [100_000, 'timeout', { node: 'a', cause: 2, type: 'ask' }] as const
  const fate = (...rows: readonly (readonly [number, RecordKind, Fields?])[]): string => {
    const { steps } = why(trace(...sent, ...rows, timeout))
    const [first] = steps.at(-1)!.circumstances
    return first?.kind === 'request' ? `${first.fate.kind} ${'by' in first.fate ? first.fate.by.id : ''}` : ''
  }

  it('it was lost', () => {
    expect(fate([0, 'drop', { node: 'a', cause: 2, to: 'b', type: 'loss' }])).toBe('lost 3')
  })

  it('it was lost, but a copy arrived', () => {
    expect(
      fate(
        [0, 'duplicate', { node: 'a', cause: 2, to: 'b' }],
        [1, 'drop', { node: 'b', cause: 2, to: 'a', type: 'partition' }],
        [9, 'deliver', { node: 'b', cause: 3, from: 'a', type: 'ask' }],
      ),
    ).toBe('delivered 5')
  })

  it('it arrived and was not answered', () => {
    expect(fate([5, 'deliver', { node: 'b', cause: 2, from: 'a', type: 'ask' }])).toBe('delivered 3')
  })

  it('it was answered, after work that led through others, and the reply was lost', () => {
    expect(
      fate(
        [5, 'deliver', { node: 'b', cause: 2, from: 'a', type: 'ask' }],
        [5, 'request', { node: 'b', cause: 3, to: 'c', type: 'ask' }],
        [7, 'deliver', { node: 'c', cause: 4, from: 'b', type: 'ask' }],
        [7, 'reply', { node: 'c', cause: 5, to: 'b', type: 'ask' }],
        [9, 'deliver', { node: 'b', cause: 6, from: 'c', type: 'ask' }],
        [9, 'reply', { node: 'b', cause: 7, to: 'a', type: 'ask' }],
        [9, 'drop', { node: 'b', cause: 8, to: 'a', type: 'loss' }],
      ),
    ).toBe('answer-lost 9')
  })

  it('it, or the reply, was still under way', () => {
    expect(fate()).toBe('under-way ')
    expect(
      fate(
        [5, 'deliver', { node: 'b', cause: 2, from: 'a', type: 'ask' }],
        [5, 'reply', { node: 'b', cause: 3, to: 'a', type: 'ask' }],
      ),
    ).toBe('answered 4')
  })

  it('the node that was asked was paused, by a fault', () => {
    const records = trace(
      ...sent,
      [10_000, 'fault', { type: 'pause' }],
      [10_000, 'pause', { node: 'b', cause: 3 }],
      timeout,
    )
    expect(text(why(records))).toContain('b was paused from 10ms and still is (#4, because of #3)')
  })

  it('the node that was asked was down', () => {
    const records = trace(
      ...sent,
      [10_000, 'crash', { node: 'b' }],
      [20_000, 'drop', { node: 'b', cause: 2, to: 'a', type: 'down' }],
      timeout,
    )
    expect(text(why(records))).toContain('request #2 did not arrive: down (#4 at 20ms)')
    expect(text(why(records))).toContain('b was down since 10ms (crash #3)')
  })
})

describe('a pause within a step', () => {
  it('is told with the step that it held up, and with no other', () => {
    const records = trace(
      [0, 'start', { node: 'a' }],
      [1000, 'timer', { node: 'a', cause: 1 }],
      [2000, 'pause', { node: 'a' }],
      [8000, 'resume', { node: 'a' }],
      [8000, 'timer', { node: 'a', cause: 2 }],
      [9000, 'timer', { node: 'a', cause: 5 }],
    )
    const { steps } = why(records)
    expect(steps.map(({ circumstances }) => circumstances.length)).toEqual([0, 0, 1, 0])
    expect(text(why(records))).toContain('a was paused from 2ms until 8ms (#3)')
  })
})

describe('the text', () => {
  it('fits into 80 columns', async () => {
    const { trace: kept } = await simulate(counter, { params: { loss: 0.4 }, records: true })
    const records = [...kept!.records()]
    for (const { id } of records) {
      for (const line of text(why(records, id)).split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    }
  })

  it('tells once what comes again and again, with how often', () => {
    const beat = (at: number, cause: number): readonly (readonly [number, RecordKind, Fields])[] => [
      [at, 'timer', { node: 'a', cause }],
      [at, 'send', { node: 'a', to: 'b', type: 'beat', cause: cause + 1 }],
    ]
    const rows = Array.from({ length: 50 }, (_, index) => beat((index + 1) * 1000, 1 + 2 * index)).flat()
    const explanation = why(trace([0, 'start', { node: 'a' }], ...rows))
    expect(explanation.steps).toHaveLength(101)
    expect(text(explanation)).toMatchInlineSnapshot(`
      "why record 101 (send at 50ms on a)

      root: the start of a (#1, at 0s)

        #1    0.000000s a             start
        #2    0.001000s a             timer                           1ms timer
        #3    0.001000s a             send beat -> b
           ... these 2 steps 48 times more, every 1ms on average ...
      #100    0.050000s a             timer                           1ms timer
      #101    0.050000s a             send beat -> b
      "
    `)
    expect(text(explanation, true).split('\n').length).toBeGreaterThan(101)
  })
})
