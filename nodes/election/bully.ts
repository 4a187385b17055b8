/**
 * The bully algorithm: no service, the running node with the highest number leads.
 *
 * A node that misses the leader's heartbeats asks all nodes above it. If one answers, it leaves the matter to it; if
 * none does within a time, it halts all nodes below it (so that none of them leads any more) and then announces itself.
 * A node that comes back and is higher than the leader takes over: hence the name.
 *
 * It relies on what its paper assumes: messages arrive, and an answer that is not there in time never comes. Under a
 * partition, or when a node is paused for longer than the timeout, each side has a leader of its own.
 *
 * The term is one more than the highest that the new leader or anyone it halted has seen. It grows with every election
 * within a group of nodes that reach each other, but two groups may give the same term to two leaders.
 *
 * Source: H. Garcia-Molina, "Elections in a Distributed Computing System", IEEE Transactions on Computers C-31(1), 1982,
 * section III. Left out: the reorganisation after the election; halting is done in parallel, and the paper's check of
 * each member by the leader is replaced by the leader's heartbeats.
 */
import type { Address, Duration, Node } from 'orrery-sim'
import { defineNode, milliseconds } from 'orrery-sim'
import type { LeaderMessages } from './client.ts'
import { announce } from './client.ts'

export interface BullyMessages {
  /** From a lower node: is anybody above me? */
  election(message: { readonly term: number }): { readonly term: number }
  /** From a higher node that is about to lead: stop. */
  halt(message: { readonly term: number }): { readonly term: number }
  coordinator(message: { readonly term: number }): void
  heartbeat(message: { readonly term: number }): void
}

export interface BullyConfig {
  /** All nodes, this one included; a function, since nodes are made one after the other. */
  readonly peers: () => readonly Address<BullyMessages>[]
  readonly heartbeat: Duration
  /** A leader that was silent for this long is taken for dead. */
  readonly timeout: Duration
  /** How long to wait for answers: more than a round trip. */
  readonly answer: Duration
  /** Who is to hear from it while it leads; default nobody. */
  readonly client?: Address<LeaderMessages>
}

export interface BullyState {
  term: number
  role: 'looking' | 'leader' | 'follower' | undefined
  electing: boolean
  /** Elections begun or given up: what an election that waits for answers compares. */
  round: number
  /** Whom it follows, and in which term it began to. */
  leader: string | undefined
  followedTerm: number
  /** Local time in milliseconds from which on the leader is taken for dead. */
  deadline: number
}

type Member = Node<BullyMessages, BullyState, BullyConfig>

/** A member of the group. Its kind has the same name as the other contenders': plans fit both. */
export const bully = defineNode<BullyMessages, BullyConfig>()({
  kind: 'contender',
  state: (): BullyState => ({
    term: 0,
    role: undefined,
    electing: false,
    round: 0,
    leader: undefined,
    followedTerm: 0,
    deadline: 0,
  }),

  async start(node) {
    node.every(node.config.heartbeat, () => {
      const { role, electing, deadline, term } = node.state
      if (role === 'leader') node.broadcast(node.config.peers(), 'heartbeat', { term })
      else if (!electing && node.clock.monotonic() >= deadline) return elect(node)
      return undefined
    })
    await elect(node)
  },

  on: {
    election(node, { term }, from) {
      see(node, term)
      if (node.state.role === 'leader') node.send(from, 'coordinator', { term: node.state.term })
      else if (!node.state.electing) node.after(0, () => elect(node))
      return { term: node.state.term }
    },

    halt(node, { term }) {
      see(node, term)
      if (node.state.role === 'leader') look(node)
      node.state.leader = undefined
      yieldTo(node, election(node))
      return { term: node.state.term }
    },

    coordinator: (node, { term }, from) => heardOf(node, from, term),
    heartbeat: (node, { term }, from) => heardOf(node, from, term),
  },
})

/** The longest that an election takes, in milliseconds: two rounds of answers and the announcement. */
function election(node: Member): number {
  return 3 * milliseconds(node.config.answer)
}

async function elect(node: Member): Promise<void> {
  const { state, config } = node
  const round = ++state.round
  state.electing = true
  state.leader = undefined
  look(node)
  node.metrics.count('elections')
  const peers = config.peers()
  const above = peers.filter((peer) => peer.index > node.self.index)
  const below = peers.filter((peer) => peer.index < node.self.index)
  const answers = await ask(node, 'election', above)
  if (state.round !== round) return
  if (answers > 0) {
    // A higher node lives. It needs two rounds of answers and an announcement; then we ask again.
    yieldTo(node, election(node))
    return
  }
  await ask(node, 'halt', below)
  if (state.round !== round) return
  state.electing = false
  state.role = 'leader'
  state.term++
  node.role('leader', { term: state.term })
  node.metrics.count('leaders elected')
  node.broadcast(peers, 'coordinator', { term: state.term })
  const { term } = state
  announce(node, config.client, () => state.role === 'leader' && state.term === term)
}

/** Asks all at once; returns how many answered. */
async function ask(
  node: Member,
  type: 'election' | 'halt',
  peers: readonly Address<BullyMessages>[],
): Promise<number> {
  const { term } = node.state
  const { answer: timeout } = node.config
  const replies = await Promise.all(peers.map((peer) => node.request(peer, type, { term }, { timeout })))
  let answered = 0
  for (const reply of replies) {
    if (!reply.ok) continue
    answered++
    see(node, reply.reply.term)
  }
  return answered
}

/** A leader makes itself known. A lower one is bullied; one above us is followed. */
function heardOf(node: Member, from: Address<BullyMessages>, term: number): void | Promise<void> {
  const { state } = node
  const later = term > state.term
  see(node, term)
  if (from.index < node.self.index) {
    // Of an earlier term than our own it hears from us anyway, and follows.
    return state.electing || (state.role === 'leader' && !later) ? undefined : elect(node)
  }
  const known = state.role === 'follower' && state.leader === from.name && state.followedTerm === term
  yieldTo(node, milliseconds(node.config.timeout))
  if (known) return undefined
  state.leader = from.name
  state.followedTerm = term
  state.role = 'follower'
  node.role('follower', { leader: from.name, term })
  return undefined
}

function look(node: Member): void {
  if (node.state.role === 'looking') return
  node.state.role = 'looking'
  node.role('looking')
}

/** Gives up whatever election is on its way; another one begins if no leader is heard of in time. */
function yieldTo(node: Member, patience: number): void {
  const { state } = node
  state.round++
  state.electing = false
  state.deadline = node.clock.monotonic() + patience
}

function see(node: Member, term: number): void {
  node.state.term = Math.max(node.state.term, term)
}
