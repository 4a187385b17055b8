/**
 * The words of the service: error names, modes, stat, events, operations and their results, named as ZooKeeper names
 * them (KeeperException.Code, CreateMode, Stat, Watcher.Event in the API documentation of ZooKeeper 3.8).
 */

/** Errors that the server answers with. */
export type ServerError =
  | 'BadArguments'
  | 'BadVersion'
  | 'NoChildrenForEphemerals'
  | 'NoNode'
  | 'NodeExists'
  | 'NotEmpty'
  | 'SessionExpired'

/** All errors of the client library. After `ConnectionLoss` nobody knows whether the operation took effect. */
export type CoordinationError = ServerError | 'ConnectionLoss'

/** The outcome of an operation: data, never an exception. */
export type Result<T, E = CoordinationError> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: E }

export type CreateMode = 'persistent' | 'ephemeral' | 'persistent_sequential' | 'ephemeral_sequential'

/** What is known of a znode besides its data. Times are the server's wall clock in milliseconds. */
export interface Stat {
  /** Transaction that created it. */
  readonly czxid: number
  /** Transaction that changed its data last. */
  readonly mzxid: number
  /** Transaction that changed its list of children last. */
  readonly pzxid: number
  readonly ctime: number
  readonly mtime: number
  /** Changes of its data. */
  readonly version: number
  /** Changes of its list of children. */
  readonly cversion: number
  /** Changes of its ACL: always 0 here. */
  readonly aversion: number
  /** Session that owns it; 0 for a persistent znode. */
  readonly ephemeralOwner: number
  readonly dataLength: number
  readonly numChildren: number
}

/** What a client asks for. A `version` of -1 means: any. */
export type Op =
  | { readonly type: 'create'; readonly path: string; readonly data: string; readonly mode: CreateMode }
  | { readonly type: 'delete'; readonly path: string; readonly version: number }
  | { readonly type: 'setData'; readonly path: string; readonly data: string; readonly version: number }
  | { readonly type: 'exists'; readonly path: string; readonly watch: boolean }
  | { readonly type: 'getData'; readonly path: string; readonly watch: boolean }
  | { readonly type: 'getChildren'; readonly path: string; readonly watch: boolean }
  /** Puts the watches of a session on its new connection; what changed since `zxid` fires at once. */
  | {
      readonly type: 'setWatches'
      readonly zxid: number
      readonly data: readonly string[]
      readonly exist: readonly string[]
      readonly child: readonly string[]
    }
  | { readonly type: 'closeSession' }

export interface Created {
  /** The path as it was created: with its number, if it is sequential. */
  readonly path: string
  readonly stat: Stat
}

export interface Data {
  readonly data: string
  readonly stat: Stat
}

export interface Children {
  /** Names without the parent's path, in no order that one may rely on. */
  readonly children: readonly string[]
  readonly stat: Stat
}

/** What each operation yields when it succeeds. */
export interface OpValues {
  create: Created
  delete: undefined
  setData: { readonly stat: Stat }
  exists: { readonly stat: Stat }
  getData: Data
  getChildren: Children
  setWatches: undefined
  closeSession: undefined
}

export type WatchEventType = 'NodeCreated' | 'NodeDeleted' | 'NodeDataChanged' | 'NodeChildrenChanged'

/** What a watch tells: that something changed, not to what. */
export interface WatchEvent {
  readonly type: WatchEventType
  readonly path: string
}

/** What a client's session is in. `Expired` and `Closed` are for ever; a new session is needed then. */
export type SessionState = 'Connecting' | 'SyncConnected' | 'Disconnected' | 'Expired' | 'Closed'
