/**
 * Corruption that the checksum did not catch: one leaf of the value is different. Which leaf, and which bit or
 * character of it, is drawn by message. Types stay what they are, since a framing layer would have caught anything else.
 */
import { Address } from '../kernel/address.ts'
import type { MessageDraws } from './draws.ts'

/** A copy with one number, string, boolean or byte changed; a value without any is returned as it is. */
export function mangle(value: unknown, draws: MessageDraws): unknown {
  const leaves = countLeaves(value)
  if (leaves === 0) return value
  const target = { left: draws.bits() % leaves }
  return rebuild(value, target, draws)
}

function isLeaf(value: unknown): boolean {
  return (
    typeof value === 'number' || typeof value === 'boolean' || (typeof value === 'string' && value.length > 0)
  )
}

function countLeaves(value: unknown): number {
  if (isLeaf(value)) return 1
  if (typeof value !== 'object' || value === null || value instanceof Address) return 0
  if (value instanceof Uint8Array) return value.length
  const parts = value instanceof Map ? [...value.values()] : value instanceof Set ? [] : Object.values(value)
  return parts.reduce((sum: number, part) => sum + countLeaves(part), 0)
}

function rebuild(value: unknown, target: { left: number }, draws: MessageDraws): unknown {
  if (isLeaf(value)) return target.left-- === 0 ? mangleLeaf(value, draws) : value
  if (typeof value !== 'object' || value === null || value instanceof Address) return value
  if (value instanceof Uint8Array) {
    return value.map((byte) => (target.left-- === 0 ? byte ^ (1 << (draws.bits() & 7)) : byte))
  }
  if (Array.isArray(value)) return value.map((part) => rebuild(part, target, draws))
  if (value instanceof Map)
    return new Map([...value].map(([key, part]) => [key, rebuild(part, target, draws)]))
  if (value instanceof Set) return new Set(value)
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, rebuild(part, target, draws)]))
}

function mangleLeaf(value: unknown, draws: MessageDraws): unknown {
  const bits = draws.bits()
  if (typeof value === 'boolean') return !value
  if (typeof value === 'number') {
    if (Number.isNaN(value)) return 0
    return Number.isInteger(value) ? value ^ (1 << (bits % 16)) : -value
  }
  const text = value as string
  const at = bits % text.length
  return text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1)
}
