/** What node code gets from the client library: results, events, states. The rest of the vocabulary is in `wire.ts`. */
import type { ErrorName, MultiResult, Stat, WatchEventType, ZnodeData } from '../wire.ts'

/** All errors of the client library. After `ConnectionLoss` nobody knows whether the operation took effect. */
export type CoordinationError = ErrorName

/** The outcome of an operation: data, never an exception. */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false
      readonly reason: CoordinationError
      /** What is wrong with the arguments, where the client found it out itself (`BadArguments`). */
      readonly message?: string
    }

/** The outcome of a `multi`: if one part fails none takes effect, and `results` says which it was. */
export type MultiOutcome =
  | { readonly ok: true; readonly value: readonly MultiResult[] }
  | {
      readonly ok: false
      readonly reason: CoordinationError
      readonly message?: string
      readonly results?: readonly MultiResult[]
    }

export interface Created {
  /** The path as it was created: with its number, if it is sequential. */
  readonly path: string
  readonly stat: Stat
}

export interface Data {
  readonly data: ZnodeData
  readonly stat: Stat
}

export interface Children {
  /** Names without the parent's path, in no order that one may rely on. */
  readonly children: readonly string[]
  readonly stat: Stat
}

/**
 * What a session is in, named after Watcher.Event.KeeperState; `Connecting` until it is connected for the first time.
 * `Expired` and `Closed` are for ever: a new session is needed then.
 */
export type SessionState = 'Connecting' | 'SyncConnected' | 'Disconnected' | 'Expired' | 'Closed'

/** What watchers are called with: a change of a znode, or (type `None`) of the session. */
export type WatchEvent =
  | { readonly type: WatchEventType; readonly state: 'SyncConnected'; readonly path: string }
  | { readonly type: 'None'; readonly state: Exclude<SessionState, 'Connecting'>; readonly path: null }

/**
 * Called with the events of what it watches and, as long as it watches, with those of the session. One function that
 * watches several things, or one thing twice, is called once for an event.
 */
export type Watcher = (event: WatchEvent) => void | Promise<void>
