// The page of a difference, opened from disk.
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { beforeAll, expect, it } from 'vitest'
import { Workspace } from '../cli/orrery.ts'
import { describeInBrowser } from './chromium.ts'

const work = new Workspace()

interface DiffJson {
  readonly first: { readonly a: { readonly id: number }; readonly b: { readonly id: number } }
}

describeInBrowser('the report of a difference', (browser) => {
  const url = pathToFileURL(work.path('diff.html')).href
  let first = 0
  beforeAll(() => {
    work.orrery(['run', 'leader-election', '--until', '12s', '--trace', 'crash.jsonl'])
    work.orrery([
      'run',
      'leader-election',
      '--until',
      '12s',
      '--set',
      'fault=pause',
      '--trace',
      'pause.jsonl',
    ])
    const { stdout, code } = work.orrery([
      'diff',
      'crash.jsonl',
      'pause.jsonl',
      '--json',
      '--report',
      'diff.html',
    ])
    expect(code).toBe(1)
    first = (JSON.parse(stdout) as DiffJson).first.a.id
  })

  it('says where the runs part, how their specs differ, and how each ended', async () => {
    const { page, problems } = await browser.open(url)
    expect(await page.locator('.summary').innerText()).toContain(`record ${first} is the first that differs`)
    const runs = await page.locator('#runs').innerText()
    expect(runs).toMatch(/params\.fault\s+"crash"\s+"pause"/)
    expect(runs).toContain('violated')
    expect(runs).toContain('lead at once')
    expect(problems).toEqual([])
  })

  it('shows both runs side by side from there on, and filters by node and by what differs', async () => {
    const { page } = await browser.open(url)
    const rows = page.locator('.records tbody tr')
    const all = await rows.count()
    expect(await page.locator('.records tr.first').first().innerText()).toContain(`#${first}`)
    expect(await page.locator('.records tr.same').first().innerText()).toContain(`#${first - 12} `)
    await page.getByLabel('only what differs').check()
    const different = await rows.count()
    expect(different).toBeLessThan(all)
    expect(await page.locator('.records tr.same').count()).toBe(0)
    await page.getByLabel('node').selectOption('contender[0]')
    expect(await rows.count()).toBeLessThan(different)
    for (const text of await rows.allInnerTexts()) expect(text).toContain('contender[0]')
  })

  it('shows how the states of nodes differ after it', async () => {
    const { page } = await browser.open(url, { dark: true })
    expect(await page.locator('#states').innerText()).toMatch(/contender\[0\][\s\S]*\(up\)\s+false\s+true/)
  })

  it('is the same to the byte when it is made again', () => {
    const before = readFileSync(work.path('diff.html'))
    work.orrery(['diff', 'crash.jsonl', 'pause.jsonl', '--report', 'diff.html'])
    expect(readFileSync(work.path('diff.html')).equals(before)).toBe(true)
  })

  it('of a run and itself says that nothing differs', async () => {
    expect(work.orrery(['diff', 'crash.jsonl', 'crash.jsonl', '--report', 'same.html']).code).toBe(0)
    const { page, problems } = await browser.open(pathToFileURL(work.path('same.html')).href)
    expect(await page.locator('.summary').innerText()).toBe('No record differs.')
    expect(problems).toEqual([])
  })
})

it('a trace is not overwritten by its own report', () => {
  const { code, stderr } = work.orrery(['diff', 'crash.jsonl', 'pause.jsonl', '--report', 'pause.jsonl'])
  expect([code, stderr.includes("--report: 'pause.jsonl' is what is to be read")]).toEqual([2, true])
})
