import { copyFileSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { counter, Workspace } from './orrery.ts'

const work = new Workspace()
copyFileSync(counter, work.path('counter.ts'))

const record = (name: string, ...args: readonly string[]): void => {
  work.orrery(['run', 'counter.ts', '--trace', name, ...args])
}

beforeAll(() => {
  record('run.jsonl', '--set', 'loss=0.4')
})

interface States {
  readonly reproduced: boolean
  readonly time: number
  readonly event: { readonly first: number; readonly last: number }
  readonly nodes: readonly { readonly name: string; readonly state: unknown; readonly paused: boolean }[]
}

const states = (...args: readonly string[]): States =>
  JSON.parse(work.orrery(['replay', 'run.jsonl', '--json', ...args]).stdout) as States

describe('orrery replay --to', () => {
  it('shows the states after a record, what led to them, and what changed', () => {
    const { code, stdout, stderr } = work.orrery(['replay', 'run.jsonl', '--to', '88'])
    expect(stderr).toBe('')
    expect(stdout).toMatchInlineSnapshot(`
      "counter.ts, seed 1, after records 87 to 88, at 407.909ms

      the last event
      #87    0.407909s counter        deliver   add <- client[1]
      #88    0.407909s counter        reply     add -> client[1] 11

      what it changed
      counter
        ~ total: 10 -> 11

      states at 407.909ms
      counter  up, primary
        {total:11}
      client[0]  up
      client[1]  up
      "
    `)
    expect(code).toBe(0)
  })

  it('shows the states at a time', () => {
    const paused = states('--to', '20ms')
    expect(paused.nodes[0]).toMatchObject({ name: 'counter', state: { total: 0 }, paused: true })
    expect(paused.time).toBe(5000)
    expect(states('--to', '30ms').nodes[0]).toMatchObject({ paused: false })
  })

  it('shows one node, at the end unless a time is given', () => {
    const { stdout } = work.orrery(['replay', 'run.jsonl', '--inspect', 'counter'])
    expect(stdout).toContain('counter  up, primary\n  {total:')
    expect(stdout).not.toContain('client[0]  up')
    const { nodes } = states('--inspect', 'client[1]')
    expect(nodes.map(({ name }) => name)).toEqual(['client[1]'])
  })

  it('gives the same bytes again', () => {
    const once = work.orrery(['replay', 'run.jsonl', '--to', '300ms', '--json']).stdout
    expect(work.orrery(['replay', 'run.jsonl', '--to', '300ms', '--json']).stdout).toBe(once)
  })

  it('says so when the scenario has changed before that instant, and shows nothing then', () => {
    const source = readFileSync(counter, 'utf8')
    work.write('changed.ts', source.replace('total += amount', 'total += 2 * amount'))
    const early = work.orrery(['replay', 'run.jsonl', '--to', '20ms', '--scenario', 'changed.ts'])
    expect(early.code).toBe(0)
    const late = work.orrery(['replay', 'run.jsonl', '--to', '88', '--scenario', 'changed.ts'])
    expect(late.stdout).toMatch(/^NOT REPRODUCED {2}counter\.ts, seed 1: the run differs before record 88\n/)
    expect(late.stdout).not.toContain('total')
    expect(late.code).toBe(3)
  })

  it.each<[string, readonly string[], string]>([
    [
      'a record that is not there',
      ['--to', '9999'],
      '--to: there is no record 9999; expected a record from 1 to',
    ],
    ['a time after the end', ['--to', '1h'], "--to: '1h'; expected at most"],
    ['a time that is none', ['--to', 'soon'], "--to: 'soon'; expected a record's number, or a time such as"],
    ['a negative time', ['--to', '-1s'], "--to: duration '-1s' is negative"],
    ['a near node', ['--inspect', 'countr'], "--inspect: unknown node 'countr'"],
  ])('refuses %s', (_what, args, message) => {
    const { code, stdout, stderr } = work.orrery(['replay', 'run.jsonl', ...args])
    expect(stderr).toContain(message)
    expect(stderr).toMatch(/^orrery: [^\n]+\n$/)
    expect(stdout).toBe('')
    expect(code).toBe(2)
  })
})

describe('orrery diff', () => {
  it('compares the states of the nodes concerned at the first difference', () => {
    const source = readFileSync(counter, 'utf8')
    work.write('twice.ts', source.replace('total += amount', 'total += 2 * amount'))
    work.orrery(['run', 'twice.ts', '--set', 'loss=0.4', '--trace', 'twice.jsonl'])
    const { code, stdout } = work.orrery(['diff', 'run.jsonl', 'twice.jsonl'])
    expect(stdout.slice(stdout.indexOf('states after'))).toMatchInlineSnapshot(`
      "states after these records
      counter
        total:
          run.jsonl    1
          twice.jsonl  2
      the states of all other nodes are the same in both
      "
    `)
    expect(code).toBe(1)
    const { states: both } = JSON.parse(
      work.orrery(['diff', 'run.jsonl', 'twice.jsonl', '--json']).stdout,
    ) as {
      readonly states: { readonly a: States; readonly b: States }
    }
    expect(both.a.nodes).toMatchObject([{ name: 'counter', state: { total: 1 } }])
    expect(both.b.nodes).toMatchObject([{ name: 'counter', state: { total: 2 } }])
  })

  it('says that no state differs where only a fault does', () => {
    record('paused.jsonl', '--set', 'loss=0.4', '--set', 'pause=1ms')
    const { stdout } = work.orrery(['diff', 'run.jsonl', 'paused.jsonl'])
    expect(stdout).toContain('states after these records\nthe states of all nodes are the same in both\n')
  })

  it('says plainly for which trace the states are not at hand, and why', () => {
    const source = readFileSync(counter, 'utf8')
    work.write('doubled.ts', source.replace('total += amount', 'total += 2 * amount'))
    work.orrery(['run', 'doubled.ts', '--set', 'loss=0.4', '--trace', 'doubled.jsonl'])
    work.write('doubled.ts', source)
    const changed = work.orrery(['diff', 'run.jsonl', 'doubled.jsonl'])
    expect(changed.stdout).toContain(
      'not at hand for doubled.jsonl: doubled.ts does not reproduce it any more: was it changed since?',
    )
    expect(changed.code).toBe(1)
    work.write('moved.ts', source)
    work.orrery(['run', 'moved.ts', '--set', 'loss=0.3', '--trace', 'moved.jsonl'])
    work.write('moved.ts', 'export default 1\n')
    expect(work.orrery(['diff', 'run.jsonl', 'moved.jsonl']).stdout).toContain(
      'not at hand for moved.jsonl: ',
    )
  })
})
