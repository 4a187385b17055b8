/**
 * The virtual network: takes a message from one node and schedules its arrival at another, or ends it.
 *
 * Every pair of nodes is a link. Most links are alike, so a link is a shared policy, not an object; state exists only
 * for links with a bandwidth, an order, or bursts of loss. Cuts are looked at when a message leaves and again when it
 * would arrive (`blocked`), so what is in flight when a cut begins is lost, as when a cable is pulled.
 *
 * Left out: routes and shared bottlenecks (bandwidth is per pair), ICMP.
 */
import type { Kernel } from '../kernel/kernel.ts'
import { PRIORITY_ORDINARY } from '../kernel/kernel.ts'
import type { Recorder } from '../trace/recorder.ts'
import { kindCode } from '../trace/records.ts'
import type { LossState } from './loss.ts'
import { newLossState } from './loss.ts'
import type { LinkOptions, LinkPolicy } from './link.ts'
import { compileLink } from './link.ts'
import {
  DRAW_COPY_DELAY,
  DRAW_CORRUPTION,
  DRAW_DELAY,
  DRAW_DUPLICATION,
  DRAW_EXTRA_DELAY,
  DRAW_LOSS,
  DRAW_REORDERING,
  MessageDraws,
} from './draws.ts'
import { Partitions } from './partitions.ts'

const DROP = kindCode('drop')
const DUPLICATE = kindCode('duplicate')

/** IPv4 and UDP headers, which count for bandwidth. */
const HEADER_BYTES = 28
/** Ids of pairs are from * 2^26 + to: exact, and enough for 67 million nodes. */
const PAIR = 67108864

/** What the owner of a message can do with it; the network itself does not look inside. */
export interface Copier {
  /** A second copy, independent of the first. */
  duplicate(ref: unknown): unknown
  /** A copy in which something is different. */
  mangle(ref: unknown, draws: MessageDraws): unknown
}

/** What a stateful link remembers. */
interface LinkState {
  readonly loss: LossState
  freeAt: number
  lastArrival: number
}

interface HeldMessage {
  readonly from: number
  readonly to: number
  readonly op: number
  readonly c: number
  readonly sendId: number
  readonly ref: unknown
  readonly size: number
  readonly copier: Copier
  /** When it was sent, and its ordinal then: they key its draws. */
  readonly sent: number
  readonly ordinal: number
}

/** A degradation of some links, as a fault applies it. */
export interface Degradation {
  readonly applies: (from: number, to: number) => boolean
  readonly options: LinkOptions
}

/** The description of a network: the default link, and exceptions by pair. */
export interface NetworkRules {
  readonly base: LinkOptions
  /** Options that replace parts of the base for this pair; undefined for none. */
  readonly special?: ((from: number, to: number) => LinkOptions | undefined) | undefined
}

export class Network {
  readonly partitions = new Partitions()
  private readonly kernel: Kernel
  private readonly recorder: Recorder
  private readonly draws: MessageDraws
  private rules: NetworkRules = { base: {} }
  private policy: LinkPolicy = compileLink({}, 'network')
  /** True when links may differ from the default: then they are looked up. */
  private varied = false
  private readonly policies = new Map<number, LinkPolicy>()
  private readonly states = new Map<number, LinkState>()
  private readonly degradations = new Set<Degradation>()
  private readonly holds = new Set<(from: number, to: number) => boolean>()
  private held: HeldMessage[] = []
  private lastSend = new Float64Array(0)
  private ordinals = new Int32Array(0)
  private readonly lossReason: number
  private readonly partitionReason: number
  private readonly corruptReason: number
  private readonly queueReason: number

  constructor(kernel: Kernel, recorder: Recorder, key: Int32Array) {
    this.kernel = kernel
    this.recorder = recorder
    this.draws = new MessageDraws(key)
    this.lossReason = recorder.strings.id('loss')
    this.partitionReason = recorder.strings.id('partition')
    this.corruptReason = recorder.strings.id('corrupt')
    this.queueReason = recorder.strings.id('queue-full')
  }

  /** Sets the rules and the number of nodes; to be called once before the run. */
  configure(rules: NetworkRules, nodes: number): void {
    this.rules = rules
    this.policy = compileLink(rules.base, 'network')
    this.lastSend = new Float64Array(nodes).fill(-1)
    this.ordinals = new Int32Array(nodes)
    this.changed()
  }

  private changed(): void {
    this.policies.clear()
    this.varied =
      this.rules.special !== undefined ||
      this.degradations.size > 0 ||
      this.policy.stateful ||
      this.holds.size > 0
  }

  /** Worsens (or betters) links until `restore`. */
  degrade(degradation: Degradation): void {
    this.degradations.add(degradation)
    this.changed()
  }

  restore(degradation: Degradation): void {
    this.degradations.delete(degradation)
    this.changed()
  }

  /** Keeps all messages of these links back until `release`. */
  hold(applies: (from: number, to: number) => boolean): void {
    this.holds.add(applies)
    this.changed()
  }

  /** Lets go what was held and is not held by another rule; it leaves now, in the order in which it was sent. */
  release(applies: (from: number, to: number) => boolean): void {
    this.holds.delete(applies)
    this.changed()
    const waiting = this.held
    this.held = []
    for (const message of waiting) {
      if (this.isHeld(message.from, message.to)) this.held.push(message)
      else {
        const { from, to, op, c, sendId, ref, size, copier, sent, ordinal } = message
        if (this.blocked(from, to)) this.drop(from, to, sendId, this.partitionReason)
        else this.depart(from, to, op, c, sendId, ref, size, copier, sent, ordinal)
      }
    }
  }

  private isHeld(from: number, to: number): boolean {
    for (const applies of this.holds) if (applies(from, to)) return true
    return false
  }

  /** Whether a cut separates the pair now. */
  blocked(from: number, to: number): boolean {
    return this.partitions.any && this.partitions.blocked(from, to)
  }

  /** Ends a message here, with the reason recorded. `node` is where it ends. */
  drop(node: number, peer: number, sendId: number, reason: number): number {
    return this.recorder.record(this.kernel.now, DROP, node, sendId, peer, reason)
  }

  /** A message that would arrive now, but the pair is cut. */
  dropPartitioned(to: number, from: number, sendId: number): void {
    this.drop(to, from, sendId, this.partitionReason)
  }

  /**
   * Sends: schedules event `op` (a: receiver, b: sender, c, cause: `sendId`, ref) at the time of arrival, drops it, or
   * does it twice. `size` is in bytes, without headers.
   */
  transmit(
    from: number,
    to: number,
    op: number,
    c: number,
    sendId: number,
    ref: unknown,
    size: number,
    copier: Copier,
  ): void {
    const now = this.kernel.now
    if (from === to) {
      // The loopback interface: no loss and no delay, but not before what is happening now is over.
      this.kernel.schedule(now, PRIORITY_ORDINARY, op, to, from, c, sendId, ref)
      return
    }
    // Counted before anything can stop the message: a cut or a hold must not change the draws of the sender's others.
    let ordinal = 0
    if (this.lastSend[from] === now) ordinal = this.ordinals[from] = (this.ordinals[from] as number) + 1
    else {
      this.lastSend[from] = now
      this.ordinals[from] = 0
    }
    if (this.partitions.any && this.partitions.blocked(from, to)) {
      this.drop(from, to, sendId, this.partitionReason)
      return
    }
    if (this.holds.size > 0 && this.isHeld(from, to)) {
      this.held.push({ from, to, op, c, sendId, ref, size, copier, sent: now, ordinal })
      return
    }
    this.depart(from, to, op, c, sendId, ref, size, copier, now, ordinal)
  }

  private depart(
    from: number,
    to: number,
    op: number,
    c: number,
    sendId: number,
    ref: unknown,
    size: number,
    copier: Copier,
    sent: number,
    ordinal: number,
  ): void {
    const kernel = this.kernel
    const now = kernel.now
    const draws = this.draws
    draws.key(from, to, sent, ordinal)
    const policy = this.varied ? this.linkPolicy(from, to) : this.policy
    const state = policy.stateful ? this.linkState(from, to) : null
    let queueing = 0
    if (policy.microsPerByte > 0 && state !== null) {
      queueing = this.enqueue(policy, state, size)
      if (queueing < 0) {
        this.drop(from, to, sendId, this.queueReason)
        return
      }
    }
    if (
      (policy.lossRate > 0 && draws.purpose(DRAW_LOSS).next() < policy.lossRate) ||
      (policy.loss !== null && state !== null && policy.loss.lost(draws.purpose(DRAW_LOSS), state.loss))
    ) {
      this.drop(from, to, sendId, this.lossReason)
      return
    }
    let content = ref
    if (policy.corruption > 0 && draws.purpose(DRAW_CORRUPTION).next() < policy.corruption) {
      if (draws.next() >= policy.undetected) {
        this.drop(from, to, sendId, this.corruptReason)
        return
      }
      content = copier.mangle(ref, draws)
    }
    let delay = queueing + policy.delay.sample(draws.purpose(DRAW_DELAY))
    if (policy.reordering > 0 && draws.purpose(DRAW_REORDERING).next() < policy.reordering) {
      delay += policy.reorderBy.sample(draws.purpose(DRAW_EXTRA_DELAY))
    }
    let arrival = now + delay
    if (policy.ordered && state !== null) arrival = this.inOrder(state, arrival)
    kernel.schedule(arrival, PRIORITY_ORDINARY, op, to, from, c, sendId, content)
    if (policy.duplication > 0 && draws.purpose(DRAW_DUPLICATION).next() < policy.duplication) {
      const id = this.recorder.record(now, DUPLICATE, from, sendId, to, 0)
      let second = now + queueing + policy.delay.sample(draws.purpose(DRAW_COPY_DELAY))
      if (policy.ordered && state !== null) second = this.inOrder(state, second)
      kernel.schedule(second, PRIORITY_ORDINARY, op, to, from, c, id, copier.duplicate(content))
    }
  }

  /** Not before what arrives last so far; after it where events at one instant come in any order. */
  private inOrder(state: LinkState, arrival: number): number {
    const first = this.kernel.shuffles ? state.lastArrival + 1 : state.lastArrival
    return (state.lastArrival = Math.max(arrival, first))
  }

  /** Microseconds until the last bit is on the wire, or -1 when the queue is full. */
  private enqueue(policy: LinkPolicy, state: LinkState, size: number): number {
    const now = this.kernel.now
    const start = Math.max(now, state.freeAt)
    if (start - now > policy.queueMicros) return -1
    state.freeAt = start + Math.round((size + HEADER_BYTES) * policy.microsPerByte)
    return state.freeAt - now
  }

  private linkState(from: number, to: number): LinkState {
    const pair = from * PAIR + to
    let state = this.states.get(pair)
    if (state === undefined) {
      state = { loss: newLossState(), freeAt: 0, lastArrival: 0 }
      this.states.set(pair, state)
    }
    return state
  }

  private linkPolicy(from: number, to: number): LinkPolicy {
    const pair = from * PAIR + to
    let policy = this.policies.get(pair)
    if (policy === undefined) {
      policy = this.effective(from, to)
      this.policies.set(pair, policy)
    }
    return policy
  }

  private effective(from: number, to: number): LinkPolicy {
    let options = this.rules.base
    let changed = false
    const special = this.rules.special?.(from, to)
    if (special !== undefined) {
      options = { ...options, ...special }
      changed = true
    }
    for (const degradation of this.degradations) {
      if (degradation.applies(from, to)) {
        options = { ...options, ...degradation.options }
        changed = true
      }
    }
    return changed ? compileLink(options, 'link') : this.policy
  }
}
