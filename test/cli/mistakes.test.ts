import { copyFileSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { counter, Workspace } from './orrery.ts'

const work = new Workspace()
copyFileSync(counter, work.path('counter.ts'))

const files: Readonly<Record<string, string>> = {
  'syntax.ts':
    "import { scenario } from 'orrery-sim'\nexport default scenario({\n  name: 'x'\n  summary: 'y',\n})\n",
  'no-default.ts': 'export const x = 1\n',
  'no-scenario.ts': 'export default { a: 1 }\n',
  'no-export.ts': "import { scenari } from 'orrery-sim'\nexport default scenari({})\n",
  'no-node.ts': "import x from 'orrery-sim/nodes/nope'\nexport default x\n",
  'no-package.ts': "import x from 'not-installed'\nexport default x\n",
  'throws-at-once.ts': "\nthrow new Error('too early')\n",
  'wrong-name.ts':
    "import { scenario } from 'orrery-sim'\n" +
    "export default scenario({ name: 'Not Good', summary: '', cluster() {}, checks: [], until: '1s' })\n",
  'faulty.ts': `import { choice, defineNode, scenario } from 'orrery-sim'

const node = defineNode<object, string>()({
  kind: 'worker',
  async start(node) {
    await node.sleep('3ms')
    switch (node.config) {
      case 'throw':
        throw new Error('out of luck')
      case 'wait':
        return new Promise((resolve) => setTimeout(resolve, 10))
      case 'loop':
        for (;;) await node.sleep(0)
      case 'negative':
        return node.sleep('-3ms')
      case 'nan':
        return node.sleep(NaN)
      case 'forgotten':
        void node.sleep('1ms').then(() => (undefined as unknown as { x: () => void }).x())
    }
  },
})

export default scenario({
  name: 'faulty',
  summary: 'does what it should not',
  params: { mode: choice(['throw', 'wait', 'loop', 'negative', 'nan', 'forgotten', 'cluster'], { default: 'throw' }) },
  cluster({ addOne, params }) {
    if (params.mode === 'cluster') (undefined as unknown as { x: () => void }).x()
    addOne(node, params.mode)
  },
  checks: [],
  until: '1s',
})
`,
  'syntax.yaml': 'plan:\n  - at: 1s\n    kind: [crash\n',
  'syntax.json': '{"plan": [\n  {"at": "1s" "kind": "crash"}\n]}\n',
  'kind.yaml': '- at: 10ms\n  kind: crsh\n  node: counter\n',
  'field.json': '{"plan": [\n  {"at": "1s", "kind": "pause", "nod": "counter"}\n]}\n',
  'time.yaml': '- at: -1s\n  kind: pause\n  node: counter\n',
  'infinite.yaml': '- at: .inf\n  kind: pause\n  node: counter\n',
  'target.yaml':
    'mode: add\nplan:\n  - at: 1s\n    kind: partition\n    groups: [[counter], ["clint[0]"]]\n    for: 1s\n',
  'mode.yaml': 'mode: ad\nplan: []\n',
  'no-plan.yaml': 'hello\n',
  'empty.yaml': '',
}
for (const [name, text] of Object.entries(files)) work.write(name, text)
const before = readdirSync(work.folder).sort()

describe('a mistake is said in one line on stderr, with exit code 2:', () => {
  it.each<[string, readonly string[], string]>([
    ['an unknown command', ['rnu'], "did you mean 'run'?"],
    ['an option before the command', ['--seed', '1', 'run'], 'option --seed stands before the command'],
    ['an unknown option', ['run', 'counter.ts', '--sed', '1'], "did you mean '--seed'?"],
    [
      'a flag with a value',
      ['run', 'counter.ts', '--json=no'],
      '--json takes no value; expected --json alone',
    ],
    ['an option without its value', ['run', 'counter.ts', '--seed'], '--seed has no value; expected seed of'],
    [
      'an option given twice',
      ['run', 'counter.ts', '--seed', '1', '--seed', '2'],
      '--seed was given 2 times',
    ],
    ['a missing argument', ['run'], "'orrery run': <scenario> is missing"],
    ['an argument too many', ['run', 'counter.ts', 'more'], "'orrery run': unexpected argument 'more'"],
    ['a parameter without --set', ['run', 'counter.ts', 'loss=1'], 'write --set loss=1'],
    [
      'two kinds of output',
      ['run', 'counter.ts', '--json', '--follow'],
      '--json and --follow exclude each other',
    ],

    ['an unknown scenario', ['run', 'quorun'], "did you mean 'quorum'?"],
    ['a scenario file that is not there', ['run', 'none.ts'], "scenario file 'none.ts' does not exist"],
    ['a near file', ['run', './quorom.ts'], "there is a built-in scenario 'quorum'"],
    ['a folder', ['run', './'], "'./' is not a file; expected a scenario file"],
    [
      'a scenario that does not parse',
      ['run', 'syntax.ts'],
      'syntax.ts:4:3: Expected "}" but found "summary"',
    ],
    ['no default export', ['run', 'no-default.ts'], 'no-default.ts has no default export; expected'],
    [
      'a default export of another kind',
      ['run', 'no-scenario.ts'],
      'no-scenario.ts: its default export is {"a":1}',
    ],
    ['an unknown export', ['run', 'no-export.ts'], "did you mean 'scenario'?"],
    [
      'an unknown node',
      ['run', 'no-node.ts'],
      "no-node.ts:1:15: 'orrery-sim/nodes/nope' is not a part of orrery-sim",
    ],
    [
      'a package that is not there',
      ['run', 'no-package.ts'],
      'no-package.ts:1:15: Could not resolve "not-installed"',
    ],
    ['a file that throws', ['run', 'throws-at-once.ts'], 'throws-at-once.ts:2:7: Error: too early'],
    [
      'a wrong definition',
      ['run', 'wrong-name.ts'],
      "wrong-name.ts:2:16: scenario: name 'Not Good'; expected",
    ],
    ['a cluster that throws', ['run', 'faulty.ts', '--set', 'mode=cluster'], 'faulty.ts:29:80: TypeError: '],
    ['a forgotten promise', ['run', 'faulty.ts', '--set', 'mode=forgotten'], 'faulty.ts:19:87: TypeError: '],

    [
      'an unknown parameter',
      ['run', 'counter.ts', '--set', 'los=1'],
      "scenario counter: unknown parameter 'los'; expected one of clients, additions, loss, pause, mode; did you mean 'loss'?",
    ],
    [
      'a parameter of a wrong type',
      ['run', 'counter.ts', '--set', 'loss=x'],
      "loss: 'x'; expected a number from 0 to 0.9",
    ],
    [
      'a parameter out of range',
      ['run', 'counter.ts', '--set', 'clients=10'],
      'expected an integer from 1 to 9',
    ],
    ['a near choice', ['run', 'counter.ts', '--set', 'mode=plan'], "did you mean 'plain'?"],
    ['a negative duration', ['run', 'counter.ts', '--set', 'pause=-1s'], "duration '-1s' is negative"],
    [
      'a broken rule',
      ['run', 'counter.ts', '--set', 'clients=9', '--set', 'additions=90'],
      'cannot exceed 100',
    ],
    ['a --set without =', ['run', 'counter.ts', '--set', 'loss'], "--set: 'loss'; expected name=value"],
    [
      'a parameter set twice',
      ['run', 'counter.ts', '--set', 'loss=0', '--set', 'loss=1'],
      'loss was given twice',
    ],
    [
      'a seed that is none',
      ['run', 'counter.ts', '--seed', '-1'],
      "--seed: '-1'; expected an integer from 0 to 9007",
    ],
    ['a negative time', ['run', 'counter.ts', '--until', '-3s'], "--until: duration '-3s' is negative"],
    ['a time without its unit', ['run', 'counter.ts', '--until', '3'], "write '3ms' or the number 3"],
    ['an infinite time', ['run', 'counter.ts', '--until', '1e999s'], 'is not a finite duration'],
    [
      'an unknown order',
      ['run', 'counter.ts', '--ties', 'random'],
      "--ties: 'random'; expected serial or shuffled",
    ],

    [
      'a plan that is not there',
      ['run', 'counter.ts', '--plan', 'none.yaml'],
      "cannot read plan file 'none.yaml'",
    ],
    ['YAML that does not parse', ['run', 'counter.ts', '--plan', 'syntax.yaml'], 'syntax.yaml:4:1: '],
    ['JSON that does not parse', ['run', 'counter.ts', '--plan', 'syntax.json'], 'syntax.json:2:15: '],
    [
      'a near kind of fault',
      ['run', 'counter.ts', '--plan', 'kind.yaml'],
      "kind.yaml:2:9: [0].kind: unknown kind of fault 'crsh'",
    ],
    [
      'a near field',
      ['run', 'counter.ts', '--plan', 'field.json'],
      "field.json:2:3: plan[0]: unknown field 'nod'",
    ],
    [
      'a fault in the past',
      ['run', 'counter.ts', '--plan', 'time.yaml'],
      "time.yaml:1:7: [0].at: duration '-1s' is negative",
    ],
    ['a fault that never comes', ['run', 'counter.ts', '--plan', 'infinite.yaml'], 'infinite.yaml:1:7: '],
    [
      'a target that does not exist',
      ['run', 'counter.ts', '--plan', 'target.yaml'],
      "target.yaml:5:26: plan[0].groups[1][0]: unknown node 'clint[0]'",
    ],
    [
      'an unknown mode',
      ['run', 'counter.ts', '--plan', 'mode.yaml'],
      "mode.yaml:1:7: mode: unknown mode 'ad'",
    ],
    [
      'a plan that is none',
      ['run', 'counter.ts', '--plan', 'no-plan.yaml'],
      "no-plan.yaml:1:1: 'hello' is not a plan",
    ],
    [
      'an empty plan file',
      ['run', 'counter.ts', '--plan', 'empty.yaml'],
      'empty.yaml:1:1: null is not a plan',
    ],

    [
      'a trace in no folder',
      ['run', 'counter.ts', '--trace', 'no/where'],
      'cannot write no/where: no such file or folder',
    ],
    ['a trace over a folder', ['run', 'counter.ts', '--trace', '.'], 'cannot write .: it is a folder'],
    [
      'a trace over the scenario',
      ['run', 'counter.ts', '--trace', './counter.ts'],
      "'./counter.ts' is what is to be run",
    ],

    [
      'a trace that is not there',
      ['replay', 'none.jsonl'],
      "cannot read 'none.jsonl': no such file or folder",
    ],
    ['a file that is no trace', ['replay', 'kind.yaml'], 'kind.yaml:1: not a trace'],
    [
      'an empty trace',
      ['diff', 'empty.yaml', 'empty.yaml'],
      'empty.yaml: the file is empty; expected a trace',
    ],
    ['a name that is none', ['new', 'LostUpdate'], "did you mean 'lost-update'?"],
    [
      'a name that leads elsewhere',
      ['new', '../x'],
      "name '../x'; expected lower-case words joined by hyphens",
    ],
  ])('%s', (_what, args, message) => {
    const { code, stdout, stderr } = work.orrery(args)
    expect(stderr).toContain(message)
    expect(stderr).toMatch(/^orrery: [^\n]+\n$/)
    expect(stdout).toBe('')
    expect(code).toBe(2)
    expect(readdirSync(work.folder).sort()).toEqual(before)
  })
})

describe('a scenario that goes wrong while it runs is a failed run:', () => {
  it.each<[string, string, readonly string[]]>([
    [
      'a handler that throws, with node, time and its line',
      'throw',
      [
        'virtual time 3ms, node worker',
        'Error: out of luck',
        'faulty.ts:9:15',
        'replay    orrery run faulty.ts --seed 1',
      ],
    ],
    ['a wait for something real', 'wait', ['node worker', 'waits for something outside the simulation']],
    [
      'an endless loop without delay',
      'loop',
      ['node worker', 'an endless loop of zero', 'virtual time goes on'],
    ],
    ['a negative time', 'negative', ["duration '-3ms' is negative", 'faulty.ts:15:21']],
    ['a time that is no number', 'nan', ['duration NaN is not a finite', 'faulty.ts:17:21']],
  ])('%s', (_what, mode, messages) => {
    const { code, stdout, stderr } = work.orrery(['run', 'faulty.ts', '--set', `mode=${mode}`])
    expect(stderr).toBe('')
    for (const message of messages) expect(stdout).toContain(message)
    expect(code).toBe(1)
  })
})
