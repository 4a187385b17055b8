/**
 * Where nodes stand in the diagram: a lane each, or one lane for all nodes of a kind where there are many. In a folded
 * lane the members are spread over its height, so that what happens to one stays apart from what happens to another.
 */
import type { NodeData } from '../run/data.ts'

export interface Lane {
  readonly label: string
  readonly kind: string
  readonly nodes: readonly number[]
  readonly folded: boolean
  /** Top and height in pixels. */
  readonly top: number
  readonly height: number
}

export interface LaneLayout {
  readonly lanes: readonly Lane[]
  /** The middle of each node's line in pixels, by node. */
  readonly y: Float64Array
  /** The lane of each node. */
  readonly laneOf: Int32Array
  readonly height: number
}

/** Kinds of more nodes than this are folded at first, if there are more nodes than fit. */
const FOLDED_FROM = 8
const FITTING = 16

/** The kinds that are folded before anybody has a say. */
export function firstFolds(nodes: readonly NodeData[]): ReadonlySet<string> {
  if (nodes.length <= FITTING) return new Set()
  const counts = new Map<string, number>()
  for (const { kind } of nodes) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return new Set([...counts].filter(([, count]) => count > FOLDED_FROM).map(([kind]) => kind))
}

/** Lays lanes out in the order of nodes. `room`: the height that they may take before they have to be scrolled. */
export function layLanes(nodes: readonly NodeData[], folded: ReadonlySet<string>, room: number): LaneLayout {
  const groups: { label: string; kind: string; nodes: number[]; folded: boolean }[] = []
  const byKind = new Map<string, number[]>()
  nodes.forEach(({ name, kind }, node) => {
    if (!folded.has(kind)) {
      groups.push({ label: name, kind, nodes: [node], folded: false })
      return
    }
    const members = byKind.get(kind)
    if (members !== undefined) members.push(node)
    else {
      const list = [node]
      byKind.set(kind, list)
      groups.push({ label: kind, kind, nodes: list, folded: true })
    }
  })
  const single = groups.filter((group) => !group.folded).length
  const foldedCount = groups.length - single
  const share = room / Math.max(1, single + foldedCount * FOLDED_SHARE)
  const height = Math.max(MIN_HEIGHT, Math.min(MAX_HEIGHT, share))
  const y = new Float64Array(nodes.length)
  const laneOf = new Int32Array(nodes.length)
  let top = 0
  const lanes = groups.map((group, lane): Lane => {
    const wanted = Math.min(room * 0.6, group.nodes.length * 3)
    const own = group.folded ? Math.max(FOLDED_MIN, height * FOLDED_SHARE, wanted) : height
    const place: Lane = {
      ...group,
      label: group.folded ? `${group.kind} (${group.nodes.length})` : group.label,
      top,
      height: own,
    }
    group.nodes.forEach((node, index) => {
      y[node] = group.folded
        ? top + 10 + ((own - 20) * (index + 0.5)) / group.nodes.length
        : top + own / 2 + 3
      laneOf[node] = lane
    })
    top += own
    return place
  })
  return { lanes, y, laneOf, height: top }
}

const MIN_HEIGHT = 30
const MAX_HEIGHT = 72
const FOLDED_MIN = 84
const FOLDED_SHARE = 2.2
