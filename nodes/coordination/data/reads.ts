/**
 * What a server answers from its own data, and which watches that leaves. Paths are not checked (see paths.ts); `exists`
 * leaves its watch on a znode that is not there, the other reads leave none then.
 *
 * Source: FinalRequestProcessor of ZooKeeper 3.8.
 */
import type { ErrorName, Op, OpResults, WatchEventType } from '../wire.ts'
import type { Database } from './transactions.ts'
import { countBelow, find, statOf } from './tree.ts'
import type { Watches } from './watches.ts'
import { setWatches } from './watches.ts'

/** Operations that need no transaction. */
export type ReadOp = Exclude<
  Op,
  { readonly type: 'create' | 'delete' | 'setData' | 'multi' | 'closeSession' }
>

export type ReadResult =
  { readonly error: ErrorName } | { readonly error?: undefined; readonly result?: OpResults[keyof OpResults] }

export interface Reader {
  readonly connection: number
  readonly session: number
  /** Sends an event to a connection. */
  readonly tell: (connection: number, type: WatchEventType, path: string) => void
}

const DONE: ReadResult = {}
const NO_NODE: ReadResult = { error: 'NoNode' }
const NO_WATCHER: ReadResult = { error: 'NoWatcher' }
const BAD_ARGUMENTS: ReadResult = { error: 'BadArguments' }

export function read(database: Database, watches: Watches, op: ReadOp, reader: Reader): ReadResult {
  const { tree } = database
  const { connection } = reader
  switch (op.type) {
    case 'exists': {
      // The one read that looks at its path.
      if (op.path.includes('\0')) return BAD_ARGUMENTS
      if (op.watch) watches.data.add(op.path, connection, 'standard')
      const znode = find(tree, op.path)
      return znode === undefined ? NO_NODE : { result: { stat: statOf(znode) } }
    }
    case 'getData': {
      const znode = find(tree, op.path)
      if (znode === undefined) return NO_NODE
      if (op.watch) watches.data.add(op.path, connection, 'standard')
      return { result: { data: znode.data, stat: statOf(znode) } }
    }
    case 'getChildren': {
      const znode = find(tree, op.path)
      if (znode === undefined) return NO_NODE
      if (op.watch) watches.child.add(op.path, connection, 'standard')
      const children = [...znode.children]
      return { result: op.withStat === true ? { children, stat: statOf(znode) } : { children } }
    }
    case 'getAllChildrenNumber':
      if (find(tree, op.path) === undefined) return NO_NODE
      return { result: { totalNumber: countBelow(tree, op.path) } }
    case 'getEphemerals': {
      const all = [...(tree.ephemerals.get(reader.session) ?? [])]
      const prefix = op.prefix.trim()
      const ephemerals =
        prefix === '' || prefix === '/' ? all : all.filter((path) => path.startsWith(op.prefix))
      return { result: { ephemerals } }
    }
    case 'sync':
      return { result: { path: op.path } }
    case 'setWatches':
      setWatches(tree, watches, connection, op, reader.tell)
      return DONE
    case 'addWatch':
      watches.add(op.path, connection, op.mode)
      return DONE
    case 'removeWatches':
      return watches.remove(op.path, connection, op.watcher) ? DONE : NO_WATCHER
    case 'checkWatches':
      return watches.has(op.path, op.watcher) ? DONE : NO_WATCHER
    case 'ping':
      return DONE
    case 'malformed':
      return { error: 'MarshallingError' }
  }
}
