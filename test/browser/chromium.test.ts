import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { describeInBrowser, findChromium } from './chromium.ts'

describe('the search for Chromium', () => {
  it('takes what CHROMIUM_PATH says, and nothing else', () => {
    const env = { CHROMIUM_PATH: '/elsewhere/chromium' }
    expect(findChromium(env, (path) => path === '/elsewhere/chromium')).toEqual({
      path: '/elsewhere/chromium',
    })
    const missing = 'CHROMIUM_PATH is /elsewhere/chromium, which is not there'
    expect(findChromium(env, (path) => path === '/usr/bin/chromium')).toEqual({ missing })
  })

  it('looks in the usual places, and says what to do where there is none', () => {
    expect(findChromium({}, (path) => path === '/usr/bin/chromium')).toEqual({ path: '/usr/bin/chromium' })
    expect(findChromium({}, () => false)).toEqual({
      missing: 'no Chromium in the usual places; CHROMIUM_PATH says where it is',
    })
  })
})

describeInBrowser('a watched page', (browser) => {
  const folder = mkdtempSync(join(tmpdir(), 'orrery-page-'))
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  const fileOf = (html: string): string => {
    const path = join(folder, 'page.html')
    writeFileSync(path, `<!doctype html><title>x</title>${html}`)
    return pathToFileURL(path).href
  }

  it('has no problems when it keeps to itself', async () => {
    const { page, problems } = await browser.open(
      fileOf('<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">'),
    )
    expect(await page.title()).toBe('x')
    expect(problems).toEqual([])
  })

  it('is caught when it asks for something, throws, or complains', async () => {
    const script = 'console.error("no"); throw new Error("oh")'
    const { problems } = await browser.open(fileOf(`<img src="other.png"><script>${script}</script>`))
    expect(problems).toContain('console: no')
    expect(problems).toContain('uncaught: oh')
    expect(problems.some((problem) => /^request: file:.*other\.png$/.test(problem))).toBe(true)
  })
})
