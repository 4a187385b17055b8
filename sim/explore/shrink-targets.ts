/**
 * What a shrinker can know of a fault without knowing its kind: which of its texts name nodes, which are durations,
 * which values are magnitudes. A vocabulary may grow; this need not.
 */
import type { Fault } from '../host/fault.ts'
import type { Selector } from '../host/selectors.ts'
import { parseSelector } from '../host/selectors.ts'
import type { Duration } from '../kernel/time.ts'
import { micros } from '../kernel/time.ts'

/** A field's position inside a fault: `['groups', 0]`. */
export type Path = readonly (string | number)[]

/** A value inside a fault, apart from `at`, `kind` and `for`. */
export interface Part {
  readonly path: Path
  readonly value: unknown
}

/** Everything inside a fault that is not an object, and the arrays, outermost first. */
export function partsOf(fault: Fault): readonly Part[] {
  const out: Part[] = []
  const walk = (value: unknown, path: Path): void => {
    if (Array.isArray(value)) {
      out.push({ path, value })
      value.forEach((item, index) => {
        walk(item, [...path, index])
      })
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) walk(item, [...path, key])
    } else out.push({ path, value })
  }
  const { at: _at, kind: _kind, for: _for, ...fields } = fault
  walk(fields, [])
  return out
}

/** The fault with one value replaced, or with its field left out when the value is undefined. */
export function replaced(fault: Fault, path: Path, value: unknown): Fault {
  return put(fault, path, value) as Fault
}

function put(inside: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value
  if (Array.isArray(inside)) {
    return (inside as readonly unknown[]).map((item, index) =>
      index === key ? put(item, rest, value) : item,
    )
  }
  const entries = Object.entries(inside as object).map(([name, item]): readonly [string, unknown] => [
    name,
    name === key ? put(item, rest, value) : item,
  ])
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined))
}

/** A node's name taken apart: `replica[2]` is the third of its kind; -1 for one that was added alone. */
export function nameParts(name: string): { readonly kind: string; readonly index: number } {
  const match = /^(.*)\[(\d+)\]$/.exec(name)
  return match === null ? { kind: name, index: -1 } : { kind: match[1] as string, index: Number(match[2]) }
}

/** The selector that a text is, if it names nodes by kind, or all or the rest of them; undefined for any other text. */
export function selectorOf(text: string, nodes: readonly string[]): Selector | undefined {
  let selector: Selector
  try {
    selector = parseSelector(text, '')
  } catch {
    return undefined
  }
  if (selector.kind === 'zone' || selector.kind === 'role' || selector.kind === 'holders') return undefined
  if (selector.kind !== 'nodes') return selector
  const { node } = selector
  return nodes.some((name) => nameParts(name).kind === node) ? selector : undefined
}

/** The names of the nodes that a selector selects; for `rest`, those that `others` do not name. */
export function membersOf(
  selector: Selector,
  nodes: readonly string[],
  others: readonly string[] = [],
): readonly string[] {
  switch (selector.kind) {
    case 'all':
      return nodes
    case 'rest':
      return nodes.filter((name) => !others.includes(name))
    case 'nodes':
      return nodes.filter((name) => {
        const { kind, index } = nameParts(name)
        if (kind !== selector.node) return false
        return index < 0 ? selector.first === 0 : index >= selector.first && index <= selector.last
      })
    case 'role':
    case 'holders':
    case 'zone':
      return []
  }
}

/** The members of a selector or a list of them; undefined if any of it is no selector that names nodes. */
export function expanded(
  value: unknown,
  nodes: readonly string[],
  others: readonly string[] = [],
): readonly string[] | undefined {
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value]
  const out: string[] = []
  for (const text of texts) {
    const selector = typeof text === 'string' ? selectorOf(text, nodes) : undefined
    if (selector === undefined) return undefined
    for (const member of membersOf(selector, nodes, others)) if (!out.includes(member)) out.push(member)
  }
  return out
}

/** Microseconds of a text that is a duration, perhaps a negative one; undefined for any other text. */
export function durationOf(text: string): number | undefined {
  const negative = text.startsWith('-')
  try {
    const us = micros((negative ? text.slice(1) : text) as Duration, '')
    return negative ? -us : us
  } catch {
    return undefined
  }
}

/** How strong a fault is: how many nodes it names and how big its numbers are. Comparable for one kind of fault only. */
export function faultWeight(fault: Fault, nodes: readonly string[]): number {
  let weight = 0
  for (const { value } of partsOf(fault)) {
    if (typeof value === 'number') weight += 1 + Math.abs(value)
    else if (value === true) weight += 1
    else if (typeof value === 'string') weight += textWeight(value, nodes)
  }
  return weight
}

function textWeight(text: string, nodes: readonly string[]): number {
  const selector = selectorOf(text, nodes)
  // One text for several nodes is simpler than several texts.
  if (selector?.kind === 'rest') return nodes.length + WORD
  if (selector !== undefined) return membersOf(selector, nodes).length + WORD
  return 1 + Math.abs(durationOf(text) ?? 0) / 1000
}

const WORD = 0.1
