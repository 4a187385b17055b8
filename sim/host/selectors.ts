/**
 * Selectors: how plans name nodes. Parsed once, resolved when a fault fires.
 *
 * | selector        | means                                                    |
 * |-----------------|----------------------------------------------------------|
 * | `replica[0]`    | that node                                                |
 * | `replica[1..]`  | from the second on; `replica[1..3]` includes the last    |
 * | `replica`       | all nodes of the kind (or the one node of that name)     |
 * | `role:leader`   | nodes that hold the role at that time                    |
 * | `replica[role:leader]` | those of the kind that hold the role at that time |
 * | `zone:eu`       | nodes of the zone                                        |
 * | `all`           | every node                                               |
 * | `rest`          | in a list of groups: every node that no other group names |
 */
import { CallerError, show } from '../kernel/errors.ts'
import { unknownName } from '../kernel/nearest.ts'

export type Selector =
  | { readonly kind: 'all' }
  | { readonly kind: 'rest' }
  | { readonly kind: 'role'; readonly role: string }
  | { readonly kind: 'zone'; readonly zone: string }
  /** Nodes of one kind that hold a role: other kinds may have a role of the same name. */
  | { readonly kind: 'holders'; readonly node: string; readonly role: string }
  /** Indices from `first` to `last`, both included; all of the kind by default. */
  | { readonly kind: 'nodes'; readonly node: string; readonly first: number; readonly last: number }

/** What selectors can see of a node. */
export interface Selectable {
  readonly id: number
  readonly kindName: string
  /** Position among the nodes of its kind; -1 for a node that was added alone. */
  readonly index: number
  readonly role: string | undefined
  readonly zone: string | undefined
}

const HOLDERS = /^([A-Za-z][A-Za-z0-9_-]*)\[role:([^[\]]+)\]$/
const RANGE = /^([A-Za-z][A-Za-z0-9_-]*)(?:\[(\d+)(\.\.(\d*))?\])?$/

/** Parses a selector; throws a CallerError that shows what is possible. */
export function parseSelector(text: string, where: string): Selector {
  if (text === 'all' || text === '*') return { kind: 'all' }
  if (text === 'rest') return { kind: 'rest' }
  if (text.startsWith('role:') && text.length > 5) return { kind: 'role', role: text.slice(5) }
  if (text.startsWith('zone:') && text.length > 5) return { kind: 'zone', zone: text.slice(5) }
  const [, holder, role] = HOLDERS.exec(text) ?? []
  if (holder !== undefined && role !== undefined) return { kind: 'holders', node: holder, role }
  const match = RANGE.exec(text)
  const node = match?.[1]
  if (match === null || node === undefined) {
    throw new CallerError(`${show(text)} is not a selector`, {
      where,
      expected:
        "a node ('replica[0]'), a range ('replica[1..]'), a kind, 'role:leader', 'replica[role:leader]', 'zone:eu', " +
        "'all' or 'rest'",
    })
  }
  const from = match[2]
  if (from === undefined) return { kind: 'nodes', node, first: 0, last: Infinity }
  const first = Number(from)
  if (match[3] === undefined) return { kind: 'nodes', node, first, last: first }
  const last = match[4] === '' || match[4] === undefined ? Infinity : Number(match[4])
  if (last < first)
    throw new CallerError(`${show(text)} is an empty range`, { where, expected: 'first <= last' })
  return { kind: 'nodes', node, first, last }
}

/** Whether a node is selected now (`rest` selects nothing by itself). */
export function matches(selector: Selector, node: Selectable): boolean {
  switch (selector.kind) {
    case 'all':
      return true
    case 'rest':
      return false
    case 'role':
      return node.role === selector.role
    case 'zone':
      return node.zone === selector.zone
    case 'holders':
      return node.kindName === selector.node && node.role === selector.role
    case 'nodes':
      if (node.kindName !== selector.node) return false
      return node.index < 0
        ? selector.first === 0
        : node.index >= selector.first && node.index <= selector.last
  }
}

/** Refuses a selector that can never match in this scenario: a caller's mistake, not an accident of timing. */
export function checkSelector(
  text: string,
  selector: Selector,
  nodes: readonly Selectable[],
  where: string,
): void {
  switch (selector.kind) {
    case 'nodes': {
      const kinds = new Set(nodes.map((node) => node.kindName))
      if (!kinds.has(selector.node)) throw unknownName('node', text, candidates(nodes), where)
      break
    }
    case 'holders': {
      const kinds = new Set(nodes.map((node) => node.kindName))
      if (!kinds.has(selector.node)) throw unknownName('node', selector.node, kinds, where)
      return
    }
    case 'zone': {
      const zones = new Set(nodes.flatMap((node) => (node.zone === undefined ? [] : [node.zone])))
      if (!zones.has(selector.zone)) throw unknownName('zone', selector.zone, zones, where)
      return
    }
    case 'all':
    case 'rest':
    case 'role':
      return
  }
  if (nodes.some((node) => matches(selector, node))) return
  const count = nodes.filter((node) => node.kindName === selector.node).length
  throw new CallerError(`${show(text)} matches no node`, {
    where,
    expected: `an index from 0 to ${count - 1} (there are ${count} nodes of kind ${selector.node})`,
  })
}

function candidates(nodes: readonly Selectable[]): string[] {
  const kinds = [...new Set(nodes.map((node) => node.kindName))]
  const listed = nodes
    .slice(0, 50)
    .map((node) => (node.index < 0 ? node.kindName : `${node.kindName}[${node.index}]`))
  return [...kinds, ...listed.filter((name) => !kinds.includes(name))]
}
