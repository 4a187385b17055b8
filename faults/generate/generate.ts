/**
 * From (seed, description) to a plan. The same arguments give the same plan; a plan is data like any other, to be
 * printed, saved, edited and run again.
 *
 * Each source draws from streams of its own (`faults/<source>/...`), so that switching one off leaves the others alone. A
 * swarm run first draws which sources are on at all, which of their variants, and how hard they hit (Groce et al., "Swarm
 * Testing", ISSTA 2012: what all features together hide, a random half of them shows).
 */
import { invariant } from '../../sim/kernel/errors.ts'
import { CallerError } from '../../sim/kernel/errors.ts'
import { RandomStreams } from '../../sim/kernel/random.ts'
import { formatTime, micros } from '../../sim/kernel/time.ts'
import { matches } from '../../sim/host/selectors.ts'
import type { SurveyedNode } from '../../sim/scenario/survey.ts'
import { parseTargets } from '../fields.ts'
import type { FaultSpec } from '../vocabulary.ts'
import type { FaultMix } from './mix.ts'
import type { Scene } from './scene.ts'
import type { SwarmDraw } from './source.ts'
import { sources } from './sources.ts'

export interface PlanRequest {
  /** An integer from 0 to 2^53 - 1. */
  readonly seed: number
  /** As `checkMix` returns it. */
  readonly mix: FaultMix
  /** All nodes, as a survey finds them. */
  readonly nodes: readonly SurveyedNode[]
  /** Roles at which faults are aimed unless the mix says so; default none. */
  readonly roles?: readonly string[]
  /** How long clients are busy at least, in microseconds; default: unknown. */
  readonly busyMicros?: number
  /** The virtual time at which the run ends, in microseconds. */
  readonly horizonMicros: number
  /** Whether this seed's sources, variants and intensities are drawn first. */
  readonly swarm?: boolean
}

/**
 * The plan of a seed, in order of time. All faults are over when the quiet period begins, except steps of clocks, which
 * stay, and crashes that are to be for ever.
 *
 * @throws CallerError if the description does not fit the nodes or the horizon; places begin with `faults`, `nodes` ...
 */
export function generatePlan(request: PlanRequest): readonly FaultSpec[] {
  const { seed, mix, swarm = false } = request
  const scene = sceneOf(request)
  const streams = new RandomStreams(seed)
  const plan: { readonly at: number; readonly fault: FaultSpec }[] = []
  for (const one of sources) {
    const given: unknown = mix.faults === undefined ? one.usual : (mix.faults[one.name] ?? false)
    if (given === false) continue
    const possible = one.possible(scene)
    if (possible !== true) {
      if (mix.faults === undefined) continue
      throw new CallerError(possible, { where: `faults.${one.name}`, expected: 'nodes that it can touch' })
    }
    const draw = swarm ? swarmOf(one.name, streams) : undefined
    if (swarm && draw === undefined) continue
    for (const fault of one.generate(given === true ? {} : (given as object), scene, streams, draw)) {
      plan.push({ at: micros(fault.at, 'at'), fault })
    }
  }
  return plan.sort((a, b) => a.at - b.at).map(({ fault }) => fault)
}

/** How likely a source is on in a swarm run. */
const ON = 0.5
/** Rates and durations of a swarm run differ from the usual ones by this factor at most, up or down. */
const MOST = 4

function swarmOf(name: string, streams: RandomStreams): SwarmDraw | undefined {
  const random = streams.stream(`faults/${name}/swarm`)
  const on = random.chance(ON)
  const bend = (): number => Math.exp((2 * random.next() - 1) * Math.log(MOST))
  const intensity = { rate: bend(), length: bend() }
  return on ? { intensity, random } : undefined
}

/** What a description comes to for these nodes. Throws a CallerError if it does not fit them or the horizon. */
export function sceneOf({
  mix,
  nodes,
  roles = [],
  busyMicros,
  horizonMicros,
}: Omit<PlanRequest, 'seed' | 'swarm'>): Scene {
  const targets = targetsOf(mix, nodes)
  // A run of a millisecond needs microseconds; in all others they would be noise.
  const quantum = horizonMicros >= 1_000_000 ? 1_000 : 1
  const floor = (us: number): number => Math.floor(us / quantum) * quantum
  const from = mix.from === undefined ? 0 : micros(mix.from, 'from')
  const quiet = mix.quiet === undefined ? usualQuiet(horizonMicros, busyMicros) : micros(mix.quiet, 'quiet')
  const end = floor(horizonMicros - quiet)
  if (end <= from) {
    throw new CallerError(
      `no time is left for faults: they begin at ${formatTime(from)}, the run ends at ${formatTime(horizonMicros)}, ` +
        `of which the last ${formatTime(quiet)} are quiet`,
      { where: mix.quiet === undefined ? 'from' : 'quiet', expected: 'less' },
    )
  }
  const { maxDown } = mix
  const limits = new Map<string, number>()
  for (const { kindName } of nodes) limits.set(kindName, (limits.get(kindName) ?? 0) + 1)
  for (const [kind, count] of limits) {
    limits.set(kind, maxDown ?? Math.max(1, Math.floor((count - 1) / 2)))
  }
  return {
    nodes,
    targets,
    roles: (mix.roles ?? roles).map((role) => roleSelector(role, nodes)),
    from,
    end,
    quantum,
    maxDown: (kind) => limits.get(kind) ?? 1,
  }
}

/** How much longer clients take than their pauses add up to: each operation takes some time, and faults take more. */
const BUSY = 1.5

function usualQuiet(horizon: number, busy: number | undefined): number {
  const usual = Math.ceil(horizon / 4)
  // When clients have nothing more to do, faults find nothing to disturb.
  return busy === undefined ? usual : Math.max(usual, Math.ceil(horizon - BUSY * busy))
}

/** The selector of a role: `leader` is anyone's, `replica[role:leader]` that of one kind, which has to exist. */
function roleSelector(role: string, nodes: readonly SurveyedNode[]): string {
  if (!role.includes('[')) return `role:${role}`
  parseTargets(role, 'roles', nodes)
  return role
}

function targetsOf({ nodes: written }: FaultMix, nodes: readonly SurveyedNode[]): readonly SurveyedNode[] {
  if (written === undefined) {
    const servers = nodes.filter(({ client }) => !client)
    return servers.length > 0 ? servers : nodes
  }
  const selectors = parseTargets(written, 'nodes', nodes)
  const role = selectors.find(({ kind }) => kind === 'role' || kind === 'holders')
  if (role !== undefined) {
    throw new CallerError('who holds a role is known only in a run', {
      where: 'nodes',
      expected: "nodes; roles stand in 'roles'",
    })
  }
  const chosen = nodes.filter((node) => selectors.some((selector) => matches(selector, node)))
  invariant(chosen.length > 0, 'a selector without a role that can match does match')
  return chosen
}
