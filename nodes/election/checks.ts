/**
 * What an election promises, as checks over roles: a leader's role is `leader` with its term, whatever the algorithm.
 * Leaders that are down or paused do nothing, so they do not count; what a paused one believes when it wakes up does.
 */
import type { Check, CheckResult, NodeView, RecordKind, Violation, World } from 'orrery-sim'
import { formatTime } from 'orrery-sim'

/** Records after which the leaders may be others than before. */
const CHANGES: readonly RecordKind[] = ['role', 'start', 'stop', 'crash', 'pause', 'resume', 'fault', 'heal']

interface Term {
  readonly term: number
}

interface Among {
  /** Count only leaders that reach a majority of the nodes of this kind now; default: all that run. */
  readonly reaching?: string
}

/** Nodes that lead in a term; servers of a coordination service have leaders too, of epochs. */
function withTerm(world: World): readonly NodeView[] {
  return world.withRole('leader').filter(hasTerm)
}

function hasTerm({ roleDetail }: NodeView): boolean {
  return (roleDetail as Partial<Term> | undefined)?.term !== undefined
}

/** The nodes that lead now, by their own belief. */
export function leaders(world: World, { reaching }: Among = {}): readonly NodeView[] {
  return withTerm(world).filter(
    (node) => node.up && !node.paused && (reaching === undefined || reaches(world, node.name, reaching)),
  )
}

function reaches(world: World, from: string, kind: string): boolean {
  const all = world.nodesOf(kind)
  return 2 * all.filter(({ name }) => world.reachable(from, name)).length > all.length
}

/** No two nodes ever lead in one term, be it at once or one after the other. */
export function oneLeaderPerTerm(): Check {
  const name = 'at most one leader per term'
  return {
    name,
    on: ['role'],
    begin({ world }) {
      const leaderOf = new Map<number, string>()
      let violation: Violation | undefined
      return {
        afterEvent() {
          for (const node of withTerm(world)) {
            const term = termOf(node)
            const known = leaderOf.get(term)
            if (known === undefined) leaderOf.set(term, node.name)
            else if (known !== node.name) {
              violation ??= now(world, node.name, name, `${known} and ${node.name} lead in term ${term}`)
            }
          }
        },
        finish: () => result(name, leaderOf.size, violation),
      }
    },
  }
}

/** No two running nodes lead at the same time, whatever their terms. */
export function oneLeaderAtATime(among: Among = {}): Check {
  const { reaching } = among
  const name = `one leader at a time${reaching === undefined ? '' : ` among nodes that reach ${reaching}`}`
  return {
    name,
    on: CHANGES,
    begin({ world }) {
      let observations = 0
      let violation: Violation | undefined
      return {
        afterEvent() {
          const found = leaders(world, among)
          if (found.length > 0) observations++
          if (found.length < 2) return
          const who = found.map((node) => `${node.name} (term ${termOf(node)})`).join(' and ')
          violation ??= now(world, found[0]?.name, name, `${who} lead at once`)
        },
        finish: () => result(name, observations, violation),
      }
    },
  }
}

/** The cluster is never without a leader for longer than `bound` (milliseconds), not at the start either. */
export function leaderWithin(bound: number, among: Among = {}): Check {
  const name = `a leader again within ${formatTime(Math.round(bound * 1000))}`
  return {
    name,
    on: CHANGES,
    begin(context) {
      const { world } = context
      let since: number | undefined = 0
      let longest = 0
      let absences = 0
      let violation: Violation | undefined
      const overdue = (): void => {
        if (since === undefined || violation !== undefined || world.now - since < bound) return
        violation = now(world, undefined, name, `no leader since ${formatTime(Math.round(since * 1000))}`)
      }
      const watch = (from: number): void => context.at(Math.round((from + bound) * 1000), overdue)
      watch(0)
      return {
        afterEvent() {
          const led = leaders(world, among).length > 0
          if (led && since !== undefined) {
            longest = Math.max(longest, world.now - since)
            absences++
            since = undefined
          } else if (!led && since === undefined) {
            since = world.now
            watch(since)
          }
        },
        finish: () => ({
          ...result(name, absences, violation),
          ...(absences === 0 ? {} : { measures: { 'longest time without a leader (ms)': longest } }),
          detail: `longest time without a leader: ${formatTime(Math.round(longest * 1000))}`,
        }),
      }
    },
  }
}

/** A node that crashed while it led does not lead when it comes back: the first role it takes is `follower`. */
export function rejoinsAsFollower(): Check {
  const name = 'the old leader rejoins as a follower'
  return {
    name,
    on: ['role'],
    begin({ world }) {
      /** Incarnation in which each node led last. */
      const led = new Map<string, number>()
      let observations = 0
      let violation: Violation | undefined
      return {
        afterEvent() {
          for (const node of world.nodes) {
            const isLeader = node.role === 'leader' && hasTerm(node)
            if (!isLeader && node.role !== 'follower') continue
            const before = led.get(node.name)
            if (before !== undefined && before < node.incarnation) {
              observations++
              led.delete(node.name)
              if (isLeader) violation ??= now(world, node.name, name, 'it leads at once')
            }
            if (isLeader) led.set(node.name, node.incarnation)
          }
        },
        finish: () => result(name, observations, violation),
      }
    },
  }
}

function termOf(node: NodeView): number {
  return (node.roleDetail as Term).term
}

function now(world: World, node: string | undefined, expected: string, observed: string): Violation {
  const time = Math.round(world.now * 1000)
  return { time, record: world.lastRecord, expected, observed, ...(node === undefined ? {} : { node }) }
}

function result(name: string, observations: number, violation: Violation | undefined): CheckResult {
  const verdict = violation === undefined ? 'held' : 'violated'
  return { name, verdict, observations, ...(violation === undefined ? {} : { violation }) }
}
