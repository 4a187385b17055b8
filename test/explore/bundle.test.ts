import { describe, expect, it } from 'vitest'
import { bundleText, looksLikeBundle, readBundle } from '../../sim/explore/bundle.ts'
import type { Bundle } from '../../sim/explore/bundle.ts'

const counts = { faults: 3, operations: 20, nodes: 5, events: 100, until: 5_000_000 }

const bundle: Bundle = {
  version: '0.1.0',
  source: 'scenarios/lease.ts',
  spec: {
    scenario: 'lease',
    params: { holders: 2 },
    seed: 7,
    plan: [{ at: '1s', kind: 'pause', node: 'holder[0]', for: '2s' }],
    workload: [
      { node: 'holder[0]', name: 'turn', input: { tags: new Set(['a']), $odd: [undefined, 1n] }, after: 1.5 },
    ],
    profile: { ties: 'serial', network: { delay: 'constant' } },
    until: 4_000_000,
  },
  signature: { kind: 'threw', subject: 'holder on.turn', detail: 'TypeError: #' },
  fingerprint: '0123456789abcdef',
  records: 42,
  maxEvents: 1000,
  shrunk: {
    before: counts,
    after: { ...counts, faults: 1 },
    spent: { runs: 99, events: 12_345 },
    complete: true,
  },
  story: ['one line', 'and another'],
}

type Json = Record<string, unknown>

/** The bundle's text with its JSON changed. */
function changed(change: (json: Json) => void): string {
  const json = JSON.parse(bundleText(bundle)) as Json
  change(json)
  return JSON.stringify(json)
}

describe('a failure bundle', () => {
  it('is read back as it was written, values of every kind included', () => {
    expect(readBundle(bundleText(bundle))).toEqual(bundle)
  })

  it('may leave out what it has nothing to say about', () => {
    const { shrunk: _shrunk, maxEvents: _maxEvents, ...least } = bundle
    expect(readBundle(bundleText(least))).toEqual(least)
  })

  it('is recognized by its beginning', () => {
    expect(looksLikeBundle(bundleText(bundle).slice(0, 64))).toBe(true)
    expect(looksLikeBundle('{"orrery":"trace","format":1')).toBe(false)
    expect(looksLikeBundle('')).toBe(false)
  })

  it.each([
    ['', 'f.json: Unexpected end of JSON input; expected JSON'],
    ['{"orrery": "failure", "format"', 'f.json: '],
    ['[1, 2]', 'f.json: [1,2] is no failure bundle'],
    ['{"orrery":"trace"}', 'f.json: not a failure bundle: it begins with'],
    [
      changed((json) => (json.format = 2)),
      'f.json: bundle format 2; expected format 1; it was written by version 0.1.0',
    ],
    [changed((json) => delete json.fingerprint), 'f.json: fingerprint is missing; expected a text'],
    [changed((json) => (json.records = -1)), 'f.json: records: -1; expected a whole number, 0 or more'],
    [changed((json) => (json.story = 'once')), "f.json: story: 'once'; expected a list"],
    [changed((json) => delete (json.spec as Json).plan), 'f.json: spec: plan is missing; expected a list'],
    [
      changed((json) => ((json.spec as Json).profile = {})),
      'f.json: spec.profile: ties is missing; expected a text',
    ],
    [
      changed((json) => ((json.signature as Json).kind = 'odd')),
      "f.json: signature: kind 'odd'; expected one of check",
    ],
    [
      changed((json) => delete ((json.shrunk as Json).after as Json).nodes),
      'f.json: shrunk.after: nodes is missing',
    ],
  ])('that is none or is broken is refused with what is wrong: %.40s', (text, message) => {
    expect(() => readBundle(text, 'f.json')).toThrow(message)
  })
})
