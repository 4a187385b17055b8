/**
 * The shell: reads lines as zkCli does, prints what zkCli prints, and lets virtual time go on while a command waits for
 * its answer, and by `advance`; between commands it stands still. The real one's log lines are left out, and its errors,
 * which it prints on stderr, come in their place in the output.
 *
 * Source: ZooKeeperMain of ZooKeeper 3.8.
 */
import type { Node } from '../../index.ts'
import { CallerError, formatTime, milliseconds } from '../../index.ts'
import type { Address } from '../../index.ts'
import type { CoordinationServer, CoordinationSession, WatchEvent } from '../../nodes/coordination/index.ts'
import { open } from '../../nodes/coordination/index.ts'
import { CliError, parseOptions, wordsOf } from './command-line.ts'
import type { EnsembleWorld } from './ensemble-world.ts'
import { SHELL } from './ensemble-world.ts'
import { eventText, hex } from './words.ts'
import { REFUSED, ZK_COMMANDS } from './zk-commands.ts'

/** zkCli asks for this. */
const SESSION_TIMEOUT = '30s'
/** How long the shell waits for the first connection, and for an answer. */
const PATIENCE = '60s'
const ANSWER_PATIENCE = '600s'

/** What is ours, for `help`. */
const OURS = [
  ['advance duration', 'lets virtual time go on: advance 5s'],
  ['crash server', 'ends a server; what it has synced to its disk survives'],
  ['restart server', 'starts it again'],
  ['pause server duration', 'stops it for so long, as a garbage collection would'],
  ['partition servers | servers', "cuts the network: partition 1 | 2 3; 'shell' stands for this client"],
  ['heal', 'ends all cuts'],
  ['status', 'time, and of each server: role, epoch, last zxid'],
  ['help', 'this list'],
] as const

/** Names of the built-in commands of zkCli, which work without a session. */
const BUILT_IN: Readonly<Record<string, string>> = {
  close: '',
  connect: 'host:port',
  history: '',
  printwatches: 'on|off',
  quit: '',
  redo: 'cmdno',
}

export class Shell {
  private readonly world: EnsembleWorld
  private readonly print: (text: string) => void
  private readonly history: string[] = []
  private session: CoordinationSession | undefined
  private host: string
  private printsWatches = true
  /** Last state that the session's watcher was told. */
  private told = ''
  /** Whether `quit` was said. */
  isOver = false

  constructor(world: EnsembleWorld, print: (text: string) => void) {
    this.world = world
    this.print = print
    this.host = 'ensemble'
  }

  /** `[zk: ensemble(CONNECTED) 0] `. */
  get prompt(): string {
    return `[zk: ${this.host}(${stateText(this.session)}) ${this.history.length}] `
  }

  /** Says hello and connects. */
  async begin(): Promise<void> {
    this.print(`Connecting to ${this.host}`)
    this.print('Welcome to ZooKeeper!')
    await this.connect(this.host)
  }

  /** One line. Whatever is wrong with it is printed. */
  async execute(line: string): Promise<void> {
    if (line.trim() === '') return
    const number = this.history.length
    this.history.push(line)
    try {
      await this.perform(line, number)
    } catch (error) {
      if (!(error instanceof CliError || error instanceof CallerError)) throw error
      this.print(error.message)
    }
  }

  private async perform(line: string, number: number): Promise<void> {
    const words = wordsOf(line)
    const [name = '', first] = words
    if (await this.performOurs(name, words, line)) return
    const refused = Object.hasOwn(REFUSED, name) ? REFUSED[name] : undefined
    if (refused !== undefined) throw new CliError(`${name}: ${refused[1]}`)
    switch (name) {
      case 'quit':
        await this.close()
        this.isOver = true
        return
      case 'redo':
        if (first !== undefined) await this.redo(first, number)
        return
      case 'history':
        for (let i = Math.max(0, number - 10); i <= number; i++) this.print(`${i} - ${this.history[i] ?? ''}`)
        return
      case 'printwatches':
        if (first === undefined) this.print(`printwatches is ${this.printsWatches ? 'on' : 'off'}`)
        else this.printsWatches = first === 'on'
        return
      case 'connect':
        await this.reconnect(first ?? this.host)
        return
    }
    const command = Object.hasOwn(ZK_COMMANDS, name) ? ZK_COMMANDS[name] : undefined
    if (command === undefined && name !== 'close') {
      this.print(usageText())
      throw new CliError(`Command not found: Command not found ${name}`)
    }
    const { session } = this
    if (session === undefined || isOver(session)) {
      this.print('Not connected')
      return
    }
    if (command === undefined) {
      await this.close()
      return
    }
    const parsed = parseOptions(words, command.options)
    if (parsed.args.length < command.least) throw new CliError(`${name} ${command.usage}`)
    await this.atDesk(() => command.run({ session, watcher: this.watcher, print: this.print }, parsed))
  }

  private async performOurs(name: string, words: readonly string[], line: string): Promise<boolean> {
    const { world } = this
    const [, first = '', second = ''] = words
    switch (name) {
      case 'advance':
        if (first === '') throw new CliError('advance duration')
        await world.run.advance(durationOf(first, 'advance'))
        this.print(`now at ${this.now()}`)
        return true
      case 'crash':
        if (first === '') throw new CliError('crash server')
        await world.strike({ kind: 'crash', node: world.nodeOf(first) }, `server ${first} is down`)
        this.print(`server ${first} crashed at ${this.now()}`)
        return true
      case 'restart':
        if (first === '') throw new CliError('restart server')
        await world.strike({ kind: 'restart', node: world.nodeOf(first) }, `server ${first} is running`)
        this.print(`server ${first} restarted at ${this.now()}`)
        return true
      case 'pause': {
        if (second === '') throw new CliError('pause server duration')
        const node = world.nodeOf(first)
        const fault = { kind: 'pause', node, for: durationOf(second, 'pause') }
        await world.strike(fault, `server ${first} does not run`)
        this.print(`server ${first} paused at ${this.now()} for ${second}`)
        return true
      }
      case 'partition':
        await world.partition(line.trim().slice(name.length))
        this.print(`network cut at ${this.now()}:${line.trim().slice(name.length)}`)
        return true
      case 'heal':
        await world.heal()
        this.print(`network healed at ${this.now()}`)
        return true
      case 'status': {
        const { session } = this
        const at = session?.server === undefined ? '' : ` at server ${session.server.index + 1}`
        const who = session === undefined || session.id === 0 ? '' : `  session ${hex(session.id)}${at}`
        this.print(`time ${this.now()}\n${world.status()}\nshell     ${stateText(session).padEnd(10)}${who}`)
        return true
      }
      case 'help':
        this.print(usageText())
        this.print('and in this simulation')
        for (const [usage, about] of OURS) this.print(`\t${usage.padEnd(28)}# ${about}`)
        this.print(`not simulated: ${Object.keys(REFUSED).join(', ')}`)
        return true
      default:
        return false
    }
  }

  private async redo(text: string, number: number): Promise<void> {
    const index = /^\d+$/.test(text) ? Number(text) : -1
    const line = index < number ? this.history[index] : undefined
    if (line === undefined) throw new CliError('Command index out of range')
    if (wordsOf(line)[0] === 'redo') throw new CliError('No redoing redos')
    this.history[number] = line
    await this.perform(line, number)
  }

  /** `connect 2`, `connect 1,3`, `connect ensemble`: another session, with some of the servers. */
  private async reconnect(host: string): Promise<void> {
    const servers = this.serversOf(host)
    await this.close()
    await this.connect(host, servers)
  }

  private serversOf(host: string): readonly number[] {
    if (host === 'ensemble') return Array.from({ length: this.world.size }, (_, index) => index)
    return host.split(',').map((one) => {
      this.world.nodeOf(one)
      return Number(one) - 1
    })
  }

  private async connect(host: string, servers = this.serversOf(host)): Promise<void> {
    this.host = host
    this.told = ''
    const { run } = this.world
    await run.perform(SHELL, (node: Node) => {
      const { servers: all } = node.config as { readonly servers: readonly Address<CoordinationServer>[] }
      const some = servers.map((index) => all[index] as Address<CoordinationServer>)
      const session = open(node, some, {
        sessionTimeout: SESSION_TIMEOUT,
        onState: (state) => {
          this.told = state
          if (state !== 'Connecting') this.show({ type: 'None', state, path: null })
        },
      })
      this.session = session
    })
    await run.runUntil(() => this.told === 'SyncConnected', PATIENCE)
  }

  private async close(): Promise<void> {
    const { session } = this
    if (session === undefined || isOver(session)) return
    await this.atDesk(() => session.close().then(() => undefined))
    await this.world.run.runUntil(() => this.told === 'Closed', '1s')
  }

  /** Has the node do something and waits for its end; what it throws is thrown here. */
  private async atDesk(code: () => Promise<void>): Promise<void> {
    const done = await this.world.run.perform(
      SHELL,
      async () => {
        try {
          await code()
          return undefined
        } catch (error) {
          if (error instanceof CliError) return error
          throw error
        }
      },
      { atMost: ANSWER_PATIENCE },
    )
    // Callbacks of this instant belong to the command.
    await this.world.run.advance(0)
    if (done.status !== 'done') throw new CliError(`no answer within ${ANSWER_PATIENCE}`)
    if (done.value !== undefined) throw done.value
  }

  private readonly watcher = (event: WatchEvent): void => {
    // The session's own events come by `onState`, once.
    if (event.type !== 'None') this.show(event)
  }

  private show(event: WatchEvent): void {
    if (this.printsWatches) this.print(eventText(event))
  }

  private now(): string {
    return formatTime(Math.round(this.world.run.now * 1000))
  }
}

/** Milliseconds; throws a CliError in the words of this shell. */
function durationOf(text: string, command: string): number {
  try {
    return milliseconds(text as `${number}s`)
  } catch {
    throw new CliError(`${command}: '${text}' is not a duration; expected one such as 150ms, 5s or 2m`)
  }
}

function isOver({ state }: CoordinationSession): boolean {
  return state === 'Expired' || state === 'Closed'
}

/** ZooKeeper.States. */
function stateText(session: CoordinationSession | undefined): string {
  if (session === undefined) return 'CLOSED'
  switch (session.state) {
    case 'Connecting':
    case 'Disconnected':
      return 'CONNECTING'
    case 'SyncConnected':
      return 'CONNECTED'
    case 'Expired':
    case 'Closed':
      return 'CLOSED'
  }
}

/** All commands of zkCli, also those that are refused, as it lists them. */
function usageText(): string {
  const usages = new Map<string, string>(Object.entries(BUILT_IN))
  for (const [name, { usage }] of Object.entries(ZK_COMMANDS)) usages.set(name, usage)
  for (const [name, [usage]] of Object.entries(REFUSED)) usages.set(name, usage)
  const lines = [...usages].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, usage]) => `\t${name} ${usage}`)
  return ['ZooKeeper -server host:port -client-configuration properties-file cmd args', ...lines].join('\n')
}
