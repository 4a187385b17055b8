/**
 * Random crashes and pauses: of single nodes, of whoever holds a role, of everything in a zone at once. How many may be
 * down at the same time is bounded, so that what a system promises with a majority alive can be asked of it.
 *
 * Left out: that a role has several holders at once (they go down together and count as one), and that the holder of a
 * role is down already under its name.
 */
import type { SurveyedNode } from '../../sim/scenario/survey.ts'
import type { RandomStream } from '../../sim/kernel/random.ts'
import { probability } from '../fields.ts'
import type { FaultSpec } from '../vocabulary.ts'
import type { Scene } from './scene.ts'
import { kindsOf, selectors, written, zonesOf } from './scene.ts'
import { source } from './source.ts'

const role = probability(
  'Share of faults that are aimed at a role instead of a node, if there are roles. Default 0.4.',
)
const ROLE_SHARE = 0.4

/** `crash`: nodes crash and come back. */
export const crashSource = source(
  {
    name: 'crash',
    usual: true,
    about: 'Nodes crash and restart.',
    pace: { count: 4, longest: 1 / 6, atMost: Infinity },
    fields: {
      role,
      zone: probability('Share of crashes that take all nodes of a zone, if there are zones. Default 0.2.'),
      torn: probability('Share of crashes that tear what was not synced. Default 0.3.'),
      forever: probability('Share of crashes after which the nodes stay down. Default 0.'),
    },
  },
  ({ options, scene, spells, random }) => {
    const { zone = 0.2, torn = 0.3, forever = 0 } = options
    const outages = new Outages(scene)
    const faults: FaultSpec[] = []
    for (const { at, lasting } of spells) {
      const stays = random.chance(forever)
      const torns = random.chance(torn)
      const wholeZone = random.chance(zone)
      const until = stays ? Infinity : at + lasting
      const node =
        (wholeZone ? outages.zone(at, until, random) : undefined) ??
        outages.one(at, until, options.role ?? ROLE_SHARE, random)
      if (node === undefined) continue
      faults.push({
        at: written(at),
        kind: 'crash',
        node,
        ...(stays ? {} : { for: written(lasting) }),
        ...(torns ? { torn: true } : {}),
      })
    }
    return faults
  },
)

/** `pause`: nodes stand still. */
export const pauseSource = source(
  {
    name: 'pause',
    usual: true,
    about: 'Nodes pause, as for a garbage collection.',
    pace: { count: 3, longest: 1 / 8, atMost: Infinity },
    fields: { role },
  },
  ({ options, scene, spells, random }) => {
    const outages = new Outages(scene)
    const faults: FaultSpec[] = []
    for (const { at, lasting } of spells) {
      const node = outages.one(at, at + lasting, options.role ?? ROLE_SHARE, random)
      if (node !== undefined) faults.push({ at: written(at), kind: 'pause', node, for: written(lasting) })
    }
    return faults
  },
)

interface Outage {
  /** What is down: a node, a role (whoever holds it), or a zone. */
  readonly what: SurveyedNode | 'role' | 'zone'
  readonly until: number
}

/** Who is down when, so that no more are than may be. To be asked in order of time. */
class Outages {
  private readonly scene: Scene
  private current: Outage[] = []

  constructor(scene: Scene) {
    this.scene = scene
  }

  /** Takes down one node, or whoever holds a role; undefined if nobody more may go down. */
  one(at: number, until: number, roleShare: number, random: RandomStream): string | undefined {
    const { roles, targets, nodes } = this.scene
    const atRole = random.chance(roleShare)
    this.forget(at)
    // What else would go down with a zone is not counted, so nothing does.
    if (this.current.some(({ what }) => what === 'zone')) return undefined
    if (atRole && roles.length > 0 && kindsOf(targets).every((kind) => this.hasRoom(kind))) {
      this.current.push({ what: 'role', until })
      return random.pick(roles)
    }
    const free = targets.filter((node) => this.hasRoom(node.kindName) && !this.isDown(node))
    if (free.length === 0) return undefined
    const node = random.pick(free)
    this.current.push({ what: node, until })
    return selectors([node], nodes)[0]
  }

  /** Takes down all targets of a zone, if nothing is down. More of them may go down than otherwise may. */
  zone(at: number, until: number, random: RandomStream): readonly string[] | string | undefined {
    const { targets, nodes } = this.scene
    const zones = zonesOf(targets)
    this.forget(at)
    if (zones.length === 0 || this.current.length > 0) return undefined
    const zone = random.pick(zones)
    this.current.push({ what: 'zone', until })
    const inside = targets.filter((node) => node.zone === zone)
    const whole = inside.length === nodes.filter((node) => node.zone === zone).length
    return whole ? `zone:${zone}` : selectors(inside, nodes)
  }

  /** A node that restarts at an instant is down in it: faults of an instant come before restarts. */
  private forget(at: number): void {
    this.current = this.current.filter(({ until }) => until >= at)
  }

  private hasRoom(kind: string): boolean {
    const down = this.current.filter(({ what }) => typeof what !== 'object' || what.kindName === kind)
    return down.length < this.scene.maxDown(kind)
  }

  private isDown(node: SurveyedNode): boolean {
    return this.current.some(({ what }) => what === node)
  }
}

/** Anyone at whom something may be aimed: a role or a node. */
export function anyone(
  { roles, nodes }: Scene,
  candidates: readonly SurveyedNode[],
  roleShare: number,
  random: RandomStream,
): string {
  const atRole = random.chance(roleShare)
  if (atRole && roles.length > 0) return random.pick(roles)
  return selectors([random.pick(candidates)], nodes)[0] as string
}
