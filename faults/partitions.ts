/**
 * Cuts in the network, each a kind of its own, and `heal`, which ends them all. Cuts add up: a pair is cut while any
 * of them cuts it. What is in flight across a cut when it begins is lost.
 *
 * They stand for failed switches, wrong firewall rules and broken lines between data centres. Alquraan et al., "An
 * Analysis of Network-Partitioning Failures in Cloud Systems" (OSDI 2018), tell complete, partial and simplex partitions
 * apart: here groups that name everyone (`rest`), groups that leave nodes out or a ring, and one-way cuts.
 */
import type { Control } from '../sim/host/control.ts'
import type { FaultEffect } from '../sim/host/fault.ts'
import type { Cut, CutHandle } from '../sim/network/partitions.ts'
import { duration, groups, targets } from './fields.ts'
import { faultKind, named, perRun } from './kind.ts'

const activeCuts = perRun(() => new Map<CutHandle, readonly string[]>())

const lasting = duration('How long. Left out: until a heal.').optional()

/** Cuts, unless there is nobody to cut apart. */
function begin(control: Control, cut: Cut, nodes: readonly number[], separates: boolean): FaultEffect {
  if (!separates) return { touched: [] }
  const active = activeCuts(control)
  const handle = control.cut(cut)
  const touched = named(control, nodes)
  active.set(handle, touched)
  return {
    touched,
    end: () => {
      if (!active.delete(handle)) return []
      control.heal(handle)
      return touched
    },
  }
}

/** `partition`: groups of nodes that cannot reach each other. */
export const partitionKind = faultKind(
  {
    kind: 'partition',
    about:
      'Partitions the network: nodes of different groups cannot reach each other in either direction. Nodes in no ' +
      'group reach everyone.',
    fields: {
      groups: groups(
        "At least two groups, each a selector or a list of them. A node belongs to the first group that names it; 'rest' " +
          'stands for every node that no other group names.',
      ),
      for: lasting,
    },
    example: { at: '2s', groups: [['replica[0]'], ['replica[1..]']], for: '5s' },
  },
  (fault, place) => {
    const selectors = place.groups('groups', fault.groups)
    return (control) => {
      const members = control.groups(selectors).filter((group) => group.length > 0)
      return begin(control, { kind: 'groups', groups: members }, members.flat(), members.length > 1)
    }
  },
)

/** `isolate`: nodes that reach nobody. */
export const isolateKind = faultKind(
  {
    kind: 'isolate',
    about:
      'Isolates nodes: each of them can reach nobody and be reached by nobody, not even by the others that are isolated.',
    fields: { node: targets('Which nodes are isolated, each from everyone else.'), for: lasting },
    example: { at: '2s', node: 'role:leader', for: '5s' },
  },
  ({ node }, place) => {
    const selectors = place.targets('node', node)
    return (control) => {
      const alone = control.select(selectors)
      const inside = new Set(alone)
      const others = control.nodes.map(({ id }) => id).filter((id) => !inside.has(id))
      const cut: Cut = { kind: 'groups', groups: [...alone.map((id) => [id]), others] }
      return begin(control, cut, alone, alone.length > 0 && alone.length + others.length > 1)
    }
  },
)

/** `partition-one-way`: messages get through in one direction only. */
export const partitionOneWayKind = faultKind(
  {
    kind: 'partition-one-way',
    about:
      'Cuts one direction: nothing that `from` sends reaches `to`, while everything that `to` sends arrives.',
    fields: {
      from: targets('Nodes whose messages are lost.'),
      to: targets('Nodes that those messages do not reach.'),
      for: lasting,
    },
    example: { at: '2s', from: 'role:leader', to: 'replica', for: '5s' },
  },
  (fault, place) => {
    const sources = place.targets('from', fault.from)
    const destinations = place.targets('to', fault.to)
    return (control) => {
      const from = control.select(sources)
      const to = control.select(destinations)
      return begin(control, { kind: 'one-way', from, to }, union(from, to), linked(from, to))
    }
  },
)

/** `partition-ring`: each node reaches its two neighbours only. */
export const partitionRingKind = faultKind(
  {
    kind: 'partition-ring',
    about:
      'Arranges nodes in a ring in which each reaches only its two neighbours. With five nodes everyone sees a ' +
      'majority and no two see the same one. Three nodes or fewer are not cut at all.',
    fields: {
      ring: targets(
        'The nodes in the order of the ring; those that one selector matches come in the order of their indices.',
      ),
      for: lasting,
    },
    example: { at: '2s', ring: 'replica', for: '5s' },
  },
  (fault, place) => {
    const selectors = place.targets('ring', fault.ring)
    return (control) => {
      const ring = [...new Set(selectors.flatMap((selector) => control.select([selector])))]
      return begin(control, { kind: 'ring', ring }, ring, ring.length > 3)
    }
  },
)

/** `heal`: no cut remains. */
export const healKind = faultKind(
  {
    kind: 'heal',
    about: 'Heals the network: ends every partition, isolation and one-way or ring cut.',
    fields: {},
    example: { at: '7s' },
  },
  () => (control) => {
    const active = activeCuts(control)
    const touched = [...new Set([...active.values()].flat())]
    active.clear()
    control.healAll()
    return { touched }
  },
)

/** Whether any node of one set has a link to one of the other. */
export function linked(from: readonly number[], to: readonly number[]): boolean {
  if (from.length === 0 || to.length === 0) return false
  return from.length > 1 || to.length > 1 || from[0] !== to[0]
}

/** Both sets as one, in the order of node numbers. */
export function union(a: readonly number[], b: readonly number[]): number[] {
  return [...new Set([...a, ...b])].sort((x, y) => x - y)
}
