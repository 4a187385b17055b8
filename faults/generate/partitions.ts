/**
 * Random partitions, in shapes that have been seen to break systems. Alquraan et al., "An Analysis of
 * Network-Partitioning Failures in Cloud Systems" (OSDI 2018), found complete, partial and simplex ones, and that
 * isolating a single node is enough for most failures; bridges and rings are those of Jepsen's nemeses.
 *
 * Nodes at which no faults are aimed, such as clients, find themselves on either side by chance.
 */
import { CallerError } from '../../sim/kernel/errors.ts'
import type { RandomStream } from '../../sim/kernel/random.ts'
import type { SurveyedNode } from '../../sim/scenario/survey.ts'
import type { FaultSpec } from '../vocabulary.ts'
import { weights } from './fields.ts'
import type { Scene, Spell } from './scene.ts'
import { kindsOf, selectors, subset, weighted, written, zonesOf } from './scene.ts'
import { source } from './source.ts'

/** How a cut looks, and what it takes. */
interface Shape {
  readonly name: string
  readonly possible: (scene: Scene) => boolean
  readonly cut: (spell: Spell, scene: Scene, random: RandomStream) => FaultSpec
}

const SHAPES = ['halves', 'isolate', 'role', 'one-way', 'bridge', 'ring', 'zones'] as const

const shapes: Readonly<Record<(typeof SHAPES)[number], Omit<Shape, 'name'>>> = {
  halves: {
    possible: ({ nodes }) => nodes.length > 1,
    cut(spell, scene, random) {
      const { targets } = scene
      const size = targets.length === 1 ? 1 : half(targets.length, random)
      return apart(spell, [selected([...subset(targets, size, random), ...company(scene, random)], scene)])
    },
  },
  isolate: {
    possible: ({ nodes }) => nodes.length > 1,
    cut: (spell, scene, random) => ({
      at: written(spell.at),
      kind: 'isolate',
      node: single(random.pick(scene.targets), scene),
      for: written(spell.lasting),
    }),
  },
  role: {
    possible: ({ nodes, roles }) => nodes.length > 1 && roles.length > 0,
    cut(spell, scene, random) {
      const role = random.pick(scene.roles)
      const alone = random.chance(0.5)
      const others = selected(company(scene, random), scene)
      return apart(spell, [alone ? [role] : [role, ...others]])
    },
  },
  'one-way': {
    possible: ({ nodes }) => nodes.length > 1,
    cut(spell, scene, random) {
      const one = random.pick(scene.targets)
      const others = scene.nodes.filter((node) => node !== one)
      const few = subset(others, random.between(1, others.length), random)
      const ends = [single(one, scene), selected(few, scene)] as const
      const [from, to] = random.chance(0.5) ? ends : ([ends[1], ends[0]] as const)
      return { at: written(spell.at), kind: 'partition-one-way', from, to, for: written(spell.lasting) }
    },
  },
  bridge: {
    possible: ({ targets }) => targets.length > 2,
    cut(spell, scene, random) {
      const bridge = random.pick(scene.targets)
      const ends = scene.targets.filter((node) => node !== bridge)
      const left = new Set(subset(ends, half(ends.length, random), random))
      const right = ends.filter((node) => !left.has(node))
      return apart(spell, [selected([...left], scene), selected(right, scene)])
    },
  },
  ring: {
    possible: (scene) => ringKinds(scene).length > 0,
    cut(spell, scene, random) {
      const kind = random.pick(ringKinds(scene))
      const members = scene.targets.filter(({ kindName }) => kindName === kind)
      const ring =
        members.length > LONGEST_LIST
          ? selected(members, scene)
          : random.shuffle(members).map((node) => single(node, scene))
      return { at: written(spell.at), kind: 'partition-ring', ring, for: written(spell.lasting) }
    },
  },
  zones: {
    possible: ({ nodes }) => zonesOf(nodes).length > 1,
    cut: (spell, scene, random) => apart(spell, [[`zone:${random.pick(zonesOf(scene.nodes))}`]]),
  },
}

/** A ring in an order of its own names each node; that of many nodes follows their indices. */
const LONGEST_LIST = 12

/** `partition`: the network falls apart. */
export const partitionSource = source(
  {
    name: 'partition',
    usual: true,
    about: 'The network is cut, in one of several shapes.',
    pace: { count: 3, longest: 1 / 5, atMost: 2 },
    fields: {
      shapes: weights(
        SHAPES,
        'How often each shape is chosen, relative to the others. Default: all that the nodes allow, equally often.',
      ),
    },
    possible: ({ nodes }) => nodes.length > 1 || 'there is only one node',
  },
  ({ options, scene, spells, random, variants, where }) => {
    const wanted = SHAPES.map((name) => ({
      ...shapes[name],
      name,
      weight: options.shapes === undefined ? 1 : (options.shapes[name] ?? 0),
    })).filter(({ weight }) => weight > 0)
    const usable = wanted.filter(({ possible }) => possible(scene))
    if (usable.length === 0) {
      throw new CallerError(`no ${wanted.map(({ name }) => name).join(' or ')} can be made of these nodes`, {
        where: `${where}.shapes`,
        expected: `one of ${SHAPES.filter((name) => shapes[name].possible(scene)).join(', ')}`,
      })
    }
    const choice = variants(usable)
    return [...spells].map((spell) => weighted(choice, random).cut(spell, scene, random))
  },
)

/** The groups, against everyone else if there is only one. */
function apart({ at, lasting }: Spell, groups: readonly (readonly string[])[]): FaultSpec {
  return {
    at: written(at),
    kind: 'partition',
    groups: groups.length === 1 ? [...groups, ['rest']] : groups,
    for: written(lasting),
  }
}

function half(count: number, random: RandomStream): number {
  return count % 2 === 0 || random.chance(0.5) ? Math.floor(count / 2) : Math.ceil(count / 2)
}

/** Some of those at whom nothing is aimed, never all of them. */
function company({ nodes, targets }: Scene, random: RandomStream): readonly SurveyedNode[] {
  const others = nodes.filter((node) => !targets.includes(node))
  return others.length === 0 ? [] : subset(others, random.int(others.length), random)
}

function ringKinds({ targets }: Scene): readonly string[] {
  return kindsOf(targets).filter((kind) => targets.filter(({ kindName }) => kindName === kind).length > 3)
}

function selected(chosen: readonly SurveyedNode[], { nodes }: Scene): readonly string[] {
  return selectors(chosen, nodes)
}

function single(node: SurveyedNode, scene: Scene): string {
  return selected([node], scene)[0] as string
}
