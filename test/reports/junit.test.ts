import { describe, expect, it } from 'vitest'
import { junitXml } from '../../reports/junit.ts'
import type { SweepSummary } from '../../reports/sweep.ts'
import type { SweepOutcome } from '../../sim/explore/sweep-tally.ts'
import { SweepTally } from '../../sim/explore/sweep-tally.ts'
import { sweepVerdict } from '../../sim/explore/sweep-verdict.ts'
import { WHOLE } from '../../sim/explore/sweep.ts'
import { heldRun } from '../explore/outcomes.ts'

interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly Element[]
  readonly text: string
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** Reads elements, attributes, text and entities; throws for what is not well-formed. */
function parse(xml: string): Element {
  const declaration = '<?xml version="1.0" encoding="UTF-8"?>'
  if (!xml.startsWith(declaration)) throw new Error('no declaration')
  let rest = xml.slice(declaration.length).trim()
  const decode = (text: string): string => {
    if (/[<"]/.test(text)) throw new Error(`unescaped: ${text}`)
    return text.replace(/&([^;]*);?/g, (all, name: string) => {
      const code = /^#(\d+)$/.exec(name)?.[1]
      const character = code === undefined ? ENTITIES[name] : String.fromCodePoint(Number(code))
      if (character === undefined || !all.endsWith(';')) throw new Error(`entity ${all}`)
      return character
    })
  }
  const element = (): Element => {
    const open = /^<([\w-]+)((?: [\w-]+="[^"]*")*)(\/?)>/.exec(rest)
    if (open === null) throw new Error(`no element at: ${rest.slice(0, 40)}`)
    const [all, name = '', written = '', empty] = open
    rest = rest.slice(all.length)
    const attributes = Object.fromEntries(
      [...written.matchAll(/ ([\w-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, decode(value)]),
    )
    const children: Element[] = []
    let text = ''
    if (empty === '/') return { name, attributes, children, text }
    while (!rest.startsWith('</')) {
      if (rest.startsWith('<')) children.push(element())
      else {
        const end = rest.indexOf('<')
        if (end < 0) throw new Error('ends in text')
        text += decode(rest.slice(0, end).replaceAll('"', '&quot;'))
        rest = rest.slice(end)
      }
    }
    if (!rest.startsWith(`</${name}>`)) throw new Error(`${name} is not closed`)
    rest = rest.slice(name.length + 3)
    return { name, attributes, children, text }
  }
  const root = element()
  if (rest.trim() !== '') throw new Error(`after the end: ${rest}`)
  return root
}

function summaryOf(...runs: SweepOutcome[]): SweepSummary {
  const tally = new SweepTally()
  for (const run of runs) tally.add(run)
  const report = tally.report()
  return {
    scenario: 'quorum',
    params: { n: 3, mode: 'a<b' },
    seeds: { from: 1, to: runs.length },
    shard: WHOLE,
    bail: false,
    verified: 0,
    report,
    verdict: sweepVerdict(report, false),
    invocation: { program: 'orrery', source: 'quorum', seed: 1, set: { mode: 'a<b' } },
    strict: false,
  }
}

const evil = 'saw "<a & b>" \u0000\u001b[31m\ud800 ]]> \u{1f600}\nand more'
const bad = summaryOf(
  heldRun(1, {
    verdict: 'violated',
    signature: { kind: 'check', subject: 'no <stale> read' },
    failure: { time: 1500, node: 'client[0]', expected: 'new', observed: evil },
    observations: { 'no <stale> read': 1, patience: 1, 'gets there': 1 },
    sometimes: { 'gets there': false },
  }),
  heldRun(2, {
    verdict: 'violated',
    signature: { kind: 'threw', subject: 'replica on.write', detail: 'TypeError: x is "undefined"' },
    failure: { time: 0, observed: 'TypeError' },
  }),
  heldRun(3, { verdict: 'undecided', undecided: ['patience'], observations: { patience: 1, safe: 3 } }),
  { seed: 4, lost: 'its worker ran out of memory' },
)

describe('a JUnit report', () => {
  const root = parse(junitXml(bad))
  const [suite] = root.children

  it('has one test case for each check, way of throwing and way of being lost', () => {
    const results = suite?.children
      .filter(({ name }) => name === 'testcase')
      .map(({ attributes, children }) => [attributes.name, children[0]?.name ?? 'passed'])
    expect(results).toEqual([
      ['no <stale> read', 'failure'],
      ['patience', 'skipped'],
      ['safe', 'passed'],
      ['gets there', 'failure'],
      ['threw: replica on.write: TypeError: x is "undefined"', 'failure'],
      ['lost: its worker ran out of memory', 'error'],
    ])
    expect(suite?.attributes).toMatchObject({ tests: '6', failures: '3', errors: '1', skipped: '1' })
  })

  it('has the elements and attributes that the schemas of Ant and Jenkins ask for, in their order', () => {
    expect(root.name).toBe('testsuites')
    expect(root.attributes).toEqual({})
    expect(root.children.map(({ name }) => name)).toEqual(['testsuite'])
    const required = ['errors', 'failures', 'hostname', 'id', 'name', 'package', 'tests', 'time', 'timestamp']
    expect(Object.keys(suite?.attributes ?? {}).sort()).toEqual([...required, 'skipped'].sort())
    expect(suite?.attributes.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/)
    const names = suite?.children.map(({ name }) => name) ?? []
    expect(names[0]).toBe('properties')
    expect(names.slice(-2)).toEqual(['system-out', 'system-err'])
    expect(new Set(names.slice(1, -2))).toEqual(new Set(['testcase']))
    for (const { name, attributes, children } of suite?.children ?? []) {
      if (name !== 'testcase') continue
      expect(Object.keys(attributes)).toEqual(['name', 'classname', 'time'])
      expect(children.length).toBeLessThanOrEqual(1)
      for (const child of children) {
        if (child.name !== 'skipped') expect(Object.keys(child.attributes)).toEqual(['message', 'type'])
      }
    }
  })

  it('says how to replay and shrink, and takes any text', () => {
    const [failure] = suite?.children.find(({ name }) => name === 'testcase')?.children ?? []
    expect(failure?.text).toContain('observed: saw "<a & b>" \ufffd\ufffd[31m\ufffd ]]> \u{1f600}\nand more')
    expect(failure?.text).toContain("replay: orrery run quorum --seed 1 --set 'mode=a<b'")
    expect(failure?.text).toContain("shrink: orrery shrink quorum --seed 1 --set 'mode=a<b'")
  })
})
