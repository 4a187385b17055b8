// Recordings of a real ZooKeeper 3.8.0, performed on ours: replies, zxids and events must agree, session by session.
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

import { transcriptDifferences } from '../../../cli/zk/transcript-compare.ts'
import { runTranscript } from '../../../cli/zk/transcript.ts'

const fixtures = new URL('../../fixtures/zookeeper/', import.meta.url)
const read = (name: string): string => readFileSync(new URL(name, fixtures), 'utf8')
const namesIn = (folder: string): string[] =>
  readdirSync(new URL(folder, fixtures))
    .filter((name) => name.endsWith('.json'))
    .map((name) => `${folder}/${name}`)

const samples = namesIn('samples')
const recordings = namesIn('recordings')

describe('a recording of a real server, performed on ours', () => {
  it.each([...samples, ...recordings])('agrees step by step: %s', async (name) => {
    const recorded = read(name)
    expect(transcriptDifferences(recorded, await runTranscript(recorded, name))).toEqual([])
  })

  it('gives the same text again', async () => {
    const recorded = read('samples/19-ephemeral-clean-close.json')
    expect(await runTranscript(recorded, 'a')).toBe(await runTranscript(recorded, 'a'))
  })

  it('keeps the layout of the recording, a step a line, so that a diff shows steps', async () => {
    const recorded = read('samples/05-versions.json')
    expect(await runTranscript(recorded, 'a')).toBe(recorded)
  })
})

describe('the comparison', () => {
  const recorded = read('samples/13-watch-one-shot.json')
  const changed = (change: (steps: Record<string, unknown>[]) => void): string => {
    const document = JSON.parse(recorded) as { steps: Record<string, unknown>[] }
    change(document.steps)
    return JSON.stringify(document)
  }

  it.each([
    ['a zxid', 'zxid', (steps: Record<string, unknown>[]) => void (steps[4]!.zxid = 1)],
    ['an error', 'NotEmpty', (steps: Record<string, unknown>[]) => void (steps[2]!.error = 'NotEmpty')],
    ['a missing event', 'NodeCreated', (steps: Record<string, unknown>[]) => void steps.splice(3, 1)],
    [
      'a doubled event',
      'NodeCreated',
      (steps: Record<string, unknown>[]) => void steps.splice(3, 0, steps[3]!),
    ],
    [
      'an event after the reply that shows the change',
      'NodeCreated',
      (steps: Record<string, unknown>[]) => void steps.splice(34, 2, steps[35]!, steps[34]!),
    ],
  ])('finds %s', (_what, word, change) => {
    const differences = transcriptDifferences(recorded, changed(change))
    expect(differences.join('\n')).toContain(word)
  })

  it('does not mind the order of sessions among each other', () => {
    const text = changed((steps) => steps.splice(3, 2, steps[4]!, steps[3]!))
    expect(transcriptDifferences(recorded, text)).toEqual([])
  })

  it('does not mind the order of children', async () => {
    const other = read('samples/01-create-modes.json')
    expect(transcriptDifferences(other, other.replace('"p","es-0000000004"', '"es-0000000004","p"'))).toEqual(
      [],
    )
  })
})

describe('a recording that cannot be performed', () => {
  const recording = (...steps: readonly object[]): string => JSON.stringify({ steps })
  const connect = { session: 's1', connect: { requestedTimeout: 4000 } }

  it.each([
    ['no JSON', '{', 'r.json: not JSON'],
    ['no steps', '{}', 'r.json: a document without `steps`'],
    [
      'an unknown operation',
      recording(connect, { session: 's1', op: 'craete', args: {} }),
      "r.json: step 1: unknown operation 'craete'",
    ],
    [
      'a session that was not connected',
      recording({ session: 's1', op: 'create', args: {} }),
      "r.json: step 0: session 's1'",
    ],
    [
      'a missing path',
      recording(connect, { session: 's1', op: 'create', args: {} }),
      'r.json: step 1: path undefined',
    ],
    [
      'an unknown mode',
      recording(connect, { session: 's1', op: 'create', args: { path: '/a', mode: 'sequental' } }),
      "r.json: step 1: unknown mode 'sequental'",
    ],
    [
      'a step of no kind',
      recording(connect, { session: 's1', opp: 'create' }),
      'r.json: step 1: a step with session, opp',
    ],
    [
      'a session to take up that never was',
      recording({ session: 's9', reconnected: {} }),
      "r.json: step 0: session 's9'",
    ],
    [
      'an end of a connection that never was',
      recording(connect, { session: 's2', connection: 'dropped' }),
      "r.json: step 1: session 's2'",
    ],
    [
      'a time of no recording',
      recording(connect, { session: 's1', op: 'sync', args: {}, tMs: 1e15 }),
      'r.json: step 1: tMs 1000000000000000',
    ],
    [
      'a tick of nothing',
      JSON.stringify({ server: { tickTime: 0 }, steps: [] }),
      'r.json: server.tickTime 0',
    ],
  ])('is refused with the index of the step: %s', async (_what, text, message) => {
    await expect(runTranscript(text, 'r.json')).rejects.toThrow(message)
  })
})
