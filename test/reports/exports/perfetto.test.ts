import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { perfettoText } from '../../../reports/exports/perfetto.ts'
import type { Cut, TraceSource } from '../../../reports/exports/source.ts'
import counterScenario from '../../fixtures/counter.ts'
import { anySource, cut, recordsIn, sourceOf } from './sources.ts'
import type { Event } from './trace-events.ts'
import { problemsOf } from './trace-events.ts'

interface File {
  readonly traceEvents: readonly Event[]
}

function fileOf(source: TraceSource, part: Cut): File {
  return JSON.parse([...perfettoText(source, part)].join('')) as File
}

const phase = (events: readonly Event[], ph: Event['ph']): readonly Event[] =>
  events.filter((event) => event.ph === ph)

describe('a trace for Perfetto', () => {
  it.each([
    ['leader-election', {}, undefined],
    ['leader-election', { fault: 'pause' }, undefined],
    ['quorum', { r: '1', w: '1' }, '2s'],
    ['load-balancing', {}, '5s'],
    ['herd-effect', {}, '5s'],
  ])('of %s %j obeys the Trace Event Format', async (name, set, until) => {
    const source = await sourceOf(name, set, until)
    expect(problemsOf(fileOf(source, cut(source)))).toEqual([])
  })

  it('of any records obeys it', () => {
    fc.assert(
      fc.property(anySource, fc.nat(60), fc.nat(60), (source, a, b) => {
        const { endedAt } = source.footer
        const [from, to] = [Math.min(a, b, endedAt), Math.min(Math.max(a, b), endedAt)]
        const part = { from, to, nodes: source.nodes.slice(1), isWhole: false }
        expect(problemsOf(fileOf(source, cut(source)))).toEqual([])
        expect(problemsOf(fileOf(source, part))).toEqual([])
      }),
      { seed: 5, numRuns: 150 },
    )
  })

  it('has a flow for each message, which ends where it was delivered', async () => {
    const source = await sourceOf('quorum', {}, '1500ms')
    const { traceEvents } = fileOf(source, cut(source))
    const records = recordsIn(source, cut(source))
    const departures = records.filter(({ kind }) => ['send', 'request', 'reply', 'duplicate'].includes(kind))
    const arrivals = records.filter(({ kind }) => kind === 'deliver')
    expect(phase(traceEvents, 's')).toHaveLength(departures.length)
    expect(phase(traceEvents, 'f').map((event) => 'id' in event && event.id)).toEqual(
      arrivals.map(({ cause }) => cause),
    )
    expect(arrivals.length).toBeGreaterThan(0)
    expect(arrivals.length).toBeLessThan(departures.length)
  })

  it('shows roles, pauses and incarnations as nested slices with their true times', async () => {
    const source = await sourceOf('leader-election', { fault: 'crash' })
    const { traceEvents } = fileOf(source, cut(source))
    const pid = traceEvents.find(
      (event) =>
        event.name === 'process_name' &&
        event.ph === 'M' &&
        JSON.stringify(event.args).includes('contender[0]'),
    )?.pid
    const life = traceEvents.filter((event) => event.pid === pid && (event.ph === 'B' || event.ph === 'E'))
    expect(life.map(({ ph, name, ts }) => `${ph} ${name} ${ts}`)).toEqual([
      'B up 0',
      expect.stringMatching(/^B leader \d+$/),
      'E leader 5000000',
      'E up 5000000',
      'B up 11000000',
      expect.stringMatching(/^B follower \d+$/),
      'E follower 19000000',
      'E up 19000000',
    ])
  })

  it('shows what has begun before a cut from its beginning on', async () => {
    const source = await sourceOf('leader-election', { fault: 'pause' })
    const { traceEvents } = fileOf(source, cut(source, { from: '6s', to: '8s', nodes: 'contender[0]' }))
    const begun = traceEvents.filter(({ ph, ts }) => (ph === 'B' || ph === 'b') && ts === 6_000_000)
    expect(begun.map(({ name }) => name)).toEqual(['up', 'leader', 'paused', 'pause'])
    expect(traceEvents.every(({ ph, ts }) => ph === 'M' || (ts >= 6_000_000 && ts <= 8_000_000))).toBe(true)
  })

  it('adds counts up and keeps log lines, violations and the fingerprint', async () => {
    const source = await sourceOf(counterScenario, { loss: '0.4' })
    const file = fileOf(source, cut(source))
    const counts = phase(file.traceEvents, 'C').filter(({ name }) => name === 'retries')
    const values = counts.map((event) => (event.ph === 'C' ? (event.args.value ?? 0) : 0))
    expect(Math.max(...values)).toBeGreaterThan(1)
    const instants = phase(file.traceEvents, 'i').map(({ name }) => name)
    expect(instants).toContain('log info')
    expect(instants).toContain('violated: the total never exceeds what was asked for')
    expect(file).toMatchObject({ otherData: { scenario: 'counter', fingerprint: source.footer.fingerprint } })
  })
})

describe('the judge of the format', () => {
  const spoil = async (change: (events: Record<string, unknown>[]) => void): Promise<readonly string[]> => {
    const source = await sourceOf('leader-election', {}, '6s')
    const file = JSON.parse([...perfettoText(source, cut(source))].join('')) as {
      traceEvents: Record<string, unknown>[]
    }
    change(file.traceEvents)
    return problemsOf(file)
  }
  const at = (events: readonly Record<string, unknown>[], ph: string): number =>
    events.findIndex((event) => event.ph === ph)

  it.each([
    ['an end without a beginning', 'B'],
    ['a beginning without an end', 'E'],
    ['an asynchronous end without its beginning', 'b'],
    ['a flow that ends without a beginning', 's'],
    ['a process without a name', 'M'],
    ['a flow that binds to no slice', 'X'],
  ])('refuses %s', async (_title, ph) => {
    const problems = await spoil((events) => {
      if (ph !== 'X') events.splice(at(events, ph), 1)
      else {
        const flow = events[at(events, 'f')]!
        const kept = events.filter((event) => event.ph !== 'X' || event.ts !== flow.ts)
        events.splice(0, events.length, ...kept)
      }
    })
    expect(problems.length).toBeGreaterThan(0)
  })

  it('refuses an unknown phase, an unknown key, and a time that is text', async () => {
    expect(await spoil((events) => (events[at(events, 'X')]!.ph = 'Q'))).toHaveLength(1)
    expect(await spoil((events) => (events[at(events, 'X')]!.colour = 'red'))).toHaveLength(1)
    expect(await spoil((events) => (events[at(events, 'X')]!.ts = '1'))).toHaveLength(1)
  })
})
