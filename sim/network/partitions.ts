/**
 * Cuts in the network: who cannot reach whom. A cut is a rule over node numbers; any number may be active at once, and
 * a pair is cut while any rule cuts it. Nodes that no rule names reach everyone.
 */

/** One active cut, already resolved to node numbers. */
export type Cut =
  /** Nodes of different groups cannot reach each other, in either direction. */
  | { readonly kind: 'groups'; readonly groups: readonly (readonly number[])[] }
  /** Nothing that a node of `from` sends reaches a node of `to`; the other direction works. */
  | { readonly kind: 'one-way'; readonly from: readonly number[]; readonly to: readonly number[] }
  /** Each node reaches only its two neighbours in the list; a majority sees each other, no two see the same one. */
  | { readonly kind: 'ring'; readonly ring: readonly number[] }

/** Handle of an active cut. */
export interface CutHandle {
  readonly cut: Cut
}

/** The cuts active now. */
export class Partitions {
  private readonly active: {
    readonly handle: CutHandle
    readonly rule: (from: number, to: number) => boolean
  }[] = []

  /** True while there is any cut; a field, because it is looked at twice for each message. */
  any = false

  blocked(from: number, to: number): boolean {
    for (const { rule } of this.active) if (rule(from, to)) return true
    return false
  }

  add(cut: Cut): CutHandle {
    const handle: CutHandle = { cut }
    this.active.push({ handle, rule: compile(cut) })
    this.any = true
    return handle
  }

  /** Removes one cut; nothing happens if it is gone already. */
  remove(handle: CutHandle): void {
    const at = this.active.findIndex((entry) => entry.handle === handle)
    if (at >= 0) this.active.splice(at, 1)
    this.any = this.active.length > 0
  }

  /** Removes all cuts; returns how many there were. */
  clear(): number {
    this.any = false
    return this.active.splice(0).length
  }
}

function compile(cut: Cut): (from: number, to: number) => boolean {
  switch (cut.kind) {
    case 'groups': {
      const groupOf = new Map<number, number>()
      cut.groups.forEach((group, index) => {
        for (const id of group) groupOf.set(id, index)
      })
      return (from, to) => {
        const a = groupOf.get(from)
        const b = groupOf.get(to)
        return a !== undefined && b !== undefined && a !== b
      }
    }
    case 'one-way': {
      const sources = new Set(cut.from)
      const targets = new Set(cut.to)
      return (from, to) => from !== to && sources.has(from) && targets.has(to)
    }
    case 'ring': {
      const position = new Map(cut.ring.map((id, index) => [id, index]))
      const size = cut.ring.length
      return (from, to) => {
        const a = position.get(from)
        const b = position.get(to)
        if (a === undefined || b === undefined) return false
        const distance = Math.abs(a - b)
        return distance > 1 && distance < size - 1
      }
    }
  }
}
