/** The client library; see ../README.md. */
export { connect, CoordinationSession, open } from './session.ts'
export type { ConnectionOptions } from './session.ts'
export { pathProblem } from './paths.ts'
export type {
  Children,
  CoordinationError,
  Created,
  Data,
  MultiOutcome,
  Result,
  SessionState,
  Watcher,
  WatchEvent,
} from './types.ts'
