/**
 * One side of a TCP connection as a state machine (RFC 9293): segments, calls of the application and timers go in;
 * segments, timers and notices come out through `TcpOutput`. It knows neither nodes nor the network.
 *
 * Modelled: three-way handshake, cumulative and immediate acknowledgements, retransmission (RFC 6298), congestion control
 * (RFC 5681, 6582), flow control with zero-window probes, half-close, TIME-WAIT, resets and challenge acknowledgements
 * (RFC 5961), keep-alive (RFC 1122, 4.2.3.6). The figures that the RFCs leave open are those of Linux.
 *
 * Left out on purpose: SACK, timestamps and window scaling (RFC 2018, 7323), ECN, urgent data, delayed acknowledgements
 * (each segment is acknowledged at once) and Nagle's algorithm (requests and answers would set TCP_NODELAY), path MTU
 * discovery, simultaneous open, a listen backlog, and random initial sequence numbers: connections are told apart by
 * port numbers that are never used again, so no old segment can be taken for a new one.
 */
import { Congestion } from './tcp-congestion.ts'
import { ByteQueue } from './byte-queue.ts'
import type { Payload, Source } from './payload.ts'
import { Reassembly } from './tcp-reassembly.ts'
import { RetransmissionTimeout, RTO_MAX } from './tcp-rto.ts'
import { ACK, FIN, RST, SEGMENT_BYTES, Segment, SYN, resetFor } from './tcp-segment.ts'

/** Bytes that may be written and not yet acknowledged before a writer has to wait. */
export const SEND_BUFFER_BYTES = 65536
/** Retransmissions of one segment, or unanswered probes, after which the peer is given up (Linux: tcp_retries2). */
export const RETRIES = 15
/** Retransmissions of a SYN-ACK (Linux: tcp_synack_retries). */
export const SYN_ACK_RETRIES = 5
/** Keep-alive probes without an answer (Linux: tcp_keepalive_probes). */
export const KEEP_ALIVE_PROBES = 9
/** TIME-WAIT, and FIN-WAIT-2 of a process that is gone (Linux: one minute each). */
export const LINGER_MICROS = 60_000_000

export type TcpTimer = 'connect' | 'retransmission' | 'keep-alive' | 'linger'

/** Why a connection ended before its time. `closed`: by the side that asks. */
export type TcpFailure = 'refused' | 'reset' | 'timeout' | 'closed'

/** What a connection needs; none of these may call the connection back before they return. */
export interface TcpOutput {
  /** The clock of this machine in microseconds. */
  now(): number
  transmit(segment: Segment): void
  /** Sets a timer, or sets it anew: `timer()` is called when its time has come. */
  arm(timer: TcpTimer, micros: number): void
  disarm(timer: TcpTimer): void
  /** The handshake is over. */
  opened(): void
  /** There are bytes, or the end, to be read. */
  readable(): void
  /** The peer has acknowledged bytes. */
  writable(): void
  failed(reason: TcpFailure): void
  /** Nothing more will happen: the connection can be forgotten. */
  released(): void
}

type Phase = 'closed' | 'syn-sent' | 'syn-received' | 'open' | 'time-wait'

export class TcpConnection {
  /** Why it failed, if it did. */
  failure: TcpFailure | undefined
  private readonly out: TcpOutput
  private readonly input: Reassembly
  /** Bytes from `una` on. */
  private readonly queue = new ByteQueue()
  private readonly rto = new RetransmissionTimeout()
  private readonly congestion = new Congestion()
  private phase: Phase = 'closed'
  /** First sequence number that is not acknowledged; next to be sent (pulled back by a timeout); first never sent. */
  private una = 0
  private next = 0
  private sent = 0
  /** First sequence number beyond the peer's window; only grows, since receivers here take no window back. */
  private edge = 0
  /** Sequence number of this side's FIN, once it is known. */
  private finAt = Infinity
  private closesFirst = false
  private detached = false
  /** What the retransmission timer is set for. */
  private waitsFor: 'nothing' | 'acknowledgement' | 'window' = 'nothing'
  private retries = 0
  private probeDelay = 0
  /** The segment being timed ends here; -1: none is. */
  private timedEnd = -1
  private timedAt = 0
  private lastSent = 0
  private keepAliveMicros = 0
  private keepAliveProbes = 0
  private ackOwed: 'none' | 'plain' | 'duplicate' = 'none'

  /** `input` is for tests, which hand in a receiver that does not work. */
  constructor(out: TcpOutput, input: Reassembly = new Reassembly()) {
    this.out = out
    this.input = input
  }

  /** The state's name in RFC 9293, 3.3.2. */
  get state(): string {
    const finSent = this.sent > this.finAt
    const finAcknowledged = this.una > this.finAt
    switch (this.phase) {
      case 'closed':
        return 'CLOSED'
      case 'syn-sent':
        return 'SYN-SENT'
      case 'syn-received':
        return 'SYN-RECEIVED'
      case 'time-wait':
        return 'TIME-WAIT'
      case 'open':
        if (this.input.ended) return finSent ? (this.closesFirst ? 'CLOSING' : 'LAST-ACK') : 'CLOSE-WAIT'
        if (finSent) return finAcknowledged ? 'FIN-WAIT-2' : 'FIN-WAIT-1'
        return 'ESTABLISHED'
    }
  }

  /** Bytes that can be read now. */
  get available(): number {
    return this.input.ready.length
  }

  /** Whether the peer has ended its direction; what is `available` comes before that. */
  get peerEnded(): boolean {
    return this.input.ended
  }

  /** Whether the handshake is over (also when the connection is over by now). */
  get wasOpened(): boolean {
    return this.una > 0
  }

  /** Whether this side may still write. */
  get writable(): boolean {
    return this.finAt === Infinity && this.failure === undefined
  }

  /** Bytes beyond this position of the outgoing flow do not fit into the send buffer yet. */
  get bufferEnd(): number {
    return Math.max(1, this.una) + SEND_BUFFER_BYTES
  }

  /** The position in the outgoing flow that the next byte written will have. */
  get writeEnd(): number {
    return Math.max(1, this.una) + this.queue.length
  }

  /** Sends the SYN; fails with `timeout` unless the handshake is over after `timeoutMicros`. */
  connect(timeoutMicros: number): void {
    this.phase = 'syn-sent'
    this.out.arm('connect', timeoutMicros)
    this.sendSyn()
  }

  /** Answers a SYN. */
  acceptSyn(syn: Segment): void {
    this.phase = 'syn-received'
    this.input.begin(syn.seq + 1)
    this.edge = syn.window
    this.sendSyn()
  }

  /** Appends something to the outgoing flow. Any length: it is the caller who waits for `bufferEnd`. */
  write(source: Source): void {
    this.queue.write(source)
    this.output()
  }

  /** Looks at what is available without taking it. */
  peek(count: number): Payload {
    return this.input.ready.view(0, count)
  }

  /** Takes bytes that are available. */
  read(count: number): Payload {
    const taken = this.input.ready.take(count)
    if (this.phase === 'open' && this.input.updateDue) this.sendAck(true)
    return taken
  }

  /** Ends this direction: a FIN follows what was written. */
  end(): void {
    if (this.finAt !== Infinity || this.failure !== undefined) return
    this.finAt = this.writeEnd
    this.output()
  }

  /** Ends both directions with an RST. */
  abort(): void {
    if (this.phase === 'closed') return
    if (this.phase !== 'syn-sent') this.out.transmit(new Segment('RST', RST, this.sent, 0, 0))
    this.fail('closed')
  }

  /**
   * The application is gone, but not the machine. What is in the send buffer is still sent, and a FIN after it; unread
   * or later data is answered by an RST, since nobody will read it (RFC 1122, 4.2.2.13).
   */
  detach(): void {
    if (this.phase === 'closed' || this.phase === 'time-wait') return
    if (this.phase !== 'open' || this.available > 0) {
      this.abort()
      return
    }
    this.detached = true
    if (this.finAt === Infinity) this.queue.truncate(SEND_BUFFER_BYTES)
    this.end()
    if (this.state === 'FIN-WAIT-2') this.out.arm('linger', LINGER_MICROS)
  }

  /** Probes after each such time without a sign of life from the peer; 0 for never. */
  keepAlive(micros: number): void {
    this.keepAliveMicros = micros
    this.keepAliveProbes = 0
    if (micros > 0 && this.phase === 'open') this.out.arm('keep-alive', micros)
    else this.out.disarm('keep-alive')
  }

  /** A timer that was armed has fired. */
  timer(timer: TcpTimer): void {
    switch (timer) {
      case 'connect':
        this.fail('timeout')
        return
      case 'linger':
        this.release()
        return
      case 'keep-alive':
        this.keepAliveDue()
        return
      case 'retransmission':
        this.retransmissionDue()
    }
  }

  /** A segment has arrived. */
  receive(segment: Segment): void {
    if (this.phase === 'closed') return
    if (this.keepAliveMicros > 0 && this.phase === 'open') this.keepAlive(this.keepAliveMicros)
    if (this.phase === 'syn-sent') this.receiveAnswer(segment)
    else if (segment.has(RST)) this.receiveReset(segment)
    else if (segment.has(SYN)) this.receiveSynAgain()
    else if (segment.has(ACK)) this.receiveOrdinary(segment)
  }

  /** RFC 9293, 3.10.7.3. */
  private receiveAnswer(segment: Segment): void {
    if (segment.has(ACK) && segment.ack !== 1) {
      if (!segment.has(RST)) this.out.transmit(resetFor(segment))
      return
    }
    if (!segment.has(ACK)) return
    if (segment.has(RST)) {
      this.fail('refused')
      return
    }
    if (!segment.has(SYN)) return
    this.input.begin(segment.seq + 1)
    this.edge = segment.ack + segment.window
    this.out.disarm('connect')
    this.open(segment.ack)
    this.sendAck(true, 'handshake-ACK')
    this.output()
  }

  private open(acknowledged: number): void {
    if (this.retries > 0) this.congestion.lostHandshake()
    this.measure(acknowledged)
    this.rto.restart()
    this.una = acknowledged
    this.retries = 0
    this.phase = 'open'
    this.stopTimer()
    if (this.keepAliveMicros > 0) this.keepAlive(this.keepAliveMicros)
    this.out.opened()
  }

  /** Only the very next sequence number resets; others in the window are asked to prove themselves (RFC 5961, 3.2). */
  private receiveReset(segment: Segment): void {
    if (segment.seq === this.input.next) {
      // Both directions are over: there is nobody to be told (RFC 9293, 3.10.7.4).
      if (this.input.ended && this.sent > this.finAt) this.release()
      else this.fail('reset')
    } else if (segment.seq > this.input.next && segment.seq < this.input.edge) this.sendAck(false)
  }

  private receiveSynAgain(): void {
    if (this.phase === 'syn-received') {
      this.timedEnd = -1
      this.transmitSyn(true)
    } else this.sendAck(false)
  }

  private receiveOrdinary(segment: Segment): void {
    if (this.phase === 'syn-received') {
      if (segment.ack !== this.sent) {
        this.out.transmit(resetFor(segment))
        return
      }
      this.edge = segment.ack + segment.window
      this.open(segment.ack)
    }
    if (segment.ack > this.sent || segment.seq > Math.max(this.input.edge, this.input.next)) {
      this.sendAck(false)
      return
    }
    this.ackOwed = 'none'
    const finWaited = this.una <= this.finAt
    this.takeAcknowledgement(segment)
    if (!this.takeContent(segment)) return
    this.progress(segment, finWaited)
    this.output()
    this.payAck()
  }

  private takeAcknowledgement(segment: Segment): void {
    const { ack } = segment
    const edge = ack + segment.window
    const opens = edge > this.edge
    if (opens) this.edge = edge
    if (ack > this.una) {
      const bytes = ack - this.una
      this.measure(ack)
      this.queue.drop(Math.min(bytes, this.queue.length))
      this.una = ack
      if (this.next < ack) this.next = ack
      this.retries = 0
      const again = this.congestion.acknowledged(bytes, ack, this.sent - ack)
      if (this.sent > ack) this.startTimer('acknowledgement', this.rto.micros)
      else this.stopTimer()
      if (again) this.resendFirst()
      this.out.writable()
    } else if (ack === this.una && this.sent > ack && segment.length === 0 && !opens) {
      if (this.congestion.duplicate(ack, this.sent)) this.resendFirst()
    }
    if (this.waitsFor === 'window') this.retries = 0
  }

  /** Returns false when there is nothing left to do. */
  private takeContent(segment: Segment): boolean {
    const { input } = this
    if (segment.length === 0) {
      // A probe, or an acknowledgement that was overtaken: both are below what is expected.
      if (segment.seq < input.next) this.ackOwed = 'plain'
      return true
    }
    const before = input.next
    if (this.detached && segment.seq + segment.payload.length > before) {
      this.abort()
      return false
    }
    const endedBefore = input.ended
    input.accept(segment.seq, segment.payload, segment.has(FIN))
    this.ackOwed = input.next === before && segment.seq > before ? 'duplicate' : 'plain'
    if (input.next > before) {
      if (input.ended && !endedBefore) this.closesFirst = this.sent > this.finAt
      this.out.readable()
    }
    return true
  }

  /** What follows from both FINs, or from one. */
  private progress(segment: Segment, finWaited: boolean): void {
    if (this.phase === 'time-wait') {
      if (segment.has(FIN)) this.out.arm('linger', LINGER_MICROS)
      return
    }
    if (this.una <= this.finAt) return
    if (!this.input.ended) {
      if (this.detached && finWaited) this.out.arm('linger', LINGER_MICROS)
    } else if (this.closesFirst) {
      this.phase = 'time-wait'
      this.out.disarm('keep-alive')
      this.out.arm('linger', LINGER_MICROS)
    } else {
      this.payAck()
      this.release()
    }
  }

  private payAck(): void {
    if (this.ackOwed !== 'none') this.sendAck(this.ackOwed === 'plain')
  }

  /** Sends what the windows allow. */
  private output(): void {
    if (this.phase !== 'open') return
    if (this.una === this.sent && this.out.now() - this.lastSent > this.rto.micros) this.congestion.idle()
    const end = Math.min(this.finAt, this.una + this.queue.length)
    for (;;) {
      const available = end - this.next
      const limit = Math.min(this.edge, this.una + this.congestion.allowance)
      const count = Math.min(SEGMENT_BYTES, available, limit - this.next)
      if (count > 0) {
        // Less than a segment only at the end of what there is, or if nothing else is on the way (RFC 1122, 4.2.3.4).
        if (count < SEGMENT_BYTES && count < available && this.next > this.una) break
      } else if (this.next !== this.finAt) break
      this.next = this.send(this.next, Math.max(0, count))
    }
    // Everything is acknowledged and still nothing may be sent: the peer's window is closed (RFC 9293, 3.8.6.1).
    if (this.una === this.sent && end > this.next && this.waitsFor === 'nothing') {
      this.probeDelay = this.rto.micros
      this.startTimer('window', this.probeDelay)
    }
  }

  /** Sends `count` bytes, and the FIN if it follows them; returns what comes next. */
  private send(seq: number, count: number): number {
    const payload = this.queue.view(seq - this.una, count)
    const fin = seq + count === this.finAt
    const label = count === 0 ? 'FIN' : fin ? 'data+FIN' : 'data'
    const end = seq + count + (fin ? 1 : 0)
    const again = seq < this.sent
    const window = this.input.window(true)
    // Karn's algorithm: after a retransmission nobody knows which copy an acknowledgement is for.
    if (again) this.timedEnd = -1
    else if (this.timedEnd < 0) {
      this.timedEnd = end
      this.timedAt = this.out.now()
    }
    if (end > this.sent) this.sent = end
    this.lastSent = this.out.now()
    this.ackOwed = 'none'
    this.out.transmit(new Segment(label, ACK | (fin ? FIN : 0), seq, this.input.next, window, payload, again))
    if (this.waitsFor !== 'acknowledgement') this.startTimer('acknowledgement', this.rto.micros)
    return end
  }

  private resendFirst(): void {
    const end = Math.min(this.finAt, this.una + this.queue.length, this.edge)
    this.next = Math.max(this.next, this.send(this.una, Math.min(SEGMENT_BYTES, end - this.una)))
  }

  private sendAck(fresh: boolean, label = 'ACK'): void {
    this.ackOwed = 'none'
    this.out.transmit(new Segment(label, ACK, this.sent, this.input.next, this.input.window(fresh)))
  }

  /** One below what the peer expects, so that it must answer (as Linux probes; RFC 1122, 4.2.3.6 for keep-alive). */
  private probe(): void {
    this.out.transmit(new Segment('probe', ACK, this.sent - 1, this.input.next, this.input.window(true)))
  }

  private sendSyn(): void {
    this.next = this.sent = this.timedEnd = 1
    this.timedAt = this.out.now()
    this.transmitSyn(false)
    this.startTimer('acknowledgement', this.rto.micros)
  }

  private transmitSyn(again: boolean): void {
    const window = this.input.window(true)
    const answer = this.phase === 'syn-received'
    const flags = answer ? SYN | ACK : SYN
    this.out.transmit(
      new Segment(answer ? 'SYN-ACK' : 'SYN', flags, 0, this.input.next, window, undefined, again),
    )
  }

  private measure(acknowledged: number): void {
    if (this.timedEnd < 0 || acknowledged < this.timedEnd) return
    this.timedEnd = -1
    this.rto.sample(this.out.now() - this.timedAt)
  }

  private startTimer(what: 'acknowledgement' | 'window', micros: number): void {
    this.waitsFor = what
    this.out.arm('retransmission', micros)
  }

  private stopTimer(): void {
    this.waitsFor = 'nothing'
    this.out.disarm('retransmission')
  }

  private retransmissionDue(): void {
    this.retries++
    if (this.waitsFor === 'window') {
      if (this.retries > RETRIES) {
        this.fail('timeout')
        return
      }
      this.probe()
      this.probeDelay = Math.min(this.probeDelay * 2, RTO_MAX)
      this.startTimer('window', this.probeDelay)
      return
    }
    this.rto.backOff()
    if (this.phase === 'open') this.retransmit()
    else if (this.phase === 'syn-received' && this.retries > SYN_ACK_RETRIES) this.fail('timeout')
    else {
      this.timedEnd = -1
      this.transmitSyn(true)
      this.startTimer('acknowledgement', this.rto.micros)
    }
  }

  private retransmit(): void {
    if (this.retries > RETRIES) {
      this.fail('timeout')
      return
    }
    this.congestion.timedOut(this.una, this.sent, this.retries === 1)
    // Everything after the first unacknowledged byte may be lost too: slow start sends it again, as far as the peer's
    // acknowledgements do not show that it has it.
    this.next = this.una
    this.waitsFor = 'nothing'
    this.output()
  }

  private keepAliveDue(): void {
    // While data waits for an acknowledgement, its retransmission is the probe.
    if (this.una === this.sent) {
      if (++this.keepAliveProbes > KEEP_ALIVE_PROBES) {
        this.fail('timeout')
        return
      }
      this.probe()
    }
    this.out.arm('keep-alive', this.keepAliveMicros)
  }

  private fail(reason: TcpFailure): void {
    if (this.phase === 'closed') return
    this.failure = reason
    this.queue.clear()
    this.input.clear()
    this.out.failed(reason)
    this.release()
  }

  private release(): void {
    if (this.phase === 'closed') return
    this.phase = 'closed'
    this.out.disarm('connect')
    this.out.disarm('retransmission')
    this.out.disarm('keep-alive')
    this.out.disarm('linger')
    this.out.released()
  }
}
