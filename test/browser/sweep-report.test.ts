// The page of a sweep, opened from disk: what it says is what the sweep found.
import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { beforeAll, expect, it } from 'vitest'
import { counter, Workspace } from '../cli/orrery.ts'
import { describeInBrowser } from './chromium.ts'

const work = new Workspace()
const args = ['sweep', 'counter.ts', '--set', 'loss=0.1', '--seeds', '30']
copyFileSync(counter, work.path('counter.ts'))

interface SweepJson {
  readonly verdicts: Readonly<Record<string, number>>
  readonly failures: readonly {
    readonly signature: { readonly subject: string }
    readonly runs: number
    readonly cheapest: { readonly seed: number }
    readonly replay: string
  }[]
  readonly faults: readonly { readonly kind: string }[]
}

describeInBrowser('the report of a sweep', (browser) => {
  const url = pathToFileURL(work.path('sweep.html')).href
  let found: SweepJson
  beforeAll(() => {
    const { stdout, stderr } = work.orrery([...args, '--json', '--report', 'sweep.html'])
    expect(stderr).toBe('')
    found = JSON.parse(stdout) as SweepJson
    expect(found.verdicts.held).toBeGreaterThan(0)
    expect(found.failures.length).toBeGreaterThan(0)
  })

  it('says the verdict first, counts runs, and names each failure with the command that repeats it', async () => {
    const { page, problems } = await browser.open(url)
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toMatch(/counter: a sweep\s+✕ violated/)
    const verdict = page.locator('#verdict')
    for (const [name, runs] of Object.entries(found.verdicts)) {
      expect(await verdict.locator('.counts').innerText()).toContain(`${name} ${runs}`)
    }
    for (const { signature, runs, replay } of found.failures) {
      const failure = page.locator('#failures article', { hasText: signature.subject }).first()
      expect(await failure.innerText()).toContain(`${runs} (`)
      expect(await failure.innerText()).toContain(replay)
    }
    expect(problems).toEqual([])
  })

  it('links to the report of each failed run, which is there and opens', async () => {
    const { page } = await browser.open(url)
    const links = page.locator('#failures a')
    expect(await links.count()).toBe(found.failures.length)
    const target = await links.first().getAttribute('href')
    expect(target).toBe(`sweep-runs/seed-${found.failures[0]?.cheapest.seed}.html`)
    expect(existsSync(work.path(target ?? ''))).toBe(true)
    const { page: run, problems } = await browser.open(pathToFileURL(work.path(target ?? '')).href)
    expect(await run.getByRole('heading', { level: 1 }).innerText()).toContain('counter')
    expect(problems).toEqual([])
  })

  it('moves from run to run in the map of seeds, by mouse and by keys', async () => {
    const { page } = await browser.open(url)
    const map = page.getByRole('slider', { name: /Runs by seed/ })
    await map.focus()
    await page.keyboard.press('Home')
    expect(await map.getAttribute('aria-valuetext')).toMatch(/^seed 1, (held|violated: )/)
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    const picked = page.locator('.picked')
    expect(await picked.innerText()).toContain('seed 3: ')
    expect(await picked.innerText()).toContain('orrery run counter.ts --seed 3 --set loss=0.1')
    await page.keyboard.press('End')
    expect(await map.getAttribute('aria-valuetext')).toMatch(/^seed 30, /)
    await map.click({ position: { x: 4, y: 4 } })
    expect(await picked.innerText()).toContain('seed 1: ')
    await map.focus()
    await page.keyboard.press('Escape')
    expect(await picked.count()).toBe(0)
  })

  it('shows what checks and faults covered, distributions of metrics with their numbers, and the longest runs', async () => {
    const { page } = await browser.open(url, { dark: true })
    const coverage = await page.locator('#coverage').innerText()
    for (const { kind } of found.faults) expect(coverage).toContain(kind)
    expect(coverage).toContain('the total never exceeds what was asked for')
    const latency = page.locator('.distribution', { hasText: /^retries\s/ }).first()
    await latency.locator('summary').click()
    expect(await latency.getByRole('table').innerText()).toMatch(/least\s+p10\s+median\s+p90\s+most\s+runs/)
    const events = (await page.locator('#longest tbody tr td:nth-child(2)').allInnerTexts()).map(Number)
    expect(events).toHaveLength(20)
    expect(events).toEqual([...events].sort((a, b) => b - a))
  })

  it('is the same to the byte when it is made again, with any number of threads', () => {
    const first = readFileSync(work.path('sweep.html'))
    const run = readFileSync(work.path(`sweep-runs/seed-${found.failures[0]?.cheapest.seed}.html`))
    work.orrery([...args, '--jobs', '1', '--report', 'sweep.html'])
    expect(readFileSync(work.path('sweep.html')).equals(first)).toBe(true)
    const again = readFileSync(work.path(`sweep-runs/seed-${found.failures[0]?.cheapest.seed}.html`))
    expect(again.equals(run)).toBe(true)
  })

  it('shows a sweep without failures, and what no run reached', async () => {
    work.orrery(['sweep', 'leader-election', '--seeds', '3', '--report', 'held.html'])
    const { page, problems } = await browser.open(pathToFileURL(work.path('held.html')).href, { width: 420 })
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toContain('✓ held')
    expect(await page.locator('#failures').count()).toBe(0)
    expect(existsSync(work.path('held-runs'))).toBe(false)
    // Nothing is wider than a narrow screen.
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    expect(problems).toEqual([])
  })
})

describeInBrowser('text that looks like markup', (browser) => {
  it('is shown as text: names of checks, values, what was observed', async () => {
    const evil = '<img src=x onerror=document.title="owned">'
    work.write(
      'evil.ts',
      `import { always, defineNode, scenario } from 'orrery-sim'
      const one = defineNode()({ kind: 'one', start: (node) => node.metrics.count(${JSON.stringify(evil)}) })
      export default scenario({
        name: 'evil',
        summary: ${JSON.stringify(evil)},
        params: {},
        cluster: ({ addOne }) => void addOne(one),
        checks: [always(${JSON.stringify(evil)}, () => ${JSON.stringify(evil)})],
        until: '10ms',
      })`,
    )
    work.orrery(['sweep', 'evil.ts', '--seeds', '2', '--report', 'evil.html'])
    const { page, problems } = await browser.open(pathToFileURL(work.path('evil.html')).href)
    expect(await page.locator('#failures').innerText()).toContain(evil)
    expect(await page.locator('#metrics').innerText()).toContain(evil)
    expect(await page.locator('img').count()).toBe(0)
    expect(await page.title()).not.toContain('owned')
    expect(problems).toEqual([])
  })
})

it('a report that cannot be written is refused before anything is run', () => {
  const { code, stdout, stderr } = work.orrery(['sweep', 'quorum', '--report', 'no/where.html'])
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain('cannot write no/where.html: no such file or folder')
})
