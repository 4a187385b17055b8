// A real browser for tests: Chromium as it is installed, through playwright-core, which downloads none.
//
// It is looked for at CHROMIUM_PATH and in the usual places. Where there is none the tests are skipped, and their title
// says why; in continuous integration (CI=true) they fail, so that a gate without a browser cannot look green.
import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/opt/homebrew/bin/chromium',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** The browser's executable, or why there is none. */
export function findChromium(
  env: NodeJS.ProcessEnv = process.env,
  exists: (path: string) => boolean = existsSync,
): { readonly path: string } | { readonly missing: string } {
  const given = env.CHROMIUM_PATH ?? ''
  if (given !== '')
    return exists(given) ? { path: given } : { missing: `CHROMIUM_PATH is ${given}, which is not there` }
  const path = PLACES.find(exists)
  return path === undefined
    ? { missing: 'no Chromium in the usual places; CHROMIUM_PATH says where it is' }
    : { path }
}

/** A page, and what it did that a self-contained page does not do. */
export interface WatchedPage {
  readonly page: Page
  /** Console errors, uncaught errors, and requests for anything but the file itself; in order. */
  readonly problems: readonly string[]
}

export interface TestBrowser {
  /** A page of its own, closed after the tests. `width` and `height` in CSS pixels; default 1280 by 800. */
  open(
    url: string,
    options?: { readonly width?: number; readonly height?: number; readonly dark?: boolean },
  ): Promise<WatchedPage>
}

/** As `describe`, with a browser that is started once for all tests inside. */
export function describeInBrowser(title: string, tests: (browser: TestBrowser) => void): void {
  const found = findChromium()
  if ('missing' in found) {
    if (process.env.CI === 'true') {
      describe(title, () => {
        it('has a browser', () => {
          expect.fail(found.missing)
        })
      })
    } else {
      describe.skip(`${title} (skipped: ${found.missing})`, () => {
        it('has no browser', () => {
          expect.fail()
        })
      })
    }
    return
  }
  describe(title, () => {
    let browser: Browser | undefined
    beforeAll(async () => {
      // As root, in containers, Chromium cannot put its own walls around itself.
      browser = await chromium.launch({ executablePath: found.path, args: ['--no-sandbox', '--disable-gpu'] })
    })
    afterAll(async () => {
      await browser?.close()
    })
    tests({
      async open(url, { width = 1280, height = 800, dark = false } = {}) {
        if (browser === undefined) throw new Error('pages are opened in tests')
        const viewport = { width, height }
        const page = await browser.newPage({
          viewport,
          colorScheme: dark ? 'dark' : 'light',
          locale: 'en-GB',
        })
        const problems: string[] = []
        page.on('console', (message) => {
          if (message.type() === 'error') problems.push(`console: ${message.text()}`)
        })
        page.on('pageerror', (error) => problems.push(`uncaught: ${error.message}`))
        page.on('request', (request) => {
          const asked = request.url()
          const isOwn =
            asked === url || asked.split('#')[0] === url.split('#')[0] || /^(data|blob):/.test(asked)
          if (!isOwn) problems.push(`request: ${asked}`)
        })
        await page.goto(url)
        return { page, problems }
      },
    })
  })
}
