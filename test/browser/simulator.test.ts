// The simulator in a real browser: the same run specs give the same fingerprints there as in Node.
import { readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInBrowser } from './chromium.ts'
import type { RunAnswer } from './fingerprints-page.ts'
import { vocabulary } from '../../faults/vocabulary.ts'
import type { Platform } from '../../sim/kernel/platform.ts'
import { createSimulate } from '../../sim/scenario/simulate.ts'
import { deepChains, run } from './fingerprints-page.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const golden = JSON.parse(readFileSync(join(root, 'test/golden/fingerprints.json'), 'utf8')) as Readonly<
  Record<string, Readonly<Record<string, string>>>
>

/** The pure rooms and the public API as they are. An import of a Node builtin would be an error. */
async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(root, entry)],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    tsconfig: join(root, 'tsconfig.base.json'),
    logLevel: 'error',
  })
  return outputFiles[0]?.text ?? ''
}

const ask = ([name, seed]: readonly [string, number]): Promise<RunAnswer> =>
  (globalThis as unknown as { run: (name: string, seed: number) => Promise<RunAnswer> }).run(name, seed)

describeInBrowser('the simulator in Chromium', (browser) => {
  const folder = mkdtempSync(join(tmpdir(), 'orrery-browser-'))
  let url = ''
  beforeAll(async () => {
    const script = await bundle('test/browser/fingerprints-page.ts')
    const page = `<!doctype html><meta charset="utf-8"><title>runs</title><script>${script.replaceAll('</script', '<\\/script')}</script>`
    writeFileSync(join(folder, 'runs.html'), page)
    url = pathToFileURL(join(folder, 'runs.html')).href
  })
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('gives the committed fingerprint of every built-in scenario at every committed seed', async () => {
    const { page, problems } = await browser.open(url)
    const found: Record<string, Record<string, string>> = {}
    for (const [name, seeds] of Object.entries(golden)) {
      const own: Record<string, string> = (found[name] = {})
      for (const seed of Object.keys(seeds)) {
        own[seed] = (await page.evaluate(ask, [name, Number(seed)] as const)).fingerprint
      }
    }
    expect(found).toEqual(golden)
    expect(problems).toEqual([])
  })

  it('drains chains of promises of any length between two events, as Node does', async () => {
    const { page } = await browser.open(url)
    for (const seed of [1, 2]) {
      expect(await page.evaluate(ask, ['deep-chains', seed] as const)).toEqual(await run('deep-chains', seed))
    }
  })

  it('runs several at a time, each as if alone', async () => {
    const { page } = await browser.open(url)
    const together = await page.evaluate(
      async (runs) => {
        const { run: start } = globalThis as unknown as {
          run: (name: string, seed: number) => Promise<RunAnswer>
        }
        const answers = await Promise.all(runs.map(([name, seed]) => start(name, seed)))
        return answers.map(({ fingerprint }) => fingerprint)
      },
      [
        ['leader-election', 1],
        ['leader-election', 2],
        ['deep-chains', 1],
      ] as [string, number][],
    )
    const alone = golden['leader-election']
    expect(together).toEqual([alone?.[1], alone?.[2], (await run('deep-chains', 1)).fingerprint])
  })

  it('runs in a worker, beside the page', async () => {
    const { page, problems } = await browser.open(url)
    const script = await bundle('test/browser/fingerprints-page.ts')
    const fingerprint = await page.evaluate((text) => {
      // Of the browser; the types of Node that tests have know it under another shape.
      interface PageWorker {
        onmessage: (event: { readonly data: unknown }) => void
        onerror: (event: { readonly message: string }) => void
      }
      const { Worker } = globalThis as unknown as { Worker: new (url: string) => PageWorker }
      const code = `${text}; run('leader-election', 7).then((answer) => postMessage(answer.fingerprint))`
      const worker = new Worker(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })))
      return new Promise((resolve, reject) => {
        worker.onmessage = (event) => resolve(event.data)
        worker.onerror = (event) => reject(new Error(event.message))
      })
    }, script)
    expect(fingerprint).toBe(golden['leader-election']?.[7])
    expect(problems).toEqual([])
  })

  it('is one module without imports for a page that has no bundler: the page of docs/browser.md', async () => {
    const text = readFileSync(join(root, 'dist/browser/orrery.js'), 'utf8')
    const document = readFileSync(join(root, 'docs/browser.md'), 'utf8')
    const program = /<script type="module">\n(.*?)<\/script>/s.exec(document)?.[1] ?? ''
    expect(program).toContain("from './orrery.js'")
    const { page, problems } = await browser.open(url)
    await page.evaluate(
      ([library, own]) => {
        interface Element {
          type: string
          textContent: string
          append(child: Element): void
        }
        const { document: shown } = globalThis as unknown as {
          document: { createElement(name: string): Element; head: Element }
        }
        const address = URL.createObjectURL(new Blob([library], { type: 'text/javascript' }))
        const script = shown.createElement('script')
        script.type = 'module'
        script.textContent = own.replace('./orrery.js', address)
        shown.head.append(script)
      },
      [text, program] as const,
    )
    await page.getByText('10 ticks, fingerprint').waitFor()
    expect(problems).toEqual([])
  })
})

it('a drain that counts turns, as no platform may, gives another run', async () => {
  const counted: Platform = {
    async drive(step) {
      while (step() !== 'end') for (let turn = 0; turn < 3; turn++) await Promise.resolve()
    },
  }
  const wrong = await createSimulate(counted, vocabulary)(deepChains, { seed: 1 })
  expect(wrong.fingerprint).not.toBe((await run('deep-chains', 1)).fingerprint)
})
