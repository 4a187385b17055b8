import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SHIVIZ_EVENTS, shivizText } from '../../../reports/exports/shiviz.ts'
import type { Cut, TraceSource } from '../../../reports/exports/source.ts'
import { anySource, cut, recordsIn, sourceFrom, sourceOf } from './sources.ts'

interface Event {
  readonly host: string
  readonly clock: Readonly<Record<string, number>>
  readonly event: string
}

/** Reads a log as ShiViz does: with the regular expression of its first line. */
function eventsOf(text: string): readonly Event[] {
  const [parser = '', delimiter, ...log] = text.split('\n')
  expect(delimiter).toBe('')
  const body = log.join('\n')
  const found = [...body.matchAll(new RegExp(parser, 'gm'))]
  // Nothing may stand between the events.
  expect(found.map(([whole]) => `${whole}\n`).join('')).toBe(body)
  return found.map(({ groups }) => ({
    host: groups?.host ?? '',
    clock: JSON.parse(groups?.clock ?? '') as Readonly<Record<string, number>>,
    event: groups?.event ?? '',
  }))
}

const logOf = (source: TraceSource, part: Cut): readonly Event[] =>
  eventsOf([...shivizText(source, part)].join(''))

/** What ShiViz asks of clocks, and what no vector clock may do. */
function problemsOf(events: readonly Event[]): readonly string[] {
  const problems: string[] = []
  const seen = new Map<string, Event>()
  for (const [at, event] of events.entries()) {
    const { host, clock } = event
    const before = seen.get(host)
    if (clock[host] !== (before?.clock[host] ?? 0) + 1)
      problems.push(`${at}: the local clock does not tick by one`)
    for (const [other, ticks] of Object.entries(before?.clock ?? {})) {
      if ((clock[other] ?? 0) < ticks) problems.push(`${at}: forgets ${other}`)
    }
    for (const [other, ticks] of Object.entries(clock)) {
      if (other !== host && ticks > (seen.get(other)?.clock[other] ?? 0))
        problems.push(`${at}: knows the future`)
    }
    seen.set(host, event)
  }
  return problems
}

const knows = (later: Event, { host, clock }: Event): boolean =>
  (later.clock[host] ?? 0) >= (clock[host] ?? 0)

describe('a trace for ShiViz', () => {
  it.each([
    ['leader-election', {}],
    ['quorum', { loss: '0.2' }],
  ])('of %s %j has vector clocks', async (name, set) => {
    const source = await sourceOf(name, set, '1500ms')
    const events = logOf(source, cut(source))
    expect(events).toHaveLength(recordsIn(source, cut(source)).length)
    expect(problemsOf(events)).toEqual([])
  })

  it('of any records has them, cut or not', () => {
    fc.assert(
      fc.property(anySource, fc.nat(40), (source, from) => {
        const part = { ...cut(source), from, nodes: source.nodes.slice(1), isWhole: false }
        expect(problemsOf(logOf(source, cut(source)))).toEqual([])
        expect(problemsOf(logOf(source, part))).toEqual([])
      }),
      { seed: 6, numRuns: 150 },
    )
  })

  it('orders two events exactly where the causes of the trace and the order of each node do', () => {
    fc.assert(
      fc.property(anySource, (source) => {
        const records = recordsIn(source, cut(source))
        const events = logOf(source, cut(source))
        // Happened-before, from the definition: the order on a node, causes, and what follows from both.
        const past = new Map<number, Set<number>>()
        const last = new Map<string | undefined, number>()
        for (const { id, node, cause } of records) {
          const own = new Set<number>()
          for (const one of [last.get(node), cause]) {
            if (one === undefined) continue
            own.add(one)
            for (const earlier of past.get(one) ?? []) own.add(earlier)
          }
          past.set(id, own)
          last.set(node, id)
        }
        for (const [i, a] of records.entries()) {
          for (const [j, b] of records.entries()) {
            if (i < j)
              expect([a.id, b.id, knows(events[j]!, events[i]!)]).toEqual([
                a.id,
                b.id,
                past.get(b.id)!.has(a.id),
              ])
          }
        }
      }),
      { seed: 7, numRuns: 60 },
    )
  })

  it('knows through a node that is left out what was known through it', () => {
    const source = sourceFrom([
      { id: 1, t: 0, node: 'a', kind: 'send', to: 'b', type: 'x' },
      { id: 2, t: 1, node: 'b', kind: 'deliver', cause: 1, from: 'a', type: 'x' },
      { id: 3, t: 1, node: 'b', kind: 'send', cause: 2, to: 'c', type: 'y' },
      { id: 4, t: 2, node: 'c', kind: 'deliver', cause: 3, from: 'b', type: 'y' },
    ])
    expect(logOf(source, cut(source, { nodes: 'a,c' }))).toEqual([
      { host: 'a', clock: { a: 1 }, event: '#1 0s send x -> b' },
      { host: 'c', clock: { a: 1, c: 1 }, event: '#4 2us deliver y <- b' },
    ])
  })

  it('refuses more than ShiViz draws, and says what would fit', () => {
    const records = Array.from({ length: SHIVIZ_EVENTS + 1 }, (_, index) => {
      return { id: index + 1, t: index * 1000, node: 'a', kind: 'timer' as const }
    })
    const source = sourceFrom(records)
    expect(() => [...shivizText(source, cut(source))]).toThrow(
      /more than 20000 events.*--to 19.999999s would fit/,
    )
    expect(logOf(source, cut(source, { to: '19.999999s' }))).toHaveLength(SHIVIZ_EVENTS)
  })

  it('is judged by laws that catch a clock that stands still, forgets, or knows the future', () => {
    const good: readonly Event[] = [
      { host: 'a', clock: { a: 1 }, event: '' },
      { host: 'b', clock: { a: 1, b: 1 }, event: '' },
      { host: 'b', clock: { a: 1, b: 2 }, event: '' },
    ]
    const spoilt = (at: number, clock: Event['clock']): readonly string[] =>
      problemsOf(good.map((event, index) => (index === at ? { ...event, clock } : event)))
    expect(problemsOf(good)).toEqual([])
    expect(spoilt(2, { a: 1, b: 1 })).toHaveLength(1)
    expect(spoilt(2, { b: 2 })).toEqual(['2: forgets a'])
    expect(spoilt(1, { a: 2, b: 1 })).toContain('1: knows the future')
  })
})
