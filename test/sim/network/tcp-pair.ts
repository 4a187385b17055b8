// Two TCP state machines and a bad network between them, without nodes: what properties of the protocol are tested on.
// Applications are modelled too: a writer that keeps the send buffer full or takes its time, a reader that can stop.
import seedrandom from 'seedrandom'
import type { TcpFailure, TcpOutput, TcpTimer } from '../../../sim/network/tcp-connection.ts'
import { TcpConnection } from '../../../sim/network/tcp-connection.ts'
import { RawSource } from '../../../sim/network/payload.ts'
import { Reassembly } from '../../../sim/network/tcp-reassembly.ts'
import type { Segment } from '../../../sim/network/tcp-segment.ts'

export interface BadNetwork {
  readonly seed: number
  readonly loss: number
  readonly duplication: number
  /** One-way delay in microseconds, drawn between the two: reordering comes with it. */
  readonly delay: readonly [number, number]
}

export const perfect: BadNetwork = { seed: 1, loss: 0, duplication: 0, delay: [10_000, 10_000] }

interface Event {
  readonly at: number
  readonly serial: number
  readonly run: () => void
  cancelled: boolean
}

export interface Sent {
  readonly at: number
  readonly segment: Segment
}

export class Side implements TcpOutput {
  readonly tcp: TcpConnection
  readonly log: Sent[] = []
  readonly received: number[] = []
  isOpen = false
  failure: TcpFailure | undefined
  isReleased = false
  /** What is still to be written, and whether to end after that. */
  toWrite: Uint8Array = new Uint8Array(0)
  endsAfter = false
  reads = true
  /** Bytes of one write, and microseconds between two. */
  chunk = Infinity
  pace = 0
  private writesAt = 0
  private readonly pair: Pair
  private readonly timers = new Map<TcpTimer, Event>()

  constructor(pair: Pair, input: Reassembly) {
    this.pair = pair
    this.tcp = new TcpConnection(this, input)
  }

  now(): number {
    return this.pair.now
  }

  transmit(segment: Segment): void {
    this.log.push({ at: this.pair.now, segment })
    this.pair.carry(this, segment)
  }

  arm(timer: TcpTimer, micros: number): void {
    this.disarm(timer)
    this.timers.set(
      timer,
      this.pair.after(micros, () => {
        this.timers.delete(timer)
        this.tcp.timer(timer)
      }),
    )
  }

  disarm(timer: TcpTimer): void {
    const event = this.timers.get(timer)
    if (event !== undefined) event.cancelled = true
    this.timers.delete(timer)
  }

  opened(): void {
    this.isOpen = true
    this.soon()
  }

  readable(): void {
    this.soon()
  }

  writable(): void {
    this.soon()
  }

  failed(reason: TcpFailure): void {
    this.failure = reason
  }

  released(): void {
    this.isReleased = true
  }

  /** Lets the application run after the present event. */
  soon(): void {
    this.pair.after(0, () => {
      this.application()
    })
  }

  private application(): void {
    const { tcp } = this
    if (!this.isOpen || this.failure !== undefined) return
    if (this.reads && tcp.available > 0) this.received.push(...tcp.read(tcp.available).bytes())
    if (!tcp.writable) return
    const room = tcp.bufferEnd - tcp.writeEnd
    if (this.toWrite.length > 0 && room > 0 && this.pair.now >= this.writesAt) {
      const part = this.toWrite.subarray(0, Math.min(room, this.chunk))
      this.toWrite = this.toWrite.subarray(part.length)
      tcp.write(new RawSource(part))
      this.writesAt = this.pair.now + this.pace
      this.pair.after(this.pace, () => {
        this.application()
      })
    }
    if (this.toWrite.length === 0 && this.endsAfter) tcp.end()
  }
}

export class Pair {
  now = 0
  readonly client: Side
  readonly server: Side
  /** While true, nothing arrives. */
  isCut = false
  /** Decides about single segments before chance does. */
  lose: (from: Side, segment: Segment) => boolean = () => false
  private readonly network: BadNetwork
  private readonly draw: () => number
  private events: Event[] = []
  private serial = 0
  private steps = 0

  constructor(network: BadNetwork, makeInput: () => Reassembly = () => new Reassembly()) {
    this.network = network
    this.draw = seedrandom(`network ${network.seed}`)
    this.client = new Side(this, makeInput())
    this.server = new Side(this, makeInput())
  }

  after(micros: number, run: () => void): Event {
    const event: Event = { at: this.now + micros, serial: this.serial++, run, cancelled: false }
    this.events.push(event)
    return event
  }

  carry(from: Side, segment: Segment): void {
    const { loss, duplication, delay } = this.network
    const [low, high] = delay
    const to = from === this.client ? this.server : this.client
    if (this.isCut || this.lose(from, segment) || this.draw() < loss) return
    const copies = this.draw() < duplication ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      this.after(Math.round(low + (high - low) * this.draw()), () => {
        if (!this.isCut) this.deliver(to, segment)
      })
    }
  }

  private deliver(to: Side, segment: Segment): void {
    if (to === this.server && to.tcp.state === 'CLOSED' && !to.isReleased) {
      if (segment.label === 'SYN') to.tcp.acceptSyn(segment)
    } else to.tcp.receive(segment)
  }

  /** Runs until nothing is left to happen or the time is over. */
  run(until: number): void {
    for (;;) {
      let first: Event | undefined
      this.events = this.events.filter((event) => !event.cancelled)
      for (const event of this.events) {
        if (
          first === undefined ||
          event.at < first.at ||
          (event.at === first.at && event.serial < first.serial)
        ) {
          first = event
        }
      }
      if (first === undefined || first.at > until) break
      this.events.splice(this.events.indexOf(first), 1)
      this.now = first.at
      first.run()
      if (++this.steps > 8_000) throw new Error('an endless conversation')
    }
    this.now = until
  }
}

export const seconds = (count: number): number => count * 1_000_000

/** Bytes in which a lost, doubled or swapped one shows. */
export function pattern(length: number, salt = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8) * 7 + salt) & 255)
}
