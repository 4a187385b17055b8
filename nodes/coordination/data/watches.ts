/**
 * Watches as a server keeps them: two tables (data and child watches), each by path and by connection, and which events
 * a change fires.
 *
 * A connection has at most one watch of a path in a table, and the last one left decides how it behaves: a one-shot watch
 * turns a persistent one of the same path into a one-shot one. That is how ZooKeeper 3.8.0 behaves (WatchManager,
 * WatcherModeManager; mended in 3.9 as ZOOKEEPER-4466). Persistent watches of both kinds stand in both tables.
 *
 * Source: WatchManager.triggerWatch, DataTree of ZooKeeper 3.8; Programmer's Guide, "ZooKeeper Watches". The real server
 * tells the watchers of one path in hash order; here it is the order in which they came.
 */
import type { AddWatchMode, WatcherType, WatchEventType } from '../wire.ts'
import { parentOf } from './paths.ts'
import type { Change, Tree } from './tree.ts'
import { find } from './tree.ts'

export type WatchMode = 'standard' | AddWatchMode

/** An event on its way to a connection. */
export interface Notification {
  readonly connection: number
  readonly type: WatchEventType
  readonly path: string
}

type Tell = (connection: number, type: WatchEventType, path: string) => void

/** One table. */
export class WatchTable {
  private readonly byPath = new Map<string, Map<number, WatchMode>>()
  private readonly byConnection = new Map<number, Set<string>>()
  private recursive = 0

  get size(): number {
    let size = 0
    for (const watchers of this.byPath.values()) size += watchers.size
    return size
  }

  add(path: string, connection: number, mode: WatchMode): void {
    let watchers = this.byPath.get(path)
    if (watchers === undefined) this.byPath.set(path, (watchers = new Map<number, WatchMode>()))
    this.count(watchers.get(connection), -1)
    this.count(mode, 1)
    watchers.set(connection, mode)
    const paths = this.byConnection.get(connection)
    if (paths === undefined) this.byConnection.set(connection, new Set([path]))
    else paths.add(path)
  }

  /** False if there was none. */
  remove(path: string, connection: number): boolean {
    const watchers = this.byPath.get(path)
    const mode = watchers?.get(connection)
    if (watchers === undefined || mode === undefined) return false
    this.count(mode, -1)
    watchers.delete(connection)
    if (watchers.size === 0) this.byPath.delete(path)
    const paths = this.byConnection.get(connection)
    paths?.delete(path)
    if (paths?.size === 0) this.byConnection.delete(connection)
    return true
  }

  /** Forgets a connection. */
  drop(connection: number): void {
    for (const path of [...(this.byConnection.get(connection) ?? [])]) this.remove(path, connection)
  }

  /** Whether anybody watches the path: the real server does not look whose watch it is. */
  has(path: string): boolean {
    return this.byPath.has(path)
  }

  /**
   * Tells those who watch the path (and, recursively, a path above it), except those in `told`, and takes one-shot
   * watches away. The result is who was concerned, `told` not taken out.
   */
  fire(
    path: string,
    type: WatchEventType,
    tell: Tell,
    told?: ReadonlySet<number>,
  ): ReadonlySet<number> | undefined {
    let concerned: Set<number> | undefined
    const watchers = this.byPath.get(path)
    if (watchers !== undefined) {
      for (const [connection, mode] of watchers) {
        if (mode === 'persistentRecursive') {
          if (type !== 'NodeChildrenChanged') (concerned ??= new Set()).add(connection)
          continue
        }
        ;(concerned ??= new Set()).add(connection)
        if (mode === 'standard') this.remove(path, connection)
      }
    }
    if (this.recursive > 0 && type !== 'NodeChildrenChanged') {
      for (let above = path; above !== '/' && above !== '';) {
        above = parentOf(above)
        for (const [connection, mode] of this.byPath.get(above) ?? []) {
          if (mode === 'persistentRecursive') (concerned ??= new Set()).add(connection)
        }
      }
    }
    if (concerned !== undefined) {
      for (const connection of concerned) if (told?.has(connection) !== true) tell(connection, type, path)
    }
    return concerned
  }

  private count(mode: WatchMode | undefined, by: number): void {
    if (mode === 'persistentRecursive') this.recursive += by
  }
}

export class Watches {
  readonly data = new WatchTable()
  readonly child = new WatchTable()

  /** A persistent watch. */
  add(path: string, connection: number, mode: AddWatchMode): void {
    this.data.add(path, connection, mode)
    this.child.add(path, connection, mode)
  }

  /** False if there was no such watch. */
  remove(path: string, connection: number, watcher: WatcherType): boolean {
    const child = watcher !== 'data' && this.child.remove(path, connection)
    const data = watcher !== 'children' && this.data.remove(path, connection)
    return child || data
  }

  has(path: string, watcher: WatcherType): boolean {
    return (watcher !== 'data' && this.child.has(path)) || (watcher !== 'children' && this.data.has(path))
  }

  drop(connection: number): void {
    this.data.drop(connection)
    this.child.drop(connection)
  }

  /** Fires what a change fires, in the order of the real server. */
  fire({ type, path }: Change, tell: Tell): void {
    switch (type) {
      case 'dataChanged':
        this.data.fire(path, 'NodeDataChanged', tell)
        return
      case 'created':
        this.data.fire(path, 'NodeCreated', tell)
        break
      case 'deleted': {
        // Who watches both the data and the children hears of the end once.
        const told = this.data.fire(path, 'NodeDeleted', tell)
        this.child.fire(path, 'NodeDeleted', tell, told)
        break
      }
    }
    this.child.fire(parentOf(path), 'NodeChildrenChanged', tell)
  }
}

/** The watches of a client that comes back, and up to which transaction it has seen. */
export interface WatchesToSet {
  readonly zxid: number
  readonly data: readonly string[]
  readonly exist: readonly string[]
  readonly child: readonly string[]
  readonly persistent: readonly string[]
  readonly persistentRecursive: readonly string[]
}

/** Sets a client's watches again; those that were missed meanwhile fire now. Persistent ones miss what they missed. */
export function setWatches(
  tree: Tree,
  watches: Watches,
  connection: number,
  toSet: WatchesToSet,
  tell: Tell,
): void {
  const { zxid, data, exist, child, persistent, persistentRecursive } = toSet
  for (const path of data) {
    const znode = find(tree, path)
    if (znode === undefined) tell(connection, 'NodeDeleted', path)
    else if (znode.mzxid > zxid) tell(connection, 'NodeDataChanged', path)
    else watches.data.add(path, connection, 'standard')
  }
  for (const path of exist) {
    if (find(tree, path) !== undefined) tell(connection, 'NodeCreated', path)
    else watches.data.add(path, connection, 'standard')
  }
  for (const path of child) {
    const znode = find(tree, path)
    if (znode === undefined) tell(connection, 'NodeDeleted', path)
    else if (znode.pzxid > zxid) tell(connection, 'NodeChildrenChanged', path)
    else watches.child.add(path, connection, 'standard')
  }
  for (const path of persistent) watches.add(path, connection, 'persistent')
  for (const path of persistentRecursive) watches.add(path, connection, 'persistentRecursive')
}
