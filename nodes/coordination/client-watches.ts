/**
 * A client's watches: who is to be called when an event comes. The server knows only that a path is watched; which
 * callbacks there are, and setting them again on a new connection, is the client's business.
 */
import type { Op, WatchEvent } from './types.ts'

/** Called once, with the event that used the watch up. */
export type Watcher = (event: WatchEvent) => void | Promise<void>

export type WatchTable = 'data' | 'exist' | 'child'

const TABLES = ['data', 'exist', 'child'] as const

export class ClientWatches {
  private readonly tables: Readonly<Record<WatchTable, Map<string, Set<Watcher>>>> = {
    data: new Map(),
    exist: new Map(),
    child: new Map(),
  }

  add(table: WatchTable, path: string, watcher: Watcher): void {
    const held = this.tables[table].get(path)
    if (held === undefined) this.tables[table].set(path, new Set([watcher]))
    else held.add(watcher)
  }

  /** Takes out the watchers that an event is for; each is in the list once, whatever it watched. */
  take({ type, path }: WatchEvent): readonly Watcher[] {
    const out = new Set<Watcher>()
    for (const table of tablesFor(type)) {
      for (const watcher of this.tables[table].get(path) ?? []) out.add(watcher)
      this.tables[table].delete(path)
    }
    return [...out]
  }

  clear(): void {
    for (const table of TABLES) this.tables[table].clear()
  }

  /** The operation that sets all watches again; undefined if there are none. */
  toSetAgain(zxid: number): Op | undefined {
    const [data, exist, child] = TABLES.map((table) => [...this.tables[table].keys()]) as [
      string[],
      string[],
      string[],
    ]
    return data.length + exist.length + child.length === 0
      ? undefined
      : { type: 'setWatches', zxid, data, exist, child }
  }
}

function tablesFor(type: WatchEvent['type']): readonly WatchTable[] {
  switch (type) {
    case 'NodeCreated':
    case 'NodeDataChanged':
      return ['data', 'exist']
    case 'NodeDeleted':
      return TABLES
    case 'NodeChildrenChanged':
      return ['child']
  }
}
