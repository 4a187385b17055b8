#!/usr/bin/env node
/**
 * The command `orrery`: finds the command, runs it, and turns whatever comes out of it into an exit code. Only the
 * chosen command's module is loaded.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CallerError, InvariantError } from '../sim/kernel/errors.ts'
import { unknownName } from '../sim/kernel/nearest.ts'
import type { CommandEntry } from './command.ts'
import type { Context } from './context.ts'
import { EXIT } from './exit-codes.ts'
import { discardUnfinished } from './output-file.ts'
import { Output, paintFor } from './output.ts'
import { blame } from './stack.ts'
import { quote } from '../reports/invocation.ts'

const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  list: {
    usage: '[scenario]',
    summary: 'Shows the built-in scenarios, or one of them in full',
    load: () => import('./commands/list.ts'),
  },
  run: {
    usage: '<scenario>',
    summary: 'Runs a scenario and says what happened',
    load: () => import('./commands/run.ts'),
  },
  plan: {
    usage: '<scenario>',
    summary: 'Prints the random faults of a seed as a plan that can be edited and run',
    load: () => import('./commands/plan.ts'),
  },
  replay: {
    usage: '<trace>',
    summary: 'Runs what a trace or a failure records again, and compares',
    load: () => import('./commands/replay.ts'),
  },
  diff: {
    usage: '<a> <b>',
    summary: 'Shows the first record in which two traces differ',
    load: () => import('./commands/diff.ts'),
  },
  why: {
    usage: '<what> [record]',
    summary: 'Shows the chain of causes that led to a record or a violation',
    load: () => import('./commands/why.ts'),
  },
  export: {
    usage: '<trace>',
    summary: 'Writes a trace for Perfetto, ShiViz or Mermaid, or as a picture',
    load: () => import('./commands/export.ts'),
  },
  report: {
    usage: '<trace|bundle>',
    summary: 'Writes a page to look at: diagram, states, causes, charts',
    load: () => import('./commands/report.ts'),
  },
  shrink: {
    usage: '<bundle|scenario>',
    summary: 'Makes a failing run small and writes it as a bundle',
    load: () => import('./commands/shrink.ts'),
  },
  compare: {
    usage: '<scenario>',
    summary: 'Compares values of parameters by what their runs measure',
    load: () => import('./commands/compare.ts'),
  },
  sweep: {
    usage: '<scenario>',
    summary: 'Runs a scenario with many seeds and says what failed how often',
    load: () => import('./commands/sweep.ts'),
  },
  merge: {
    usage: '<folders..>',
    summary: 'Joins the shards of a sweep',
    load: () => import('./commands/merge.ts'),
  },
  check: {
    usage: '<history>',
    summary: 'Judges a recorded history of any system',
    load: () => import('./commands/check.ts'),
  },
  zk: {
    usage: '',
    summary: 'Opens a shell on a simulated coordination service, like zkCli',
    load: () => import('./commands/zk.ts'),
  },
  new: {
    usage: '<name>',
    summary: 'Starts a scenario of your own, with a test that passes',
    load: () => import('./commands/new.ts'),
  },
}

function programVersion(): string {
  const manifest = readFileSync(fileURLToPath(import.meta.resolve('orrery-sim/package.json')), 'utf8')
  return (JSON.parse(manifest) as { readonly version: string }).version
}

async function main(args: readonly string[], context: Context): Promise<number> {
  const { parseCommand, programHelp } = await import('./command.ts')
  let [name, ...rest] = args
  if (name === 'help') [name, ...rest] = rest.length === 0 ? ['--help'] : [...rest, '--help']
  if (name === undefined || name === '--help' || name === '-h') {
    context.out.write(`${await programHelp(COMMANDS, context.version)}\n`)
    return EXIT.held
  }
  if (name === '--version') {
    context.out.write(`${context.version}\n`)
    return EXIT.held
  }
  if (name.startsWith('-')) {
    throw new CallerError(`option ${quote(name)} stands before the command`, {
      expected: `'orrery <command> [options]', with one of ${Object.keys(COMMANDS).join(', ')}`,
    })
  }
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (entry === undefined) throw unknownName('command', name, [...Object.keys(COMMANDS), 'help'])
  const { command } = await entry.load()
  const parsed = await parseCommand(name, command, rest, context.version)
  if (typeof parsed === 'string') {
    context.out.write(parsed)
    return EXIT.held
  }
  return command.run(parsed, context)
}

/** Says what went wrong, on stderr; the exit code tells whose fault it is. */
function report(error: unknown, args: readonly string[], context: Context): number {
  const isMistake = error instanceof CallerError || (error instanceof Error && error.name === 'YError')
  if (isMistake) {
    context.warn(`orrery: ${error.message.replace(/\s*\n\s*/g, ' ')}`)
    return EXIT.mistake
  }
  const text = error instanceof Error ? (error.stack ?? `${error.name}: ${error.message}`) : String(error)
  const kind = error instanceof InvariantError ? 'a broken invariant' : 'an unexpected error'
  context.warn(
    `orrery: this is a bug of the simulator (${kind}); please report it with what follows\n` +
      `command: orrery ${args.map(quote).join(' ')}\n` +
      `version: ${context.version}, Node ${process.version}, ${process.platform} ${process.arch}\n${text}`,
  )
  return EXIT.bug
}

const args = process.argv.slice(2)
const out = new Output(process.stdout)
process.stderr.on('error', () => {
  // Nobody listens: the exit code still tells.
})
process.on('exit', discardUnfinished)
process.on('SIGINT', () => process.exit(EXIT.interrupted))
process.on('SIGTERM', () => process.exit(128 + 15))

const warn = (text: string): void => {
  process.stderr.write(`${text}\n`)
}
const context: Context = {
  out,
  warn,
  aside: (text) => {
    if (process.stderr.isTTY) warn(text)
  },
  paint: paintFor(process.stdout, process.env),
  // `npx orrery` finds the command of a project that did not put it on the path; so must the commands we print.
  program: process.env.npm_command === 'exec' ? 'npx orrery' : 'orrery',
  version: programVersion(),
}

// What a scenario's code leaves behind (a promise that nobody waits for) ends up here.
const fatal = (error: unknown): void => {
  process.exit(report(blame(error), args, context))
}
process.on('uncaughtException', fatal)
process.on('unhandledRejection', fatal)

try {
  process.exitCode = await main(args, context)
} catch (error) {
  process.exitCode = report(error, args, context)
}
out.flush()
