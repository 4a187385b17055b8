import { describe, expect, it } from 'vitest'
import { ednEvents } from '../../../cli/histories/edn-history.ts'
import type { RecordedCall } from '../../../cli/histories/events.ts'
import { pairEvents } from '../../../cli/histories/events.ts'
import { jepsenEvents } from '../../../cli/histories/jepsen.ts'
import { jsonlEvents } from '../../../cli/histories/jsonl-history.ts'
import { models } from '../../../sim/checks/models/list.ts'
import type { Model } from '../../../sim/checks/models/model.ts'

const rules = { file: 'h', nilIsUnrecorded: false }
const cas = models.casRegister()

const short = (calls: readonly RecordedCall[]): readonly unknown[] =>
  calls.map(({ process, name, input, output, known, line, endLine }) => [
    process,
    name,
    input,
    known ? output : '?',
    line,
    endLine,
  ])

function jepsen(text: string, model: Model = cas, nilIsUnrecorded = false): readonly RecordedCall[] {
  return pairEvents(jepsenEvents(text.split('\n'), 'h'), model, { file: 'h', nilIsUnrecorded })
}

describe('a Jepsen log', () => {
  it('is read as calls with their lines', () => {
    const calls = jepsen(
      [
        'INFO  jepsen.util - 0\t:invoke\t:read\tnil',
        'INFO jepsen.util - 1 :invoke :write 4',
        'INFO  jepsen.util - 0\t:ok\t:read\tnil',
        'INFO  jepsen.util -  1   :ok  :write  4  ',
        'INFO  jepsen.util - 0\t:invoke\t:cas\t[4 1]',
        'INFO  jepsen.util - 0\t:ok\t:cas\t[4 1]',
      ].join('\n'),
    )
    expect(short(calls)).toEqual([
      ['0', 'read', undefined, null, 1, 3],
      ['1', 'write', 4, undefined, 2, 4],
      ['0', 'cas', [4, 1], true, 5, 6],
    ])
    expect(calls.map(({ from, to }) => [from, to])).toEqual([
      [1, 3],
      [2, 4],
      [5, 6],
    ])
  })

  it('takes a failed cas for an observed mismatch, a timed-out read for unknown, and leaves an info open', () => {
    const calls = jepsen(
      [
        'INFO jepsen.util - 0 :invoke :cas [4 1]',
        'INFO jepsen.util - 0 :fail :cas [4 1]',
        'INFO jepsen.util - 0 :invoke :read nil',
        'INFO jepsen.util - 0 :fail :read :timed-out',
        'INFO jepsen.util - 0 :invoke :write 3',
        'INFO jepsen.util - 0 :info :write :timed-out',
        'INFO jepsen.util - 5 :invoke :write 2',
        'INFO jepsen.util - 5 :fail :write 2',
        'INFO jepsen.util - 5 :invoke :cas [1 2]',
      ].join('\n'),
    )
    expect(short(calls)).toEqual([
      ['0', 'cas', [4, 1], false, 1, 2],
      ['0', 'read', undefined, '?', 3, 4],
      ['0', 'write', 3, '?', 5, 6],
      ['5', 'cas', [1, 2], '?', 9, undefined],
    ])
    expect(calls.filter(({ known }) => !known).map(({ to }) => to)).toEqual([Infinity, Infinity, Infinity])
  })

  it('leaves out the nemesis, other loggers, stack traces and empty lines', () => {
    const calls = jepsen(
      [
        'INFO  jepsen.util - :nemesis\t:info\t:start\t"Cut off {:n1 #{:n4}}"',
        'WARN  jepsen.core - Process 3 indeterminate',
        'java.net.SocketTimeoutException: Read timed out',
        '\tat java.net.SocketInputStream.socketRead0(Native Method)',
        '',
        'INFO jepsen.util - Analyzing',
        'INFO jepsen.util - 0 :invoke :read nil',
      ].join('\n'),
    )
    expect(short(calls)).toEqual([['0', 'read', undefined, '?', 7, undefined]])
  })

  it('takes a read of nil for one that was not recorded if told so', () => {
    const text = 'INFO jepsen.util - 0 :invoke :read nil\nINFO jepsen.util - 0 :ok :read nil'
    expect(jepsen(text)[0]?.known).toBe(true)
    expect(jepsen(text, cas, true)[0]?.known).toBe(false)
  })

  it.each([
    [
      'INFO jepsen.util - 0 :invoke',
      "h:1: 'INFO jepsen.util - 0 :invoke'; expected 'INFO jepsen.util - PROCESS",
    ],
    ['what is this', "h:1: 'what is this'; expected 'INFO jepsen.util"],
    ['INFO jepsen.util - x0 :invoke :read nil', "h:1: process 'x0'; expected a number"],
    ['INFO jepsen.util - 0 :invke :read nil', "unknown type of event 'invke'"],
    ['INFO jepsen.util - 0 :invoke :reed nil', "did you mean 'read'?"],
    ['INFO jepsen.util - 0 :invoke :cas [1 2', 'h:1: the text ends inside what was opened here'],
    [
      'INFO jepsen.util - 0 :invoke :cas 7',
      'h:1: cas 7; expected a pair of the value expected and the new one',
    ],
    ['INFO jepsen.util - 0 :invoke :write 1 2', "h:1: '1 2'; expected one value"],
    ['INFO jepsen.util - 0 :ok :read 1', 'h:1: process 0 ends read (ok), but has begun nothing'],
  ])('refuses %s', (text, message) => {
    expect(() => jepsen(text)).toThrow(message)
  })

  it('refuses a second invocation while one is open, with both lines', () => {
    const text = 'INFO jepsen.util - 0 :invoke :read nil\n\nINFO jepsen.util - 0 :invoke :write 1'
    expect(() => jepsen(text)).toThrow(
      'h:3: process 0 invokes write while its read of line 1 has not ended; expected ok, fail or info first',
    )
  })

  it('refuses an end that belongs to another call', () => {
    const text = 'INFO jepsen.util - 0 :invoke :read nil\nINFO jepsen.util - 0 :ok :write 1'
    expect(() => jepsen(text)).toThrow('h:2: process 0 ends write (ok), but has begun read on line 1')
  })
})

describe('EDN', () => {
  const edn = (text: string, model: Model = models.keyValue(), by = 'key'): readonly RecordedCall[] =>
    pairEvents(ednEvents(text, 'h', by), model, rules)
  const first = '{:process 0, :type :invoke, :f :put, :key "k", :value "v"}'
  const second = '{:process 0, :type :ok, :f :put, :key "k", :value "v", :time 12, :index 3}'

  it('is read one map a line, with comments and keys that are not known', () => {
    const calls = edn(`; a history\n${first}\n\n#_{:process 9} ${second} ; done\n`)
    expect(short(calls)).toEqual([['0', 'put', 'v', undefined, 2, 4]])
    expect(calls[0]?.object).toBe('k')
  })

  it('is read as one vector, and as records', () => {
    expect(short(edn(`[${first}\n ${second}]`))).toEqual([['0', 'put', 'v', undefined, 1, 2]])
    expect(short(edn(`#jepsen.history.Op${first}\n#jepsen.history.Op${second}`))).toHaveLength(1)
  })

  it('tells reads of values, of nothing, and of unknown outcome', () => {
    const get = (type: string, value: string): string =>
      `{:process 1 :type ${type} :f :get :key 1 :value ${value}}`
    const calls = edn(
      [
        get(':invoke', 'nil'),
        get(':ok', '""'),
        get(':invoke', 'nil'),
        get(':ok', 'nil'),
        get(':invoke', 'nil'),
        get(':info', 'nil'),
        get(':invoke', 'nil'),
        get(':fail', 'nil'),
      ].join('\n'),
    )
    expect(short(calls).map((one) => (one as unknown[])[3])).toEqual(['', null, '?'])
  })

  it('takes a failed cas for a mismatch only if there was no error', () => {
    const swap = (type: string, more = ''): string =>
      `{:process 1 :type ${type} :f :cas :value [1 2] ${more}}`
    const pair = (more: string): readonly RecordedCall[] =>
      edn(`${swap(':invoke')}\n${swap(':fail', more)}`, cas)
    expect(pair('').map(({ output }) => output)).toEqual([false])
    expect(pair(':error :unreachable')).toEqual([])
    expect(pair(':error :timed-out').map(({ known }) => known)).toEqual([false])
  })

  it('takes the object from another key if told so', () => {
    expect(
      edn('{:process 0 :type :invoke :f :put :row 7 :value 1}', models.keyValue(), 'row')[0]?.object,
    ).toBe(7)
  })

  it.each([
    ['\n7', 'h:2: 7; expected a map such as'],
    ['{:type :invoke :f :get}', 'h:1: no :process; expected a map with :process, :type and :f'],
    ['{:process 0 :f :get}', 'h:1: no :type'],
    ['{:process 0 :type :invoke}', 'h:1: no :f'],
    ['{:process [0] :type :invoke :f :get}', 'h:1: :process [0]'],
    ['{:process 0 :type :invok :f :get}', "did you mean 'invoke'?"],
    [`[${first}] 7`, 'h:1: 7; expected nothing behind the vector'],
    [`[${first}`, 'h:1: the text ends inside what was opened here'],
    [`${first}\n${first}`, 'h:2: process 0 invokes put while its put of line 1 has not ended'],
  ])('refuses %s', (text, message) => {
    expect(() => edn(text)).toThrow(message)
  })
})

describe('JSON Lines', () => {
  const jsonl = (text: string, model: Model = models.register()): readonly RecordedCall[] =>
    pairEvents(jsonlEvents(text.split('\n'), 'h', 'key'), model, rules)

  it('are read as calls', () => {
    const calls = jsonl(
      [
        '// a comment',
        '{"process": "a", "type": "invoke", "f": "write", "key": "x", "value": {"a": 1}}',
        '{"process": 2, "type": "invoke", "f": "read", "key": "x", "time": 3}',
        '{"process": "a", "type": "ok", "f": "write"}',
        '{"process": 2, "type": "ok", "f": "read", "value": {"a": 1}}',
        '{"process": 2, "type": "invoke", "f": "write", "key": "y", "value": 1}',
        '{"process": 2, "type": "unknown", "f": "write"}',
        '{"process": "nemesis", "type": "info", "f": "kill"}',
      ].join('\n'),
    )
    expect(short(calls)).toEqual([
      ['a', 'write', { a: 1 }, null, 2, 4],
      ['2', 'read', undefined, { a: 1 }, 3, 5],
      ['2', 'write', 1, '?', 6, 7],
    ])
    expect(calls.map(({ object }) => object)).toEqual(['x', 'x', 'y'])
  })

  it.each([
    ['{"process": 1', `h:1: '{"process": 1'; expected a JSON object`],
    ['[1]', 'h:1: [1]; expected a JSON object'],
    ['{"type": "invoke", "f": "read"}', 'h:1: no "process"; expected an object with process, type and f'],
    ['{"process": 1, "type": 3, "f": "read"}', 'h:1: "type": 3'],
    ['{"process": 1, "type": "invoke"}', 'h:1: no "f"'],
  ])('refuses %s', (text, message) => {
    expect(() => jsonl(text)).toThrow(message)
  })
})
