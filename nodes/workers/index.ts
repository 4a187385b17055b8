/** A master that gives tasks to workers, through a coordination service; see README.md. */
export { everyTaskCountsOnce, everyTaskDone } from './checks.ts'
export { client } from './client.ts'
export type { ClientConfig, ClientState } from './client.ts'
export { master } from './master.ts'
export type { MasterConfig } from './master.ts'
export type { Recording } from './tree.ts'
export { worker } from './worker.ts'
export type { WorkerConfig } from './worker.ts'
