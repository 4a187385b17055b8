/** Measuring how much of the time a coordination service is there; see README.md. */
export { availableAtLeast, noWriteLost } from './checks.ts'
export { client } from './client.ts'
export type { ClientConfig, ClientState } from './client.ts'
