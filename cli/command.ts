/**
 * What a command is, and how its arguments are read: strictly. yargs parses and writes the help; unknown options, an
 * option given twice and a missing value are refused here, with the nearest valid name.
 */
import yargs from 'yargs'
import type { Argv } from 'yargs'
import { CallerError, show } from '../sim/kernel/errors.ts'
import { unknownName } from '../sim/kernel/nearest.ts'
import type { Context } from './context.ts'
import type { ExitCode } from './exit-codes.ts'

export interface OptionSpec {
  /** `flag`: present or not; `text`: one value; `list`: may be repeated. */
  readonly kind: 'flag' | 'text' | 'list'
  readonly about: string
  /** A single letter that stands for it: `o` allows `-o FILE`. */
  readonly letter?: string
}

export interface PositionalSpec {
  readonly name: string
  readonly about: string
  readonly optional?: boolean
  /** One or more of them, read by `list`; only the last positional. */
  readonly many?: boolean
}

export interface Command {
  readonly summary: string
  /** More than the summary, for the command's own help. */
  readonly about?: string
  readonly positionals: readonly PositionalSpec[]
  readonly options: Readonly<Record<string, OptionSpec>>
  /** Arguments and what they do. */
  readonly examples: readonly (readonly [string, string])[]
  run(args: Arguments, context: Context): Promise<ExitCode>
}

/** What is known of a command before its module is loaded. */
export interface CommandEntry {
  readonly usage: string
  readonly summary: string
  readonly load: () => Promise<{ readonly command: Command }>
}

/** Parsed arguments. */
export class Arguments {
  private readonly values: Readonly<Record<string, unknown>>

  constructor(values: Readonly<Record<string, unknown>>) {
    this.values = values
  }

  text(name: string): string | undefined {
    return this.values[name] as string | undefined
  }

  /** A positional that is not optional. */
  required(name: string): string {
    return this.values[name] as string
  }

  flag(name: string): boolean {
    return this.values[name] === true
  }

  list(name: string): readonly string[] {
    return (this.values[name] ?? []) as readonly string[]
  }
}

const FOOTER =
  'Exit codes: 0 held, 1 violated, 2 your mistake, 3 not deterministic, 4 undecided, 70 a bug of Orrery, ' +
  '130 interrupted.'

function base(args: readonly string[], version: string): Argv {
  return yargs(args)
    .scriptName('orrery')
    .locale('en')
    .wrap(80)
    .version(version)
    .help()
    .alias('help', 'h')
    .exitProcess(false)
    .fail(false)
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'greedy-arrays': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
}

/** The help of the whole program. */
export async function programHelp(
  entries: Readonly<Record<string, CommandEntry>>,
  version: string,
): Promise<string> {
  let parser = base([], version).usage(
    'orrery <command>\n\nA deterministic simulator of distributed systems: the same run spec gives the same trace, byte for byte.',
  )
  for (const [name, { usage, summary }] of Object.entries(entries)) {
    parser = parser.command(usage === '' ? name : `${name} ${usage}`, summary)
  }
  return parser
    .example('orrery run leader-election', 'run a built-in scenario with its defaults')
    .example('orrery run quorum --set r=1 --set w=1', 'change parameters')
    .example('orrery run ./my-scenario.ts --seed 7', 'run your own file, with another seed')
    .example('orrery new lost-update', 'start a scenario of your own')
    .epilogue(`${FOOTER}\n\n'orrery <command> --help' tells more about a command.`)
    .getHelp()
}

/** Reads a command's arguments; undefined when help was asked for (and is then returned as text). */
export async function parseCommand(
  name: string,
  command: Command,
  given: readonly string[],
  version: string,
): Promise<Arguments | string> {
  const args = withoutLetters(command, given)
  const positionals = command.positionals.map((one) => {
    const inside = one.many === true ? `${one.name}..` : one.name
    return one.optional === true ? `[${inside}]` : `<${inside}>`
  })
  const usage = [name, ...positionals].join(' ')
  const declare = (parser: Argv): Argv => {
    let out = parser.usage(
      `orrery ${usage}\n\n${command.summary}${command.about === undefined ? '' : `\n\n${command.about}`}`,
    )
    for (const { name: positional, about } of command.positionals) {
      out = out.positional(positional, { describe: about, type: 'string' })
    }
    for (const [option, { kind, about, letter }] of Object.entries(command.options)) {
      out = out.option(option, {
        describe: about,
        ...(letter === undefined ? {} : { alias: letter }),
        ...(kind === 'flag' ? { boolean: true } : { string: true, requiresArg: true }),
        ...(kind === 'list' ? { array: true } : {}),
      })
    }
    for (const [example, about] of command.examples)
      out = out.example(`orrery ${name} ${example}`.trimEnd(), about)
    return out.epilogue(FOOTER)
  }
  checkSpelling(command, args)
  const optional = command.positionals
    .map((one) => (one.many === true ? `[${one.name}..]` : `[${one.name}]`))
    .join(' ')
  const parser = base([name, ...args], version).command(
    `${name} ${optional}`.trimEnd(),
    command.summary,
    declare,
  )
  let help = ''
  const parsed = (await parser.parseAsync([name, ...args], {}, (_error, _argv, output) => {
    help = output
  })) as Readonly<Record<string, unknown>> & { readonly _: readonly string[] }
  if (parsed.help === true || help !== '') {
    // The help shows which arguments must be there; the parser leaves that to the checks below.
    return `${help.replace(`orrery ${name} ${optional}`, `orrery ${usage}`)}\n`
  }
  checkOptions(name, command, parsed)
  checkPositionals(name, command, parsed)
  return new Arguments(parsed)
}

/** Arguments with the long names of options instead of their letters: `-o FILE` and `-o=FILE`. */
function withoutLetters(command: Command, args: readonly string[]): readonly string[] {
  const end = args.indexOf('--')
  return args.map((argument, index) => {
    if (end >= 0 && index > end) return argument
    const [, letter, value = ''] = /^-([A-Za-z])(=.*)?$/s.exec(argument) ?? []
    const option = Object.entries(command.options).find(([, spec]) => spec.letter === letter)
    return letter === undefined || option === undefined ? argument : `--${option[0]}${value}`
  })
}

/** What the parser would read in its own way: a flag with a value, an option without one. */
function checkSpelling(command: Command, args: readonly string[]): void {
  for (const [index, argument] of args.entries()) {
    if (argument === '--') return
    const [, name = '', value] = /^--([^=]+)(=.*)?$/s.exec(argument) ?? []
    const option = Object.hasOwn(command.options, name) ? command.options[name] : undefined
    if (option === undefined) continue
    if (option.kind === 'flag') {
      if (value !== undefined)
        throw new CallerError(`--${name} takes no value`, { expected: `--${name} alone` })
      continue
    }
    const next = value?.slice(1) ?? args[index + 1]
    if (next === undefined || next === '' || (value === undefined && next.startsWith('--'))) {
      throw new CallerError(`--${name} has no value`, { expected: option.about })
    }
  }
}

function checkOptions(name: string, command: Command, parsed: Readonly<Record<string, unknown>>): void {
  const known = Object.keys(command.options)
  const positional = new Set(command.positionals.map((one) => one.name))
  for (const [given, value] of Object.entries(parsed)) {
    if (given === '_' || given === '$0' || given === 'help' || given === 'h' || given === 'version') continue
    if (positional.has(given)) continue
    // Only the parser's own alias of a long name: letters were replaced.
    if (Object.values(command.options).some(({ letter }) => letter === given)) continue
    const option = command.options[given]
    if (option === undefined) {
      const dashes = given.length === 1 ? '-' : '--'
      throw unknownName(
        `option of 'orrery ${name}'`,
        dashes + given,
        [...known, 'help'].map((one) => `--${one}`),
      )
    }
    if (option.kind !== 'list' && Array.isArray(value)) {
      throw new CallerError(`--${given} was given ${value.length} times`, { expected: 'it once' })
    }
  }
}

function checkPositionals(
  name: string,
  command: Command,
  parsed: Readonly<Record<string, unknown>> & { readonly _: readonly string[] },
): void {
  const extra = parsed._[1]
  if (extra !== undefined) {
    const assignment = extra.includes('=') && 'set' in command.options
    throw new CallerError(`'orrery ${name}': unexpected argument ${show(extra)}`, {
      hint: assignment ? `write --set ${extra}` : undefined,
    })
  }
  for (const { name: positional, optional, about } of command.positionals) {
    const value = parsed[positional]
    if (
      optional !== true &&
      (value === undefined || value === '' || (value as readonly unknown[]).length === 0)
    ) {
      throw new CallerError(`'orrery ${name}': <${positional}> is missing`, { expected: about })
    }
  }
}
