/**
 * Stream connections of all nodes: carries segments over the network, keeps timers, and records what happens.
 *
 * A segment is recorded when it leaves (`connect`, `stream` or `reset`, with its sequence numbers), when it arrives
 * (`deliver`), or where it is lost (`drop`); what a node's code does with a connection, when it does it. What an event
 * releases in a node's code (a read, a write that waited) continues in an event of its own.
 */
import type { Address } from '../kernel/address.ts'
import { PRIORITY_ORDINARY } from '../kernel/kernel.ts'
import { micros } from '../kernel/time.ts'
import type { MessageDraws } from '../network/draws.ts'
import { damage } from '../network/frames.ts'
import type { Copier } from '../network/network.ts'
import type { StreamConnection, StreamFace, StreamResult } from '../network/stream-face.ts'
import type { TcpTimer } from '../network/tcp-connection.ts'
import { ACK, RST, SYN } from '../network/tcp-segment.ts'
import type { Segment } from '../network/tcp-segment.ts'
import { kindCode } from '../trace/records.ts'
import type { HostServices } from './services.ts'
import type { LocalNode } from './local-node.ts'
import type { Machine } from './machine.ts'
import type { Simulation } from './simulation.ts'
import { StreamEndpoint } from './stream-endpoint.ts'
import type { StreamSocket, StreamWait } from './stream-socket.ts'

const CONNECT = kindCode('connect')
const STREAM = kindCode('stream')
const RESET = kindCode('reset')
const DELIVER = kindCode('deliver')

/** IPv4 and TCP headers are 12 bytes longer than those of a datagram, which the network adds. */
const EXTRA_HEADER_BYTES = 12
const CONNECT_TIMEOUT = 60_000_000

/** What a timer's event carries. */
interface Firing {
  readonly socket: StreamSocket
  readonly timer: TcpTimer
}

export class StreamService implements Copier {
  readonly sim: Simulation
  private readonly arriveOp: number
  private readonly timerOp: number
  private readonly wakeOp: number
  private readonly acceptOp: number
  private readonly downReason: number

  constructor(services: HostServices) {
    const { sim } = services
    this.sim = sim
    this.arriveOp = sim.kernel.register((to, from, c, cause, ref) => {
      this.arrive(to, from, c, cause, ref as Segment)
    })
    this.timerOp = sim.kernel.register((_id, _b, _c, cause, ref) => {
      const { socket, timer } = ref as Firing
      sim.beginWorld(cause)
      socket.timerFired(timer)
    })
    this.wakeOp = sim.kernel.register((_id, _b, _c, cause, ref) => {
      const wait = ref as StreamWait
      sim.beginWorld(cause)
      if (wait.node.alive) sim.enter(wait.node.machine, this.continueWait, 0, 0, 0, cause, wait)
    })
    this.acceptOp = sim.kernel.register((_id, _b, _c, cause, ref) => {
      const socket = ref as StreamSocket
      sim.beginWorld(cause)
      if (socket.node?.alive === true) sim.enter(socket.machine, this.runAccept, 0, 0, 0, cause, socket)
    })
    this.downReason = sim.strings.id('down')
  }

  faceFor(node: LocalNode): StreamFace {
    return {
      connect: (to, options = {}) => {
        const timeout =
          options.timeout === undefined ? CONNECT_TIMEOUT : micros(options.timeout, 'connect timeout')
        const keepAlive = options.keepAlive === undefined ? 0 : micros(options.keepAlive, 'connect keepAlive')
        return this.connect(node, to, timeout, keepAlive)
      },
    }
  }

  private connect(
    node: LocalNode,
    to: Address,
    timeoutMicros: number,
    keepAliveMicros: number,
  ): Promise<StreamResult<StreamConnection>> {
    const socket = this.endpoint(node.machine).open(node, to.id)
    const promise = socket.waitUntilOpen()
    socket.tcp.keepAlive(keepAliveMicros)
    socket.tcp.connect(timeoutMicros)
    return promise
  }

  /** The machine's connections, made when first needed. */
  endpoint(machine: Machine): StreamEndpoint {
    const extras = machine.more()
    return (extras.streams ??= new StreamEndpoint(this, machine))
  }

  /** `client[0]#1`: a connection is named by the node that opened it and a running number. */
  nameOf(opener: number, port: number): string {
    return `${this.sim.nodeName(opener)}#${port}`
  }

  /** Sends a segment of the connection `name` over the network. */
  transmit(
    from: number,
    to: number,
    port: number,
    fromOpener: boolean,
    name: string,
    segment: Segment,
  ): void {
    const { kernel, recorder, strings, network } = this.sim
    const handshake = segment.has(SYN) || segment.label === 'handshake-ACK'
    const kind = segment.has(RST) ? RESET : handshake ? CONNECT : STREAM
    const { seq, ack, window, payload, label, again } = segment
    const data = {
      connection: name,
      seq,
      ...(payload.length === 0 ? {} : { length: payload.length }),
      ...(segment.has(ACK) ? { ack } : {}),
      ...(segment.has(RST) ? {} : { window }),
      ...(again ? { again } : {}),
    }
    const id = recorder.recordData(kernel.now, kind, from, kernel.cause, to, strings.id(label), data)
    const c = port * 2 + (fromOpener ? 1 : 0)
    network.transmit(from, to, this.arriveOp, c, id, segment, payload.length + EXTRA_HEADER_BYTES, this)
  }

  duplicate(ref: unknown): unknown {
    return ref
  }

  /** The checksum of TCP is as weak as that of UDP; what it misses is taken to hit the payload, if there is one. */
  mangle(ref: unknown, draws: MessageDraws): unknown {
    const segment = ref as Segment
    return segment.withPayload(damage(segment.payload, draws))
  }

  private arrive(to: number, from: number, c: number, sendId: number, segment: Segment): void {
    const { sim } = this
    const machine = sim.machine(to)
    sim.beginWorld(sendId)
    if (sim.network.blocked(from, to)) {
      sim.network.dropPartitioned(to, from, sendId)
      return
    }
    if (machine.status === 'down') {
      sim.network.drop(to, from, sendId, this.downReason)
      return
    }
    const { kernel, recorder, strings } = sim
    kernel.cause = recorder.record(kernel.now, DELIVER, to, sendId, from, strings.id(segment.label))
    this.endpoint(machine).receive(from, c >> 1, (c & 1) === 1, segment)
  }

  /** Sets a timer on the machine's clock; returns its slot. */
  arm(socket: StreamSocket, timer: TcpTimer, localMicros: number): number {
    const { kernel } = this.sim
    const { machine } = socket
    const at = kernel.now + machine.trueDelay(kernel.now, localMicros)
    const firing: Firing = { socket, timer }
    return kernel.schedule(at, PRIORITY_ORDINARY, this.timerOp, machine.id, 0, 0, kernel.cause, firing)
  }

  /** Lets a waiting task look again, in an event of its own at this instant; `cause` led to it. */
  wake(wait: StreamWait, cause: number): void {
    const { kernel } = this.sim
    kernel.schedule(kernel.now, PRIORITY_ORDINARY, this.wakeOp, wait.node.machine.id, 0, 0, cause, wait)
  }

  /** Hands a new connection to the process, in an event of its own at this instant. */
  offer(socket: StreamSocket): void {
    const { kernel } = this.sim
    kernel.schedule(
      kernel.now,
      PRIORITY_ORDINARY,
      this.acceptOp,
      socket.machine.id,
      0,
      0,
      kernel.cause,
      socket,
    )
  }

  private readonly continueWait = (
    machine: Machine,
    _b: number,
    _c: number,
    cause: number,
    ref: unknown,
  ): void => {
    const wait = ref as StreamWait
    if (!wait.node.alive) return
    this.sim.beginWorld(cause)
    const settle = wait.attempt()
    if (settle === undefined) return
    this.sim.resume(machine, wait.task, this.sim.kernel.cause)
    settle()
  }

  private readonly runAccept = (
    machine: Machine,
    _b: number,
    _c: number,
    cause: number,
    ref: unknown,
  ): void => {
    const socket = ref as StreamSocket
    const { accept } = machine.kind
    if (socket.node?.alive !== true || accept === undefined) return
    const { sim } = this
    sim.beginWorld(cause)
    const record = socket.note('connect', 'accept')
    const connection = socket.take()
    const node = sim.begin(machine, record)
    sim.call(node, 'accept', () => accept(node, connection))
  }
}
