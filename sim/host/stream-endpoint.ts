/**
 * A machine's TCP: the connections it knows, and what it answers to segments that belong to none.
 *
 * It runs while the machine is powered: also before a process listens, while the process is paused, and after it has
 * stopped. Then, and if the kind has no `accept`, a SYN is answered by RST (refused). A crash takes it down and its
 * connections with it: segments for it are dropped in silence until the machine starts again.
 */
import { invariant } from '../kernel/errors.ts'
import { RST, resetFor, SYN, ACK } from '../network/tcp-segment.ts'
import type { Segment } from '../network/tcp-segment.ts'
import type { LocalNode } from './local-node.ts'
import type { Machine } from './machine.ts'
import type { StreamService } from './stream-service.ts'
import { StreamSocket } from './stream-socket.ts'

/** Ports count from 1 and are never used again, not even after a crash. */
export const PORT_MAX = 0x3ffffff
/** Keys of connections that were opened by peers: peer * 2^26 + port, exact for 67 million nodes. */
const PEER = PORT_MAX + 1

export class StreamEndpoint {
  private readonly service: StreamService
  private readonly machine: Machine
  private lastPort = 0
  /** By own port. */
  private readonly opened = new Map<number, StreamSocket>()
  /** By the peer and its port. */
  private readonly taken = new Map<number, StreamSocket>()

  constructor(service: StreamService, machine: Machine) {
    this.service = service
    this.machine = machine
  }

  /** Connections that exist, in whatever state. */
  get count(): number {
    return this.opened.size + this.taken.size
  }

  /** A connection from this machine, not begun yet. */
  open(node: LocalNode, peer: number): StreamSocket {
    const port = ++this.lastPort
    invariant(port <= PORT_MAX, `${this.machine.name} has ports left`)
    const socket = new StreamSocket(this.service, this.machine, node, peer, port, true)
    this.opened.set(port, socket)
    return socket
  }

  /** A segment has arrived; `fromOpener`: it comes from the side that opened the connection. */
  receive(peer: number, port: number, fromOpener: boolean, segment: Segment): void {
    const socket = fromOpener ? this.taken.get(peer * PEER + port) : this.opened.get(port)
    if (socket?.peerId === peer) {
      socket.tcp.receive(segment)
      return
    }
    const { node, kind, status } = this.machine
    const isOpening = fromOpener && segment.has(SYN) && !segment.has(ACK) && !segment.has(RST)
    if (isOpening && node !== null && status === 'up' && kind.accept !== undefined) {
      const fresh = new StreamSocket(this.service, this.machine, node, peer, port, false)
      this.taken.set(peer * PEER + port, fresh)
      fresh.tcp.acceptSyn(segment)
    } else if (!segment.has(RST)) {
      const { service, machine } = this
      const name = service.nameOf(fromOpener ? peer : machine.id, port)
      service.transmit(machine.id, peer, port, !fromOpener, name, resetFor(segment))
    }
  }

  forget(socket: StreamSocket): void {
    if (socket.isOpener) this.opened.delete(socket.port)
    else this.taken.delete(socket.peerId * PEER + socket.port)
  }

  /** The incarnation ends: gracefully (the machine closes its connections) or in a crash (they are forgotten). */
  end(graceful: boolean): void {
    for (const socket of [...this.opened.values(), ...this.taken.values()]) {
      if (graceful) socket.detach()
      else socket.vanish()
    }
    if (graceful) return
    this.opened.clear()
    this.taken.clear()
  }
}
