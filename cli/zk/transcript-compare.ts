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
    const left = expected.get(session) ?? []
    const right = actual.get(session) ?? []
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
      const loose = left[i]?.loose === true || right[i]?.loose === true
      const [theirs, own] = [left[i], right[i]].map((group) => asText(group, loose))
      if (theirs !== own)
        differences.push(`${session}, its part ${i}: recorded ${theirs ?? ''}, ours ${own ?? ''}`)
    }
  }
  return differences
}

function asText(group: Group | undefined, loose: boolean): string {
  if (group === undefined) return 'nothing'
  return (loose ? [...group.texts].sort() : group.texts).join(' ')
}

/** A step, or events that arrived one after the other; `loose`: in any order. */
interface Group {
  readonly texts: readonly string[]
  readonly loose: boolean
}

/** A step and where it stands in its file. */
interface Placed {
  readonly step: JsonObject
  readonly index: number
}

function bySession(text: string): ReadonlyMap<string, readonly Group[]> {
  const { steps } = JSON.parse(text) as { readonly steps: readonly JsonObject[] }
  const out = new Map<string, Placed[]>()
  for (const [index, step] of steps.entries()) {
    const { session } = step
    if (typeof session !== 'string') continue
    const held = out.get(session)
    if (held === undefined) out.set(session, [{ step, index }])
    else held.push({ step, index })
  }
  return new Map([...out].map(([session, placed]) => [session, settled(placed, steps)]))
}

/** A session's steps as texts that are equal where the steps mean the same. */
function settled(placed: readonly Placed[], all: readonly JsonObject[]): readonly Group[] {
  const out: Group[] = []
  let burst: Placed[] = []
  const endBurst = (): void => {
    const [first] = burst
    const last = burst.at(-1)
    if (first === undefined || last === undefined) return
    const texts = burst.map(({ step }) => JSON.stringify(plain(step)))
    out.push({ texts, loose: mayBeOfSessionEnd(first.index, last.index, all) })
    burst = []
  }
  for (const each of placed) {
    if (each.step.event !== undefined) {
      burst.push(each)
      continue
    }
    endBurst()
    out.push({ texts: [JSON.stringify(plain(each.step))], loose: false })
  }
  endBurst()
  return out
}

/** How many steps of other sessions may stand between an event and the reply to what caused it. */
const NEAR = 8

/**
 * Whether events that arrived one after the other may have come of the end of a session: one was closed nearby, or nobody
 * wrote anything. The order of its deletions, and of what fires for each of them, is that of a hash set.
 */
function mayBeOfSessionEnd(first: number, last: number, all: readonly JsonObject[]): boolean {
  const near = all.slice(Math.max(first - NEAR, 0), last + NEAR + 1)
  if (near.some(({ op, connection }) => op === 'close' || connection !== undefined)) return true
  return !near.some(({ op }) => typeof op === 'string' && /^(create|delete|setData|multi)/.test(op))
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
