/** `orrery zk`: a shell on a simulated ensemble, and recordings of a real server performed on a simulated one. */
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { ensembleProblem, ensembleWarning } from '../../nodes/coordination/index.ts'
import { CallerError, show } from '../../sim/kernel/errors.ts'
import type { Arguments, Command } from '../command.ts'
import type { Context } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { reason } from '../output-file.ts'
import { EnsembleWorld } from '../zk/ensemble-world.ts'
import { Shell } from '../zk/shell.ts'

/** No ensemble of anybody has more; the votes of each to each are their number squared, several times over. */
const MOST_SERVERS = 50

export const command: Command = {
  summary: 'Opens a shell on a simulated coordination service, in the manner of zkCli.',
  about:
    'Commands and output are those of zkCli of ZooKeeper 3.8; advance, crash, restart, pause, partition, heal and status ' +
    'are added (see help). Virtual time goes on while a command waits for its answer, and by advance. Commands come from ' +
    'a file, from standard input, or from a prompt if that is a terminal.',
  positionals: [],
  options: {
    servers: { kind: 'text', about: 'number of servers (default 3); 1 is a server on its own' },
    seed: { kind: 'text', about: 'a whole number, 0 or more (default 1)' },
    script: { kind: 'text', about: 'a file with one command a line; # begins a line that is none' },
    'extended-types': { kind: 'flag', about: 'lets clients create TTL znodes (extendedTypesEnabled)' },
    transcript: {
      kind: 'text',
      about: 'performs the steps of a recording (JSON) and prints what came of them',
    },
  },
  examples: [
    ['', 'a prompt, or what standard input says'],
    ['--servers 5 --script failover.zk', 'five servers, commands from a file'],
    ['--transcript recording.json', 'a recording of a real server, performed on ours'],
  ],
  async run(args, context) {
    const transcript = args.text('transcript')
    if (transcript !== undefined) {
      for (const other of ['servers', 'seed', 'script', 'extended-types']) {
        if (args.flag(other) || typeof args.text(other) === 'string') {
          throw new CallerError(`--transcript and --${other} exclude each other`, {
            expected: 'a transcript says by itself what it needs',
          })
        }
      }
      const { runTranscript } = await import('../zk/transcript.ts')
      context.out.write(await runTranscript(read(transcript, '--transcript'), transcript))
      return EXIT.held
    }
    await runShell(args, context)
    return EXIT.held
  },
}

async function runShell(args: Arguments, context: Context): Promise<void> {
  const servers = wholeNumber(args, 'servers', 3)
  const problem = ensembleProblem(servers)
  if (problem !== undefined) throw new CallerError(`--servers ${show(servers)}`, { expected: problem })
  if (servers > MOST_SERVERS) {
    throw new CallerError(`--servers ${show(servers)}`, { expected: `at most ${MOST_SERVERS}` })
  }
  const script = args.text('script')
  const lines = script === undefined ? undefined : linesOf(read(script, '--script'))
  const warning = ensembleWarning(servers)
  if (warning !== undefined) context.warn(`orrery: --servers ${servers}: ${warning}`)
  const options = { servers, seed: wholeNumber(args, 'seed', 1), extendedTypes: args.flag('extended-types') }
  const print = (text: string): void => {
    context.out.write(`${text}\n`)
  }
  const shell = new Shell(new EnsembleWorld(options), print)
  await shell.begin()
  if (lines === undefined && process.stdin.isTTY) {
    await converse(shell, context)
    return
  }
  if (lines === undefined) context.out.flush()
  for await (const line of lines ?? inputLines()) {
    // As a terminal would show what was typed.
    print(shell.prompt + line)
    await shell.execute(line)
    if (shell.isOver) return
    // Whoever writes the next line may want to know first what came of this one.
    if (lines === undefined) context.out.flush()
  }
}

/** Commands from a pipe or a file on standard input, as they come. */
async function* inputLines(): AsyncGenerator<string> {
  const reader = createInterface({ input: process.stdin })
  let failure: unknown
  process.stdin.once('error', (error) => {
    failure = error
    reader.close()
  })
  try {
    for await (const line of reader) if (isCommand(line)) yield line
  } finally {
    // After `quit` nobody waits for more.
    process.stdin.destroy()
  }
  if (failure !== undefined) {
    throw new CallerError(`standard input: ${reason(failure)}`, { expected: 'lines of commands' })
  }
}

/** A person at a terminal. */
async function converse(shell: Shell, context: Context): Promise<void> {
  const reader = createInterface({ input: process.stdin, output: process.stdout })
  const ask = (): void => {
    context.out.flush()
    reader.setPrompt(shell.prompt)
    reader.prompt()
  }
  // While it waits for a line it takes Ctrl-C for itself.
  reader.on('SIGINT', () => {
    process.stdout.write('\n')
    process.exit(EXIT.interrupted)
  })
  ask()
  for await (const line of reader) {
    await shell.execute(line)
    if (shell.isOver) break
    ask()
  }
  // Ctrl-D leaves the cursor behind the prompt.
  if (!shell.isOver) context.out.write('\n')
  reader.close()
}

/** The commands of a script; lines that are empty or begin with # are none. */
function linesOf(text: string): readonly string[] {
  return text.split(/\r?\n/).filter(isCommand)
}

function isCommand(line: string): boolean {
  return !/^\s*(#|$)/.test(line)
}

function read(file: string, option: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new CallerError(`${option} ${show(file)}: ${reason(error)}`, {
      expected: 'a file that can be read',
    })
  }
}

function wholeNumber(args: Arguments, name: string, otherwise: number): number {
  const text = args.text(name)
  if (text === undefined) return otherwise
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new CallerError(`--${name} ${show(text)}`, { expected: 'a whole number, 0 or more' })
  }
  return value
}
