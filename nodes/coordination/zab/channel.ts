/**
 * A connection between two servers as both ends use it: messages in order, several in a frame, and a limit on how long
 * the other end may be silent (`SO_TIMEOUT` of its socket). Everything that was posted in one event goes into one write.
 *
 * A pause of this process does not count against the peer: what has arrived meanwhile is read before the limit is judged,
 * as a read that was interrupted by a pause finds it in the socket's buffer.
 */
import type { Node, StreamConnection, Timer } from 'orrery-sim'

/** Messages larger than this in sum go into frames of their own. */
const FRAME_BYTES = 1_000_000

export class Channel<Out, In> {
  private readonly node: Node
  private readonly connection: StreamConnection
  private readonly weigh: (message: Out) => number
  private outbox: Out[] = []
  private inbox: readonly In[]
  private isFlushing = false
  private isClosed = false
  private limit = 0
  private heardAt = 0
  private timer: Timer | undefined

  /** `weigh`: about how many bytes a message takes; `received`: what was read from the connection already. */
  constructor(
    node: Node,
    connection: StreamConnection,
    weigh: (message: Out) => number,
    received: readonly In[] = [],
  ) {
    this.inbox = received
    this.node = node
    this.connection = connection
    this.weigh = weigh
  }

  get closed(): boolean {
    return this.isClosed
  }

  /** The last message that waits to be written: it may still be added to. */
  get lastPosted(): Out | undefined {
    return this.outbox[this.outbox.length - 1]
  }

  post(message: Out): void {
    if (this.isClosed) return
    this.outbox.push(message)
    if (this.isFlushing) return
    this.isFlushing = true
    this.node.after(0, () => {
      this.flush()
    })
  }

  /** How many milliseconds may pass without a frame before the connection is given up. */
  setTimeout(limit: number): void {
    this.limit = limit
    this.heardAt = this.node.clock.monotonic()
    this.watch(limit)
  }

  /** The next message; undefined when the connection is over. Not to be mixed with a pending `batch`. */
  async next(): Promise<In | undefined> {
    while (this.inbox.length === 0) {
      const batch = await this.batch()
      if (batch === undefined) return undefined
      this.inbox = batch
    }
    const [first, ...rest] = this.inbox
    this.inbox = rest
    return first
  }

  /** All that came in the next frame; undefined when the connection is over. */
  async batch(): Promise<readonly In[] | undefined> {
    if (this.inbox.length > 0) {
      const { inbox } = this
      this.inbox = []
      return inbox
    }
    const result = await this.connection.receive<readonly In[]>()
    if (this.isClosed) return undefined
    if (!result.ok || result.value === undefined || !Array.isArray(result.value)) {
      this.close()
      return undefined
    }
    this.heardAt = this.node.clock.monotonic()
    return result.value as readonly In[]
  }

  /** Ends it at once for both sides; what was posted and not written yet is lost. */
  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.timer?.cancel()
    this.outbox = []
    this.connection.abort()
  }

  private flush(): void {
    this.isFlushing = false
    let frame: Out[] = []
    let bytes = 0
    for (const message of this.outbox) {
      const weight = this.weigh(message)
      if (frame.length > 0 && bytes + weight > FRAME_BYTES) {
        this.connection.post(frame)
        frame = []
        bytes = 0
      }
      frame.push(message)
      bytes += weight
    }
    this.outbox = []
    if (frame.length > 0) this.connection.post(frame)
  }

  private watch(delay: number): void {
    this.timer?.cancel()
    this.timer = this.node.after(delay, () => {
      const left = this.limit - (this.node.clock.monotonic() - this.heardAt)
      if (left <= 0) this.close()
      else this.watch(Math.max(1, left))
    })
  }
}
