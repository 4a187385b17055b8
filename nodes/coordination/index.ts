/** A coordination service after ZooKeeper, and its client; see README.md. */
export { connect, CoordinationSession, open, pathProblem } from './client/index.ts'
export type {
  Children,
  ConnectionOptions,
  CoordinationError,
  Created,
  Data,
  MultiOutcome,
  Result,
  SessionState,
  Watcher,
  WatchEvent,
} from './client/index.ts'
export { coordinationServer } from './server/index.ts'
export type { CoordinationConfig, CoordinationServer, CoordinationState } from './server/index.ts'
export type {
  AddWatchMode,
  CreateMode,
  ErrorName,
  MultiPart,
  MultiResult,
  Stat,
  WatcherType,
  WatchEventType,
  ZnodeData,
} from './wire.ts'
