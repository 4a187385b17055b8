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
  /** Random faults; `mix`: the file that says what they are like. */
  readonly random?: { readonly swarm: boolean; readonly mix?: string | undefined }
  readonly hooks?: boolean
  readonly ties?: string
  /** Events after which the run is stopped as failed. */
  readonly maxEvents?: number
}

/** An argument in quotes if a shell needs them. */
export function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`
}

/** The command line of `run`; `seed` is always said, so that the command stands for exactly one run. */
export function commandLine(invocation: Invocation, ...more: readonly string[]): string {
  return commandLineOf('run', invocation, ...more)
}

/** The same run spec for another command that takes one. */
export function commandLineOf(command: string, invocation: Invocation, ...more: readonly string[]): string {
  const { program, source, seed, set, until, plan, random, hooks, ties, maxEvents } = invocation
  const words = [command, source, '--seed', String(seed)]
  for (const [name, value] of Object.entries(set)) words.push('--set', `${name}=${value}`)
  if (plan !== undefined) words.push('--plan', plan)
  if (random !== undefined) {
    if (random.swarm) words.push('--swarm')
    if (random.mix !== undefined) words.push('--mix', random.mix)
    else if (!random.swarm) words.push('--random-faults')
  }
  if (hooks === true) words.push('--hooks')
  if (until !== undefined) words.push('--until', until)
  if (ties !== undefined) words.push('--ties', ties)
  if (maxEvents !== undefined) words.push('--max-events', String(maxEvents))
  return [program, ...[...words, ...more].map(quote)].join(' ')
}

/** The command of one of a scenario's examples. `run` is what runs the scenario: `orrery run quorum`. */
export function exampleCommand(run: string, { seed = 1, set = {} }: Example<unknown>): string {
  const words = seed === 1 ? [] : ['--seed', String(seed)]
  for (const [name, value] of Object.entries(set)) words.push('--set', `${name}=${String(value)}`)
  return [run, ...words.map(quote)].join(' ')
}
