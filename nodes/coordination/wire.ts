/**
 * What a client and a server say to each other on one stream connection, frame by frame, named as ZooKeeper names it
 * (zookeeper.jute, ZooDefs.OpCode, KeeperException.Code and Watcher.Event of ZooKeeper 3.8).
 *
 * The first frame of a client is a ConnectRequest, the server's first is a ConnectResponse. After that the client sends
 * requests and the server sends replies in the order of the requests, with watch events between them. Left out: ACLs and
 * authentication, reconfiguration, read-only mode.
 *
 * A zxid is one number, epoch * 2^32 + counter, which is exact up to epoch 2^21.
 */

/** KeeperException.Code without its prefix; the number is what the real protocol sends. */
export const ERROR_CODES = {
  OK: 0,
  SystemError: -1,
  RuntimeInconsistency: -2,
  DataInconsistency: -3,
  ConnectionLoss: -4,
  MarshallingError: -5,
  Unimplemented: -6,
  OperationTimeout: -7,
  BadArguments: -8,
  NoNode: -101,
  NoAuth: -102,
  BadVersion: -103,
  NoChildrenForEphemerals: -108,
  NodeExists: -110,
  NotEmpty: -111,
  SessionExpired: -112,
  InvalidACL: -114,
  SessionMoved: -118,
  EphemeralOnLocalSession: -120,
  NoWatcher: -121,
  RequestTimeout: -122,
} as const

export type ErrorName = Exclude<keyof typeof ERROR_CODES, 'OK'>

export type CreateMode =
  | 'persistent'
  | 'ephemeral'
  | 'persistent_sequential'
  | 'ephemeral_sequential'
  | 'container'
  | 'ttl'
  | 'ttl_sequential'

export interface Stat {
  readonly czxid: number
  readonly mzxid: number
  readonly pzxid: number
  /** Wall clock of the server that made the transaction, in milliseconds. */
  readonly ctime: number
  readonly mtime: number
  readonly version: number
  readonly cversion: number
  readonly aversion: number
  /** Session that owns the znode; 0: none, as for container and TTL znodes. */
  readonly ephemeralOwner: number
  readonly dataLength: number
  readonly numChildren: number
}

/** A znode's data; null is what the real server keeps for a znode that was created without any. */
export type ZnodeData = string | null

/** `ttl` in milliseconds, for the two modes that have one. `withStat`: opcode create2 instead of create. */
export interface CreateOp {
  readonly type: 'create'
  readonly path: string
  readonly data: ZnodeData
  readonly mode: CreateMode
  readonly ttl?: number
  readonly withStat?: boolean
}
export interface DeleteOp {
  readonly type: 'delete'
  readonly path: string
  readonly version: number
}
export interface SetDataOp {
  readonly type: 'setData'
  readonly path: string
  readonly data: ZnodeData
  readonly version: number
}
export interface CheckOp {
  readonly type: 'check'
  readonly path: string
  readonly version: number
}

/** What may stand in a `multi`. */
export type MultiPart = CreateOp | DeleteOp | SetDataOp | CheckOp

export type AddWatchMode = 'persistent' | 'persistentRecursive'
/** `any` stands for the three kinds of watches at once. */
export type WatcherType = 'children' | 'data' | 'any'

/** What a client asks for, named as ZooDefs.OpCode names it. A `version` of -1 means: any. */
export type Op =
  | CreateOp
  | DeleteOp
  | SetDataOp
  | { readonly type: 'exists'; readonly path: string; readonly watch: boolean }
  | { readonly type: 'getData'; readonly path: string; readonly watch: boolean }
  /** `withStat`: opcode getChildren2 instead of getChildren. */
  | {
      readonly type: 'getChildren'
      readonly path: string
      readonly watch: boolean
      readonly withStat?: boolean
    }
  | { readonly type: 'sync'; readonly path: string }
  | { readonly type: 'multi'; readonly ops: readonly MultiPart[] }
  | { readonly type: 'getEphemerals'; readonly prefix: string }
  | { readonly type: 'getAllChildrenNumber'; readonly path: string }
  /** setWatches2 (and setWatches, if the last two are empty): what changed since `zxid` fires at once. */
  | {
      readonly type: 'setWatches'
      readonly zxid: number
      readonly data: readonly string[]
      readonly exist: readonly string[]
      readonly child: readonly string[]
      readonly persistent: readonly string[]
      readonly persistentRecursive: readonly string[]
    }
  | { readonly type: 'addWatch'; readonly path: string; readonly mode: AddWatchMode }
  | { readonly type: 'removeWatches'; readonly path: string; readonly watcher: WatcherType }
  /** NoWatcher unless there is such a watch. */
  | { readonly type: 'checkWatches'; readonly path: string; readonly watcher: WatcherType }
  | { readonly type: 'ping' }
  | { readonly type: 'closeSession' }
  /** A request that no server can read, such as a watch of a mode that there is not: MarshallingError. */
  | { readonly type: 'malformed' }

/** The result of one part of a multi, by the part's type; after a failure each part has an error, `OK` if it was undone. */
export type MultiResult =
  | { readonly type: 'create'; readonly path: string; readonly stat?: Stat }
  | { readonly type: 'delete' }
  | { readonly type: 'setData'; readonly stat: Stat }
  | { readonly type: 'check' }
  | { readonly type: 'error'; readonly error: ErrorName | 'OK' }

/** What each operation yields when it succeeds. */
export interface OpResults {
  readonly create: { readonly path: string; readonly stat?: Stat }
  readonly delete: undefined
  readonly setData: { readonly stat: Stat }
  readonly exists: { readonly stat: Stat }
  readonly getData: { readonly data: ZnodeData; readonly stat: Stat }
  readonly getChildren: { readonly children: readonly string[]; readonly stat?: Stat }
  readonly sync: { readonly path: string }
  readonly multi: { readonly results: readonly MultiResult[] }
  readonly getEphemerals: { readonly ephemerals: readonly string[] }
  readonly getAllChildrenNumber: { readonly totalNumber: number }
  readonly setWatches: undefined
  readonly addWatch: undefined
  readonly removeWatches: undefined
  readonly checkWatches: undefined
  readonly ping: undefined
  readonly closeSession: undefined
  readonly malformed: undefined
}

/** First frame of a client. `session` 0: a new one. Times in milliseconds. */
export interface ConnectRequest {
  readonly lastZxidSeen: number
  readonly timeout: number
  readonly session: number
  readonly password: string
}

/** First frame of a server. `session` and `timeout` 0: the session has expired (or the password is wrong). */
export interface ConnectResponse {
  readonly timeout: number
  readonly session: number
  readonly password: string
}

/**
 * Xids that are not counted: -1 events, -2 pings, -8 setWatches. Others count up from 1 as long as the client's session
 * object lives, over all its connections (ClientCnxn.getXid), so that one session never uses a number twice.
 */
export const XID = { event: -1, ping: -2, setWatches: -8 } as const

export interface RequestFrame {
  readonly xid: number
  readonly op: Op
}

/** `error` absent: it succeeded, and `result` is what {@link OpResults} says. */
export interface ReplyFrame {
  readonly xid: number
  readonly zxid: number
  readonly error?: ErrorName
  readonly result?: OpResults[keyof OpResults]
}

export type WatchEventType =
  | 'NodeCreated'
  | 'NodeDeleted'
  | 'NodeDataChanged'
  | 'NodeChildrenChanged'
  | 'DataWatchRemoved'
  | 'ChildWatchRemoved'
  | 'PersistentWatchRemoved'

/** What a watch tells: that something changed, not to what. Its xid and zxid are -1, as the real server sends them. */
export interface EventFrame {
  readonly xid: -1
  readonly zxid: -1
  readonly event: { readonly type: WatchEventType; readonly state: 'SyncConnected'; readonly path: string }
}

/**
 * What one frame of the stream holds after the first one in each direction: one of these, or several in order, as one
 * write to a socket may carry several packets. A receiver takes both; {@link framesOf} makes them one.
 */
export type ClientFrames = RequestFrame | readonly RequestFrame[]
export type ServerFrames = ReplyFrame | EventFrame | readonly (ReplyFrame | EventFrame)[]

/** The frames of one value of the stream, in order. */
export function framesOf<T extends object>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T]
}
