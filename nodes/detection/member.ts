/**
 * A node that shows that it lives: by heartbeats to those who watch it, and, if there is a coordination service, by an
 * ephemeral znode. Its generation, one more with each start, tells a node that was away from one that was only silent
 * (Cassandra's gossip does the same).
 */
import type { Address, Duration, Node } from 'orrery-sim'
import { defineNode } from 'orrery-sim'
import { connect } from 'orrery-sim/nodes/coordination'
import type { Servers } from 'orrery-sim/nodes/recipes'
import { joinGroup } from 'orrery-sim/nodes/recipes'

export interface HeartbeatMessages {
  heartbeat(message: { readonly generation: number }): void
}

/** A service in whose sessions members live. */
export interface Sessions {
  readonly servers: Servers
  readonly sessionTimeout: Duration
}

export interface MemberConfig {
  readonly monitors: () => readonly Address<HeartbeatMessages>[]
  /** Time between two heartbeats. */
  readonly interval: Duration
  readonly sessions?: Sessions
}

interface MemberState {
  generation: number
}

type Member = Node<object, MemberState, MemberConfig>

/** Where members register: one znode each, named `<node>/<generation>` with a dash for the slash. */
export const MEMBERS = '/members'

export const member = defineNode<object, MemberConfig>()({
  kind: 'member',
  state: (): MemberState => ({ generation: 1 }),
  async recover(node) {
    node.state.generation = (await node.disk.read('generations')).length + 1
    await node.disk.append('generations', node.state.generation)
    await node.disk.sync('generations')
  },
  async start(node) {
    const { monitors, interval, sessions } = node.config
    const beat = (): void => node.broadcast(monitors(), 'heartbeat', { generation: node.state.generation })
    beat()
    node.every(interval, beat)
    if (sessions !== undefined) await register(node, sessions)
  },
})

async function register(node: Member, sessions: Sessions): Promise<void> {
  const { servers, sessionTimeout } = sessions
  const session = await connect(node, servers, {
    sessionTimeout,
    onState: (state) => (state === 'Expired' ? register(node, sessions) : undefined),
  })
  await joinGroup(node, session, MEMBERS, `${node.name}-${node.state.generation}`)
}
