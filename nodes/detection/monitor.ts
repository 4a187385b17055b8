/**
 * A node that suspects others. What it goes by:
 *
 * - `fixed`: a silence of a fixed length;
 * - `phi`: a silence that is improbable, given the intervals between earlier heartbeats (see accrual.ts);
 * - `session`: the coordination service, whose sessions are heartbeats with a fixed timeout that all observers share: the
 *   service suspects, and all monitors hear of it at once.
 *
 * Heartbeats come with all three, so that the silence before a suspicion is measured alike. The numbers are those of Chen,
 * Toueg and Aguilera, "On the quality of service of failure detectors" (2002): how long detection takes, how many
 * suspicions are mistakes, how long a mistake lasts. That a suspicion was right shows when the node is back in another
 * generation, that it was a mistake when it is heard of in the same.
 */
import type { Duration, Node } from 'orrery-sim'
import { defineNode, milliseconds } from 'orrery-sim'
import { connect } from 'orrery-sim/nodes/coordination'
import { followGroup } from 'orrery-sim/nodes/recipes'
import type { AccrualOptions, Heartbeats } from './accrual.ts'
import { heartbeat, newHeartbeats, phi } from './accrual.ts'
import type { HeartbeatMessages, Sessions } from './member.ts'
import { MEMBERS } from './member.ts'

export type Detector =
  | { readonly type: 'fixed'; readonly timeout: Duration }
  | ({ readonly type: 'phi' } & AccrualOptions)
  | ({ readonly type: 'session' } & Sessions)

export interface MonitorConfig {
  readonly detector: Detector
  /** Time between two heartbeats of a member. */
  readonly interval: Duration
  /** How often it looks at silences. Default 50ms. */
  readonly lookEvery?: Duration
}

/** A member as the monitor knows it. */
export interface Watched {
  generation: number
  readonly heartbeats: Heartbeats
  /** Whether its znode was there when the list was last read. */
  registered: boolean
  /** When it was suspected, and how long it had been silent by then. */
  suspected: { readonly since: number; readonly silence: number } | undefined
}

export interface MonitorState {
  readonly members: Map<string, Watched>
  /** Names of the znodes of members, as last read. */
  registered: readonly string[]
}

type Monitor = Node<HeartbeatMessages, MonitorState, MonitorConfig>

/** Samples `detection time` and `mistake duration` (ms), counts `suspicions` and `false suspicions`. */
export const monitor = defineNode<HeartbeatMessages, MonitorConfig>()({
  kind: 'monitor',
  state: (): MonitorState => ({ members: new Map(), registered: [] }),

  start(node) {
    const { detector, lookEvery = '50ms' } = node.config
    if (detector.type === 'session') return followSessions(node, detector)
    node.every(lookEvery, () => {
      for (const member of node.state.members.values()) {
        if (member.suspected === undefined && isSuspicious(node, member, detector)) suspect(node, member)
      }
    })
    return undefined
  },

  on: {
    heartbeat(node, { generation }, from) {
      const now = node.clock.monotonic()
      const isSession = node.config.detector.type === 'session'
      let member = node.state.members.get(from.name)
      if (member === undefined) {
        const heartbeats = newHeartbeats(now, milliseconds(node.config.interval))
        member = { generation, heartbeats, registered: false, suspected: undefined }
        node.state.members.set(from.name, member)
      } else {
        // What was overtaken by the heartbeats of its next life says nothing.
        if (generation < member.generation) return
        const isBack = generation > member.generation
        heartbeat(
          member.heartbeats,
          now,
          !isBack && member.suspected === undefined,
          windowOf(node.config.detector),
        )
        // With sessions, it is the service that takes a suspicion back.
        if (isBack || !isSession) clear(node, member, isBack)
        if (isBack) member.registered = false
        member.generation = generation
      }
      if (isSession) judge(node, from.name, member)
    },
  },
})

function isSuspicious(
  node: Monitor,
  { heartbeats }: Watched,
  detector: Exclude<Detector, { readonly type: 'session' }>,
): boolean {
  const now = node.clock.monotonic()
  return detector.type === 'fixed'
    ? now - heartbeats.last > milliseconds(detector.timeout)
    : phi(heartbeats, now, detector) > detector.threshold
}

function windowOf(detector: Detector): number {
  return detector.type === 'phi' ? detector.window : 1
}

function suspect(node: Monitor, member: Watched): void {
  const now = node.clock.monotonic()
  member.suspected = { since: now, silence: now - member.heartbeats.last }
  node.metrics.count('suspicions')
}

/** It lives, `isBack`: again; otherwise it has lived all the time. */
function clear(node: Monitor, member: Watched, isBack: boolean): void {
  const { suspected } = member
  if (suspected === undefined) return
  member.suspected = undefined
  if (isBack) {
    node.metrics.sample('detection time', suspected.silence)
    return
  }
  node.metrics.count('false suspicions')
  node.metrics.sample('mistake duration', node.clock.monotonic() - suspected.since)
}

async function followSessions(node: Monitor, sessions: Sessions): Promise<void> {
  const { servers, sessionTimeout } = sessions
  const session = await connect(node, servers, {
    sessionTimeout,
    onState: (state) => (state === 'Expired' ? followSessions(node, sessions) : undefined),
  })
  await followGroup(node, session, MEMBERS, (names) => {
    node.state.registered = names
    for (const [name, member] of node.state.members) judge(node, name, member)
  })
}

/** What the list of the registered says about a member. One that was never on it is just coming. */
function judge(node: Monitor, name: string, member: Watched): void {
  const isRegistered = node.state.registered.includes(`${name}-${member.generation}`)
  if (isRegistered) clear(node, member, false)
  else if (member.registered && member.suspected === undefined) suspect(node, member)
  member.registered = isRegistered
}
