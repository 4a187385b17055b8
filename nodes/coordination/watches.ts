/**
 * One-shot watches as a server keeps them: by path, for each connection. `exists` and `getData` leave data watches,
 * `getChildren` leaves child watches; what a change fires follows the table of the Programmer's Guide ("Semantics of
 * Watches"). A connection hears of one change of one znode at most once by each kind of event.
 */
import { parentOf } from './paths.ts'
import type { Change } from './tree.ts'
import type { WatchEvent } from './types.ts'

export interface Watches {
  readonly data: Map<string, Set<number>>
  readonly child: Map<string, Set<number>>
}

/** An event on its way to a connection. */
export interface Notification {
  readonly connection: number
  readonly event: WatchEvent
}

export function noWatches(): Watches {
  return { data: new Map(), child: new Map() }
}

/** Leaves a watch; leaving it twice is the same as once. */
export function leaveWatch(table: Map<string, Set<number>>, path: string, connection: number): void {
  const held = table.get(path)
  if (held === undefined) table.set(path, new Set([connection]))
  else held.add(connection)
}

/** Takes away the watches that a change fires and says who is to be told. */
export function fireWatches(watches: Watches, change: Change): Notification[] {
  const { type, path } = change
  const out: Notification[] = []
  const tell = (connections: Iterable<number>, event: WatchEvent): void => {
    for (const connection of connections) out.push({ connection, event })
  }
  switch (type) {
    case 'dataChanged':
      tell(take(watches.data, path), { type: 'NodeDataChanged', path })
      return out
    case 'created':
      tell(take(watches.data, path), { type: 'NodeCreated', path })
      break
    case 'deleted':
      tell(new Set([...take(watches.data, path), ...take(watches.child, path)]), {
        type: 'NodeDeleted',
        path,
      })
      break
  }
  const parent = parentOf(path)
  if (parent !== undefined) tell(take(watches.child, parent), { type: 'NodeChildrenChanged', path: parent })
  return out
}

/** Forgets a connection's watches. */
export function dropWatches(watches: Watches, connection: number): void {
  for (const table of [watches.data, watches.child]) {
    for (const [path, held] of table) {
      if (held.delete(connection) && held.size === 0) table.delete(path)
    }
  }
}

function take(table: Map<string, Set<number>>, path: string): ReadonlySet<number> {
  const held = table.get(path)
  table.delete(path)
  return held ?? new Set()
}
