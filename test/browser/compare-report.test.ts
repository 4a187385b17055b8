// The page of a comparison, opened from disk: charts, their numbers, and the same as CSV.
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { beforeAll, expect, it } from 'vitest'
import { Workspace } from '../cli/orrery.ts'
import { describeInBrowser } from './chromium.ts'

const work = new Workspace()
const args = [
  ...['compare', 'herd-effect', '--vary', 'n=5,10,20', '--vary', 'strategy=herd,predecessor'],
  ...[
    '--vary',
    'failovers=1,2',
    '--seeds',
    '3',
    '--measure',
    'coordination notifications',
    '--measure',
    'verdict',
  ],
]

describeInBrowser('the report of a comparison', (browser) => {
  const url = pathToFileURL(work.path('compare.html')).href
  let csv = ''
  beforeAll(() => {
    const { stderr, code } = work.orrery([...args, '--csv', 'all.csv', '--report', 'compare.html'])
    expect([stderr, code]).toEqual(['', 0])
    csv = readFileSync(work.path('all.csv'), 'utf8')
  })

  it('has a chart for each measure, a line for each value of another parameter, and says in words what it shows', async () => {
    const { page, problems } = await browser.open(url)
    const chart = page.getByRole('img', { name: /^coordination notifications against n\. / })
    // Each failover notifies all n - 1 others in the herd, and one otherwise.
    expect(await chart.getAttribute('aria-label')).toMatch(
      /strategy=herd: 4 at 5, 19 at 20; strategy=predecessor: 1 at 5, 1 at 20/,
    )
    expect(await chart.locator('path.line').count()).toBe(2)
    expect(await chart.locator('path.point').count()).toBe(6)
    expect(await chart.locator('path.band').count()).toBe(2)
    expect(await page.getByRole('img', { name: /^verdict against n\./ }).count()).toBe(1)
    expect(problems).toEqual([])
  })

  it('changes what is along x, what the lines are, and what is held fixed', async () => {
    const { page } = await browser.open(url)
    await page.locator('.choices select').nth(2).selectOption('2')
    const chart = (x: string) =>
      page.getByRole('img', { name: new RegExp(`^coordination notifications against ${x}\\.`) })
    expect(await chart('n').getAttribute('aria-label')).toMatch(/strategy=predecessor: 2 at 5, 2 at 20/)
    await page.locator('.choices select').first().selectOption({ label: 'strategy' })
    await page.locator('.choices select').nth(1).selectOption({ label: 'n' })
    expect(await chart('strategy').getAttribute('aria-label')).toMatch(/n=20: \d+ at herd, 2 at predecessor/)
    expect(await chart('strategy').locator('path.line').count()).toBe(3)
  })

  it('lists the numbers of every cell, as the terminal does', async () => {
    const { page } = await browser.open(url)
    const measure = page.locator('#measure-0')
    await measure.locator('summary').click()
    const rows = await measure.locator('tbody tr').allInnerTexts()
    expect(rows).toHaveLength(12)
    const { stdout } = work.orrery([...args, '--json'])
    const { cells } = JSON.parse(stdout) as {
      readonly cells: readonly { readonly measures: Readonly<Record<string, { readonly mean: number }>> }[]
    }
    const means = await measure.locator('tbody tr td:nth-child(4)').allInnerTexts()
    expect(means.map(Number)).toEqual(
      cells.map(({ measures }) => measures['coordination notifications']?.mean),
    )
  })

  it('saves the same CSV that --csv writes', async () => {
    const { page } = await browser.open(url)
    const saving = page.waitForEvent('download')
    await page.getByText('Save all numbers as CSV').click()
    const download = await saving
    expect(download.suggestedFilename()).toBe('herd-effect.csv')
    expect(readFileSync(await download.path(), 'utf8')).toBe(csv)
  })

  it('names the command that makes it again, and that gives the same bytes', async () => {
    const { page } = await browser.open(url)
    const command = await page.locator('#about code').innerText()
    const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
    expect(words[0]).toBe('orrery')
    const before = readFileSync(work.path('compare.html'))
    expect(work.orrery([...words.slice(1), '--report', 'compare.html', '--jobs', '1']).code).toBe(0)
    expect(readFileSync(work.path('compare.html')).equals(before)).toBe(true)
  })
})
