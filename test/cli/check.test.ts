import { describe, expect, it } from 'vitest'
import { Workspace } from './orrery.ts'

const work = new Workspace()
const jepsen = (...lines: readonly string[]): string =>
  lines.map((line) => `INFO  jepsen.util - ${line}\n`).join('')

work.write(
  'good.log',
  jepsen(
    '0\t:invoke\t:write\t1',
    '0\t:ok\t:write\t1',
    '1\t:invoke\t:read\tnil',
    '1\t:ok\t:read\t1',
    '1\t:invoke\t:write\t2',
  ),
)
work.write(
  'bad.log',
  jepsen(
    '0 :invoke :write 1',
    '0 :ok :write 1',
    '0 :invoke :write 2',
    '0 :ok :write 2',
    '1 :invoke :read nil',
    '1 :ok :read 1',
  ),
)
work.write('zero.log', jepsen('0 :invoke :read nil', '0 :ok :read 0'))
work.write(
  'nil.log',
  jepsen('0 :invoke :write 1', '0 :ok :write 1', '0 :invoke :read nil', '0 :ok :read nil'),
)
work.write('open.log', jepsen('0 :invoke :write 1', '0 :invoke :write 2'))
work.write(
  'keys.edn',
  `; two keys
[{:process 0, :type :invoke, :f :append, :key "a", :value "x"}
 {:process 1, :type :invoke, :f :put, :key "b", :value "y"}
 {:process 0, :type :ok, :f :append, :key "a", :value "x"}
 {:process 0, :type :invoke, :f :get, :key "b", :value nil}
 {:process 0, :type :ok, :f :get, :key "b", :value ""}
 {:process 1, :type :info, :f :put, :key "b", :value "y"}]
`,
)
work.write(
  'lock.jsonl',
  '{"process": 1, "type": "invoke", "f": "acquire"}\n{"process": 1, "type": "ok", "f": "acquire"}\n' +
    '{"process": 2, "type": "invoke", "f": "acquire"}\n{"process": 2, "type": "ok", "f": "acquire"}\n',
)
work.write('empty.log', '')
work.write('nothing.edn', '; nothing\n')
work.write('prose.txt', '# A title\n\nDear reader,\n')
work.write(
  'broken.edn',
  '{:process 0, :type :invoke, :f :read}\n{:process 0, :type :ok, :f :read, :value }\n',
)

describe('orrery check', () => {
  it.each([
    [['good.log', '--model', 'register'], 0],
    [['good.log', '--model', 'cas-register', '--format', 'jepsen'], 0],
    [['bad.log', '--model', 'register'], 1],
    [['bad.log', '--model', 'register', '--consistency', 'sequential'], 0],
    [['zero.log', '--model', 'register'], 1],
    [['zero.log', '--model', 'register', '--initial', '0'], 0],
    [['nil.log', '--model', 'register'], 1],
    [['nil.log', '--model', 'register', '--nil-reads', 'any'], 0],
    [['keys.edn', '--model', 'key-value'], 0],
    [['keys.edn', '--model', 'kv', '--format', 'edn', '--json'], 0],
    [['lock.jsonl', '--model', 'mutex'], 1],
    [['bad.log', '--model', 'register', '--budget', '1'], 4],
  ])('%j exits with %i', (args, code) => {
    const { code: exit, stderr } = work.orrery(['check', ...args])
    expect([exit, stderr]).toEqual([code, ''])
  })

  it('tells what fits nowhere, with its lines', () => {
    const { stdout } = work.orrery(['check', 'bad.log', '--model', 'register'])
    expect(stdout).toBe(`VIOLATED  linearizable as a register
          bad.log: 3 operations, 4 steps

fits nowhere  read -> 1 by process 1 (lines 5 to 6)
before it     2 operations in an order that leaves 2
would fit     2

it contradicts, as far as all of these happened and answered so:
  write 1 by process 0 (lines 1 to 2)
  write 2 by process 0 (lines 3 to 4)
`)
  })

  it('tells the same as one JSON document', () => {
    const { stdout } = work.orrery(['check', 'bad.log', '--model', 'register', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({
      file: 'bad.log',
      format: 'jepsen',
      verdict: 'violated',
      operations: 3,
      witness: {
        operation: { line: 5, endLine: 6, process: '1', name: 'read', output: 1 },
        state: 2,
        fitting: [2],
        conflict: [{ line: 1 }, { line: 3 }, { line: 5 }],
        isLongest: true,
        isMinimal: true,
      },
    })
  })

  it('judges what a trace of Orrery recorded', () => {
    const trace = (name: string, ...more: readonly string[]): number | null =>
      work.orrery(['run', 'quorum', '--set', 'operations=60', ...more, '--trace', name]).code
    expect(trace('atomic.jsonl')).toBe(0)
    expect(work.orrery(['check', 'atomic.jsonl', '--model', 'register'])).toMatchObject({
      code: 0,
      stderr: '',
    })
    expect(trace('regular.jsonl', '--set', 'writeBack=false')).toBe(1)
    expect(work.orrery(['check', 'regular.jsonl', '--model', 'register']).stdout).toMatch(
      /^VIOLATED {2}linearizable as a register\n[^]*fits nowhere {2}read /,
    )
  })

  it.each([
    [['bad.log'], '--model is missing; expected one of register, cas-register'],
    [['bad.log', '--model', 'regster'], "unknown model 'regster'; expected one of register, "],
    [['bad.log', '--model', 'regster'], "did you mean 'register'?"],
    [['bad.log', '--model', 'register', '--format', 'jepson'], "did you mean 'jepsen'?"],
    [['bad.log', '--model', 'register', '--consistency', 'causal'], "unknown consistency 'causal'"],
    [['bad.log', '--model', 'register', '--nil-reads', 'all'], "--nil-reads 'all'; expected any or nil"],
    [['bad.log', '--model', 'register', '--budget', '0'], "--budget '0'; expected a positive integer"],
    [['bad.log', '--model', 'register', '--time', 'soon'], "'soon' is not a duration"],
    [['bad.log', '--model', 'mutex', '--initial', '0'], 'a mutex has no first value to be chosen'],
    [['bad.log', '--model', 'counter', '--initial', 'x'], "--initial 'x'; expected a number"],
    [['bad.log', '--model', 'mutex'], "bad.log:1: unknown operation of a mutex 'write'"],
    [['none.log', '--model', 'register'], "cannot read 'none.log'"],
    [['empty.log', '--model', 'register'], "'empty.log' is empty"],
    [['nothing.edn', '--model', 'register'], "'nothing.edn' is empty"],
    [['nothing.edn', '--model', 'register', '--format', 'edn'], "'nothing.edn' holds no operation"],
    [['prose.txt', '--model', 'register'], "prose.txt:3: 'Dear reader,' is in no format that is known"],
    [
      ['open.log', '--model', 'register'],
      'open.log:2: process 0 invokes write while its write of line 1 has not ended',
    ],
    [['broken.edn', '--model', 'register'], 'broken.edn:2: a map with a key that has no value'],
    [['good.log', '--model', 'register', '--format', 'jsonl'], 'good.log:1: '],
  ])('%j is refused', (args, message) => {
    const { code, stdout, stderr } = work.orrery(['check', ...args])
    expect(stderr).toContain(message)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect([code, stdout]).toEqual([2, ''])
  })
})
