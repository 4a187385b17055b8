/**
 * Naive election: somebody says who leads. Each node reads on its disk whom it was told last. An operator looks at the
 * leader's health, gets an alarm when it does not answer, and, after the time that people need, appoints another one.
 *
 * It takes as long as people take; and a leader that comes back reads on its disk that it leads, until the operator has
 * told it otherwise.
 */
import type { Address, Duration, Node } from 'orrery-sim'
import { defineNode } from 'orrery-sim'
import type { LeaderMessages } from './client.ts'
import { announce } from './client.ts'

export interface AppointedMessages {
  appoint(message: Appointment): void
  health(): void
}

export interface Appointment {
  readonly term: number
  readonly leader: string
}

export interface AppointedConfig {
  /** Who leads if nobody has been appointed yet: what the configuration says. */
  readonly first: string
  readonly client?: Address<LeaderMessages>
}

type Member = Node<AppointedMessages, { appointment: Appointment }, AppointedConfig>

/** A node that does as it is told. Its kind has the same name as the other contenders': plans fit both. */
export const appointed = defineNode<AppointedMessages, AppointedConfig>()({
  kind: 'contender',
  state: ({ first }) => ({ appointment: { term: 1, leader: first } }),
  async recover({ disk, state }) {
    const told = await disk.read<Appointment>('appointments')
    state.appointment = told.at(-1) ?? state.appointment
  },
  start: obey,
  on: {
    async appoint(node, appointment) {
      if (appointment.term <= node.state.appointment.term) return
      node.state.appointment = appointment
      await node.disk.append('appointments', appointment)
      await node.disk.sync('appointments')
      obey(node)
    },
    health: () => undefined,
  },
})

function obey(node: Member): void {
  const { term, leader } = node.state.appointment
  if (leader !== node.name) {
    node.role('follower', { leader })
    return
  }
  node.role('leader', { term })
  node.metrics.count('leaders elected')
  announce(node, node.config.client, () => node.state.appointment.term === term)
}

export interface OperatorConfig {
  readonly members: readonly Address<AppointedMessages>[]
  /** From the alarm to the appointment. */
  readonly reaction: Duration
}

/** Time between two looks, and how many must fail in a row for an alarm. */
const LOOK: Duration = '1s'
const ALARM = 3

export const operator = defineNode<object, OperatorConfig>()({
  kind: 'operator',
  async start(node) {
    const { members, reaction } = node.config
    let [leader] = members
    for (let term = 1, failed = 0; leader !== undefined; await node.sleep(LOOK)) {
      // Whoever was away learns here whom the others follow.
      for (const each of members) void node.request(each, 'appoint', { term, leader: leader.name })
      const well = await node.request(leader, 'health', undefined, { timeout: LOOK })
      failed = well.ok ? 0 : failed + 1
      if (failed < ALARM) continue
      await node.sleep(reaction)
      leader = (await whoAnswers(node, members)) ?? leader
      term++
      failed = 0
    }
  },
})

async function whoAnswers(
  node: Node,
  members: readonly Address<AppointedMessages>[],
): Promise<Address<AppointedMessages> | undefined> {
  for (const each of members) if ((await node.request(each, 'health', undefined)).ok) return each
  return undefined
}
