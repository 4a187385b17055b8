import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { counter, Workspace } from './orrery.ts'

const work = new Workspace()
copyFileSync(counter, work.path('counter.ts'))

const base = [
  'compare',
  'counter.ts',
  '--vary',
  'clients=1,2',
  '--vary',
  'loss=0,0.4',
  '--seeds',
  '5',
] as const

describe('orrery compare', () => {
  it('shows the grid as a table, measure by measure', () => {
    const { code, stdout, stderr } = work.orrery([...base, '--measure', 'verdict,retries'])
    expect(stderr).toBe('')
    expect(stdout).toMatchInlineSnapshot(`
      "counter: 4 cells, seeds 1 to 5 in each: 20 runs

      verdict (share of runs that were violated)
        clients  loss  share    95 % interval    runs  less the first
        1        0       0 %    0 % .. 43.4 %  0 of 5
        1        0.4   100 %  56.6 % .. 100 %  5 of 5          +100 %
        2        0       0 %    0 % .. 43.4 %  0 of 5             0 %
        2        0.4   100 %  56.6 % .. 100 %  5 of 5          +100 %

      retries (total of each run's counter)
        clients  loss   mean  95 % interval   p50    p90    max  less the first
        1        0      0.00   0.00 .. 0.00  0.00   0.00   0.00
        1        0.4    5.40   1.13 .. 9.67  4.00  10.00  10.00    +5.40 ± 4.27
        2        0      0.00   0.00 .. 0.00  0.00   0.00   0.00     0.00 ± 0.00
        2        0.4   12.20  4.58 .. 19.82  9.00  21.00  21.00   +12.20 ± 7.62

      percentiles are over runs; 'less the first' is the mean of the differences to
      the first cell, seed by seed, with half its 95 % interval
      "
    `)
    expect(code).toBe(0)
  })

  it('measures the verdict and the highlights if nothing is said', () => {
    const { stdout } = work.orrery([...base])
    expect(stdout).toContain('verdict (share of runs that were violated)')
    expect(stdout).toContain("acknowledged (total of each run's counter)")
  })

  it('fits into 80 columns', () => {
    for (const line of work.orrery([...base]).stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  it('gives the same bytes again, with any number of threads', () => {
    const args = ['compare', 'quorum', '--vary', 'n=3,5', '--vary', 'r=1..3', '--seeds', '12', '--set', 'w=2']
    const once = work.orrery([...args, '--jobs', '1', '--json']).stdout
    expect(work.orrery([...args, '--jobs', '2', '--json']).stdout).toBe(once)
  })

  it('uses the seeds that it is told, in every cell, each as a run of its own would be', () => {
    const { stdout } = work.orrery([
      ...[
        'compare',
        'counter.ts',
        '--vary',
        'loss=0.4,0.2',
        '--seeds',
        '7..9',
        '--measure',
        'events',
        '--json',
      ],
    ])
    interface Cell {
      readonly values: { readonly loss: number }
      readonly measures: { readonly events: { readonly values: readonly number[] } }
    }
    const { cells } = JSON.parse(stdout) as { readonly cells: readonly Cell[] }
    for (const { values, measures } of cells) {
      const alone = [7, 8, 9].map((seed) => {
        const run = ['run', 'counter.ts', '--seed', String(seed), '--set', `loss=${values.loss}`, '--json']
        return (JSON.parse(work.orrery(run).stdout) as { readonly events: number }).events
      })
      expect(measures.events.values).toEqual(alone)
    }
  })

  it('lists what can be measured', () => {
    const { code, stdout } = work.orrery(['compare', 'counter.ts', '--list', '--set', 'loss=0.3'])
    expect(code).toBe(0)
    expect(stdout).toContain('verdict       share of runs that were violated\n')
    expect(stdout).toContain("acknowledged  total of each run's counter\n")
  })

  it('writes CSV, one line for each cell and measure', () => {
    const { code } = work.orrery([...base, '--measure', 'endedAt,retries', '--csv', 'out.csv'])
    expect(code).toBe(0)
    const lines = readFileSync(work.path('out.csv'), 'utf8').split('\r\n')
    expect(lines[0]).toBe(
      'clients,loss,measure,runs,mean,low,high,deviation,min,p10,p50,p90,p99,max,difference,differenceLow,differenceHigh',
    )
    expect(lines).toHaveLength(1 + 4 * 2 + 1)
    expect(lines[2]).toMatch(/^1,0,retries,5,\d/)
    for (const line of lines.slice(0, -1)) expect(line.split(',')).toHaveLength(17)
  })

  it('names the combinations that the scenario does not allow', () => {
    const { code, stdout } = work.orrery([
      ...['compare', 'counter.ts', '--vary', 'clients=2,9', '--set', 'additions=20', '--seeds', '1'],
    ])
    expect(stdout).toContain('clients=9: clients times additions cannot exceed 100')
    expect(stdout).toContain('one seed says nothing about chance')
    expect(code).toBe(0)
  })

  it.each<[string, readonly string[], string]>([
    ['nothing to vary', [], '--vary is missing'],
    ['an unknown parameter', ['--vary', 'client=1'], "did you mean 'clients'?"],
    ['a reversed range', ['--vary', 'clients=3..1'], 'did you mean 1..3?'],
    ['an empty range of seeds', ['--vary', 'clients=1', '--seeds', '0'], "--seeds: '0' is no run at all"],
    ['a reversed range of seeds', ['--vary', 'clients=1', '--seeds', '9..3'], 'did you mean 3..9?'],
    ['a near measure', ['--vary', 'clients=1', '--measure', 'acknowleged'], "did you mean 'acknowledged'?"],
    [
      'a measure that no run knows',
      ['--vary', 'clients=1', '--seeds', '2', '--measure', 'unheard of'],
      "unknown measure 'unheard of'",
    ],
    [
      'a statistic that a metric does not have',
      ['--vary', 'clients=1', '--measure', 'acknowledged.p99'],
      "'acknowledged' has no 'p99'; expected acknowledged.total",
    ],
    ['a number of threads', ['--vary', 'clients=1', '--jobs', 'x'], '--jobs: '],
    ['a seed, which is an option of run', ['--vary', 'clients=1', '--seed', '2'], "did you mean '--seeds'?"],
  ])('refuses %s, and writes no file', (_what, args, message) => {
    const { code, stdout, stderr } = work.orrery(['compare', 'counter.ts', ...args, '--csv', 'refused.csv'])
    expect(stderr).toContain(message)
    expect(stderr).toMatch(/^orrery: [^\n]+\n$/)
    expect(stdout).toBe('')
    expect(code).toBe(2)
    expect(existsSync(work.path('refused.csv'))).toBe(false)
  })
})
