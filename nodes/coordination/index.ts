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
export { coordinationServer, ensemble, ensembleProblem, ensembleWarning } from './ensemble/index.ts'
export type {
  CoordinationConfig,
  CoordinationServer,
  CoordinationState,
  EnsembleOptions,
} from './ensemble/index.ts'
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
