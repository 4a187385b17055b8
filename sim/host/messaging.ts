/**
 * Datagrams, and requests on top of them: a request is a datagram that expects one back. Nothing is retransmitted;
 * a request whose datagram or reply is lost ends in a timeout, and whether the peer acted on it is not known.
 */
import type { Address } from '../kernel/address.ts'
import { CallerError, show } from '../kernel/errors.ts'
import { PRIORITY_ORDINARY } from '../kernel/kernel.ts'
import { mangle } from '../network/corruption.ts'
import type { MessageDraws } from '../network/draws.ts'
import type { Copier } from '../network/network.ts'
import { kindCode } from '../trace/records.ts'
import type { LocalNode } from './local-node.ts'
import type { Machine } from './machine.ts'
import { PAYS_ITSELF } from './machine.ts'
import type { Reply, RequestFailure } from './protocol.ts'
import type { Simulation } from './simulation.ts'
import type { Task } from './tasks.ts'
import { isThenable, lastResolver, pendingPromise } from './tasks.ts'

const SEND = kindCode('send')
const REQUEST = kindCode('request')
const REPLY = kindCode('reply')
const DELIVER = kindCode('deliver')
const HANDLE = kindCode('handle')
const TIMEOUT = kindCode('timeout')

/** Largest payload of a UDP datagram over IPv4 (65 535 less the headers, RFC 768 and RFC 791). */
export const DATAGRAM_BYTES = 65507

/** Message classes stand above the type's number in an event's `c`. */
const TYPE_MASK = 0xfffff
const CLASS_SHIFT = 20
// Class 0 is a plain datagram.
const ASK = 1
const ANSWER = 2
const REFUSAL = 3

/** A request that waits for its reply. */
class PendingRequest {
  readonly node: LocalNode
  readonly task: Task
  readonly resolve: (reply: never) => void
  slot = -1
  settled = false

  constructor(node: LocalNode, task: Task, resolve: (reply: never) => void) {
    this.node = node
    this.task = task
    this.resolve = resolve
  }
}

/** A request or reply on its way. */
class Envelope {
  readonly content: unknown
  readonly request: PendingRequest

  constructor(content: unknown, request: PendingRequest) {
    this.content = content
    this.request = request
  }
}

export class Messaging implements Copier {
  private readonly sim: Simulation
  private readonly deliverOp: number
  private readonly timeoutOp: number
  private readonly downReason: number
  private readonly unhandledReason: number
  private readonly lateReason: number

  constructor(sim: Simulation) {
    this.sim = sim
    const { kernel, recorder, machines, addresses } = sim
    const { partitions } = sim.network
    this.deliverOp = kernel.register((to, from, c, cause, ref) => {
      const machine = machines[to] as Machine
      const handler = machine.kind.handlers[c]
      // A datagram that nothing delays: what `arrive`, `deliver` and `handle` do step by step, in one piece, because
      // most events are of this sort and calls would cost a tenth of the whole.
      if (machine.direct && handler !== undefined && machine.extras === null && !partitions.any) {
        kernel.cause = recorder.record(kernel.now, DELIVER, to, cause, from, c)
        sim.task = null
        const node = (sim.active = machine.node as LocalNode)
        let result: unknown
        try {
          result = handler(node, ref, addresses[from] as Address)
        } catch (error) {
          sim.threw(node, `on.${sim.strings.text(c)}`, error)
          return
        }
        if (result !== undefined && isThenable(result)) {
          sim.watch(node, `on.${sim.strings.text(c)}`, result, undefined)
        }
      } else this.arrive(to, from, c, cause, ref)
    })
    this.timeoutOp = sim.kernel.register((_a, _b, type, cause, ref) => {
      const request = ref as PendingRequest
      request.slot = -1
      if (!request.settled && request.node.alive) {
        sim.enter(request.node.machine, this.runTimeout, 0, 0, type, cause, request)
      }
    })
    this.downReason = sim.strings.id('down')
    this.unhandledReason = sim.strings.id('unhandled')
    this.lateReason = sim.strings.id('late')
  }

  send(node: LocalNode, to: Address, type: string, message: unknown): void {
    const { kernel, recorder, strings, network } = this.sim
    const walker = recorder.walker
    const content = walker.copy(message, type)
    const { size } = walker
    if (size > DATAGRAM_BYTES) throw tooLarge(type, size)
    const typeId = strings.id(type)
    const from = node.machine.id
    const id = recorder.recordMessage(kernel.now, SEND, from, kernel.cause, to.id, typeId, content)
    network.transmit(from, to.id, this.deliverOp, typeId, id, content, size, this)
  }

  request(
    node: LocalNode,
    to: Address,
    type: string,
    message: unknown,
    timeoutMicros: number,
  ): Promise<Reply<never>> {
    const sim = this.sim
    const { kernel, strings } = sim
    const promise = pendingPromise<Reply<never>>()
    const task = sim.currentTask(node)
    const request = new PendingRequest(node, task, lastResolver())
    const typeId = strings.id(type)
    const id = this.depart(REQUEST, ASK, node.machine, to, typeId, type, message, request)
    task.pending++
    const due = kernel.now + node.machine.trueDelay(kernel.now, timeoutMicros)
    request.slot = kernel.schedule(due, PRIORITY_ORDINARY, this.timeoutOp, 0, 0, typeId, id, request)
    return promise
  }

  private depart(
    kind: number,
    messageClass: number,
    machine: Machine,
    to: Address,
    typeId: number,
    type: string,
    message: unknown,
    request: PendingRequest,
  ): number {
    const { kernel, recorder, network } = this.sim
    const walker = recorder.walker
    const content = walker.copy(message, type)
    const { size } = walker
    if (size > DATAGRAM_BYTES) throw tooLarge(type, size)
    const from = machine.id
    const id = recorder.recordMessage(kernel.now, kind, from, kernel.cause, to.id, typeId, content)
    const c = typeId | (messageClass << CLASS_SHIFT)
    network.transmit(from, to.id, this.deliverOp, c, id, new Envelope(content, request), size, this)
    return id
  }

  duplicate(ref: unknown): unknown {
    if (ref instanceof Envelope) return new Envelope(this.recopy(ref.content), ref.request)
    return this.recopy(ref)
  }

  mangle(ref: unknown, draws: MessageDraws): unknown {
    if (ref instanceof Envelope) return new Envelope(mangle(ref.content, draws), ref.request)
    return mangle(ref, draws)
  }

  private recopy(content: unknown): unknown {
    return this.sim.recorder.walker.copy(content, 'a duplicate')
  }

  private arrive(to: number, from: number, c: number, sendId: number, ref: unknown): void {
    const sim = this.sim
    const machine = sim.machine(to)
    if (sim.network.partitions.any && sim.network.blocked(from, to)) {
      sim.beginWorld(sendId)
      sim.network.dropPartitioned(to, from, sendId)
      return
    }
    if (machine.direct) {
      this.deliver(machine, from, c, sendId, ref)
      return
    }
    if (machine.status !== 'up') {
      sim.beginWorld(sendId)
      sim.network.drop(to, from, sendId, this.downReason)
      return
    }
    const extras = machine.more()
    if (machine.paused || extras.backlog.length > 0) {
      // It waits in the socket's buffer; the node gets it when it runs again.
      extras.backlog.push({ run: this.deliver, cost: PAYS_ITSELF, b: from, c, cause: sendId, ref })
      machine.updateDirect()
      return
    }
    this.deliver(machine, from, c, sendId, ref)
  }

  private readonly deliver = (
    machine: Machine,
    from: number,
    c: number,
    sendId: number,
    ref: unknown,
  ): void => {
    const sim = this.sim
    const typeId = c & TYPE_MASK
    const id = sim.recorder.record(sim.kernel.now, DELIVER, machine.id, sendId, from, typeId)
    const extras = machine.extras
    if (extras?.cpu === undefined) {
      this.handle(machine, from, c, id, ref)
      return
    }
    const cost = c >> CLASS_SHIFT < ANSWER ? (extras.cpuCosts?.[typeId] ?? 0) : 0
    if (cost === 0 && extras.cpuFree) this.handle(machine, from, c, id, ref)
    else extras.cpu.submit(cost, { run: this.handleQueued, cost, b: from, c, cause: id, ref })
  }

  private readonly handleQueued = (
    machine: Machine,
    from: number,
    c: number,
    cause: number,
    ref: unknown,
  ): void => {
    const { recorder, kernel } = this.sim
    const id = recorder.record(kernel.now, HANDLE, machine.id, cause, from, c & TYPE_MASK)
    this.handle(machine, from, c, id, ref)
  }

  private handle(machine: Machine, from: number, c: number, cause: number, ref: unknown): void {
    const sim = this.sim
    const messageClass = c >> CLASS_SHIFT
    const typeId = c & TYPE_MASK
    if (messageClass >= ANSWER) {
      this.answer(machine, from, messageClass, cause, ref as Envelope)
      return
    }
    const node = sim.begin(machine, cause)
    const handler = machine.kind.handlers[typeId]
    if (handler === undefined) {
      this.unhandled(machine, from, typeId, messageClass, cause, ref)
      return
    }
    const content = messageClass === ASK ? (ref as Envelope).content : ref
    let result: unknown
    try {
      result = handler(node, content, sim.nodeAddress(from))
    } catch (error) {
      sim.threw(node, `on.${sim.strings.text(typeId)}`, error)
      return
    }
    if (messageClass === ASK) {
      const { request } = ref as Envelope
      if (!node.alive) return
      if (isThenable(result)) {
        sim.watch(node, `on.${sim.strings.text(typeId)}`, result, (value) => {
          this.reply(machine, typeId, request, value)
        })
      } else this.reply(machine, typeId, request, result)
    } else if (result !== undefined && isThenable(result)) {
      sim.watch(node, `on.${sim.strings.text(typeId)}`, result, undefined)
    }
  }

  private reply(machine: Machine, typeId: number, request: PendingRequest, value: unknown): void {
    const type = this.sim.strings.text(typeId)
    try {
      this.depart(REPLY, ANSWER, machine, request.node.machine.address, typeId, type, value, request)
    } catch (error) {
      this.sim.threw(machine.node as LocalNode, `on.${type}`, error)
    }
  }

  private unhandled(
    machine: Machine,
    from: number,
    typeId: number,
    messageClass: number,
    cause: number,
    ref: unknown,
  ): void {
    const { network, strings, kernel } = this.sim
    kernel.cause = network.drop(machine.id, from, cause, this.unhandledReason)
    if (messageClass !== ASK) return
    const { request } = ref as Envelope
    this.depart(
      REPLY,
      REFUSAL,
      machine,
      request.node.machine.address,
      typeId,
      strings.text(typeId),
      undefined,
      request,
    )
  }

  private answer(
    machine: Machine,
    from: number,
    messageClass: number,
    cause: number,
    envelope: Envelope,
  ): void {
    const { request, content } = envelope
    const sim = this.sim
    if (request.settled || !request.node.alive) {
      sim.beginWorld(cause)
      sim.network.drop(machine.id, from, cause, this.lateReason)
      return
    }
    if (request.slot >= 0) sim.kernel.cancel(request.slot)
    this.settle(
      machine,
      request,
      cause,
      messageClass === ANSWER ? { ok: true, reply: content as never } : refused('unhandled'),
    )
  }

  private readonly runTimeout = (
    machine: Machine,
    _b: number,
    type: number,
    cause: number,
    ref: unknown,
  ): void => {
    const request = ref as PendingRequest
    if (request.settled || !request.node.alive) return
    const { recorder, kernel } = this.sim
    const id = recorder.record(kernel.now, TIMEOUT, machine.id, cause, -1, type)
    this.settle(machine, request, id, refused('timeout'))
  }

  private settle(machine: Machine, request: PendingRequest, cause: number, reply: Reply<never>): void {
    request.settled = true
    request.slot = -1
    this.sim.resume(machine, request.task, cause)
    request.resolve(reply as never)
  }
}

function refused(reason: RequestFailure): Reply<never> {
  return { ok: false, reason }
}

function tooLarge(type: string, size: number): CallerError {
  return new CallerError(`a message of type ${show(type)} takes ${size} bytes`, {
    expected: `at most ${DATAGRAM_BYTES} bytes in a datagram (use a stream for more)`,
  })
}
