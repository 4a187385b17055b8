import { describe, expect, it } from 'vitest'
import type { Check, CheckResult } from '../../../sim/checks/check.ts'
import type { SessionGuarantee, SessionViolation } from '../../../sim/checks/sessions.ts'
import { sessions } from '../../../sim/checks/sessions.ts'
import { boundedStaleness } from '../../../sim/checks/staleness.ts'
import type { World } from '../../../sim/checks/world.ts'
import type { Operation } from '../../../sim/host/history.ts'

/** An operation as a line: who, what, on which register, from record to record, with which version. */
type Line = readonly [
  node: string,
  name: string,
  key: string,
  from: number,
  to: number,
  version: number | undefined,
]

function operations(...lines: readonly Line[]): readonly Operation[] {
  return lines.map(([node, name, key, from, to, version], index): Operation => {
    const begun = { id: index + 1, node, name, input: { key }, invoked: from * 1000, record: from }
    const ended = { ...begun, completed: to * 1000, endRecord: to }
    return version === undefined
      ? { ...ended, status: 'unknown', reason: 'timeout' }
      : { ...ended, status: 'ok', output: { version } }
  })
}

function judge(check: Check, ...lines: readonly Line[]): CheckResult {
  const world = { operations: operations(...lines) } as unknown as World
  return check
    .begin({ world, faultsEnd: 0, randomFaults: false, at: () => undefined, stop: () => undefined })
    .finish()
}

const only = (guarantee: SessionGuarantee): Check => sessions({ by: 'key', guarantees: [guarantee] })

/** For each guarantee a history that violates it and no other. */
const broken: readonly (readonly [SessionGuarantee, readonly Line[], readonly number[]])[] = [
  [
    'read your writes',
    [
      ['a', 'write', 'x', 1, 2, 5],
      ['a', 'read', 'x', 3, 4, 4],
    ],
    [1, 2],
  ],
  [
    'monotonic reads',
    [
      ['a', 'read', 'x', 1, 2, 5],
      ['a', 'read', 'x', 3, 4, 4],
    ],
    [1, 2],
  ],
  [
    'monotonic writes',
    [
      ['a', 'write', 'x', 1, 2, 5],
      ['a', 'write', 'x', 3, 4, 4],
    ],
    [1, 2],
  ],
  [
    'monotonic writes',
    [
      ['a', 'write', 'x', 1, 2, 5],
      ['a', 'write', 'y', 3, 4, 1],
      ['b', 'read', 'y', 5, 6, 1],
      ['b', 'read', 'x', 7, 8, 4],
    ],
    [1, 2, 3, 4],
  ],
  [
    'writes follow reads',
    [
      ['a', 'read', 'x', 1, 2, 5],
      ['a', 'write', 'x', 3, 4, 4],
    ],
    [1, 2],
  ],
  [
    'writes follow reads',
    [
      ['a', 'read', 'x', 1, 2, 5],
      ['a', 'write', 'y', 3, 4, 1],
      ['b', 'read', 'y', 5, 6, 1],
      ['b', 'read', 'x', 7, 8, 4],
    ],
    [1, 2, 3, 4],
  ],
]
const all: readonly SessionGuarantee[] = [
  'read your writes',
  'monotonic reads',
  'monotonic writes',
  'writes follow reads',
]

describe('sessions', () => {
  it.each(broken)('finds what breaks %s alone: %j', (guarantee, lines, witness) => {
    for (const one of all)
      expect([one, judge(only(one), ...lines).verdict]).toEqual([
        one,
        one === guarantee ? 'violated' : 'held',
      ])
    const { violation, verdict } = judge(sessions({ by: 'key' }), ...lines)
    expect(verdict).toBe('violated')
    expect((violation as SessionViolation).guarantee).toBe(guarantee)
    expect((violation as SessionViolation).operations.map(({ id }) => id)).toEqual(witness)
  })

  it('says what was expected, what was observed and why', () => {
    const [, lines] = broken[3] as (typeof broken)[number]
    expect(judge(sessions({ by: 'key' }), ...lines).violation).toMatchObject({
      time: 8000,
      node: 'b',
      record: 8,
      expected:
        "monotonic writes: read 4 by b of 'x' returns at least 5 of write 1 by a, since its session had seen write 2 by a " +
        '(in read 3 by b), whose writer had written that before',
      observed: 'it ended with version 4 at 8ms (record 8)',
    })
  })

  it('lets another client read what is old', () => {
    const result = judge(
      sessions({ by: 'key' }),
      ['a', 'write', 'x', 1, 2, 5],
      ['b', 'read', 'x', 3, 4, 4],
      ['b', 'read', 'y', 5, 6, 0],
    )
    expect(result).toMatchObject({ verdict: 'held', observations: 0 })
  })

  it('asks nothing of operations that overlap, failed, or are unknown', () => {
    expect(judge(sessions(), ['a', 'write', 'x', 1, 4, 5], ['a', 'read', 'x', 2, 3, 4]).verdict).toBe('held')
    expect(judge(sessions(), ['a', 'write', 'x', 1, 2, undefined], ['a', 'read', 'x', 3, 4, 4]).verdict).toBe(
      'held',
    )
  })

  it('does not follow chains: that would be causality', () => {
    const result = judge(
      sessions({ by: 'key' }),
      ['a', 'write', 'x', 1, 2, 5],
      ['a', 'write', 'y', 3, 4, 1],
      ['b', 'read', 'y', 5, 6, 1],
      ['b', 'write', 'z', 7, 8, 1],
      ['c', 'read', 'z', 9, 10, 1],
      ['c', 'read', 'x', 11, 12, 4],
    )
    expect(result.verdict).toBe('held')
    expect(result.observations).toBe(0)
  })

  it('refuses a guarantee that there is none of, with the nearest', () => {
    expect(() => sessions({ guarantees: ['monotonic read' as SessionGuarantee] })).toThrow(
      "did you mean 'monotonic reads'?",
    )
  })
})

describe('boundedStaleness', () => {
  const writes: readonly Line[] = [
    ['a', 'write', 'x', 1, 2, 1],
    ['a', 'write', 'x', 3, 4, 2],
    ['a', 'write', 'x', 5, 6, 3],
  ]
  const read = (version: number, from = 10): Line => ['b', 'read', 'x', from, from + 1, version]

  it('by versions counts the acknowledged ones that a read missed', () => {
    const check = boundedStaleness({ by: 'key', versions: 1 })
    expect(judge(check, ...writes, read(3)).verdict).toBe('held')
    expect(judge(check, ...writes, read(2)).verdict).toBe('held')
    const result = judge(check, ...writes, read(1))
    expect(result).toMatchObject({
      verdict: 'violated',
      observations: 1,
      detail: '1 of 1 reads, at most 2 versions and 6ms behind',
    })
    expect(result.violation).toMatchObject({ node: 'b', record: 11, time: 11_000 })
    expect(result.violation?.observed).toBe(
      'begun at 10ms, it returned version 1, 2 behind version 3 of write 3 by a; the first that it missed was ' +
        'acknowledged 6ms before (record 11)',
    )
  })

  it('by time asks when the first version that a read missed was acknowledged', () => {
    expect(judge(boundedStaleness({ time: '6ms' }), ...writes, read(1)).verdict).toBe('held')
    expect(judge(boundedStaleness({ time: '5ms' }), ...writes, read(1)).verdict).toBe('violated')
    expect(judge(boundedStaleness({ time: '5ms' }), ...writes, read(2)).verdict).toBe('held')
  })

  it('needs every bound that is given', () => {
    expect(judge(boundedStaleness({ time: '1s', versions: 1 }), ...writes, read(1)).verdict).toBe('violated')
    expect(judge(boundedStaleness({ time: '1ms', versions: 5 }), ...writes, read(1)).verdict).toBe('violated')
    expect(judge(boundedStaleness({ time: '1s', versions: 5 }), ...writes, read(1)).verdict).toBe('held')
  })

  it('counts no write that was not acknowledged when the read began', () => {
    expect(judge(boundedStaleness({ versions: 0 }), ...writes, read(1, 2.5)).verdict).toBe('held')
    expect(judge(boundedStaleness({ versions: 0 }), ...writes, read(1, 3.5)).verdict).toBe('held')
    expect(judge(boundedStaleness({ versions: 0 }), ...writes, read(1, 4.5)).verdict).toBe('violated')
  })

  it('refuses bounds that are none', () => {
    expect(() => boundedStaleness({})).toThrow('no bound; expected versions, time, or both')
    expect(() => boundedStaleness({ versions: -1 })).toThrow('boundedStaleness: versions: -1')
  })
})
