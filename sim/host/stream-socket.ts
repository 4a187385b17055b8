/**
 * One side of a stream connection on its machine: ties the TCP state machine to events and records, and a node's code
 * to the state machine. Everything that a node's code may wait for is settled in an event of its own, even if it is
 * known at once: a loop that never waits would otherwise hang the simulator, and not only the simulated node.
 */
import type { Address } from '../kernel/address.ts'
import { CallerError, invariant, show } from '../kernel/errors.ts'
import type { Duration } from '../kernel/time.ts'
import { micros } from '../kernel/time.ts'
import { decodeFrame, Frame, FRAME_BYTES, FRAME_HEADER_BYTES, frameLength } from '../network/frames.ts'
import type { Source } from '../network/payload.ts'
import type { Piece } from '../network/payload.ts'
import { Payload, RawSource } from '../network/payload.ts'
import { kindCode } from '../trace/records.ts'
import type { StreamConnection, StreamFailure, StreamResult } from '../network/stream-face.ts'
import type { TcpFailure, TcpOutput, TcpTimer } from '../network/tcp-connection.ts'
import { TcpConnection } from '../network/tcp-connection.ts'
import type { Segment } from '../network/tcp-segment.ts'
import type { LocalNode } from './local-node.ts'
import type { Machine } from './machine.ts'
import type { StreamService } from './stream-service.ts'
import type { Task } from './tasks.ts'

/** A task that waits for something of a connection. */
export interface StreamWait {
  readonly node: LocalNode
  readonly task: Task
  /** Runs when the process runs: what settles the promise, or undefined to go on waiting. */
  readonly attempt: () => (() => void) | undefined
}

/** A write whose bytes are not all in the send buffer, or whose writer has not been told yet. */
interface PendingWrite {
  readonly wait: StreamWait
  /** Position in the outgoing flow after its last byte. */
  readonly end: number
  woken: boolean
}

const STREAM = kindCode('stream')

/** What the walker counts for `{ connection: '', value }` besides the value. */
const ENVELOPE_BYTES = 5

const encoder = new TextEncoder()
const DONE: StreamResult<undefined> = { ok: true, value: undefined }

export class StreamSocket implements TcpOutput {
  readonly tcp: TcpConnection
  readonly machine: Machine
  readonly peerId: number
  /** Number of the connection on the machine that opened it. */
  readonly port: number
  readonly isOpener: boolean
  readonly name: string
  /** The incarnation it belongs to; null when that has ended and the machine is closing the connection. */
  node: LocalNode | null
  private readonly service: StreamService
  private readonly slots = new Map<TcpTimer, number>()
  private accepted = false
  private opening: StreamWait | null = null
  private reader: StreamWait | null = null
  private readerWoken = false
  private writers: PendingWrite[] = []
  /** Record that last brought something to read. */
  private readableCause = 0
  /** Parts of a frame that have been taken out of the receive buffer. */
  private frame: { readonly length: number; readonly pieces: Piece[]; filled: number } | null = null
  private garbled = false

  constructor(
    service: StreamService,
    machine: Machine,
    node: LocalNode,
    peerId: number,
    port: number,
    isOpener: boolean,
  ) {
    this.service = service
    this.machine = machine
    this.node = node
    this.peerId = peerId
    this.port = port
    this.isOpener = isOpener
    this.name = service.nameOf(isOpener ? machine.id : peerId, port)
    this.tcp = new TcpConnection(this)
  }

  get peer(): Address {
    return this.service.sim.nodeAddress(this.peerId)
  }

  /** The face for the process that has opened or accepted it. */
  take(): StreamConnection {
    this.accepted = true
    return new Connection(this)
  }

  /** Records something about this connection, caused by the current event; returns the record's id. */
  note(kind: 'connect' | 'stream' | 'timer' | 'timeout', type: string, detail: object = {}): number {
    return this.service.sim.note(kind, this.machine.id, type, { connection: this.name, ...detail })
  }

  // What the state machine needs.

  now(): number {
    const { now } = this.service.sim.kernel
    return this.machine.extras?.clock?.monotonicAt(now) ?? now
  }

  transmit(segment: Segment): void {
    this.service.transmit(this.machine.id, this.peerId, this.port, this.isOpener, this.name, segment)
  }

  arm(timer: TcpTimer, localMicros: number): void {
    this.disarm(timer)
    this.slots.set(timer, this.service.arm(this, timer, localMicros))
  }

  disarm(timer: TcpTimer): void {
    const slot = this.slots.get(timer)
    if (slot === undefined) return
    this.service.sim.kernel.cancel(slot)
    this.slots.delete(timer)
  }

  timerFired(timer: TcpTimer): void {
    this.slots.delete(timer)
    if (timer !== 'connect') this.service.sim.kernel.cause = this.note('timer', timer)
    this.tcp.timer(timer)
  }

  opened(): void {
    if (!this.isOpener) this.service.offer(this)
    else if (this.opening !== null) this.service.wake(this.opening, this.service.sim.kernel.cause)
  }

  readable(): void {
    this.readableCause = this.service.sim.kernel.cause
    this.wakeReader()
  }

  writable(): void {
    const { cause } = this.service.sim.kernel
    for (const writer of this.writers) {
      if (writer.woken) continue
      if (writer.end > this.tcp.bufferEnd) break
      writer.woken = true
      this.service.wake(writer.wait, cause)
    }
  }

  failed(reason: TcpFailure): void {
    const { kernel } = this.service.sim
    if (reason === 'timeout') kernel.cause = this.note('timeout', this.tcp.wasOpened ? 'stream' : 'connect')
    if (this.opening !== null) this.service.wake(this.opening, kernel.cause)
    this.readableCause = kernel.cause
    this.wakeReader()
    for (const writer of this.writers) {
      if (!writer.woken) this.service.wake(writer.wait, kernel.cause)
      writer.woken = true
    }
  }

  released(): void {
    this.service.endpoint(this.machine).forget(this)
  }

  // What ends it from outside.

  /** The process is gone, the machine is not. */
  detach(): void {
    this.node = null
    if (this.accepted || this.isOpener) this.tcp.detach()
    else this.tcp.abort()
  }

  /** The machine is gone. */
  vanish(): void {
    this.node = null
    for (const slot of this.slots.values()) this.service.sim.kernel.cancel(slot)
    this.slots.clear()
  }

  // What a process does.

  /** Waits for the end of the handshake. */
  waitUntilOpen(): Promise<StreamResult<StreamConnection>> {
    return new Promise((resolve) => {
      this.opening = this.wait(() => {
        this.opening = null
        const { failure } = this.tcp
        if (failure !== undefined) return settled(resolve, failure)
        this.service.sim.kernel.cause = this.note('connect', 'open')
        const value = this.take()
        return () => {
          resolve({ ok: true, value })
        }
      })
    })
  }

  write(bytes: Uint8Array | string): Promise<StreamResult<undefined>> {
    this.check('write')
    if (typeof bytes !== 'string' && !(bytes instanceof Uint8Array)) {
      throw new CallerError(`connection.write(${show(bytes)})`, { expected: 'a Uint8Array or a string' })
    }
    if (typeof bytes === 'string') {
      const record = this.open ? this.note('stream', 'write', { text: bytes }) : undefined
      return this.put(new RawSource(encoder.encode(bytes)), record)
    }
    const own = bytes.slice()
    return this.put(new RawSource(own), this.open ? this.note('stream', 'write', { bytes: own }) : undefined)
  }

  send(value: unknown): Promise<StreamResult<undefined>> {
    this.check('send')
    const frame = this.frameOf(value)
    return this.put(frame, this.open ? this.noteFrame(frame) : undefined)
  }

  post(value: unknown): void {
    this.check('post')
    const frame = this.frameOf(value)
    if (this.open) this.pour(frame, this.noteFrame(frame))
  }

  /** Whether bytes written now may still arrive. */
  private get open(): boolean {
    return this.node !== null && this.tcp.writable
  }

  /** The frame of a copy of the value. Leaves the hash of the record that says it is sent in the walker. */
  private frameOf(value: unknown): Frame {
    const { walker } = this.service.sim.recorder
    // One walk copies the value and hashes the record's data, which it is a part of.
    const { value: copy } = walker.copy({ connection: this.name, value }, 'connection.send')
    const frame = new Frame(copy, walker.size - ENVELOPE_BYTES - this.name.length)
    if (frame.length > FRAME_HEADER_BYTES + FRAME_BYTES) {
      throw new CallerError(`connection.send: a value of ${frame.length} bytes`, {
        expected: `at most ${FRAME_BYTES} bytes in a frame`,
      })
    }
    return frame
  }

  /** Records that a frame is sent, whose hash {@link frameOf} has left in the walker. */
  private noteFrame({ value }: Frame): number {
    const { kernel, recorder, strings } = this.service.sim
    const data = { connection: this.name, value }
    return recorder.recordMessage(
      kernel.now,
      STREAM,
      this.machine.id,
      kernel.cause,
      -1,
      strings.id('send'),
      data,
    )
  }

  private pour(source: Source, record: number): void {
    const { kernel } = this.service.sim
    const call = kernel.cause
    kernel.cause = record
    this.tcp.write(source)
    kernel.cause = call
  }

  /** Writes, and waits until all of it is in the send buffer. `record`: of the call, if it could be made. */
  private put(source: Source, record: number | undefined): Promise<StreamResult<undefined>> {
    const { service, tcp } = this
    return new Promise((resolve) => {
      const end = tcp.writeEnd + source.length
      const writer: PendingWrite = {
        end,
        woken: false,
        wait: this.wait(() => {
          this.writers.splice(this.writers.indexOf(writer), 1)
          if (record === undefined) return settled(resolve, tcp.failure ?? 'closed')
          // Once all of it was in the buffer the write has succeeded, whatever happened to the connection since.
          if (tcp.failure !== undefined && end > tcp.bufferEnd) return settled(resolve, tcp.failure)
          return () => {
            resolve(DONE)
          }
        }),
      }
      this.writers.push(writer)
      if (record !== undefined) this.pour(source, record)
      if (record === undefined || end <= tcp.bufferEnd) {
        writer.woken = true
        service.wake(writer.wait, record ?? service.sim.kernel.cause)
      }
    })
  }

  read(): Promise<StreamResult<Uint8Array | undefined>> {
    return this.reading('read', () => {
      const { available } = this.tcp
      if (available === 0) return undefined
      return { ok: true, value: this.consume('read', available).bytes() }
    })
  }

  receive<T>(): Promise<StreamResult<T | undefined>> {
    return this.reading('receive', () => this.nextFrame() as StreamResult<T> | undefined)
  }

  private reading<T>(
    what: string,
    look: () => StreamResult<T> | undefined,
  ): Promise<StreamResult<T | undefined>> {
    this.check(what)
    if (this.reader !== null) {
      throw new CallerError(`connection.${what}() on ${this.name} while another read waits`, {
        expected: 'one read at a time',
      })
    }
    return new Promise((resolve) => {
      this.reader = this.wait(() => {
        this.readerWoken = false
        const result = look() ?? this.noMore()
        if (result === undefined) return undefined
        if (result === DONE) this.service.sim.kernel.cause = this.note('stream', 'end')
        this.reader = null
        return () => {
          resolve(result)
        }
      })
      if (this.tcp.available > 0 || this.noMore() !== undefined) this.wakeReader()
    })
  }

  /** Why there is nothing more to read, if so. */
  private noMore(): StreamResult<undefined> | undefined {
    const { failure, peerEnded } = this.tcp
    if (this.garbled) return failing('garbled')
    if (failure !== undefined) return failing(failure)
    if (!peerEnded || this.tcp.available > 0) return undefined
    return this.frame === null ? DONE : failing('garbled')
  }

  private wakeReader(): void {
    if (this.reader === null || this.readerWoken) return
    this.readerWoken = true
    // What has arrived and the call that asks for it both lead to the read: the later one is its cause.
    this.service.wake(this.reader, Math.max(this.readableCause, this.service.sim.kernel.cause))
  }

  /** Takes bytes out of the receive buffer for the process, and says so. */
  private consume(type: string, count: number): Payload {
    this.service.sim.kernel.cause = this.note('stream', type, { length: count })
    return this.tcp.read(count)
  }

  /** One frame, as soon as all of it is there; large ones are taken in parts, lest they fill the receive buffer. */
  private nextFrame(): StreamResult<unknown> | undefined {
    const { tcp } = this
    if (this.frame === null) {
      if (tcp.available < FRAME_HEADER_BYTES) {
        return tcp.peerEnded && tcp.available > 0 ? this.refuseFrame() : undefined
      }
      const length = frameLength(tcp.peek(FRAME_HEADER_BYTES))
      if (length === undefined) return this.refuseFrame()
      this.frame = { length, pieces: [...tcp.read(FRAME_HEADER_BYTES).pieces], filled: 0 }
    }
    const { frame } = this
    const part = Math.min(tcp.available, frame.length - frame.filled)
    const isWhole = frame.filled + part === frame.length
    if (part > 0 || isWhole) {
      frame.pieces.push(...this.consume(isWhole ? 'receive' : 'read', part).pieces)
      frame.filled += part
    }
    if (!isWhole) return undefined
    this.frame = null
    const payload = new Payload(frame.pieces, FRAME_HEADER_BYTES + frame.length)
    const decoded = decodeFrame(payload, (name) => this.service.sim.find(name)?.address)
    return decoded === undefined ? this.refuseFrame() : { ok: true, value: decoded.value }
  }

  /** Nothing that follows can be told apart either. */
  private refuseFrame(): StreamResult<unknown> {
    this.garbled = true
    this.tcp.abort()
    return failing('garbled')
  }

  end(): void {
    this.check('end')
    this.tcp.end()
  }

  abort(): void {
    this.check('abort')
    this.tcp.abort()
  }

  keepAlive(after: Duration): void {
    this.check('keepAlive')
    this.tcp.keepAlive(micros(after, 'keepAlive'))
  }

  private wait(attempt: StreamWait['attempt']): StreamWait {
    const node = this.node ?? this.service.sim.active
    invariant(node !== null, 'a node that waits is running')
    const task = this.service.sim.currentTask(node)
    task.pending++
    return { node, task, attempt }
  }

  /** Refuses use from outside the events of the node that it belongs to. */
  private check(what: string): void {
    const { active } = this.service.sim
    if (active !== null && active.machine === this.machine) return
    throw new CallerError(
      `connection.${what}() on ${this.name} was called ${active === null ? 'outside the simulation' : `by ${active.name}`}`,
      { expected: `to be called by ${this.machine.name}, which the connection belongs to` },
    )
  }
}

/** What a node's code holds. */
class Connection implements StreamConnection {
  readonly #socket: StreamSocket

  constructor(socket: StreamSocket) {
    this.#socket = socket
  }

  get peer(): Address {
    return this.#socket.peer
  }

  write(bytes: Uint8Array | string): Promise<StreamResult<undefined>> {
    return this.#socket.write(bytes)
  }

  read(): Promise<StreamResult<Uint8Array | undefined>> {
    return this.#socket.read()
  }

  send(value: unknown): Promise<StreamResult<undefined>> {
    return this.#socket.send(value)
  }

  post(value: unknown): void {
    this.#socket.post(value)
  }

  receive<T = unknown>(): Promise<StreamResult<T | undefined>> {
    return this.#socket.receive<T>()
  }

  end(): void {
    this.#socket.end()
  }

  abort(): void {
    this.#socket.abort()
  }

  keepAlive(after: Duration): void {
    this.#socket.keepAlive(after)
  }
}

function failing(reason: StreamFailure): { readonly ok: false; readonly reason: StreamFailure } {
  return { ok: false, reason }
}

function settled(
  resolve: (result: { readonly ok: false; readonly reason: StreamFailure }) => void,
  reason: StreamFailure,
): () => void {
  return () => {
    resolve(failing(reason))
  }
}
