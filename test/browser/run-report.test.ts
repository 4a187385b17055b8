// The page of a run, used as people use it: opened from disk in a real browser.
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { builtinNames } from '../../cli/builtin.ts'
import { valueText } from '../../reports/values.ts'
import { footerText, headerText } from '../../sim/trace/reader.ts'
import { JsonlTrace, LineWriter } from '../../sim/trace/jsonl.ts'
import { kindCode } from '../../sim/trace/records.ts'
import { StringTable } from '../../sim/trace/string-table.ts'
import { fromJson } from '../../sim/trace/values.ts'
import { NO_DATA } from '../../sim/trace/recorder.ts'
import { packageRoot, Workspace } from '../cli/orrery.ts'
import { describeInBrowser } from './chromium.ts'

const workspace = new Workspace()
const urlOf = (file: string): string => pathToFileURL(workspace.path(file)).href

interface Recorded {
  readonly id?: number
  readonly kind: string
  readonly type?: string
  readonly node?: string
  readonly t: number
}

interface Footer {
  readonly verdict: string
  readonly fingerprint: string
  readonly violations?: readonly { readonly record?: number }[]
}

/** Runs a scenario with trace and report; the trace's records, and how it ended. */
function record(
  name: string,
  args: readonly string[],
): { readonly records: readonly Recorded[]; readonly footer: Footer } {
  workspace.orrery(['run', ...args, '--trace', `${name}.jsonl`, '--report', `${name}.html`])
  const lines = readFileSync(workspace.path(`${name}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n')
  const records = lines.slice(1, -1).map((line) => JSON.parse(line) as Recorded)
  return { records, footer: JSON.parse(lines.at(-1) ?? '') as Footer }
}

interface Replayed {
  readonly nodes: readonly { readonly name: string; readonly state: unknown }[]
}

/** The states that a replay shows. */
function replay(name: string, to: string): ReadonlyMap<string, string> {
  const { stdout } = workspace.orrery(['replay', `${name}.jsonl`, '--to', to, '--json'])
  const { nodes } = JSON.parse(stdout) as Replayed
  return new Map(
    nodes.map((node) => [node.name, node.state === null ? 'down' : valueText(fromJson(node.state))]),
  )
}

/** The states that the page shows. */
async function shownStates(page: Page): Promise<ReadonlyMap<string, string>> {
  const all = page.getByRole('button', { name: /^Show all \d+ nodes$/ })
  if ((await all.count()) > 0) await all.click()
  const cards = await page.evaluate<
    [string, string][]
  >(`[...document.querySelectorAll('[data-node]')].map((card) => [
    card.getAttribute('data-node'),
    card.querySelector('[data-test=state]')?.textContent ?? 'down',
  ])`)
  return new Map(cards)
}

async function view(page: Page): Promise<readonly [number, number]> {
  const text = await page.locator('.area').getAttribute('data-view')
  const [from = 0, to = 0] = (text ?? '').split(' ').map(Number)
  return [from, to]
}

async function length(page: Page): Promise<number> {
  const [from, to] = await view(page)
  return to - from
}

const goTo = async (page: Page, text: string): Promise<void> => {
  await page.getByLabel('Go to').fill(text)
  await page.getByRole('button', { name: 'Go', exact: true }).click()
}

describeInBrowser('the report of a run', (browser) => {
  describe.each(builtinNames)('of %s', (name) => {
    it('opens from disk, and does what it should', async () => {
      const { records, footer } = record(name, [name, '--until', '2s'])
      const { page, problems } = await browser.open(urlOf(`${name}.html`))

      // The verdict comes first.
      expect(await page.locator('section').first().locator('header .badge').innerText()).toContain(
        footer.verdict,
      )
      expect(await page.locator('#about').innerText()).toContain(footer.fingerprint)

      // Zoom by button, by wheel and by key.
      await page.getByRole('button', { name: 'Whole run' }).click()
      const whole = await length(page)
      await page.getByRole('button', { name: 'Zoom in' }).click()
      await expect.poll(() => length(page)).toBeLessThan(whole * 0.51)
      const once = await length(page)
      await page.locator('.area canvas').hover()
      await page.mouse.wheel(0, -300)
      await expect.poll(() => length(page)).toBeLessThan(once)
      const [from] = await view(page)
      await page.locator('.diagram').focus()
      await page.keyboard.press('ArrowRight')
      await expect.poll(async () => (await view(page))[0]).toBeGreaterThan(from)
      await page.keyboard.press('0')
      await expect.poll(() => length(page)).toBe(whole)

      // Filter by kind.
      const delivered = records.filter((one) => one.kind === 'deliver').length
      await page.getByLabel('Filter by kind').selectOption('deliver')
      const count = (await page.locator('[data-test=matches]').innerText()).replace(/\D/g, '')
      expect(Number(count)).toBe(delivered)

      // Choose a record in the list, and follow its causes to the root.
      const listed = page.locator('#records .line')
      await listed.nth(3).click()
      const id = Number(await listed.nth(3).locator('.number').innerText())
      await expect.poll(() => page.locator('.inspector h3').innerText()).toContain(`record ${id}`)
      const why = JSON.parse(workspace.orrery(['why', `${name}.jsonl`, String(id), '--json']).stdout) as {
        readonly root: number
        readonly steps: readonly unknown[]
      }
      await page.locator('button.why').click()
      expect(await page.locator('[data-test=root]').innerText()).toContain(`#${why.root},`)
      if (why.steps.length < 48) expect(await page.locator('.chain li').count()).toBe(why.steps.length)
      // Following causes by hand ends there, too.
      let steps = 0
      while ((await page.locator('[data-test=cause]').count()) > 0 && steps++ < 60)
        await page.locator('[data-test=cause]').click()
      if (steps < 60) expect(await page.locator('.inspector h3').innerText()).toContain(`record ${why.root}`)
      await page.getByRole('button', { name: 'Clear' }).click()

      // Travel in time: after a record, and to a time with the scrubber. The address names the instant.
      const middle = records.filter((one) => one.id !== undefined).at(-20)?.id ?? 1
      await goTo(page, String(middle))
      await expect.poll(() => page.url()).toContain(`#record=${middle}`)
      expect(Object.fromEntries(await shownStates(page))).toEqual(
        Object.fromEntries(replay(name, String(middle))),
      )
      await page.evaluate(`{
        const scrubber = document.querySelector('.scrubber')
        scrubber.value = String(Number(scrubber.max) * 0.6)
        scrubber.dispatchEvent(new Event('input', { bubbles: true }))
      }`)
      await expect.poll(() => page.url()).toMatch(/#t=\d+$/)
      const time = /#t=(\d+)$/.exec(page.url())?.[1] ?? ''
      expect(Object.fromEntries(await shownStates(page))).toEqual(
        Object.fromEntries(replay(name, `${time}us`)),
      )
      expect(problems).toEqual([])
    }, 90_000)
  })

  it('of a violated run begins at the violation, and leads from there to the fault', async () => {
    const { records, footer } = record('paused', ['leader-election', '--set', 'fault=pause'])
    const broken = footer.violations?.[0]?.record ?? 0
    const pause = records.find(({ kind, type }) => kind === 'fault' && type === 'pause')?.id ?? 0
    const { page, problems } = await browser.open(urlOf('paused.html'))
    const verdict = page.locator('#verdict')
    expect(await verdict.locator('header').innerText()).toContain('violated')
    expect(await verdict.locator('.observed').innerText()).toBe(
      'contender[0] (term 0) and contender[1] (term 1) lead at once',
    )
    expect(await verdict.innerText()).toMatch(
      new RegExp(`last good instant\\s+after record ${broken - 1} at 11s`),
    )
    expect(await verdict.locator('code').first().innerText()).toBe(
      'orrery run leader-election --seed 1 --set fault=pause',
    )
    await page.locator('.why-violation').click()
    expect(await page.locator('[data-test=root]').innerText()).toBe(
      `Root: the fault pause (#${pause}, at 5s).`,
    )
    expect(await page.locator('[data-node="contender[0]"] h3').innerText()).toContain('leader, term 0')
    expect(problems).toEqual([])
  })

  it('of a part of a long run says what is left out, and shows no states that it does not know', async () => {
    const { footer } = record('long', ['leader-election', '--set', 'fault=pause'])
    workspace.orrery(['report', 'long.jsonl', '-o', 'part.html', '--records', '200'])
    const { page, problems } = await browser.open(urlOf('part.html'))
    expect(await page.locator('#verdict .missing').first().innerText()).toMatch(/records are left out/)
    expect(Object.fromEntries(await shownStates(page))).toEqual(
      Object.fromEntries(replay('long', String(footer.violations?.[0]?.record))),
    )
    await goTo(page, '1s')
    await expect.poll(() => page.locator('#states .note').innerText()).toMatch(/states are kept from record/)
    expect(await page.locator('[data-node]').count()).toBe(0)
    expect(problems).toEqual([])
  })

  it('opens at the instant that its address names', async () => {
    record('linked', ['quorum', '--until', '1s'])
    const { page } = await browser.open(`${urlOf('linked.html')}#record=100`)
    expect(await page.locator('[data-test=states-at]').innerText()).toContain('after record 100')
    await page.keyboard.press('Tab')
    await page.locator('.diagram').focus()
    await page.keyboard.press('.')
    await expect.poll(() => page.url()).toContain('#record=101')
    await page.keyboard.press(',')
    await page.keyboard.press(',')
    await expect.poll(() => page.url()).toContain('#record=99')
  })

  it('shows text that looks like HTML as text', async () => {
    const fixture = `${packageRoot}/test/fixtures/markup.ts`
    record('markup', [fixture])
    const { page, problems } = await browser.open(urlOf('markup.html'))
    await page.locator('#records .line', { hasText: '<b>type</b>' }).first().click()
    expect(await page.locator('.inspector').innerText()).toContain('<img src=x onerror=')
    for (const part of ['#verdict', '#states', '#records', '#history', '#charts'])
      expect(await page.locator(part).innerText()).toMatch(/<img src=x|<b>|<u>/)
    expect(await page.locator('img, .inspector b, #records b').count()).toBe(0)
    expect(await page.evaluate(`'hacked' in window`)).toBe(false)
    expect(problems).toEqual([])
  })

  it('shows names of nodes as text, whoever wrote the trace', async () => {
    const name = '<img src=x onerror="window.hacked=1">'
    const pieces: Uint8Array[] = []
    const writer = new LineWriter((bytes, size) => void pieces.push(bytes.slice(0, size)))
    const spec = {
      scenario: 'foreign',
      params: {},
      seed: 1,
      plan: [],
      profile: { ties: 'serial' },
      until: 10,
    }
    writer.line(headerText({ version: '0', source: 'foreign.ts', spec }))
    const directory = { nodeName: () => name, nodeAddress: () => expect.fail('no address is written') }
    const trace = new JsonlTrace(writer, new StringTable(), directory)
    trace.record(1, 0, kindCode('start'), 0, 0, -1, 0, NO_DATA, 1, 2)
    const end = { verdict: 'held', records: 1, events: 1, endedAt: 10, fingerprint: '0000000100000002' }
    writer.line(footerText(end))
    writer.flush()
    workspace.write('foreign.jsonl', Buffer.concat(pieces).toString())
    expect(workspace.orrery(['report', 'foreign.jsonl']).code).toBe(0)
    const { page, problems } = await browser.open(urlOf('foreign.html'))
    expect(await page.locator('.labels').innerText()).toContain(name)
    expect(await page.locator('#verdict .missing').innerText()).toMatch(/could not be executed again/)
    expect(await page.evaluate(`'hacked' in window`)).toBe(false)
    expect(problems).toEqual([])
  })

  it('can be used by keyboard, and names its parts', async () => {
    record('keys', ['leader-election', '--until', '1s'])
    const { page } = await browser.open(urlOf('keys.html'))
    const list = page.getByRole('listbox', { name: 'Records' })
    await list.focus()
    await page.keyboard.press('Home')
    await expect.poll(() => page.url()).toContain('#record=1')
    await page.keyboard.press('ArrowDown')
    await expect.poll(() => page.url()).toContain('#record=2')
    expect(await list.getAttribute('aria-activedescendant')).toBe('row-1')
    for (const region of ['Verdict', 'Space-time diagram', 'States of the nodes', 'Records', 'The run'])
      expect(await page.getByRole('region', { name: region }).count()).toBeGreaterThan(0)
    const unnamed = await page.evaluate(`[...document.querySelectorAll('button, input, select')]
      .filter((one) => one.textContent.trim() === '' && !one.labels?.length && !one.hasAttribute('aria-label'))
      .map((one) => one.outerHTML)`)
    expect(unnamed).toEqual([])
  })
})
