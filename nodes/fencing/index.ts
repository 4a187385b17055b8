/** A store, leaders that write to it, and tokens that keep deposed leaders out; see README.md. */
export { noEntryLost, noWriteOfDeposed, twoBelieveToLead } from './checks.ts'
export { store } from './store.ts'
export type { StoreConfig, StoreMessages, StoreState } from './store.ts'
export { tokenOf } from './token.ts'
export type { TokenSource } from './token.ts'
export { writer } from './writer.ts'
export type { WriterConfig, WriterState } from './writer.ts'
