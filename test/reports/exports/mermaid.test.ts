import * as fc from 'fast-check'
import mermaid from 'mermaid'
import { describe, expect, it } from 'vitest'
import { MERMAID_CHARACTERS, mermaidText } from '../../../reports/exports/mermaid.ts'
import counterScenario from '../../fixtures/counter.ts'
import { anySource, cut, sourceFrom, sourceOf } from './sources.ts'

/** Mermaid's own parser; throws what is no sequence diagram. */
async function parsed(text: string): Promise<void> {
  expect(await mermaid.parse(text)).toMatchObject({ diagramType: 'sequence' })
}

const bodyOf = (text: string): readonly string[] =>
  text
    .trimEnd()
    .split('\n')
    .slice(2)
    .map((line) => line.trim())

describe('a sequence diagram for Mermaid', () => {
  it.each([
    ['leader-election', {}, { to: '2s' }, undefined],
    ['leader-election', { fault: 'pause' }, { from: '10.9s', to: '11.1s' }, undefined],
    ['quorum', { loss: '0.3' }, { to: '100ms' }, '200ms'],
    ['load-balancing', {}, { from: '4.49s', to: '4.52s' }, '5s'],
    ['herd-effect', { n: '8' }, { to: '1.02s' }, '2s'],
  ])("of %s %j is read by Mermaid's parser", async (name, set, request, until) => {
    const source = await sourceOf(name, set, until)
    const text = mermaidText(source, cut(source, request))
    expect(bodyOf(text).length).toBeGreaterThan(10)
    await parsed(text)
  })

  it('of any records is read by it, whatever text stands in them', async () => {
    await fc.assert(
      fc.asyncProperty(anySource, async (source) => {
        await parsed(mermaidText(source, cut(source)))
      }),
      { seed: 8, numRuns: 150 },
    )
  })

  it('tells a request, its reply, what was lost, duplicated and still under way, a fault, a crash and a role', () => {
    const source = sourceFrom([
      { id: 1, t: 0, node: 'a', kind: 'start', data: { incarnation: 1 } },
      { id: 2, t: 0, node: 'b', kind: 'start', data: { incarnation: 1 } },
      { id: 3, t: 1000, node: 'a', kind: 'invoke', type: 'read', data: { key: 'k' } },
      { id: 4, t: 1000, node: 'a', kind: 'request', to: 'b', type: 'get', data: { key: 'k' }, cause: 3 },
      { id: 5, t: 2500, node: 'b', kind: 'deliver', from: 'a', type: 'get', cause: 4 },
      { id: 6, t: 2500, node: 'b', kind: 'reply', to: 'a', type: 'get', data: 7, cause: 5 },
      { id: 7, t: 4000, node: 'a', kind: 'deliver', from: 'b', type: 'get', cause: 6 },
      { id: 8, t: 4000, node: 'a', kind: 'ok', type: 'read', data: { operation: 3, output: 7 }, cause: 7 },
      { id: 9, t: 5000, node: 'b', kind: 'role', type: 'leader', data: { term: 2 } },
      { id: 10, t: 6000, node: 'b', kind: 'send', to: 'a', type: 'beat' },
      { id: 11, t: 6000, node: 'b', kind: 'duplicate', to: 'a', cause: 10 },
      { id: 12, t: 6000, node: 'b', kind: 'send', to: 'a', type: 'beat' },
      { id: 13, t: 6000, node: 'b', kind: 'drop', to: 'a', type: 'loss', cause: 12 },
      { id: 14, t: 7000, node: 'a', kind: 'deliver', from: 'b', type: 'beat', cause: 10 },
      { id: 15, t: 8000, kind: 'fault', type: 'crash', data: { index: 0, at: 8, node: 'b', for: 1 } },
      { id: 16, t: 8000, node: 'b', kind: 'crash', type: 'fault', cause: 15 },
      { id: 17, t: 9000, kind: 'heal', type: 'crash', cause: 15 },
      { id: 18, t: 9000, node: 'b', kind: 'start', data: { incarnation: 2 }, cause: 17 },
    ])
    expect(bodyOf(mermaidText(source, cut(source)))).toEqual([
      'participant n0 as a',
      'participant n1 as b',
      'Note over n0: 1ms read {key:#34;k#34;}',
      'n0->>n1: 2.5ms get {key:#34;k#34;} (1.5ms)',
      'n1-->>n0: 4ms get 7 (1.5ms)',
      'Note over n0: 4ms read: ok 7',
      'Note over n1: 5ms is leader, term 2',
      'n1-xn0: 6ms beat (lost: loss)',
      'n1->>n0: 7ms beat (1ms)',
      'Note over n0,n1: 8ms FAULT crash {node:#34;b#34;,for:1}',
      'Note over n1: 8ms CRASH',
      'n1-)n0: 9ms copy of beat (sent at 6ms, under way)',
      'Note over n0,n1: 9ms #69;ND OF crash',
      'Note over n1: 9ms RESTART',
    ])
  })

  it('shows only the nodes and times that were asked for', async () => {
    const source = await sourceOf(counterScenario)
    const text = mermaidText(source, cut(source, { nodes: 'client[0],counter', from: '10ms', to: '36ms' }))
    expect(text).toContain('as client[0]')
    expect(text).not.toContain('client[1]')
    const times = [...text.matchAll(/: ([\d.]+)ms /g)].map(([, time]) => Number(time))
    expect(times.length).toBeGreaterThan(3)
    expect(Math.min(...times)).toBeGreaterThanOrEqual(10)
    expect(Math.max(...times)).toBeLessThanOrEqual(36)
  })

  it('says that nothing happened where nothing did', async () => {
    const source = sourceFrom([
      { id: 1, t: 0, node: 'a', kind: 'start', data: { incarnation: 1 } },
      { id: 2, t: 30_000, node: 'a', kind: 'stop' },
    ])
    const text = mermaidText(source, cut(source, { from: '10ms', to: '20ms' }))
    expect(text).toContain('nothing happened within this part of the run')
    await parsed(text)
  })

  it('refuses to be longer than Mermaid draws; what it says would fit does', async () => {
    const source = await sourceOf('quorum', {}, '2s')
    const refusal = (): string => mermaidText(source, cut(source))
    expect(refusal).toThrow(
      /longer than the 50000 characters that Mermaid draws; .*--to \d+(us|ms) would fit/,
    )
    let to = ''
    try {
      refusal()
    } catch (error) {
      to = /--to (\S+) would fit/.exec((error as Error).message)?.[1] ?? ''
    }
    const text = mermaidText(source, cut(source, { to }))
    expect(text.length).toBeLessThanOrEqual(MERMAID_CHARACTERS)
    expect(text.length).toBeGreaterThan(MERMAID_CHARACTERS * 0.9)
  })

  it('is judged by a parser that refuses what is no diagram', async () => {
    await expect(parsed('sequenceDiagram\n  a->>>>b hello\n')).rejects.toThrow()
    await expect(parsed('sequenceDiagram\n  a->>b: x; y->>\n')).rejects.toThrow()
  })
})
