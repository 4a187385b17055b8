/**
 * Building the cluster of one run: nodes with their configuration, zones, clocks, and the network between them.
 */
import type { Address } from '../kernel/address.ts'
import type { Delay } from '../kernel/distributions.ts'
import { compile } from '../kernel/distributions.ts'
import { CallerError, show } from '../kernel/errors.ts'
import { unknownName } from '../kernel/nearest.ts'
import type { RandomStream } from '../kernel/random.ts'
import { selectable } from '../host/control.ts'
import type { NodeKind } from '../host/define.ts'
import type { Host } from '../host/host.ts'
import { checkSelector, matches, parseSelector } from '../host/selectors.ts'
import type { LinkOptions } from '../network/link.ts'
import { compileLink } from '../network/link.ts'
import type { NetworkOverride } from './network-override.ts'
import { simplified } from './network-override.ts'

/** Where and on what a node runs. */
export interface Placement {
  /** Name of its zone; zones decide the delay between nodes. */
  readonly zone?: string
  /** How its clocks go wrong: `offset` in ms (wall clock only), `drift` in parts per million. Default: exact. */
  readonly clock?: { readonly offset?: number; readonly drift?: number }
}

/** One exception from the network's default, for links between what two selectors match. */
export interface LinkException extends LinkOptions {
  readonly from: string
  readonly to: string
  /** Only from `from` to `to`; default both directions. */
  readonly oneWay?: boolean
}

export interface NetworkOptions extends LinkOptions {
  /** One-way delay between zones: `{ eu: { eu: '1ms', us: '45ms' } }`; either direction stands for both. */
  readonly zones?: Readonly<Record<string, Readonly<Record<string, Delay>>>>
  /** Links that differ; later ones win. */
  readonly links?: readonly LinkException[]
}

/**
 * A configuration, or one for each node by its index. A function is called when `cluster` has returned: it may use
 * addresses of nodes that are added later, and gets those of its own kind.
 */
export type ConfigOf<C, P = unknown> = C | ((index: number, all: readonly Address<P>[]) => C)
export type PlacementOf = Placement | ((index: number) => Placement)

type ConfigArguments<C, P> = undefined extends C
  ? [config?: ConfigOf<C, P>, placement?: PlacementOf]
  : [config: ConfigOf<C, P>, placement?: PlacementOf]

/** `add(kind, count, config, placement)` adds `kind[0]`, `kind[1]` ... and gives their addresses. */
export type Add = <P, C>(
  kind: NodeKind<P, C>,
  count: number,
  ...rest: ConfigArguments<C, P>
) => readonly Address<P>[]

/** Adds one node that is named by its kind alone. */
export type AddOne = <P, C>(kind: NodeKind<P, C>, ...rest: ConfigArguments<C, P>) => Address<P>

export interface ClusterSetup<V> {
  readonly params: V
  /** Adds `count` nodes of a kind, named `kind[0]` ... */
  readonly add: Add
  /** Adds a single node, named by its kind. */
  readonly addOne: AddOne
  /** Describes the network; to be called at most once. Default: 1 ms constant delay, no faults. */
  readonly network: (options: NetworkOptions) => void
  /** For random topologies; stream `cluster`. */
  readonly random: RandomStream
}

/** Makes the functions that a scenario's `cluster` gets. */
export function clusterSetup<V>(
  host: Host,
  params: V,
  random: RandomStream,
  override: NetworkOverride = {},
): ClusterSetup<V> {
  let described = false
  const add = <P, C>(
    kind: NodeKind<P, C>,
    count: number,
    config?: ConfigOf<C, P>,
    placement?: PlacementOf,
  ) => {
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new CallerError(`add(${kind.kind}): count ${show(count)}`, {
        expected: 'a whole number, 0 or more',
      })
    }
    return addNodes(host, kind, count, config, placement)
  }
  const addOne = <P, C>(kind: NodeKind<P, C>, config?: ConfigOf<C, P>, placement?: PlacementOf) =>
    addNodes(host, kind, -1, config, placement)[0] as Address<P>
  return {
    params,
    random,
    add,
    addOne,
    network(options) {
      if (described) throw new CallerError('network() was called twice', { expected: 'one description' })
      described = true
      const uniform = options.links === undefined && options.zones === undefined
      host.setNetwork(simplified(uniform ? { base: options } : rules(host, options), override))
    },
  }
}

function addNodes<P, C>(
  host: Host,
  kind: NodeKind<P, C>,
  count: number,
  config: ConfigOf<C, P> | undefined,
  placement: PlacementOf | undefined,
): readonly Address<P>[] {
  const configOf = (index: number, all: readonly Address[]): unknown =>
    typeof config === 'function'
      ? (config as (index: number, all: readonly Address[]) => C)(index, all)
      : config
  const placementOf = (index: number): Placement =>
    typeof placement === 'function' ? placement(index) : (placement ?? {})
  const untyped = kind as unknown as NodeKind<never, never>
  return host.addNodes(untyped, count, configOf, placementOf) as readonly Address<P>[]
}

function rules(host: Host, options: NetworkOptions): Parameters<Host['setNetwork']>[0] {
  const { zones, links, ...base } = options
  const matrix = new Map<string, Delay>()
  for (const [from, row] of Object.entries(zones ?? {})) {
    for (const [to, delay] of Object.entries(row)) {
      compile(delay, `network.zones.${from}.${to}`)
      matrix.set(`${from}\0${to}`, delay)
    }
  }
  const between = (a: string, b: string): Delay | undefined =>
    matrix.get(`${a}\0${b}`) ?? matrix.get(`${b}\0${a}`)
  const exceptions = (links ?? []).map(({ from, to, oneWay = false, ...link }, index) => {
    const where = `network.links[${index}]`
    compileLink({ ...base, ...link }, where)
    return {
      link,
      oneWay,
      where,
      fromText: from,
      toText: to,
      from: parseSelector(from, `${where}.from`),
      to: parseSelector(to, `${where}.to`),
    }
  })
  return {
    base,
    check: () => {
      const nodes = host.machines.map(selectable)
      for (const { where, from, to, fromText, toText } of exceptions) {
        checkSelector(fromText, from, nodes, `${where}.from`)
        checkSelector(toText, to, nodes, `${where}.to`)
      }
      const used = new Set(nodes.flatMap((node) => (node.zone === undefined ? [] : [node.zone])))
      for (const key of matrix.keys()) {
        for (const zone of key.split('\0'))
          if (!used.has(zone)) throw unknownName('zone', zone, used, 'network.zones')
      }
    },
    special: (fromId, toId) => {
      const a = selectable(host.machine(fromId))
      const b = selectable(host.machine(toId))
      let link: LinkOptions = {}
      if (a.zone !== undefined && b.zone !== undefined) {
        const delay = between(a.zone, b.zone)
        if (delay !== undefined) link = { delay }
      }
      for (const { from, to, oneWay, link: own } of exceptions) {
        const forward = matches(from, a) && matches(to, b)
        const backward = !oneWay && matches(from, b) && matches(to, a)
        if (forward || backward) link = { ...link, ...own }
      }
      return link
    },
  }
}
