/**
 * Compares a transcript with the recording it was made from. What is no guarantee is not compared: the order of arrival
 * between sessions, times, the order of names in getChildren and getEphemerals, and the order of the deletions when a
 * session ends.
 */
import type { Json, JsonObject } from './transcript-ops.ts'
import { isObject } from './transcript-ops.ts'

/** Differences in plain words, session by session; empty if the two agree. */
export function transcriptDifferences(recorded: string, ours: string): readonly string[] {
  const differences: string[] = []
  const expected = bySession(recorded)
  const actual = bySession(ours)
  for (const session of new Set([...expected.keys(), ...actual.keys()])) {
    const left = settled(expected.get(session) ?? [])
    const right = settled(actual.get(session) ?? [])
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
      if (left[i] === right[i]) continue
      differences.push(
        `${session}, its step ${i}: recorded ${left[i] ?? 'nothing'}, ours ${right[i] ?? 'nothing'}`,
      )
    }
  }
  return differences
}

function bySession(text: string): ReadonlyMap<string, readonly JsonObject[]> {
  const { steps } = JSON.parse(text) as { readonly steps: readonly JsonObject[] }
  const out = new Map<string, JsonObject[]>()
  for (const step of steps) {
    const { session } = step
    if (typeof session !== 'string') continue
    const held = out.get(session)
    if (held === undefined) out.set(session, [step])
    else held.push(step)
  }
  return out
}

/** Steps as texts that are equal where the steps mean the same. */
function settled(steps: readonly JsonObject[]): readonly string[] {
  const out: string[] = []
  let burst: JsonObject[] = []
  const endBurst = (): void => {
    out.push(...orderOfBurst(burst).map((step) => JSON.stringify(plain(step))))
    burst = []
  }
  for (const step of steps) {
    if (step.event !== undefined) {
      burst.push(step)
      continue
    }
    endBurst()
    out.push(JSON.stringify(plain(step)))
  }
  endBurst()
  return out
}

/**
 * Events that arrived one after the other. The deletions of a session's end come in the order of a hash set, and what
 * else fires for each of them moves with it; so from the first deletion on, they are compared as a set.
 */
function orderOfBurst(burst: readonly JsonObject[]): readonly JsonObject[] {
  const first = burst.findIndex((step) => isObject(step.event) && step.event.type === 'NodeDeleted')
  if (first < 0) return burst
  const texts = burst.slice(first).map((step) => JSON.stringify(step.event))
  return [
    ...burst.slice(0, first),
    ...texts.sort().map((text): JsonObject => ({ event: JSON.parse(text) as Json })),
  ]
}

/** A step without what need not agree. */
function plain(step: JsonObject): Json {
  const out: Record<string, Json> = {}
  for (const key of Object.keys(step).sort()) {
    if (key === 'i' || key === 'tMs' || key === 'session' || key === 'args') continue
    out[key] = key === 'connection' ? 'closed' : sortedNames(step[key] as Json)
  }
  return out
}

function sortedNames(value: Json): Json {
  if (!isObject(value)) return value
  const out: Record<string, Json> = {}
  for (const key of Object.keys(value).sort()) {
    const held = value[key] as Json
    const unordered = (key === 'children' || key === 'ephemerals') && Array.isArray(held)
    out[key] = unordered ? [...(held as readonly string[])].sort() : sortedNames(held)
  }
  return out
}
