/**
 * The operations of a recording as requests on the wire. Recordings may hold operations in several spellings, so they are
 * read generously: opcodes behind the name, modes and types as numbers or names, names of lists with and without suffix.
 */
import { CallerError, show } from '../../sim/kernel/errors.ts'
import { unknownName } from '../../sim/kernel/nearest.ts'
import type {
  AddWatchMode,
  CreateMode,
  MultiPart,
  Op,
  WatcherType,
  ZnodeData,
} from '../../nodes/coordination/wire.ts'

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const CREATE_MODES: Readonly<Record<string, CreateMode>> = {
  persistent: 'persistent',
  ephemeral: 'ephemeral',
  persistentsequential: 'persistent_sequential',
  ephemeralsequential: 'ephemeral_sequential',
  container: 'container',
  ttl: 'ttl',
  persistentwithttl: 'ttl',
  persistentttl: 'ttl',
  ttlsequential: 'ttl_sequential',
  sequentialttl: 'ttl_sequential',
  persistentsequentialwithttl: 'ttl_sequential',
  persistentsequentialttl: 'ttl_sequential',
}

/** CreateMode.toFlag. */
const MODE_FLAGS: readonly CreateMode[] = [
  'persistent',
  'ephemeral',
  'persistent_sequential',
  'ephemeral_sequential',
  'container',
  'ttl',
  'ttl_sequential',
]

const NAMES = [
  'create',
  'delete',
  'exists',
  'getData',
  'getChildren',
  'setData',
  'multi',
  'sync',
  'getEphemerals',
  'getAllChildrenNumber',
  'setWatches',
  'addWatch',
  'removeWatches',
  'checkWatches',
  'ping',
  'close',
  'check',
]

/** Names by their letters in lower case; the number behind some is the opcode's generation. */
const SPELLINGS: Readonly<Record<string, readonly [name: string, withStat?: boolean]>> = {
  create: ['create', true],
  create1: ['create', false],
  create2: ['create', true],
  createcontainer: ['create', true],
  createttl: ['create', true],
  get: ['getData'],
  set: ['setData'],
  ls: ['getChildren', true],
  getchildren: ['getChildren', true],
  getchildren1: ['getChildren', false],
  getchildren2: ['getChildren', true],
  setwatches2: ['setWatches'],
  removewatch: ['removeWatches'],
  checkwatch: ['checkWatches'],
  closesession: ['close'],
}

function letters(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]/g, '')
}

/** What some names say about the mode of what they create. */
const IMPLIED_MODES: Readonly<Record<string, CreateMode>> = { createcontainer: 'container', createttl: 'ttl' }

export interface OpName {
  readonly name: string
  /** It is the generation of the operation whose replies hold a stat. */
  readonly withStat: boolean
  /** Mode of what is created, unless the arguments have one. */
  readonly mode: CreateMode
}

/** What the name of an operation in a recording says. */
export function readOpName(text: string, where: string): OpName {
  const [head = '', tail = ''] = text.split('(', 2)
  const first = /\bv?1\b|opcode (1|8)\b/.test(tail)
  const key = letters(head)
  const plain = NAMES.find((each) => letters(each) === key)
  const [name, withStat] = SPELLINGS[key] ?? (plain === undefined ? [] : [plain])
  if (name === undefined) throw unknownName('operation', text, NAMES, where)
  return { name, withStat: !first && (withStat ?? true), mode: IMPLIED_MODES[key] ?? 'persistent' }
}

/** Reads arguments by any of several names. */
export class Arguments {
  private readonly values: JsonObject
  private readonly where: string

  constructor(values: Json | undefined, where: string) {
    // A recording may have the one argument alone.
    if (typeof values === 'string') this.values = { path: values, prefix: values }
    else if (Array.isArray(values)) this.values = { ops: values }
    else this.values = isObject(values) ? values : {}
    this.where = where
  }

  find(...names: readonly string[]): Json | undefined {
    for (const name of names) if (this.values[name] !== undefined) return this.values[name]
    return undefined
  }

  text(fallback: string | undefined, ...names: readonly string[]): string {
    const value = this.find(...names) ?? fallback
    if (typeof value === 'string') return value
    throw new CallerError(`${names[0]} ${show(value)}`, { where: this.where, expected: 'a text' })
  }

  integer(fallback: number | undefined, ...names: readonly string[]): number {
    const value = this.find(...names) ?? fallback
    if (typeof value === 'number' && Number.isInteger(value)) return value
    throw new CallerError(`${names[0]} ${show(value)}`, { where: this.where, expected: 'a whole number' })
  }

  flag(...names: readonly string[]): boolean {
    const value = this.find(...names) ?? false
    if (typeof value === 'boolean') return value
    throw new CallerError(`${names[0]} ${show(value)}`, { where: this.where, expected: 'true or false' })
  }

  /** The list under the first name that matches; none: empty. */
  paths(names: RegExp): readonly string[] {
    const [name, value = []] = Object.entries(this.values).find(([key]) => names.test(key)) ?? []
    if (Array.isArray(value) && value.every((each): each is string => typeof each === 'string')) return value
    throw new CallerError(`${name ?? ''} ${show(value)}`, { where: this.where, expected: 'a list of paths' })
  }

  /** A zxid of the recording, under whatever name has `zxid` in it; undefined if there is none. */
  offset(): number | undefined {
    const [name, value] = Object.entries(this.values).find(([key]) => /zxid|^since$/i.test(key)) ?? []
    if (name === undefined || value === null) return undefined
    return this.integer(undefined, name)
  }

  /** Text, null, or `{bytes: n}` for that many bytes of anything. */
  data(fallback: ZnodeData): ZnodeData {
    const value = this.find('data')
    if (value === undefined) return fallback
    if (value === null || typeof value === 'string') return value
    const bytes = isObject(value) ? value.bytes : undefined
    if (typeof bytes === 'number' && Number.isInteger(bytes) && bytes >= 0) return 'x'.repeat(bytes)
    throw new CallerError(`data ${show(value)}`, {
      where: this.where,
      expected: 'a text, null or {bytes: n}',
    })
  }

  mode(fallback: CreateMode): CreateMode {
    const value = this.find('mode', 'flags', 'createMode') ?? fallback
    const mode = typeof value === 'number' ? MODE_FLAGS[value] : CREATE_MODES[letters(spelled(value))]
    if (mode === undefined) throw unknownName('mode', spelled(value), MODE_FLAGS, this.where)
    return mode
  }

  addWatchMode(): AddWatchMode | 'unknown' {
    const recursive = this.find('recursive')
    if (typeof recursive === 'boolean') return recursive ? 'persistentRecursive' : 'persistent'
    const value = this.find('mode', 'watchMode', 'addWatchMode', 'type') ?? 1
    const name = letters(spelled(value))
    if (value === 1 || /^(addwatchmode)?(persistent)?recursive/.test(name)) return 'persistentRecursive'
    if (value === 0 || /^(addwatchmode)?persistent(0|watch)?$/.test(name)) return 'persistent'
    if (typeof value === 'number') return 'unknown'
    throw unknownName('mode of a watch', spelled(value), ['persistent', 'persistentRecursive'], this.where)
  }

  watcherType(): WatcherType | 'unknown' {
    const value = this.find('type', 'watcherType', 'watchType', 'watcher', 'kind') ?? 3
    const name = letters(spelled(value)).replace(/^(watcher|watch)type/, '')
    if (value === 1 || name.startsWith('child')) return 'children'
    if (value === 2 || name.startsWith('data')) return 'data'
    if (value === 3 || name.startsWith('any')) return 'any'
    if (typeof value === 'number') return 'unknown'
    throw unknownName('type of watch', spelled(value), ['children', 'data', 'any'], this.where)
  }
}

/** @param zxid turns an offset of the recording into a zxid of this run; undefined: what the client has seen last */
export function readOp(
  { name, withStat, mode }: OpName,
  args: Arguments,
  where: string,
  zxid: (offset: number | undefined) => number,
): Op {
  switch (name) {
    case 'create':
    case 'delete':
    case 'setData':
      return readPart(name, withStat, args, mode)
    case 'exists':
    case 'getData':
      return { type: name, path: args.text(undefined, 'path'), watch: args.flag('watch') }
    case 'getChildren':
      return { type: name, path: args.text(undefined, 'path'), watch: args.flag('watch'), withStat }
    case 'multi': {
      const ops = args.find('ops', 'operations')
      if (!Array.isArray(ops))
        throw new CallerError(`ops ${show(ops)}`, { where, expected: 'a list of operations' })
      return { type: 'multi', ops: ops.map((each: Json) => readMultiPart(each, where)) }
    }
    case 'sync':
    case 'getAllChildrenNumber':
      return { type: name, path: args.text('/', 'path') }
    case 'getEphemerals':
      return { type: name, prefix: args.text('', 'prefix', 'prefixPath', 'path') }
    case 'setWatches':
      return {
        type: name,
        zxid: zxid(args.offset()),
        data: args.paths(/^data/i),
        exist: args.paths(/^exist/i),
        child: args.paths(/^child/i),
        persistent: args.paths(/^persistent(?!.*recurs)/i),
        persistentRecursive: args.paths(/recurs/i),
      }
    case 'addWatch':
      return addWatch(args)
    case 'removeWatches':
    case 'checkWatches':
      return watcherOp(name, args)
    case 'ping':
      return { type: 'ping' }
    case 'close':
      return { type: 'closeSession' }
    default:
      throw unknownName('operation', name, NAMES, where)
  }
}

function addWatch(args: Arguments): Op {
  const mode = args.addWatchMode()
  return mode === 'unknown'
    ? { type: 'malformed' }
    : { type: 'addWatch', path: args.text(undefined, 'path'), mode }
}

function watcherOp(type: 'removeWatches' | 'checkWatches', args: Arguments): Op {
  const watcher = args.watcherType()
  return watcher === 'unknown' ? { type: 'malformed' } : { type, path: args.text(undefined, 'path'), watcher }
}

function readMultiPart(part: Json, where: string): MultiPart {
  const args = new Arguments(part, where)
  const { name, mode } = readOpName(args.text(undefined, 'op', 'type'), where)
  // In a multi, plain `create` is the generation without a stat.
  const withStat = letters(args.text(undefined, 'op', 'type')) === 'create2'
  if (name === 'check' || name === 'create' || name === 'delete' || name === 'setData')
    return readPart(name, withStat, args, mode)
  throw unknownName('operation in a multi', name, ['create', 'delete', 'setData', 'check'], where)
}

function readPart<N extends 'create' | 'delete' | 'setData' | 'check'>(
  name: N,
  withStat: boolean,
  args: Arguments,
  implied: CreateMode,
): Extract<MultiPart, { type: N }>
function readPart(
  name: 'create' | 'delete' | 'setData' | 'check',
  withStat: boolean,
  args: Arguments,
  implied: CreateMode,
): MultiPart {
  const path = args.text(undefined, 'path')
  switch (name) {
    case 'create': {
      const mode = args.mode(implied)
      const ttl = args.find('ttl')
      const timed = typeof ttl === 'number' && mode === 'persistent' ? 'ttl' : mode
      return {
        type: name,
        path,
        data: args.data(''),
        mode: typeof ttl === 'number' && mode === 'persistent_sequential' ? 'ttl_sequential' : timed,
        ...(ttl === undefined ? {} : { ttl: args.integer(undefined, 'ttl') }),
        withStat,
      }
    }
    case 'setData':
      return { type: name, path, data: args.data(''), version: args.integer(-1, 'version') }
    case 'delete':
    case 'check':
      return { type: name, path, version: args.integer(-1, 'version') }
  }
}

function spelled(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
