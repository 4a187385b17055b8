// The shell: what zkCli prints, on a simulated ensemble that can be broken.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { integerOf, parseOptions, wordsOf } from '../../cli/zk/command-line.ts'
import { EnsembleWorld } from '../../cli/zk/ensemble-world.ts'
import type { WorldOptions } from '../../cli/zk/ensemble-world.ts'
import { Shell } from '../../cli/zk/shell.ts'
import { dateText } from '../../cli/zk/words.ts'
import { main, quietEnv, Workspace } from './orrery.ts'

/** What a script prints, prompts included. */
async function session(lines: readonly string[], options: Partial<WorldOptions> = {}): Promise<string> {
  const out: string[] = []
  const world = new EnsembleWorld({ servers: 3, seed: 1, extendedTypes: false, ...options })
  const shell = new Shell(world, (text) => out.push(text))
  await shell.begin()
  for (const line of lines) {
    out.push(shell.prompt + line)
    await shell.execute(line)
    if (shell.isOver) break
  }
  return `${out.join('\n')}\n`
}

/** As the recording of the real one is kept. */
function masked(text: string): string {
  return text
    .replace(/^\[zk: [^\]]*\] /gm, '[zk] ')
    .replace(/= \w{3} \w{3} \d\d [\d:]{8} UTC \d{4}$/gm, '= DATE')
    .replace(/^Connecting to .*$/m, 'Connecting')
}

describe('orrery zk', () => {
  const recorded = readFileSync(new URL('../fixtures/zkcli/session.txt', import.meta.url), 'utf8')
  const typed = [...recorded.matchAll(/^\[zk\] (.*)$/gm)].map(([, line = '']) => line)

  it('prints what the real zkCli printed, line by line, zxids included', async () => {
    expect(typed.length).toBeGreaterThan(140)
    expect(masked(await session(typed, { servers: 1, extendedTypes: true }))).toBe(recorded)
  })

  it('would not, if a single command were left out', async () => {
    const others = typed.filter((line) => line !== 'create -c /cont')
    expect(masked(await session(others, { servers: 1, extendedTypes: true }))).not.toContain(
      recorded.slice(recorded.indexOf('[zk] create -t 5000 /ttl')),
    )
  })

  it('shows an ensemble that loses a server, its leader, its majority, and comes back', async () => {
    const lines = [
      'create /a one',
      'create -e /mine',
      'get -w /a',
      'status',
      'crash 1',
      'get /a',
      'set /a two',
      'advance 5s',
      'status',
      'restart 1',
      'crash 3',
      'advance 5s',
      'status',
      'partition 1 | 2',
      'get /a',
      'advance 1m',
      'status',
      'heal',
      'advance 10s',
      'ls /',
      'getEphemerals',
      'restart 3',
      'pause 3 2s',
      'connect 3',
      'ls /',
      'status',
      'quit',
      'ls /',
    ]
    const printed = await session(lines)
    await expect(printed).toMatchFileSnapshot('golden/zk-failover.txt')
    expect(await session(lines)).toBe(printed)
  })

  it('expires a session that stays away, and says so when it is back', async () => {
    const printed = await session([
      'create -e /mine',
      'partition shell | 1 2 3',
      'advance 1m',
      'heal',
      'advance 10s',
      'ls /',
      'connect',
      'ls /',
    ])
    // Seen with the real one: nothing tells that an expired session is closed.
    const states = [...printed.matchAll(/state:(\w+) type:None/g)].map(([, state]) => state)
    expect(states).toEqual(['SyncConnected', 'Disconnected', 'Expired', 'SyncConnected'])
    expect(printed).toContain('[zk: ensemble(CLOSED) 5] ls /\nNot connected\n')
    expect(printed).toContain('[zk: ensemble(CONNECTED) 7] ls /\n[zookeeper]\n')
  })

  it.each([
    ['advance', 'advance duration'],
    ['advance soon', "advance: 'soon' is not a duration"],
    ['advance 5', "advance: '5' is not a duration; expected one such as 150ms, 5s or 2m"],
    ['pause 1 -3s', "pause: '-3s' is not a duration"],
    ['crash', 'crash server'],
    ['restart', 'restart server'],
    ['crash 4', 'there is no server 4: they are 1 to 3'],
    ['restart 1', 'server 1 is running'],
    ['pause 2', 'pause server duration'],
    ['partition 1', 'partition: two groups or more'],
    ['heal', 'the network is whole'],
    ['whoami', 'whoami: authentication is not simulated'],
    ['create /a "" digest:x:y:r', 'ACLs are not simulated: digest:x:y:r'],
    ['create -t 500 /a', 'KeeperErrorCode = Unimplemented for /a'],
    ['set -v x /a 1', 'java.lang.NumberFormatException: For input string: "x"'],
    ['connect 7', 'there is no server 7: they are 1 to 3'],
    ['redo 0', 'No redoing redos'],
  ])('answers %j with what is wrong, and goes on', async (line, said) => {
    const printed = await session(line === 'redo 0' ? ['redo 9', line] : [line])
    expect(printed.split('\n').at(-2)).toContain(said)
  })

  it('lists its own commands and those that it refuses in help', async () => {
    const printed = await session(['help'])
    for (const name of ['create [-s] [-e] [-c] [-t ttl] path', 'advance duration', 'not simulated: addauth'])
      expect(printed).toContain(name)
  })
})

describe('a line', () => {
  it('is taken apart as zkCli does', () => {
    expect(wordsOf(`create  "/a b" 'c d' e"f`)).toEqual(['create', '/a b', 'c d', 'e"f'])
    expect(wordsOf('get ""')).toEqual(['get', ''])
  })

  it('may have its options anywhere, joined, with values apart or attached', () => {
    const { args, flags, values } = parseOptions(['set', '-sv3', '/a', '--', '-x'], { s: false, v: true })
    expect([args, [...flags], [...values]]).toEqual([['set', '/a', '-x'], ['s', 'v'], [['v', '3']]])
    expect(parseOptions(['create', '-t', '-5', '/a'], { t: true }).values.get('t')).toBe('-5')
  })

  it('has numbers of 32 bits', () => {
    expect(integerOf('-1')).toBe(-1)
    for (const text of ['2147483648', '1.5', '', '1e3'])
      expect(() => integerOf(text)).toThrow(`For input string: "${text}"`)
  })

  it('shows times as java.util.Date does, in UTC', () => {
    expect(dateText(0)).toBe('Thu Jan 01 00:00:00 UTC 1970')
    expect(dateText(951_782_399_999.7)).toBe('Mon Feb 28 23:59:59 UTC 2000')
  })
})

describe('the command', () => {
  const workspace = new Workspace()

  it('runs a script, and what standard input says when there is none', () => {
    workspace.write('hello.zk', '# a greeting\ncreate /a hello\n\nget /a\n')
    const run = workspace.orrery(['zk', '--servers', '1', '--script', 'hello.zk'])
    expect([run.code, run.stderr]).toEqual([0, ''])
    expect(run.stdout).toContain('[zk: ensemble(CONNECTED) 1] get /a\nhello\n')
    expect(workspace.orrery(['zk', '--servers', '1']).stdout).toMatch(
      /state:SyncConnected type:None path:null\n$/,
    )
  })

  it('converses through a pipe: answers each line before the next one is written', async () => {
    const shell = spawn(process.execPath, [main, 'zk', '--servers', '1'], { env: quietEnv() })
    const ended = once(shell, 'close')
    let said = ''
    const lines = ['create /a one', 'get /a', 'quit']
    const awaited = ['state:SyncConnected', 'Created /a\n', '\none\n']
    for await (const chunk of shell.stdout) {
      said += String(chunk)
      while (awaited[0] !== undefined && said.includes(awaited[0])) {
        awaited.shift()
        shell.stdin.write(`${lines.shift()}\n`)
      }
    }
    expect(await ended).toEqual([0, null])
    expect(said).toMatch(/get \/a\none\n.* quit\n/s)
  })

  it('goes on after lines that make no sense, and ends well', () => {
    workspace.write('bad.zk', 'frobnicate\ncreate\ncreate /a\n')
    const { code, stdout } = workspace.orrery(['zk', '--script', 'bad.zk'])
    expect(code).toBe(0)
    expect(stdout).toContain('Command not found: Command not found frobnicate')
    expect(stdout).toMatch(/Created \/a\n$/)
  })

  it('warns of an even ensemble, in the real words', () => {
    workspace.write('nothing.zk', '\n')
    expect(workspace.orrery(['zk', '--servers', '4', '--script', 'nothing.zk'])).toMatchObject({
      code: 0,
      stderr: 'orrery: --servers 4: Non-optimal configuration, consider an odd number of servers.\n',
    })
  })

  it.each([
    [['--servers', '0'], '--servers 0; expected number of participants should be >0'],
    [['--servers', '51'], '--servers 51; expected at most 50'],
    [['--servers', 'three'], "--servers 'three'; expected a whole number"],
    [['--script', 'nowhere.zk'], "--script 'nowhere.zk'"],
    [['--transcript', 'nowhere.json'], "--transcript 'nowhere.json'"],
    [['--transcript', 'x.json', '--seed', '1'], '--transcript and --seed exclude each other'],
    [['--sever', '3'], '--sever'],
  ])('refuses %j as the caller’s mistake, in one line', (args, said) => {
    const { code, stdout, stderr } = workspace.orrery(['zk', ...args])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(said)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })
})
