/**
 * A smaller setting: parameters (and with them the number of nodes), the network, the order of ties, the horizon.
 *
 * Parameters change what the system is, so one of them may bring a failure of its own under the same signature: a
 * quorum of one reads stale whatever else happens. A parameter is therefore not taken when the run then fails without
 * any fault and did not before.
 */
import type { Fault, Plan } from '../host/fault.ts'
import type { WorkloadOperation } from '../host/node.ts'
import type { Duration } from '../kernel/time.ts'
import { micros } from '../kernel/time.ts'
import type { Param } from '../scenario/params.ts'
import type { NetworkOverride } from '../scenario/network-override.ts'
import type { RunSpec } from '../scenario/simulate.ts'
import { failedAt } from './failing.ts'
import { cutDigits, durationText, first, lowest, raiseDigits, stepsBelow } from './round.ts'
import type { Search, Veto } from './shrink-search.ts'
import { simplestInteger } from './shrink-size.ts'
import { nameParts, partsOf, replaced, selectorOf } from './shrink-targets.ts'

/** Ends the run just after the failure. */
export async function shorterRun(search: Search): Promise<void> {
  search.pass = 'horizon'
  const { until } = search.spec
  const put = (us: number): Promise<boolean> => search.take({ ...search.spec, until: us })
  const failed = failedAt(search.best, search.signature)
  if (failed < until) {
    if (await first([...raiseDigits(failed).filter((us) => us < until), failed], put)) return
  }
  // What is judged at the end of a run fails at whichever end it has.
  await lowest(stepsBelow(until, 1_000), put)
  await first(cutDigits(search.spec.until), put)
}

/** Brings parameters to the least that still fails; those in `kept` stay. */
export async function simplerParameters(search: Search, kept: readonly string[]): Promise<void> {
  search.pass = 'parameters'
  // A veto costs a run; whether the failure needs faults is known once for all.
  const needsFaults = search.spec.plan.length > 0 && !(await search.fails({ ...search.spec, plan: [] }))
  const veto: Veto | undefined = needsFaults
    ? (candidate) => search.fails({ ...candidate, plan: [] })
    : undefined
  for (const [name, param] of Object.entries(search.scenario.params)) {
    if (kept.includes(name)) continue
    await lowest(simplerValues(param, search.spec.params[name]), (value) =>
      takeParameter(search, name, value, veto),
    )
  }
}

/** Values that are simpler than the one given, the simplest first. */
function simplerValues(param: Param, value: unknown): readonly unknown[] {
  switch (param.kind) {
    case 'integer': {
      const simplest = simplestInteger(param)
      return between(simplest, value as number)
    }
    case 'number': {
      const distance = (value as number) - param.default
      return distance === 0 ? [] : [param.default]
    }
    case 'boolean':
    case 'choice':
      return value === param.default ? [] : [param.default]
    case 'duration':
      return stepsBelow(micros(value as Duration, 'parameter'), 1_000).map(durationText)
  }
}

/** Whole numbers from `simplest` on the way to `value`: all of a few, else in growing steps. */
function between(simplest: number, value: number): readonly number[] {
  const distance = Math.abs(value - simplest)
  const sign = value < simplest ? -1 : 1
  const steps =
    distance <= 8 ? Array.from({ length: distance }, (_, step) => step) : [0, ...stepsBelow(distance)]
  return steps.map((step) => simplest + sign * step)
}

async function takeParameter(
  search: Search,
  name: string,
  value: unknown,
  veto: Veto | undefined,
): Promise<boolean> {
  const candidate: RunSpec = { ...search.spec, params: { ...search.spec.params, [name]: value } }
  const outcome = await search.tried(candidate, veto)
  if (outcome !== 'impossible') return outcome === 'taken'
  // Nodes that plan or workload name may be gone: which are left, an empty run tells.
  const empty = await search.run({ ...candidate, plan: [], workload: [], until: 0 })
  if (empty === undefined) return false
  const plans = (['last', 'none'] as const).map((instead) =>
    retargeted(candidate.plan, search.best.nodes, empty.nodes, instead),
  )
  for (const plan of plans) {
    for (const workload of workloadsFor(search.best.workload, empty.nodes)) {
      const given = workload.length === 0 && candidate.workload === undefined ? {} : { workload }
      if (await search.take({ ...candidate, plan, ...given }, veto)) return true
    }
  }
  return false
}

/** The plan for fewer nodes: what named a node that is gone names the last of its kind, or nothing. */
function retargeted(
  plan: Plan,
  before: readonly string[],
  after: readonly string[],
  instead: 'last' | 'none',
): Plan {
  const rename = (text: string): string | undefined => {
    const selector = selectorOf(text, before)
    if (selector?.kind !== 'nodes') return text
    const left = after.filter((name) => nameParts(name).kind === selector.node).length
    if (selector.first < left) return text
    return instead === 'last' && left > 0 ? `${selector.node}[${left - 1}]` : undefined
  }
  return plan.flatMap((fault): readonly Fault[] => {
    let out = fault
    for (const { path, value } of partsOf(fault)) {
      if (Array.isArray(value)) {
        if (value.some((item) => typeof item !== 'string')) continue
        const names = new Set((value as readonly string[]).map(rename).filter((name) => name !== undefined))
        const [only] = names
        if (only === undefined) return []
        out = replaced(out, path, names.size === 1 && path.length === 1 ? only : [...names])
      } else if (typeof value === 'string' && typeof path.at(-1) === 'string') {
        const name = rename(value)
        if (name === undefined) return []
        out = replaced(out, path, name)
      }
    }
    return [out]
  })
}

/** The workload for fewer nodes: without the operations of those that are gone, or moved to those that are left. */
function workloadsFor(
  workload: readonly WorkloadOperation[],
  nodes: readonly string[],
): readonly (readonly WorkloadOperation[])[] {
  const left = workload.filter(({ node }) => nodes.includes(node))
  const free = new Map<string, string[]>()
  for (const node of nodes) {
    const { kind } = nameParts(node)
    const list = free.get(kind)
    if (list === undefined) free.set(kind, [node])
    else list.push(node)
  }
  const places = new Map<string, string | undefined>()
  for (const { node } of workload) {
    if (!places.has(node)) places.set(node, free.get(nameParts(node).kind)?.shift())
  }
  const moved = workload.flatMap((operation) => {
    const node = places.get(operation.node)
    return node === undefined ? [] : [{ ...operation, node }]
  })
  return moved.length === left.length && moved.every(({ node }, index) => node === left[index]?.node)
    ? [left]
    : [moved, left]
}

/** A network without faults of its own and with constant delays, events in the order of their scheduling, no hooks. */
export async function simplerProfile(search: Search): Promise<void> {
  search.pass = 'network'
  const steps: readonly NetworkOverride[] = [{ faults: 'none' }, { delay: 'constant' }]
  for (const step of steps) {
    const { spec } = search
    if (Object.keys(step).every((key) => key in (spec.profile.network ?? {}))) continue
    const network = { ...spec.profile.network, ...step }
    // Where that changes nothing, for there was no loss to begin with or none that hit, it would only be noise.
    const veto: Veto = (_, { fingerprint }) => fingerprint === search.best.fingerprint
    await search.take({ ...spec, profile: { ...spec.profile, network } }, veto)
  }
  search.pass = 'profile'
  const { spec } = search
  if (spec.profile.ties === 'shuffled') {
    await search.take({ ...spec, profile: { ...spec.profile, ties: 'serial' } })
  }
  for (const key of Object.keys(search.spec.profile)) {
    // A plan that was drawn stays one: the bounds of the scenario's own faults would only be noise.
    if (key === 'ties' || key === 'network' || key === 'faults') continue
    const rest = Object.entries(search.spec.profile).filter(([name]) => name !== key)
    await search.take({ ...search.spec, profile: Object.fromEntries(rest) as unknown as RunSpec['profile'] })
  }
}
