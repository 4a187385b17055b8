/** A replicated versioned register with quorums; README.md says what it follows. */
export { client } from './client.ts'
export type { ClientConfig, RegisterOperation } from './client.ts'
export { replica } from './replica.ts'
export type { ReplicaMessages } from './replica.ts'
export type { Version, Versioned } from './version.ts'
export { initial, isNewer, newestOf } from './version.ts'
