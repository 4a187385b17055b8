// How the page of a run of 100 000 records behaves in Chromium: how long it takes to open from disk, and how long each
// interaction takes until it is drawn. Not in the list of `npm run bench`: a browser is no contender, and its times are
// medians of interactions, not rates.
//
//     npm run build && node dist/bench/report-page.js [records]
//
// Exit codes: 0 measured, 2 no browser or a wrong argument. The browser: CHROMIUM_PATH, else /usr/bin/chromium.
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import type { Page } from 'playwright-core'
import { builtinScenario } from '../cli/builtin.ts'
import { PageOutput } from '../cli/report-page.ts'
import { reportedRun, runPage } from '../cli/run-report.ts'
import { simulate } from '../index.ts'
import type { Scenario } from '../sim/scenario/scenario.ts'
import type { SimulateOptions } from '../sim/scenario/simulate.ts'

const OPENINGS = 5
const ROUNDS = 8

/** Writes the page of a quorum run with about so many records; returns what it holds. */
async function write(
  path: string,
  records: number,
): Promise<{ readonly records: number; readonly seconds: number }> {
  const scenario = builtinScenario('quorum') as Scenario
  // An operation takes about 22 records.
  const params = { clients: 12, operations: Math.ceil(records / 12 / 22), keys: 8 }
  const first = await simulate(scenario, { params, until: '1h' } as unknown as SimulateOptions)
  const around = { source: 'quorum', version: 'bench', commands: [] }
  const started = performance.now()
  const { data } = await reportedRun(
    { scenario, spec: first.spec, around, limit: 1_000_000 },
    { records: first.records, fingerprint: first.fingerprint, focus: undefined },
  )
  new PageOutput(path, 'run', '--report').finish(runPage(data))
  return { records: data.records.id.length, seconds: (performance.now() - started) / 1000 }
}

/** Milliseconds until what an action changes has been drawn: the action, and the frame after the next. */
async function timed(page: Page, action: string): Promise<number> {
  return page.evaluate<number>(`new Promise((done) => {
    const began = performance.now()
    ;(() => { ${action} })()
    requestAnimationFrame(() => {
      const channel = new MessageChannel()
      channel.port1.onmessage = () => done(performance.now() - began)
      channel.port2.postMessage(0)
    })
  })`)
}

const click = (selector: string): string => `document.querySelector(${JSON.stringify(selector)}).click()`
const fill = (selector: string, value: string, event: string): string =>
  `const field = document.querySelector(${JSON.stringify(selector)})
   field.value = ${JSON.stringify(value)}
   field.dispatchEvent(new Event('${event}', { bubbles: true }))`
const key = (name: string): string =>
  `document.querySelector('.diagram').dispatchEvent(new KeyboardEvent('keydown', { key: '${name}', bubbles: true }))`

/** Each with what it is called; in an order in which each finds something to do. */
const interactions: readonly (readonly [string, (round: number) => string])[] = [
  ['whole run', () => key('0')],
  ['filter by kind', () => fill('[aria-label="Filter by kind"]', 'request', 'change')],
  ['filter by text', (round) => fill('[aria-label="Filter by text"]', `client[${round}]`, 'input')],
  [
    'clear the filter',
    () =>
      `[...document.querySelectorAll('.toolbar button')].find((one) => one.textContent === 'Clear').click()`,
  ],
  ['scrub', (round) => fill('.scrubber', String(1_000_000 + round * 700_000), 'input')],
  ['zoom in', () => key('+')],
  ['zoom in more', () => key('+') + ';' + key('+') + ';' + key('+')],
  ['pan', () => key('ArrowRight')],
  ['step to the next record', () => key('.')],
  ['choose a record', (round) => click(`#records .line:nth-child(${round + 2})`)],
  ['why, on', () => click('button.why')],
  ['step with why', () => key('.')],
  ['why, off', () => click('button.why')],
]

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN
}

const milliseconds = (value: number): string => value.toFixed(0).padStart(6)

const records = Number(process.argv[2] ?? '100000')
const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'
if (!(records >= 1000) || !existsSync(executablePath)) {
  console.error(`usage: node dist/bench/report-page.js [records], at least 1000; browser: ${executablePath}`)
  process.exit(2)
}
const folder = mkdtempSync(join(tmpdir(), 'orrery-bench-'))
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
try {
  const path = join(folder, 'run.html')
  const made = await write(path, records)
  const size = statSync(path).size / 1_048_576
  console.log(
    `${made.records} records, ${size.toFixed(1)} MiB, executed again and written in ${made.seconds.toFixed(1)} s`,
  )
  const openings: number[] = []
  for (let opening = 0; opening < OPENINGS; opening++) {
    const page = await browser.newPage({ viewport: { width: 1600, height: 1000 } })
    const began = performance.now()
    await page.goto(pathToFileURL(path).href)
    await page.waitForSelector('.area[data-view]')
    openings.push(performance.now() - began)
    await page.close()
  }
  console.log(
    `open, until the diagram is drawn: median ${median(openings).toFixed(0)} ms, worst ${Math.max(...openings).toFixed(0)} ms`,
  )
  const page = await browser.newPage({ viewport: { width: 1600, height: 1000 } })
  await page.goto(pathToFileURL(path).href)
  await page.waitForSelector('.area[data-view]')
  const all: number[] = []
  const times = new Map<string, number[]>(interactions.map(([name]) => [name, []]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, action] of interactions) {
      const took = await timed(page, action(round))
      times.get(name)?.push(took)
      all.push(took)
    }
  }
  console.log(`${'interaction'.padEnd(26)}median  worst  (ms until drawn, ${ROUNDS} rounds)`)
  for (const [name, list] of times)
    console.log(`${name.padEnd(26)}${milliseconds(median(list))} ${milliseconds(Math.max(...list))}`)
  console.log(`${'all'.padEnd(26)}${milliseconds(median(all))} ${milliseconds(Math.max(...all))}`)
} finally {
  await browser.close()
  rmSync(folder, { recursive: true, force: true })
}
