/** The two sides of a failure detector: completeness (who crashed is suspected) and accuracy (nobody else is). */
import type { Check, Violation } from 'orrery-sim'
import { formatTime } from 'orrery-sim'
import type { MonitorState } from './monitor.ts'

/** Every monitor that runs suspects a crashed member `within` ms after its crash, unless it is back by then. */
export function crashSuspectedWithin(within: number): Check {
  const name = `a crash is suspected within ${formatTime(Math.round(within * 1000))}`
  return {
    name,
    on: ['crash'],
    begin(context) {
      const { world } = context
      const judged = new Set<string>()
      let observations = 0
      let violation: Violation | undefined
      const look = (member: string, incarnation: number): void => {
        const node = world.nodes.find((each) => each.name === member)
        if (node === undefined || node.up || node.incarnation !== incarnation) return
        for (const monitor of world.nodesOf<MonitorState>('monitor')) {
          if (!monitor.up || monitor.state === undefined) continue
          observations++
          if (monitor.state.members.get(member)?.suspected !== undefined) continue
          violation ??= {
            time: Math.round(world.now * 1000),
            record: world.lastRecord,
            node: monitor.name,
            expected: name,
            observed: `${monitor.name} does not suspect ${member}`,
          }
        }
      }
      return {
        afterEvent() {
          for (const { name: member, up, incarnation } of world.nodesOf('member')) {
            const life = `${member} ${incarnation}`
            if (up || judged.has(life)) continue
            judged.add(life)
            context.at(Math.round((world.now + within) * 1000), () => look(member, incarnation))
          }
        },
        finish: () => ({
          name,
          verdict: violation === undefined ? 'held' : 'violated',
          observations,
          ...(violation === undefined ? {} : { violation }),
        }),
      }
    },
  }
}
