/** HTML reports as files: the bundled pages that came with the program, and one page filled with data. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page, PageAssets, PageName } from '../reports/html/page.ts'
import { pageHtml } from '../reports/html/page.ts'
import { CallerError, invariant } from '../sim/kernel/errors.ts'
import { OutputFile } from './output-file.ts'

/** Where the build puts the pages: beside this file's own output, or in `dist` when the sources are run. */
const FOLDERS = ['../reports/html/pages/', '../dist/reports/html/pages/']

/** The script and the style sheet of a page. */
export function pageAssets(name: PageName): PageAssets {
  const folders = FOLDERS.map((folder) => fileURLToPath(new URL(folder, import.meta.url)))
  const folder = folders.find((one) => existsSync(`${one}${name}.js`))
  invariant(folder !== undefined, `page ${name} was bundled at package build`)
  const [script, style] = [`${folder}${name}.js`, `${folder}${name}.css`].map((path) =>
    readFileSync(path, 'utf8'),
  )
  return {
    script: script as string,
    style: style as string,
    scriptHash: hash(script),
    styleHash: hash(style),
  }
}

function hash(text = ''): string {
  return createHash('sha256').update(text).digest('base64')
}

/** A page's file; its path is checked when it is made, before anything is run. */
export class PageOutput {
  readonly path: string
  private readonly file: OutputFile
  private readonly name: PageName

  /**
   * @param option what named the path, for errors: `--report`
   * @param inputs files that must not be overwritten
   * @throws CallerError if the file cannot be written
   */
  constructor(path: string, name: PageName, option: string, inputs: readonly (string | undefined)[] = []) {
    if (inputs.some((input) => input !== undefined && resolve(input) === resolve(path))) {
      throw new CallerError(`${option}: '${path}' is what is to be read`, { expected: 'another file' })
    }
    this.path = path
    this.name = name
    this.file = new OutputFile(path)
  }

  /** Writes the page and gives the file its name; returns its size in bytes. */
  finish(page: Page): number {
    const bytes = new TextEncoder().encode(pageHtml(page, pageAssets(this.name)))
    this.file.write(bytes, bytes.length)
    this.file.finish()
    return bytes.length
  }
}
