/**
 * The commands of zkCli 3.8: usage texts, options, and what they print, found out by trying each with the real program.
 * They run inside the node at whose keyboard the shell sits.
 */
import type {
  AddWatchMode,
  CoordinationSession,
  CreateMode,
  Result,
  Watcher,
  WatcherType,
} from '../../nodes/coordination/index.ts'
import { pathProblem } from '../../nodes/coordination/index.ts'
import type { Options, Parsed } from './command-line.ts'
import { CliError, integerOf } from './command-line.ts'
import { failure, statText } from './words.ts'

/** What a command works with. */
export interface Desk {
  readonly session: CoordinationSession
  /** The shell's one watcher, which prints. */
  readonly watcher: Watcher
  readonly print: (text: string) => void
}

export interface ZkCommand {
  /** What follows the name in the usage text. */
  readonly usage: string
  readonly options: Options
  /** Arguments that must be there, the command's name included. */
  readonly least: number
  readonly run: (desk: Desk, parsed: Parsed) => Promise<void>
}

const TTL_MAX = 0xffffffffff
/** Deletions in one transaction of `deleteall`. */
const BATCH = 1000

const NONE: Options = {}
const MODES = new Map<string, AddWatchMode>([
  ['PERSISTENT', 'persistent'],
  ['PERSISTENT_RECURSIVE', 'persistentRecursive'],
])
const ADD_WATCH_USAGE =
  '[-m mode] path # optional mode is one of [PERSISTENT, PERSISTENT_RECURSIVE] - default is PERSISTENT_RECURSIVE'

export const ZK_COMMANDS: Readonly<Record<string, ZkCommand>> = {
  addWatch: {
    usage: ADD_WATCH_USAGE,
    options: { m: true },
    least: 2,
    async run({ session, watcher }, { args, values }) {
      const mode = MODES.get(values.get('m') ?? 'PERSISTENT_RECURSIVE')
      if (mode === undefined) throw new CliError(`addWatch ${ADD_WATCH_USAGE}`)
      const path = pathOf(args)
      valueOf(await session.addWatch(path, mode, watcher), path)
    },
  },

  create: {
    usage: '[-s] [-e] [-c] [-t ttl] path [data] [acl]',
    options: { s: false, e: false, c: false, t: true },
    least: 2,
    async run({ session, print }, parsed) {
      const { args, values } = parsed
      const ttl = values.get('t')
      const mode = modeOf(parsed)
      const path = pathOf(args, mode.endsWith('sequential'))
      if (args[3] !== undefined && args[3] !== 'world:anyone:cdrwa') throw noAcls(args[3])
      const made = await session.create(
        path,
        args[2] ?? null,
        mode,
        ttl === undefined ? undefined : Number(ttl),
      )
      print(`Created ${valueOf(made, path).path}`)
    },
  },

  delete: {
    usage: '[-v version] path',
    options: { v: true },
    least: 2,
    async run({ session, print }, { args, values }) {
      // The real one warns, and then does not look at the version.
      if (args.length > 2) print(deprecated('delete path [version]', 'delete [-v version] path'))
      const version = integerOf(values.get('v') ?? '-1')
      const path = pathOf(args)
      valueOf(await session.delete(path, version), path)
    },
  },

  deleteall: {
    usage: 'path [-b batch size]',
    options: { b: true },
    least: 2,
    async run({ session, print }, { args, values }) {
      const size = Math.max(1, integerOf(values.get('b') ?? String(BATCH)))
      const path = pathOf(args)
      const paths = [...(await subtree(session, path, true))].reverse()
      for (let at = 0; at < paths.length; at += size) {
        const parts = paths
          .slice(at, at + size)
          .map((one) => ({ type: 'delete', path: one, version: -1 }) as const)
        const done = await session.multi(parts)
        if (done.ok) continue
        print('Failed to delete some node(s) in the subtree!')
        return
      }
    },
  },

  get: {
    usage: '[-s] [-w] path',
    options: { s: false, w: false },
    least: 2,
    async run({ session, watcher, print }, { args, flags }) {
      if (args.length > 2) print(deprecated('get path [watch]', 'get [-s] [-w] path'))
      const path = pathOf(args)
      const watches = flags.has('w') || args.length > 2
      const { data, stat } = valueOf(await session.getData(path, watches ? watcher : undefined), path)
      print(data ?? 'null')
      if (flags.has('s')) print(statText(stat))
    },
  },

  getAllChildrenNumber: {
    usage: 'path',
    options: NONE,
    least: 2,
    async run({ session, print }, { args }) {
      const path = pathOf(args)
      print(String(valueOf(await session.getAllChildrenNumber(path), path)))
    },
  },

  getEphemerals: {
    usage: 'path',
    options: NONE,
    least: 1,
    async run({ session, print }, { args }) {
      const path = args[1] === undefined ? '/' : pathOf(args)
      print(list(valueOf(await session.getEphemerals(path), path)))
    },
  },

  ls: {
    usage: '[-s] [-w] [-R] path',
    options: { s: false, w: false, R: false },
    least: 2,
    async run({ session, watcher, print }, { args, flags }) {
      if (args.length > 2) print(deprecated('ls path [watch]', 'ls [-w] path'))
      const path = pathOf(args)
      const watch = flags.has('w') || args.length > 2 ? watcher : undefined
      if (flags.has('R')) {
        for (const one of await subtree(session, path, false, watch)) print(one)
        return
      }
      const { children, stat } = valueOf(await session.getChildren(path, watch), path)
      print(list(children))
      if (flags.has('s')) print(statText(stat))
    },
  },

  removewatches: {
    usage: 'path [-c|-d|-a] [-l]',
    options: { c: false, d: false, a: false, l: false },
    least: 2,
    async run({ session }, { args, flags }) {
      const path = pathOf(args)
      const type: WatcherType = flags.has('c') ? 'children' : flags.has('d') ? 'data' : 'any'
      valueOf(await session.removeWatches(path, type), path)
    },
  },

  set: {
    usage: '[-s] [-v version] path data',
    options: { s: false, v: true },
    least: 3,
    async run({ session, print }, { args, flags, values }) {
      const version = integerOf(values.get('v') ?? '-1')
      const path = pathOf(args)
      const { stat } = valueOf(await session.setData(path, args[2] ?? '', version), path)
      if (flags.has('s')) print(statText(stat))
    },
  },

  stat: {
    usage: '[-w] path',
    options: { w: false },
    least: 2,
    async run({ session, watcher, print }, { args, flags }) {
      if (args.length > 2) print(deprecated('stat path [watch]', 'stat [-w] path'))
      const path = pathOf(args)
      const watches = flags.has('w') || args.length > 2
      const stat = valueOf(await session.exists(path, watches ? watcher : undefined), path)
      if (stat === undefined) throw failure('NoNode', path)
      print(statText(stat))
    },
  },

  sync: {
    usage: 'path',
    options: NONE,
    least: 2,
    async run({ session, print }, { args }) {
      const done = await session.sync(pathOf(args))
      print(done.ok ? 'Sync is OK' : `Sync has failed. rc=${done.reason === 'ConnectionLoss' ? -4 : -112}`)
    },
  },
}

/** Commands of the real shell that have no meaning here, with their usage texts, and why. */
export const REFUSED: Readonly<Record<string, readonly [usage: string, reason: string]>> = {
  addauth: ['scheme auth', 'authentication is not simulated'],
  config: ['[-c] [-w] [-s]', 'reconfiguration is not simulated'],
  delquota: ['[-n|-b|-N|-B] path', 'quotas are not simulated'],
  getAcl: ['[-s] path', 'ACLs are not simulated'],
  listquota: ['path', 'quotas are not simulated'],
  reconfig: [
    '[-s] [-v version] [[-file path] | [-members serverID=host:port1:port2;port3[,...]*]] | [-add serverId=host:port1:port2;port3[,...]]* [-remove serverId[,...]*]',
    'reconfiguration is not simulated',
  ],
  setAcl: ['[-s] [-v version] [-R] path acl', 'ACLs are not simulated'],
  setquota: ['-n|-b|-N|-B val path', 'quotas are not simulated'],
  version: ['', 'there is one of this program: orrery --version'],
  whoami: ['', 'authentication is not simulated'],
}

function modeOf({ flags, values }: Parsed): CreateMode {
  const [s, e, c, t] = ['s', 'e', 'c', 't'].map((letter) => flags.has(letter)) as [
    boolean,
    boolean,
    boolean,
    boolean,
  ]
  if (c && (e || s)) {
    throw new CliError('-c cannot be combined with -s or -e. Containers cannot be ephemeral or sequential.')
  }
  const ttl = values.get('t') ?? ''
  if (t && !/^[+-]?\d{1,18}$/.test(ttl)) throw new CliError('-t argument must be a long value')
  if (t && e) throw new CliError('TTLs cannot be used with Ephemeral znodes')
  if (t && c) throw new CliError('TTLs cannot be used with Container znodes')
  if (t && (Number(ttl) <= 0 || Number(ttl) > TTL_MAX)) {
    throw new CliError(`ttl must be positive and cannot be larger than: ${TTL_MAX}`)
  }
  if (c) return 'container'
  if (t) return s ? 'ttl_sequential' : 'ttl'
  if (e) return s ? 'ephemeral_sequential' : 'ephemeral'
  return s ? 'persistent_sequential' : 'persistent'
}

/** The path of a command, which the client library would refuse with these words. */
function pathOf(args: readonly string[], isSequential = false): string {
  const path = args[1] ?? ''
  const problem = pathProblem(path, isSequential)
  if (problem !== undefined) throw new CliError(problem)
  return path
}

function valueOf<T>(result: Result<T>, path: string): T {
  if (!result.ok) throw failure(result.reason, path, result.message)
  return result.value
}

function list(items: readonly string[]): string {
  return `[${[...items].sort().join(', ')}]`
}

/**
 * A path and all below it: parents before their children, level by level for what is to be deleted, else each znode
 * before its next sibling.
 */
async function subtree(
  session: CoordinationSession,
  path: string,
  byLevel: boolean,
  watcher?: Watcher,
): Promise<readonly string[]> {
  if (watcher !== undefined) valueOf(await session.getData(path, watcher), path)
  const out: string[] = []
  const waiting = [path]
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const listed = await session.getChildren(next, watcher)
    if (!listed.ok && (listed.reason !== 'NoNode' || next === path)) throw failure(listed.reason, next)
    if (!listed.ok) continue
    out.push(next)
    const parent = next === '/' ? '' : next
    const below = [...listed.value.children].sort().map((name) => `${parent}/${name}`)
    if (byLevel) waiting.push(...below)
    else waiting.unshift(...below)
  }
  return out
}

function deprecated(old: string, instead: string): string {
  return `'${old}' has been deprecated. Please use '${instead}' instead.`
}

function noAcls(acl: string): CliError {
  return new CliError(`ACLs are not simulated: ${acl} (world:anyone:cdrwa is what everything has)`)
}
