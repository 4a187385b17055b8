// The commands that write reports, as processes: what they say, what they refuse, and that equal runs give equal bytes.
import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DATA_ID } from '../../../reports/html/page.ts'
import { unpack } from '../../../reports/html/pack.ts'
import type { RunData } from '../../../reports/html/run/data.ts'
import { counter, Workspace } from '../../cli/orrery.ts'

const workspace = new Workspace()
const text = (name: string): string => readFileSync(workspace.path(name), 'utf8')

function dataOf(name: string): RunData {
  const [, packed = ''] = new RegExp(`id="${DATA_ID}">([^<]*)<`).exec(text(name)) ?? []
  return unpack(packed) as RunData
}

const election = ['leader-election', '--set', 'fault=pause', '--until', '12s']
const made = workspace.orrery(['run', ...election, '--trace', 'run.jsonl', '--report', 'run.html'])

/** The record of the violation, as the trace has it. */
const broken = (
  JSON.parse(text('run.jsonl').trimEnd().split('\n').at(-1) ?? '') as {
    readonly violations: readonly { readonly record: number }[]
  }
).violations[0]!.record

describe('orrery run --report', () => {
  it('writes a page beside what the run says anyway', () => {
    expect(made).toMatchObject({ code: 1, stderr: '' })
    expect(made.stdout).toBe(workspace.orrery(['run', ...election, '--trace', 'run.jsonl']).stdout)
    expect(text('run.html')).toMatch(/^<!doctype html>/)
  })

  it('says first what was run, what held, what did not and where', () => {
    const { facts, missing } = dataOf('run.html')
    expect(facts).toMatchObject({
      scenario: 'leader-election',
      verdict: 'violated',
      commands: [{ command: 'orrery run leader-election --seed 1 --set fault=pause --until 12s' }, {}],
      violations: [{ kind: 'check', node: 'contender[0]', record: broken, time: 11_000_000 }],
    })
    expect(facts.params.find(({ name }) => name === 'fault')).toEqual({
      name: 'fault',
      value: 'pause',
      usual: 'crash',
    })
    expect(missing).toEqual([])
  })

  it('gives the same bytes for the same command', () => {
    workspace.orrery(['run', ...election, '--report', 'again.html'])
    expect(text('again.html') === text('run.html')).toBe(true)
  })

  it('does not write over what it reads, and leaves nothing when it cannot write', () => {
    const trace = workspace.orrery(['run', ...election, '--trace', 'x.html', '--report', 'x.html'])
    expect(trace).toMatchObject({ code: 2, stdout: '' })
    expect(trace.stderr).toMatch(/^orrery: --report: 'x.html' is what is to be read[^\n]*\n$/)
    const folder = workspace.orrery(['run', ...election, '--report', 'nowhere/x.html'])
    expect(folder.code).toBe(2)
    expect(folder.stderr).toMatch(/nowhere\/x.html: no such file or folder/)
    expect(existsSync(workspace.path('x.html'))).toBe(false)
  })
})

describe('orrery report', () => {
  it('makes the page of a trace, the same bytes each time', () => {
    const first = workspace.orrery(['report', 'run.jsonl', '-o', 'a.html'])
    expect(first).toEqual({ code: 0, stdout: 'report written to a.html\n', stderr: '' })
    workspace.orrery(['report', 'run.jsonl', '-o', 'b.html'])
    expect(text('a.html') === text('b.html')).toBe(true)
    const [fromTrace, fromRun] = [dataOf('a.html'), dataOf('run.html')]
    expect({ ...fromTrace, facts: null }).toEqual({ ...fromRun, facts: null })
    expect(fromTrace.facts.checks).toEqual(fromRun.facts.checks)
  })

  it('names the page like the trace', () => {
    rmSync(workspace.path('run.html'), { force: true })
    workspace.orrery(['report', 'run.jsonl'])
    expect(existsSync(workspace.path('run.html'))).toBe(true)
  })

  it('says of a longer run what is left out, and keeps what surrounds the violation', () => {
    const { code } = workspace.orrery(['report', 'run.jsonl', '-o', 'part.html', '--records', '200'])
    expect(code).toBe(0)
    const { records, missing, facts } = dataOf('part.html')
    expect(records.from).toBeLessThan(broken)
    expect(records.to).toBeGreaterThanOrEqual(broken)
    expect(records.id.length).toBeLessThanOrEqual(200)
    expect(records.omitted).toBe(facts.records - records.id.length)
    expect(missing[0]).toMatch(/^[\d,]+ of [\d,]+ records are left out: shown are records [\d,]+ to [\d,]+/)
  })

  it('shows what the trace has where its scenario is not at hand', () => {
    copyFileSync(counter, workspace.path('mine.ts'))
    workspace.orrery(['run', 'mine.ts', '--trace', 'mine.jsonl'])
    rmSync(workspace.path('mine.ts'))
    const { code, stdout } = workspace.orrery(['report', 'mine.jsonl', '-o', 'mine.html'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/could not be executed again: mine.jsonl is a trace of mine.ts/)
    const { states, records, missing, facts } = dataOf('mine.html')
    expect(states).toBeUndefined()
    expect(records.id).toHaveLength(facts.records)
    expect(missing[0]).toMatch(/states of nodes \(time travel\).* are missing/)
  })

  it('shows what the trace has where its scenario gives another run by now', () => {
    const source = readFileSync(counter, 'utf8')
    workspace.write('changed.ts', source)
    workspace.orrery(['run', 'changed.ts', '--trace', 'changed.jsonl'])
    workspace.write('changed.ts', source.replace("exponential('2ms')", "exponential('3ms')"))
    const { code, stdout } = workspace.orrery(['report', 'changed.jsonl', '-o', 'changed.html'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/the run is another one: changed.ts has changed since/)
    const { states, facts, missing } = dataOf('changed.html')
    expect(states).toBeUndefined()
    expect(missing).toHaveLength(1)
    expect(text('changed.jsonl')).toContain(facts.fingerprint)
  })

  it('makes the page of a shrunk failure', () => {
    workspace.orrery(['shrink', 'leader-election', '--set', 'fault=pause', '--budget', '4'])
    const { code, stderr } = workspace.orrery(['report', 'failure.json'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const { facts, states } = dataOf('failure.html')
    expect(facts.verdict).toBe('violated')
    expect(facts.story.length).toBeGreaterThan(0)
    expect(states).toBeDefined()
  })

  it('shows the story of a failure whose scenario is not at hand, and says what is missing', () => {
    copyFileSync(counter, workspace.path('gone.ts'))
    const shrunk = ['shrink', 'gone.ts', '--set', 'loss=0.4', '--budget', '4', '--out', 'gone.json']
    expect(workspace.orrery(shrunk).code).toBe(1)
    rmSync(workspace.path('gone.ts'))
    expect(workspace.orrery(['report', 'gone.json']).code).toBe(0)
    const { facts, missing, records } = dataOf('gone.html')
    expect(missing.join(' ')).toMatch(/gone\.ts' does not exist.*only its story is shown/)
    expect(facts).toMatchObject({ verdict: 'violated', records: 0 })
    expect(facts.story.length).toBeGreaterThan(0)
    expect(facts.params.find(({ name }) => name === 'loss')).toEqual({ name: 'loss', value: '0.4' })
    expect(records.id).toHaveLength(0)
  })

  it.each([
    ['truncated', (lines: string[]) => lines.slice(0, 300), /the trace is truncated: it ends after line 300/],
    [
      'edited',
      (lines: string[]) => {
        const at = lines.findIndex((line, index) => index > 200 && line.includes('"node":"contender['))
        return lines.with(at, lines[at]!.replace('contender[', 'pretender['))
      },
      /record \d+ does not fit its checksum/,
    ],
  ])('refuses a trace that was %s in one line, and writes no page', (name, spoil, message) => {
    workspace.write(`${name}.jsonl`, `${spoil(text('run.jsonl').trimEnd().split('\n')).join('\n')}\n`)
    const { code, stdout, stderr } = workspace.orrery(['report', `${name}.jsonl`])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(message)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(existsSync(workspace.path(`${name}.html`))).toBe(false)
  })

  it('refuses a limit that is none', () => {
    expect(workspace.orrery(['report', 'run.jsonl', '--records', '3']).stderr).toMatch(
      /^orrery: --records: '3'; expected at least 10\n$/,
    )
  })
})
