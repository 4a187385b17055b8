/**
 * Convergence: once nothing disturbs them any more, replicas hold the same. What they hold is compared as a value, so
 * the order of fields, of map entries and of set elements does not matter.
 */
import { show } from '../kernel/errors.ts'
import type { Duration } from '../kernel/time.ts'
import { formatTime, micros } from '../kernel/time.ts'
import { canonical } from './canonical.ts'
import type { Check, CheckResult } from './check.ts'
import type { NodeView, World } from './world.ts'

export interface ConvergesOptions<S> {
  /** The kind of the nodes that must agree. */
  readonly kind: string
  /** What must be equal; undefined leaves a node out. Default: the whole state. */
  readonly value?: (state: S, node: NodeView<S>) => unknown
  /** When to look: so long after the plan's last fault is over. Default: at the end of the run. */
  readonly within?: Duration
}

/**
 * All running nodes of a kind hold the same value at the end of the run, or some time after the last fault. It is looked
 * at once; the workload should be over by then. Observations: nodes that were compared, 0 if there were fewer than two.
 */
export function converges<S = unknown>(name: string, options: ConvergesOptions<S>): Check {
  const { kind, value = (state: S) => state } = options
  const within =
    options.within === undefined ? undefined : micros(options.within, `converges ${name}: within`)
  return {
    name,
    begin({ world, faultsEnd, at }) {
      let result: CheckResult | undefined
      if (within !== undefined) {
        at(faultsEnd + within, () => {
          result = compare(name, world, kind, value)
        })
      }
      return {
        finish() {
          if (within === undefined) return compare(name, world, kind, value)
          const detail = `the run ended before ${formatTime(faultsEnd + within)}`
          return result ?? { name, verdict: 'undecided', observations: 0, detail }
        },
      }
    },
  }
}

interface Held {
  readonly text: string
  readonly value: unknown
  readonly nodes: string[]
}

function compare<S>(
  name: string,
  world: World,
  kind: string,
  value: (state: S, node: NodeView<S>) => unknown,
): CheckResult {
  const byText = new Map<string, Held>()
  let compared = 0
  for (const node of world.nodesOf<S>(kind)) {
    if (!node.up || node.state === undefined) continue
    const held = value(node.state, node)
    if (held === undefined) continue
    compared++
    const text = canonical(held)
    const same = byText.get(text)
    if (same === undefined) byText.set(text, { text, value: held, nodes: [node.name] })
    else same.nodes.push(node.name)
  }
  if (compared < 2)
    return { name, verdict: 'held', observations: 0, detail: `${compared} of kind ${kind} to compare` }
  if (byText.size === 1) return { name, verdict: 'held', observations: compared }
  // What most hold first: the others are the ones to look at.
  const [first, ...rest] = [...byText.values()].sort((a, b) => b.nodes.length - a.nodes.length) as [
    Held,
    ...Held[],
  ]
  const tell = ({ value: held, text, nodes }: Held): string =>
    `${nodes.join(', ')} ${nodes.length === 1 ? 'holds' : 'hold'} ${typeof held === 'object' ? fit(text) : show(held)}`
  const [odd] = rest
  return {
    name,
    verdict: 'violated',
    observations: compared,
    violation: {
      time: Math.round(world.now * 1000),
      ...(odd?.nodes[0] === undefined ? {} : { node: odd.nodes[0] }),
      record: world.lastRecord,
      expected: `all running nodes of kind ${kind} hold the same`,
      observed: [first, ...rest].map(tell).join('; '),
    },
    detail: `${byText.size} different values on ${compared} nodes`,
  }
}

const SHOWN = 120

function fit(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN - 3)}...`
}
