/**
 * A client's watches: who is to be called when an event comes. The server knows only that a session watches a path;
 * which callbacks there are, and setting watches again on a new connection, is the client's business.
 *
 * Source: ZKWatchManager and ClientCnxn.SendThread.primeConnection of ZooKeeper 3.8. Paths are those of the server.
 */
import type { AddWatchMode, Op, WatcherType, WatchEventType } from '../wire.ts'
import type { Watcher } from './types.ts'

/** In the order in which watches are set again. */
const TABLES = ['data', 'exist', 'child', 'persistent', 'persistentRecursive'] as const
export type WatchTable = (typeof TABLES)[number]

/** Characters of paths in one setWatches (the last one may exceed it), an eighth of what a packet may have. */
export const SET_WATCHES_LENGTH = 128 * 1024

export type SetWatchesOp = Extract<Op, { readonly type: 'setWatches' }>

export class WatchTables {
  private readonly tables: Readonly<Record<WatchTable, Map<string, Set<Watcher>>>> = {
    data: new Map(),
    exist: new Map(),
    child: new Map(),
    persistent: new Map(),
    persistentRecursive: new Map(),
  }

  add(table: WatchTable, path: string, watcher: Watcher): void {
    const held = this.tables[table].get(path)
    if (held === undefined) this.tables[table].set(path, new Set([watcher]))
    else held.add(watcher)
  }

  /** Who is to be told of a change, each once; one-shot watches are used up. */
  take(type: WatchEventType, path: string): readonly Watcher[] {
    const out = new Set<Watcher>()
    switch (type) {
      case 'NodeCreated':
      case 'NodeDataChanged':
        this.use('data', path, out)
        this.use('exist', path, out)
        break
      case 'NodeDeleted':
        this.use('data', path, out)
        this.use('exist', path, out)
        this.use('child', path, out)
        break
      case 'NodeChildrenChanged':
        this.use('child', path, out)
        break
      // The client makes these itself, and a server never sends them.
      case 'DataWatchRemoved':
      case 'ChildWatchRemoved':
      case 'PersistentWatchRemoved':
        return []
    }
    for (const watcher of this.tables.persistent.get(path) ?? []) out.add(watcher)
    const recursive = this.tables.persistentRecursive
    if (recursive.size > 0) {
      for (const above of selfAndParents(path)) {
        for (const watcher of recursive.get(above) ?? []) out.add(watcher)
      }
    }
    return [...out]
  }

  private use(table: WatchTable, path: string, out: Set<Watcher>): void {
    const held = this.tables[table].get(path)
    if (held === undefined) return
    for (const watcher of held) out.add(watcher)
    this.tables[table].delete(path)
  }

  /** Everybody who watches anything, each once: a change of the session concerns them all. */
  everybody(): readonly Watcher[] {
    const out = new Set<Watcher>()
    for (const table of TABLES) {
      for (const watchers of this.tables[table].values()) for (const watcher of watchers) out.add(watcher)
    }
    return [...out]
  }

  /**
   * Whether the server may stop watching the path for us once these watches are gone: not if a watcher is named and
   * others watch the same.
   */
  isLast(path: string, type: WatcherType, watcher: Watcher | undefined): boolean {
    if (watcher === undefined) return true
    return tablesOf(type).every((table) => {
      const held = this.tables[table].get(path)
      return held === undefined || (held.has(watcher) && held.size === 1)
    })
  }

  /** Takes watches away, those of one watcher or all; says whom to tell of it. */
  remove(
    path: string,
    type: WatcherType,
    watcher: Watcher | undefined,
  ): readonly { readonly type: WatchEventType; readonly watchers: readonly Watcher[] }[] {
    const out = new Map<WatchEventType, Set<Watcher>>()
    for (const table of tablesOf(type)) {
      const held = this.tables[table].get(path)
      if (held === undefined) continue
      const removed = watcher === undefined ? [...held] : held.has(watcher) ? [watcher] : []
      for (const one of removed) held.delete(one)
      if (held.size === 0) this.tables[table].delete(path)
      if (removed.length === 0) continue
      const event = removedEvent(table)
      const told = out.get(event) ?? new Set()
      for (const one of removed) told.add(one)
      out.set(event, told)
    }
    return [...out].map(([event, watchers]) => ({ type: event, watchers: [...watchers] }))
  }

  /** The operations that set all watches again, each of a bounded length; none if nothing is watched. */
  toSetAgain(zxid: number): readonly SetWatchesOp[] {
    const out: SetWatchesOp[] = []
    let part = emptyPart()
    let length = 0
    for (const table of TABLES) {
      for (const path of this.tables[table].keys()) {
        if (length >= SET_WATCHES_LENGTH) {
          out.push({ type: 'setWatches', zxid, ...part })
          part = emptyPart()
          length = 0
        }
        part[table].push(path)
        length += path.length
      }
    }
    if (TABLES.some((table) => part[table].length > 0)) out.push({ type: 'setWatches', zxid, ...part })
    return out
  }
}

/** Which table an answered operation's watch goes into; undefined for none. */
export function tableFor(op: Op, error: string | undefined): WatchTable | undefined {
  switch (op.type) {
    case 'exists':
      return error === undefined ? 'data' : error === 'NoNode' ? 'exist' : undefined
    case 'getData':
      return error === undefined ? 'data' : undefined
    case 'getChildren':
      return error === undefined ? 'child' : undefined
    case 'addWatch':
      return error === undefined ? tableOfMode(op.mode) : undefined
    default:
      return undefined
  }
}

function tableOfMode(mode: AddWatchMode): WatchTable {
  return mode
}

function emptyPart(): Record<WatchTable, string[]> {
  return { data: [], exist: [], child: [], persistent: [], persistentRecursive: [] }
}

function tablesOf(type: WatcherType): readonly WatchTable[] {
  switch (type) {
    case 'children':
      return ['child']
    case 'data':
      return ['data', 'exist']
    case 'any':
      return ['child', 'data', 'exist', 'persistent', 'persistentRecursive']
  }
}

function removedEvent(table: WatchTable): WatchEventType {
  switch (table) {
    case 'data':
    case 'exist':
      return 'DataWatchRemoved'
    case 'child':
      return 'ChildWatchRemoved'
    case 'persistent':
    case 'persistentRecursive':
      return 'PersistentWatchRemoved'
  }
}

function* selfAndParents(path: string): Generator<string> {
  for (let at = path; at !== '/';) {
    yield at
    const slash = at.lastIndexOf('/')
    at = slash <= 0 ? '/' : at.slice(0, slash)
  }
  yield '/'
}
