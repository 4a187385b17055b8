import { copyFileSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { addToSum, SUM_START, sumText } from '../../sim/trace/jsonl.ts'
import { withoutSum } from '../../sim/trace/reader.ts'
import { counter, Workspace } from './orrery.ts'

const work = new Workspace()
copyFileSync(counter, work.path('counter.ts'))
work.write(
  'throws.ts',
  `import { defineNode, scenario } from 'orrery-sim'
const node = defineNode<object>()({
  kind: 'worker',
  async start(node) {
    await node.sleep('3ms')
    throw new Error('out of luck')
  },
})
export default scenario({
  name: 'throws', summary: 'throws', cluster: ({ addOne }) => void addOne(node), checks: [], until: '1s',
})
`,
)

beforeAll(() => {
  expect(work.orrery(['run', 'counter.ts', '--set', 'loss=0.4', '--trace', 'bad.jsonl']).code).toBe(1)
  expect(work.orrery(['run', 'counter.ts', '--trace', 'good.jsonl']).code).toBe(0)
})

interface Answer {
  readonly record: number
  readonly root: number
  readonly violation: { readonly name: string; readonly record: number } | null
  readonly steps: readonly { readonly record: { readonly id: number; readonly cause?: number } }[]
}

describe('orrery why', () => {
  it('explains the first violation of a trace, down from its root', () => {
    const { code, stdout, stderr } = work.orrery(['why', 'bad.jsonl'])
    expect(stderr).toBe('')
    expect(stdout).toMatchInlineSnapshot(`
      "why record 88 (reply at 407.909ms on counter)
        violated the total never exceeds what was asked for
        observed the total is 11, only 10 were asked for

      root: the start of client[1] (#6, at 0s)

       #6    0.000000s client[1]     start {incarnation:1}
       #7    0.000000s client[1]     request add -> counter {amount:1}
      #15    0.050000s client[1]     timeout add                      50ms wait
            · request #7 did not arrive: loss (#8 at 0s)
          ... these 2 steps 6 times more, every 50ms on average ...
      #76    0.350000s client[1]     request add -> counter {amount:1}
      #81    0.400000s client[1]     timeout add                      50ms wait
            · request #76 did not arrive: loss (#77 at 350ms)
      #82    0.400000s client[1]     request add -> counter {amount:1}
      #83    0.405520s counter       deliver add <- client[1]         5.52ms wire
      #84    0.405520s counter       reply add -> client[1] 10
      #85    0.405804s client[1]     deliver add <- counter           284us wire
      #86    0.405804s client[1]     request add -> counter {amount:1}
      #87    0.407909s counter       deliver add <- client[1]         2.105ms wire
      #88    0.407909s counter       reply add -> client[1] 11

      faults before it, the latest first
        #9 pause at 5ms to 25ms {node:"counter",for:"20ms"}
      "
    `)
    expect(code).toBe(0)
  })

  it('explains a run of a scenario as its trace would be explained', () => {
    const fromTrace = work.orrery(['why', 'bad.jsonl'])
    const fromRun = work.orrery(['why', 'counter.ts', '--set', 'loss=0.4'])
    expect(fromRun).toEqual(fromTrace)
    expect(work.orrery(['why', 'counter.ts', '70', '--set', 'loss=0.4']).stdout).toContain('why record 70 ')
    expect(work.orrery(['why', 'counter.ts']).stderr).toContain(
      'orrery: nothing was violated in counter.ts with seed 1: its verdict is held; expected a record from 1 to ',
    )
  })

  it('explains the failure of a bundle', () => {
    expect(work.orrery(['shrink', 'counter.ts', '--set', 'loss=0.4', '--budget', '30']).code).toBe(1)
    const { code, stdout } = work.orrery(['why', 'failure.json'])
    expect(stdout).toContain('violated the total never exceeds what was asked for')
    expect(code).toBe(0)
  })

  it.each([
    [['why', 'bad.jsonl', '--seed', '3'], '--seed stands beside a trace; expected a trace alone'],
    [['why', 'counter.ts', '--scenario', 'counter.ts'], '--scenario stands beside what is no bundle'],
    [['why', 'missing.jsonl'], "cannot read 'missing.jsonl': no such file or folder"],
    [['why', 'quorm'], "unknown scenario 'quorm'"],
  ])('refuses %j', (args, message) => {
    const { code, stderr } = work.orrery(args)
    expect(stderr).toContain(message)
    expect(code).toBe(2)
  })

  it('explains any record', () => {
    const { code, stdout } = work.orrery(['why', 'bad.jsonl', '10'])
    expect(stdout).toContain(
      'why record 10 (pause at 5ms on counter)\n\nroot: the fault pause (#9, at 5ms)\n',
    )
    expect(code).toBe(0)
  })

  it('shows every step with --all, and none twice', () => {
    const short = work.orrery(['why', 'bad.jsonl']).stdout
    const long = work.orrery(['why', 'bad.jsonl', '--all']).stdout
    expect(long.split('\n').length).toBeGreaterThan(short.split('\n').length)
    const ids = [...long.matchAll(/^ *#(\d+) /gm)].map(([, id]) => Number(id))
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('gives the whole chain as JSON', () => {
    const { steps, root, record, violation } = JSON.parse(
      work.orrery(['why', 'bad.jsonl', '--json']).stdout,
    ) as Answer
    expect(violation).toMatchObject({ name: 'the total never exceeds what was asked for', record })
    expect(steps[0]?.record.id).toBe(root)
    expect(steps.at(-1)?.record.id).toBe(record)
    for (const [index, step] of steps.entries()) {
      expect(step.record.cause).toBe(index === 0 ? undefined : steps[index - 1]?.record.id)
    }
  })

  it('finds the violation of a check by its name', () => {
    const name = 'the total never exceeds what was asked for'
    const named = work.orrery(['why', 'bad.jsonl', '--check', name])
    expect(named.stdout).toBe(work.orrery(['why', 'bad.jsonl']).stdout)
  })

  it('explains code that threw', () => {
    work.orrery(['run', 'throws.ts', '--trace', 'throws.jsonl'])
    const { stdout } = work.orrery(['why', 'throws.jsonl'])
    expect(stdout).toContain('failed   threw\n  observed Error: out of luck')
    expect(stdout).toContain('root: the start of worker (#1, at 0s)')
    expect(stdout).toContain('error start')
  })

  it.each<[string, readonly string[], string]>([
    [
      'a record that is not there',
      ['bad.jsonl', '9999'],
      'there is no record 9999; expected a record from 1 to',
    ],
    ['record 0', ['bad.jsonl', '0'], 'there is no record 0'],
    ['a negative record', ['bad.jsonl', '-3'], "record '-3'; expected a record's number"],
    ['a record that is no number', ['bad.jsonl', 'last'], "record 'last'; expected a record's number"],
    ['a trace in which all held', ['good.jsonl'], 'nothing was violated in good.jsonl: its verdict is held'],
    ['a near check', ['bad.jsonl', '--check', 'the total never exceeds what was aksed for'], 'did you mean'],
    ['a record and a check', ['bad.jsonl', '8', '--check', 'x'], "record '8' and --check exclude each other"],
    ['a trace that is not there', ['none.jsonl'], "cannot read 'none.jsonl'"],
  ])('refuses %s', (_what, args, message) => {
    const { code, stdout, stderr } = work.orrery(['why', ...args])
    expect(stderr).toContain(message)
    expect(stderr).toMatch(/^orrery: [^\n]+\n$/)
    expect(stdout).toBe('')
    expect(code).toBe(2)
  })

  it('asks for a record where a trace, as older versions wrote it, does not note what was violated', () => {
    const lines = readFileSync(work.path('bad.jsonl'), 'utf8').trimEnd().split('\n')
    let sum = SUM_START
    const rewritten = lines.map((line, index) => {
      const own = withoutSum(index < lines.length - 1 ? line : line.replace(/,"violations":.*(?=,"sum")/, ''))
      sum = addToSum(sum, own)
      return `${own},"sum":"${sumText(sum)}"}`
    })
    expect(rewritten.at(-1)).not.toBe(lines.at(-1))
    work.write('old.jsonl', `${rewritten.join('\n')}\n`)
    const { code, stderr } = work.orrery(['why', 'old.jsonl'])
    expect(stderr).toContain('old.jsonl does not say what was violated; say which record to explain')
    expect(code).toBe(2)
    expect(work.orrery(['why', 'old.jsonl', '10']).code).toBe(0)
    expect(work.orrery(['replay', 'old.jsonl']).code).toBe(0)
  })

  it('refuses an edited footer', () => {
    const text = readFileSync(work.path('bad.jsonl'), 'utf8')
    work.write('edited.jsonl', text.replace('the total is 11', 'the total is 12'))
    const { code, stderr } = work.orrery(['why', 'edited.jsonl'])
    expect(stderr).toContain('the footer does not fit its checksum')
    expect(code).toBe(2)
  })
})
