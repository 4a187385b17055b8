/** A coordination service in the manner of ZooKeeper, and its client; see README.md. */
export { connect, coordinationClient, CoordinationSession } from './client.ts'
export type { ConnectionOptions } from './client.ts'
export type { Watcher } from './client-watches.ts'
export type { CoordinationEvents, CoordinationServer } from './protocol.ts'
export { coordinationServer } from './server.ts'
export type { CoordinationConfig, CoordinationState } from './server.ts'
export type {
  Children,
  CoordinationError,
  Created,
  CreateMode,
  Data,
  Result,
  SessionState,
  Stat,
  WatchEvent,
  WatchEventType,
} from './types.ts'
