/**
 * The line of contenders: in the order of their znodes' numbers, each waiting for somebody before it. As checks: that
 * everybody waits for whom the strategy says, also after one in the middle has gone; and that the line moves up by one
 * when somebody goes.
 */
import type { Check, CheckContext, Duration, NodeView, RunningCheck, Violation, World } from 'orrery-sim'
import { milliseconds } from 'orrery-sim'
import type { ContenderState } from './contender.ts'

type Contender = NodeView<ContenderState>

/** Those that are in the election's outcome, first the leader. */
function lineOf(world: World): Contender[] {
  return world
    .nodesOf<ContenderState>('contender')
    .filter(({ up, state }) => up && state?.own !== undefined)
    .sort((a, b) => numberOf(a) - numberOf(b))
}

function numberOf({ state }: Contender): number {
  return Number(state?.own?.slice(-10))
}

/** Looks once, when the dust has settled: `within` after the last fault. True, or what is wrong. */
function lookAtRest(
  { world, faultsEnd, at }: CheckContext,
  name: string,
  within: Duration,
  judge: () => true | string,
): RunningCheck {
  let seen: true | string | undefined
  let violation: Violation | undefined
  at(faultsEnd + 1000 * milliseconds(within), () => {
    seen = judge()
    if (seen === true) return
    const time = Math.round(world.now * 1000)
    violation = { time, record: world.lastRecord, expected: name, observed: seen }
  })
  return {
    finish: () => ({
      name,
      verdict: seen === undefined ? 'undecided' : seen === true ? 'held' : 'violated',
      observations: seen === undefined ? 0 : 1,
      ...(violation === undefined ? {} : { violation }),
    }),
  }
}

/**
 * In the end the first leads, and each of the others waits for the one before it (or, with `leader`, for the first): so no
 * departure goes unnoticed.
 */
export function everybodyWaitsForTheOneBefore(
  whom: 'predecessor' | 'leader',
  { within }: { readonly within: Duration },
): Check {
  const name = whom === 'leader' ? 'everybody waits for the leader' : 'everybody waits for the one before'
  return {
    name,
    begin: (context) =>
      lookAtRest(context, name, within, () => {
        const { world } = context
        const line = lineOf(world)
        const up = world.nodesOf('contender').filter((node) => node.up).length
        if (line.length < up) return `${line.length} of ${up} contenders are in line`
        for (const [place, { name: who, role, state }] of line.entries()) {
          if (place === 0) {
            if (role !== 'leader') return `${who} is the first in line and does not lead`
            continue
          }
          const before = line[whom === 'leader' ? 0 : place - 1]
          if (state?.waitsFor === before?.state?.own) continue
          return `${who} waits for ${state?.waitsFor ?? 'nobody'}, not for ${before?.name ?? 'nobody'}`
        }
        return true
      }),
  }
}

/**
 * When one crashes, those behind it move up by one and nothing else changes: if it led, the next in line leads; if it was in
 * the middle, the leader stays; if it comes back, it is the last.
 */
export function lineMovesUp({ within }: { readonly within: Duration }): Check {
  const name = 'the line moves up by one'
  return {
    name,
    begin(context): RunningCheck {
      const { world } = context
      const changes = world.countRecords(['role', 'crash'])
      let seen = -1
      let line: string[] = []
      let expected: string[] | undefined
      let gone: string | undefined
      const judge = lookAtRest(context, name, within, () => {
        if (expected === undefined || gone === undefined) return 'nobody in line has crashed'
        const isBack = world.nodes.find((node) => node.name === gone)?.up === true
        const wanted = [...expected, ...(isBack ? [gone] : [])].join(' ')
        const found = lineOf(world)
          .map((node) => node.name)
          .join(' ')
        return found === wanted || `the line is ${found}, not ${wanted}`
      })
      return {
        afterEvent() {
          if (changes() === seen) return
          seen = changes()
          if (expected === undefined) {
            gone = line.find((who) => world.nodes.find((node) => node.name === who)?.up === false)
            if (gone !== undefined) expected = line.filter((who) => who !== gone)
          }
          line = lineOf(world).map((node) => node.name)
        },
        finish: () => judge.finish(),
      }
    },
  }
}
