// What people see in a terminal: nothing is wider than 80 columns, colours are the only thing that depends on who looks.
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Workspace } from './orrery.ts'

const work = new Workspace()

/** Command lines, fingerprints and file names may not be broken; all else fits. */
const tooWide = (text: string): readonly string[] =>
  text.split('\n').filter((line) => line.length > 80 && !/^ {2}(orrery|replay {4}orrery) /.test(line))

describe('run in a terminal of 80 columns', () => {
  it.each([
    ['leader-election', []],
    ['leader-election', ['--set', 'fault=pause', '--set', 'n=7']],
    ['herd-effect', ['--set', 'strategy=herd']],
    ['quorum', ['--set', 'r=1', '--set', 'w=1', '--until', '4s']],
    ['load-balancing', ['--until', '6s']],
  ])('%s %j is the same with and without colours, and fits', (scenario, more) => {
    const plain = work.orrery(['run', scenario, ...more])
    const coloured = work.orrery(['run', scenario, ...more], { FORCE_COLOR: '1' })
    const refused = work.orrery(['run', scenario, ...more], { FORCE_COLOR: '1', NO_COLOR: '1' })
    expect(tooWide(plain.stdout)).toEqual([])
    expect(plain.stdout).not.toContain('\u001b')
    expect(coloured.stdout).toContain('\u001b[')
    expect(stripVTControlCharacters(coloured.stdout)).toBe(plain.stdout)
    expect(refused.stdout).toBe(plain.stdout)
  })

  it('shows the distribution of what was sampled', () => {
    const { stdout } = work.orrery(['run', 'load-balancing', '--until', '6s'])
    expect(stdout).toMatch(/^ {2}metric .* max {2}spread$/m)
    expect(stdout).toMatch(/^ {2}latency .* [ ▁▂▃▄▅▆▇█]{6,8}$/m)
  })
})

describe('run --follow in a terminal of 80 columns', () => {
  it.each([['leader-election'], ['quorum'], ['load-balancing'], ['herd-effect']])('%s fits', (scenario) => {
    const args = ['run', scenario, '--until', '600ms', '--follow']
    const plain = work.orrery(args)
    const coloured = work.orrery(args, { FORCE_COLOR: '1' })
    expect(tooWide(plain.stdout)).toEqual([])
    expect(stripVTControlCharacters(coloured.stdout)).toBe(plain.stdout)
  })

  it('says what segments of streams carry, and leaves out those that carry nothing', () => {
    const { stdout } = work.orrery(['run', 'split-brain', '--until', '2s', '--follow'])
    expect(stdout).toMatch(/ stream {4}data -> coordination ping\n/)
    expect(stdout).toMatch(/ deliver {3}data <- writer\[\d\] ping\n/)
    expect(stdout).not.toMatch(/(stream|deliver) +(ACK|handshake-ACK) /)
    expect(stdout).toContain('deliver   SYN-ACK <- coordination')
  })

  it('keeps the letters of known roles, whichever comes first', () => {
    const { stdout } = work.orrery(['run', 'coordination-outage', '--until', '1s'])
    expect(stdout).toMatch(/ {2}L leader {3}F follower/)
    expect(stdout).toMatch(/coordination\[2\] .*L/)
  })

  it('gives each node a colour of its own, the same in every line', () => {
    const { stdout } = work.orrery(['run', 'leader-election', '--until', '2s', '--follow'], {
      FORCE_COLOR: '1',
    })
    const colours = new Map<string, Set<string>>()
    const escape = String.fromCharCode(27)
    const line = new RegExp(
      `^${escape}\\[2m +[\\d.]+s${escape}\\[22m ${escape}\\[(\\d+)m([^\\s${escape}]+) *${escape}`,
      'gm',
    )
    for (const [, code = '', node = ''] of stdout.matchAll(line)) {
      colours.set(node, (colours.get(node) ?? new Set()).add(code))
    }
    expect([...colours.keys()].sort()).toEqual([
      'client',
      ...[0, 1, 2, 3, 4].map((index) => `contender[${index}]`),
      ...[0, 1, 2].map((index) => `coordina...[${index}]`),
    ])
    expect([...colours.values()].map(({ size }) => size)).toEqual(Array<number>(9).fill(1))
    expect(new Set([...colours.values()].flatMap((codes) => [...codes])).size).toBeGreaterThan(3)
  })
})
