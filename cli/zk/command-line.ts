/**
 * Lines of the shell as zkCli reads them: words, quoted or not, and options as Apache Commons CLI parses them (its
 * DefaultParser, options anywhere, `-se` for `-s -e`).
 */

/** What zkCli says on stderr instead of doing what it was asked. */
export class CliError extends Error {}

const WORD = /\s*([^"']\S*|"[^"]*"|'[^']*')\s*/g
const QUOTED = /^(['"])(.*)\1$/s

export function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(WORD)].map(([, word = '']) => (QUOTED.test(word) ? word.slice(1, -1) : word))
}

/** Options by letter; true for those that take a value. */
export type Options = Readonly<Record<string, boolean>>

export interface Parsed {
  /** Everything that is no option, the command itself first. */
  readonly args: readonly string[]
  readonly flags: ReadonlySet<string>
  readonly values: ReadonlyMap<string, string>
}

/** Throws a CliError in the words of Commons CLI. */
export function parseOptions(words: readonly string[], options: Options): Parsed {
  const args: string[] = []
  const flags = new Set<string>()
  const values = new Map<string, string>()
  let open: string | undefined
  let onlyArguments = false
  for (const word of words) {
    if (open !== undefined && (!isOption(word, options) || isNegative(word))) {
      values.set(open, word)
      open = undefined
    } else if (onlyArguments) args.push(word)
    else if (word === '--') onlyArguments = true
    else if (word.startsWith('-') && word.length > 1) {
      if (open !== undefined) throw missing(open)
      open = takeLetters(word, options, flags, values)
    } else args.push(word)
  }
  if (open !== undefined) throw missing(open)
  return { args, flags, values }
}

/** Takes `-s`, `-se`, `-v3`; returns the option whose value is the next word. */
function takeLetters(
  word: string,
  options: Options,
  flags: Set<string>,
  values: Map<string, string>,
): string | undefined {
  const letters = word.slice(1)
  for (let at = 0; at < letters.length; at++) {
    const letter = letters[at] as string
    const takesValue = Object.hasOwn(options, letter) ? options[letter] : undefined
    if (takesValue === undefined) {
      throw new CliError(`org.apache.commons.cli.UnrecognizedOptionException: Unrecognized option: ${word}`)
    }
    flags.add(letter)
    if (!takesValue) continue
    if (at + 1 === letters.length) return letter
    values.set(letter, letters.slice(at + 1))
    return undefined
  }
  return undefined
}

function isOption(word: string, options: Options): boolean {
  return word.startsWith('-') && word.length > 1 && Object.hasOwn(options, word[1] as string)
}

function isNegative(word: string): boolean {
  return /^-\d/.test(word)
}

function missing(option: string): CliError {
  return new CliError(
    `org.apache.commons.cli.MissingArgumentException: Missing argument for option: ${option}`,
  )
}

/** A whole number of 32 bits; a real zkCli ends with this exception. */
export function integerOf(text: string): number {
  const value = Number(text)
  if (!/^[+-]?\d+$/.test(text) || value > 0x7fffffff || value < -0x80000000) {
    throw new CliError(`java.lang.NumberFormatException: For input string: "${text}"`)
  }
  return value
}
