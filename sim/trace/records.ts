/**
 * What a record is: one thing that happened in a run, with the record that led to it.
 *
 * A record's numbers are small on purpose: a kind, a node, a peer, a type and, for some, a value. Everything that the
 * fingerprint covers is in there; observers (logs, metrics, checks) add lines without an id, so that adding one
 * shifts nothing.
 */

/** Kinds of records that the fingerprint covers. The position is the code that is hashed: append only. */
export const RECORD_KINDS = [
  'start', // an incarnation begins; data: {incarnation}
  'stop', // a node ends itself gracefully
  'crash', // an incarnation ends; type: what caused it
  'pause',
  'resume',
  'send', // a datagram leaves its sender
  'request', // a request leaves its sender
  'reply', // a reply leaves the node that was asked
  'deliver', // a datagram, request or reply reaches its receiver; cause: its departure
  'duplicate', // the network made a second copy
  'drop', // a message ends here; type: why
  'handle', // a message left the run queue of a CPU and its handler runs
  'timer', // a timer fires or a sleep ends
  'timeout', // a request's time is over
  'work', // work on the CPU is done
  'disk', // a disk operation is done; type: which
  'condition', // what a node waited for on itself has come true
  'role', // a node takes a role; type: which
  'invoke', // a client's operation begins; type: its name
  'ok', // it succeeded
  'fail', // it did certainly not happen
  'unknown', // it may or may not have happened
  'fault', // a fault begins; type: which
  'heal', // a fault ends
  'error', // a handler threw
  'connect', // stream connections, from here on; type: the step
  'stream',
  'reset',
  'hook', // an exploration hook fired; type: its name
  'action', // somebody outside has a node do something, in a live run
] as const

export type RecordKind = (typeof RECORD_KINDS)[number]

/** Kinds of lines that observers add; the fingerprint does not cover them. */
export const OBSERVER_KINDS = ['log', 'metric', 'check'] as const
export type ObserverKind = (typeof OBSERVER_KINDS)[number]

const CODES: ReadonlyMap<string, number> = new Map(RECORD_KINDS.map((kind, code) => [kind, code]))

/** The hashed code of a kind. */
export function kindCode(kind: RecordKind): number {
  return CODES.get(kind) as number
}

/** Kinds whose peer is where the message comes from; in all others the peer is where it goes to. */
export function peerIsSource(kind: RecordKind): boolean {
  return kind === 'deliver' || kind === 'handle'
}

/** A record as people and tools read it. Absent fields mean: none. */
export interface TraceRecord {
  /** 1, 2, 3 ... in order of happening. */
  readonly id: number
  /** Virtual time in microseconds. */
  readonly t: number
  /** The node it happened on; absent for the world (faults). */
  readonly node?: string
  readonly kind: RecordKind
  /** The record that led to this one; absent for roots. */
  readonly cause?: number
  readonly to?: string
  readonly from?: string
  readonly type?: string
  readonly data?: unknown
  /** The running fingerprint after this record: 16 hexadecimal digits. */
  readonly hash: string
}

/** A line that an observer added. `cause` is the record during which it was made. */
export interface ObserverRecord {
  readonly t: number
  readonly node?: string
  readonly kind: ObserverKind
  readonly cause?: number
  readonly type?: string
  readonly data?: unknown
}
