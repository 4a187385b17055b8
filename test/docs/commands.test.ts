// What the documents show is what users get: every command in them is run, in the order of the text and in a folder
// that holds the files which the text has shown before; its exit code and the output shown below it must be right.
// UPDATE_GOLDEN=1 writes outputs anew, apart from those with `...`.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'

import { main, packageRoot, quietEnv, Workspace } from '../cli/orrery.ts'
import type { Block, Command } from './blocks.ts'
import { blocksOf, commandsOf, documents, mismatch, readBlocks, root } from './blocks.ts'

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>
}
const { scripts } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as Manifest

/** A reader with a folder who types what a document says. */
class Reader {
  private readonly workspace = new Workspace()
  private folder = this.workspace.folder

  constructor() {
    // What `npm install orrery-sim vitest fast-check` would bring.
    const modules = this.workspace.path('node_modules')
    mkdirSync(modules)
    symlinkSync(packageRoot, join(modules, 'orrery-sim'), 'junction')
    for (const name of ['vitest', 'fast-check']) {
      symlinkSync(join(packageRoot, 'node_modules', name), join(modules, name), 'junction')
    }
  }

  save({ file, text }: Block): void {
    if (file === undefined) return
    const path = this.workspace.path(file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, `${text}\n`)
  }

  /** Runs a command that is the project's; undefined for one that is only looked up. */
  run({ words: all, exitCode }: Command): string | undefined {
    const shown = all.join(' ')
    const start = all.findIndex((word) => !/^[A-Z_]+=/.test(word))
    const variables = Object.fromEntries(
      all.slice(0, start).map((word) => word.split('=', 2) as [string, string]),
    )
    const words = all.slice(start)
    const [program = '', ...args] = words
    if (program === 'npm') return this.lookUp(shown, args)
    if (program === 'cd') {
      this.folder = join(this.folder, args[0] ?? '')
      expect(existsSync(this.folder), `${shown}: there is such a folder`).toBe(true)
      return undefined
    }
    if (program.includes('/')) {
      expect(existsSync(join(root, program)), `${program} exists`).toBe(true)
      return undefined
    }
    const isNpx = program === 'npx'
    const [name, ...rest] = isNpx ? args : words
    const script =
      name === 'orrery'
        ? main
        : name === 'vitest' && isNpx
          ? join(root, 'node_modules/vitest/vitest.mjs')
          : ''
    expect(script, `'${shown}' is a command that readers have`).not.toBe('')
    const outcome = spawnSync(process.execPath, [script, ...rest], {
      cwd: this.folder,
      env: quietEnv({ NO_COLOR: '1', ...variables, ...(isNpx ? { npm_command: 'exec' } : {}) }),
      encoding: 'utf8',
    })
    expect({ command: shown, code: outcome.status, stderr: outcome.stderr }).toEqual({
      command: shown,
      code: exitCode,
      // Mistakes are told there, and by Vitest what failed.
      stderr: exitCode === 2 || (name === 'vitest' && exitCode !== 0) ? outcome.stderr : '',
    })
    return outcome.stdout + outcome.stderr
  }

  private lookUp(shown: string, args: readonly string[]): undefined {
    const [name = '', script = ''] = args
    if (name === 'ci' || name === 'install') return
    const wanted = name === 'run' ? script : name
    expect(Object.keys(scripts), `${shown} names a script of package.json`).toContain(wanted)
  }
}

describe.each(documents.map((document) => [document, readBlocks(document)] as const))(
  '%s',
  (document, blocks) => {
    const reader = new Reader()
    const shells = blocks.flatMap((block, index) => (block.language === 'sh' ? [{ block, index }] : []))
    it.skipIf(shells.length > 0)('shows no commands', () => {
      expect(shells).toEqual([])
    })
    it.each(shells.map(({ block, index }) => [block.line, block.text.split('\n')[0], block, index] as const))(
      'line %i: %s',
      { timeout: 120_000 },
      (line, _title, block, index) => {
        // Several blocks may show several versions of one file: the last one above the command counts.
        for (const earlier of blocks.slice(0, index)) reader.save(earlier)
        let output: string | undefined
        for (const command of commandsOf(block)) output = reader.run(command)
        const next = blocks[index + 1]
        if (next?.language !== 'text') return
        if (output === undefined)
          throw new Error(`${document}:${line}: no command of this block has an output`)
        const problem = mismatch(next.text, output)
        if (problem === undefined) return
        if (process.env.UPDATE_GOLDEN === '1' && !/^\s*\.\.\.$/m.test(next.text)) {
          replaceOutput(document, next.text, output)
          return
        }
        expect.fail(`${document}:${next.line}: the output ${problem}\n\nit is\n${output}`)
      },
    )
  },
)

function replaceOutput(document: string, before: string, after: string): void {
  const path = join(root, document)
  const fenced = (text: string): string => `\`\`\`text\n${text.trimEnd()}\n\`\`\``
  writeFileSync(
    path,
    readFileSync(path, 'utf8').replace(fenced(before), () => fenced(after)),
  )
}

describe('what is held against the documents', () => {
  const block = (text: string): Block => blocksOf(`\`\`\`sh\n${text}\n\`\`\``, 'example')[0] as Block

  it.each([
    'orrery rnu quorum',
    'orrery run quorum --sed 7',
    'npx orerry list',
    'npm run tests',
    '.ci/missing',
  ])('refuses %s', (text) => {
    const reader = new Reader()
    expect(() => commandsOf(block(text)).map((command) => reader.run(command))).toThrow()
  })

  it('refuses an exit code that is another', () => {
    const reader = new Reader()
    const [command] = commandsOf(block('orrery list # exits with 1'))
    expect(command?.exitCode).toBe(1)
    expect(() => reader.run(command as Command)).toThrow()
  })

  it('refuses what only a shell understands', () => {
    expect(() => commandsOf(block('orrery list | head'))).toThrow('needs a shell')
  })

  it.each([
    ['a\nb', false],
    ['a\n...\nc', true],
    ['...\nb\n...', true],
    ['a\n...', true],
    ['a\nb\nc', true],
    ['a\nc', false],
    ['...\nc\n...\na', false],
    ['b\n...', false],
    ['...\nb', false],
    ['a\nb\n...\nb\nc', false],
  ])('compares %j with a b c', (shown, same) => {
    expect(mismatch(shown, 'a\nb\nc\n') === undefined).toBe(same)
  })
})
