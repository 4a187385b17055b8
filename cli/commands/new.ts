/** `orrery new`: files from which to start a scenario of one's own. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { CallerError, show } from '../../sim/kernel/errors.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { reason } from '../output-file.ts'
import { projectFiles, scenarioFiles } from '../scaffold.ts'

export const command: Command = {
  summary: 'Starts a scenario of your own, with a test that passes.',
  about: 'Writes a scenario with two kinds of nodes and a check, and its test. No file is ever overwritten.',
  positionals: [{ name: 'name', about: 'lower-case words joined by hyphens; also the name of the folder' }],
  options: { here: { kind: 'flag', about: 'writes into the current folder instead of a new one' } },
  examples: [
    ['lost-update', 'makes ./lost-update/'],
    ['lost-update --here', 'adds the files to the current folder'],
  ],
  run(args, { out, program, version }) {
    const name = args.required('name')
    checkName(name)
    const here = args.flag('here')
    const folder = here ? '.' : name
    const ownProject = !belongsToProject(resolve(folder))
    const files = new Map([
      ...scenarioFiles(name),
      ...(ownProject ? projectFiles(name, version) : new Map<string, string>()),
    ])
    writeAll(folder, files)

    const base = here || ownProject ? '' : `${folder}/`
    const steps: string[] = []
    if (ownProject && !here) steps.push(`cd ${folder}`)
    const missing = ['orrery-sim', 'vitest'].filter((one) => !canResolve(one, folder))
    if (missing.length > 0) {
      steps.push(ownProject ? 'npm install' : `npm install --save-dev ${missing.join(' ')}`)
    }
    steps.push('npx vitest run')
    const orrery = ownProject ? 'npx orrery' : program
    steps.push(`${orrery} run ${base}${name}.ts`, `${orrery} run ${base}${name}.ts --set loss=0.2`)
    const made = [...files.keys()].map((file) => `  ${join(folder, file).split(sep).join('/')}`)
    out.write(`made\n${made.join('\n')}\n\nnext\n${steps.map((step) => `  ${step}`).join('\n')}\n`)
    return Promise.resolve(EXIT.held)
  },
}

function checkName(name: string): void {
  if (/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) return
  const close = name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
  throw new CallerError(`name ${show(name)}`, {
    expected: 'lower-case words joined by hyphens',
    hint: close === '' ? undefined : `did you mean '${close}'?`,
  })
}

/** Whether a folder, which may not exist yet, lies in a package. */
function belongsToProject(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return true
    if (dirname(at) === at) return false
  }
}

function canResolve(name: string, folder: string): boolean {
  try {
    createRequire(join(resolve(folder), 'any.js')).resolve(`${name}/package.json`)
    return true
  } catch {
    return false
  }
}

/** Writes all files or none. */
function writeAll(folder: string, files: ReadonlyMap<string, string>): void {
  for (const file of files.keys()) {
    const path = join(folder, file)
    if (existsSync(path)) {
      throw new CallerError(`${relative('.', path).split(sep).join('/')} exists already`, {
        expected: 'a name that is not taken; nothing was written',
      })
    }
  }
  const written: string[] = []
  try {
    const made = mkdirSync(folder, { recursive: true })
    if (made !== undefined) written.push(made)
    for (const [file, content] of files) {
      const path = join(folder, file)
      writeFileSync(path, content, { flag: 'wx' })
      written.push(path)
    }
  } catch (error) {
    for (const path of written.reverse()) rmSync(path, { recursive: true, force: true })
    throw new CallerError(`cannot write into ${folder}: ${reason(error)}`)
  }
}
