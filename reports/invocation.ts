/** The command that makes a run, written so that a shell takes it back. */
import type { Example } from '../sim/scenario/scenario.ts'

/** How a run was asked for. */
export interface Invocation {
  /** `orrery`, or how else the program is called. */
  readonly program: string
  /** A scenario's name or file. */
  readonly source: string
  readonly seed: number
  /** Parameters that were given, as text. */
  readonly set: Readonly<Record<string, string>>
  readonly until?: string
  /** The plan's file. */
  readonly plan?: string
  readonly ties?: string
}

/** An argument in quotes if a shell needs them. */
export function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`
}

/** The command line; `seed` is always said, so that the command stands for exactly one run. */
export function commandLine(invocation: Invocation, ...more: readonly string[]): string {
  const { program, source, seed, set, until, plan, ties } = invocation
  const words = ['run', source, '--seed', String(seed)]
  for (const [name, value] of Object.entries(set)) words.push('--set', `${name}=${value}`)
  if (plan !== undefined) words.push('--plan', plan)
  if (until !== undefined) words.push('--until', until)
  if (ties !== undefined) words.push('--ties', ties)
  return [program, ...[...words, ...more].map(quote)].join(' ')
}

/** The command of one of a scenario's examples. `run` is what runs the scenario: `orrery run quorum`. */
export function exampleCommand(run: string, { seed = 1, set = {} }: Example<unknown>): string {
  const words = seed === 1 ? [] : ['--seed', String(seed)]
  for (const [name, value] of Object.entries(set)) words.push('--set', `${name}=${String(value)}`)
  return [run, ...words.map(quote)].join(' ')
}
