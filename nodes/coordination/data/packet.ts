/**
 * How long a request is on the wire of the real protocol (jute encoding, zookeeper.jute of 3.8), since a server drops the
 * connection of a client whose packet is longer than `jute.maxbuffer`.
 */
import type { MultiPart, Op } from '../wire.ts'
import { hasTtl } from './owners.ts'
import { utf8Length } from './tree.ts'

/** Default of jute.maxbuffer in bytes; a packet may have exactly this length. */
export const PACKET_MAX = 0xfffff

const INT = 4
const LONG = 8
const BOOLEAN = 1
/** Type, xid. */
const REQUEST_HEADER = 8
/** Type, done, error: before each part of a multi, and once after the last. */
const MULTI_HEADER = 9
/** The one access control list there is here: world, anyone. */
const ACL = INT + (INT + (INT + 5) + (INT + 6))

/** Bytes of a request without the length before it. */
export function packetLength(op: Op): number {
  switch (op.type) {
    case 'create':
    case 'delete':
    case 'setData':
      return REQUEST_HEADER + partLength(op)
    case 'multi': {
      let length = REQUEST_HEADER + MULTI_HEADER
      for (const part of op.ops) length += MULTI_HEADER + partLength(part)
      return length
    }
    case 'exists':
    case 'getData':
    case 'getChildren':
      return REQUEST_HEADER + text(op.path) + BOOLEAN
    case 'sync':
    case 'getAllChildrenNumber':
      return REQUEST_HEADER + text(op.path)
    case 'getEphemerals':
      return REQUEST_HEADER + text(op.prefix)
    case 'setWatches': {
      let length = REQUEST_HEADER + LONG
      for (const paths of [op.data, op.exist, op.child, op.persistent, op.persistentRecursive]) {
        length += INT
        for (const path of paths) length += text(path)
      }
      return length
    }
    case 'addWatch':
    case 'removeWatches':
    case 'checkWatches':
      return REQUEST_HEADER + text(op.path) + INT
    case 'ping':
    case 'closeSession':
    case 'malformed':
      return REQUEST_HEADER
  }
}

function partLength(part: MultiPart): number {
  switch (part.type) {
    case 'create':
      return text(part.path) + text(part.data) + ACL + INT + (hasTtl(part.mode) ? LONG : 0)
    case 'setData':
      return text(part.path) + text(part.data) + INT
    case 'delete':
    case 'check':
      return text(part.path) + INT
  }
}

function text(value: string | null): number {
  return INT + (value === null ? 0 : utf8Length(value))
}

/** Whether a packet is too long; exact, and cheap for short ones. */
export function isTooLong(op: Op, max: number = PACKET_MAX): boolean {
  return mayBeLong(op, max) && packetLength(op) > max
}

function mayBeLong(op: Op, max: number): boolean {
  switch (op.type) {
    case 'create':
    case 'setData':
      // A character is three bytes at most for each unit of the string.
      return 3 * (op.path.length + (op.data?.length ?? 0)) + 100 > max
    case 'multi':
    case 'setWatches':
      return true
    case 'getEphemerals':
      return 3 * op.prefix.length + 100 > max
    case 'ping':
    case 'closeSession':
    case 'malformed':
      return false
    case 'delete':
    case 'exists':
    case 'getData':
    case 'getChildren':
    case 'getAllChildrenNumber':
    case 'sync':
    case 'addWatch':
    case 'removeWatches':
    case 'checkWatches':
      return 3 * op.path.length + 100 > max
  }
}
