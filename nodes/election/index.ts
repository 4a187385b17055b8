/** Leader election, with a coordination service and without; see README.md. */
export { bully } from './bully.ts'
export type { BullyConfig, BullyMessages, BullyState } from './bully.ts'
export { contender } from './contender.ts'
export type { ContenderConfig, ContenderState, WatchStrategy } from './contender.ts'
export { leaders, leaderWithin, oneLeaderAtATime, oneLeaderPerTerm, rejoinsAsFollower } from './checks.ts'
