/** Workers that can be found, and clients that look for them; see README.md. */
export { leaderNotListed, newAddressWithin, noDeadAddressFor } from './checks.ts'
export { client } from './client.ts'
export type { ClientConfig, ClientMessages, ClientState } from './client.ts'
export { operator } from './operator.ts'
export type { OperatorConfig } from './operator.ts'
export { addressOf, worker, WORKERS } from './worker.ts'
export type { WorkerConfig, WorkerMessages, WorkerState } from './worker.ts'
