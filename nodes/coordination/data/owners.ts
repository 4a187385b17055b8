/**
 * Who owns a znode, which also tells container and TTL znodes (EphemeralType of ZooKeeper 3.8). Clients see sessions only:
 * a stat has 0 for the other two (DataNode.copyStat).
 *
 * The real field is a 64-bit integer. Here it is a number that is always exact: 0 for nobody, a positive one for the
 * session that owns the znode, -2^63 for a container as in the real server, and for a TTL znode minus its time to live in
 * milliseconds, where the real server keeps the same time under a byte of ones, which no double holds exactly.
 */
import type { CreateMode } from '../wire.ts'

/** Long.MIN_VALUE. */
export const CONTAINER_OWNER = -9223372036854775808

/** Longest time to live, in milliseconds: 40 bits. */
export const TTL_MAX = 0xffffffffff

export function isSessionOwner(owner: number): boolean {
  return owner > 0
}

/** Milliseconds a TTL znode lives after its last change; undefined for other znodes. */
export function ttlOf(owner: number): number | undefined {
  return owner < 0 && owner !== CONTAINER_OWNER ? -owner : undefined
}

export function isSequential(mode: CreateMode): boolean {
  return mode === 'persistent_sequential' || mode === 'ephemeral_sequential' || mode === 'ttl_sequential'
}

export function isEphemeral(mode: CreateMode): boolean {
  return mode === 'ephemeral' || mode === 'ephemeral_sequential'
}

export function hasTtl(mode: CreateMode): boolean {
  return mode === 'ttl' || mode === 'ttl_sequential'
}
