/**
 * What may come next: given the calls that have been placed so far, a frontier tells those that may follow. The search
 * is the same for every kind of consistency; what differs is this.
 *
 * Calls are numbered 0, 1, 2 ... `required` calls must be placed, the others (of unknown outcome) may be.
 */
export interface Frontier {
  /** The first candidate, or -1: required ones first. */
  first(): number
  /** The candidate after `call`, which is one itself or has just been taken; -1: there are no more. */
  after(call: number): number
  /** Places a candidate. */
  take(call: number): void
  /** Takes back the call that was placed last of those that still are. */
  undo(call: number): void
  /** The most integers that `encode` writes. */
  readonly width: number
  /** Writes which calls are placed, the same integers for the same calls; returns the position behind them. */
  encode(row: Int32Array, at: number): number
}

/** Calls as the frontiers need them. Positions are of one order of all beginnings and ends; no two are equal. */
export interface Span {
  /** Number of the process. */
  readonly process: number
  readonly from: number
  /** Where it ended; Infinity if that is not known. */
  readonly to: number
  readonly required: boolean
  /** Number of the kind of call, with its object. */
  readonly kind: number
}

/** Placed or not, for optional calls: one bit each. */
export class TakenBits {
  private readonly words: Int32Array
  private top = -1

  constructor(count: number) {
    this.words = new Int32Array((count + 31) >> 5)
  }

  get width(): number {
    return this.words.length
  }

  has(bit: number): boolean {
    return ((this.words[bit >> 5] as number) & (1 << (bit & 31))) !== 0
  }

  add(bit: number): void {
    const word = bit >> 5
    this.words[word] = (this.words[word] as number) | (1 << (bit & 31))
    if (word > this.top) this.top = word
  }

  delete(bit: number): void {
    const word = bit >> 5
    this.words[word] = (this.words[word] as number) & ~(1 << (bit & 31))
  }

  /** Writes the words from `word` to the last that is not 0; returns the position behind them. */
  encode(row: Int32Array, at: number, word = 0): number {
    while (this.top >= 0 && this.words[this.top] === 0) this.top--
    let end = at
    for (let i = word; i <= this.top; i++) row[end++] = this.words[i] as number
    return end
  }
}

/**
 * Real time: a call may come next if no call that must be placed ended before it began. Calls and ends stand in a doubly
 * linked list in their order in time, out of which a placed call is lifted and into which it is put back (the
 * formulation of Wing and Gong, "Testing and verifying concurrent objects", JPDC 17, 1993, with the list of Lowe 2017).
 */
export class RealTimeFrontier implements Frontier {
  readonly width: number
  private readonly spans: readonly Span[]
  /** Node c is the beginning of call c, node n + c its end, node 2n the head. */
  private readonly next: Int32Array
  private readonly before: Int32Array
  private readonly head: number
  /** Optional calls, in order of beginning. */
  private readonly optional: readonly number[]
  /** The position of a call among the required or the optional ones. */
  private readonly rank: Int32Array
  /** Of two calls that do the same, one began and ended no later: it can be placed first. -1: there is none. */
  private readonly elder: Int32Array
  private readonly taken: Uint8Array
  private readonly requiredBits: TakenBits
  private readonly optionalBits: TakenBits

  constructor(spans: readonly Span[]) {
    const count = spans.length
    this.spans = spans
    this.head = 2 * count
    this.next = new Int32Array(2 * count + 1).fill(-1)
    this.before = new Int32Array(2 * count + 1).fill(-1)
    this.rank = new Int32Array(count)
    this.taken = new Uint8Array(count)
    const calls = Array.from(spans.keys()).sort((a, b) => (spans[a] as Span).from - (spans[b] as Span).from)
    const required = calls.filter((call) => (spans[call] as Span).required)
    this.optional = calls.filter((call) => !(spans[call] as Span).required)
    for (const list of [required, this.optional]) list.forEach((call, rank) => (this.rank[call] = rank))
    this.requiredBits = new TakenBits(required.length)
    this.optionalBits = new TakenBits(this.optional.length)
    this.width = this.requiredBits.width + this.optionalBits.width + 2
    this.elder = eldersOf(spans, calls)

    const nodes = required.flatMap((call) => [call, count + call])
    const position = (node: number): number =>
      node < count ? (spans[node] as Span).from : (spans[node - count] as Span).to
    nodes.sort((a, b) => position(a) - position(b))
    let last = this.head
    for (const node of nodes) {
      this.next[last] = node
      this.before[node] = last
      last = node
    }
  }

  first(): number {
    return this.required(this.next[this.head] as number)
  }

  after(call: number): number {
    if (!(this.spans[call] as Span).required) return this.optionalFrom((this.rank[call] as number) + 1)
    return this.required(this.next[call] as number)
  }

  take(call: number): void {
    this.taken[call] = 1
    const rank = this.rank[call] as number
    if (!(this.spans[call] as Span).required) {
      this.optionalBits.add(rank)
      return
    }
    this.requiredBits.add(rank)
    // The end first: what a lifted call still has as its next node is then never its own end.
    this.lift(this.spans.length + call)
    this.lift(call)
  }

  undo(call: number): void {
    this.taken[call] = 0
    const rank = this.rank[call] as number
    if (!(this.spans[call] as Span).required) {
      this.optionalBits.delete(rank)
      return
    }
    this.requiredBits.delete(rank)
    this.putBack(call)
    this.putBack(this.spans.length + call)
  }

  encode(row: Int32Array, at: number): number {
    // Everything before the first call that is not placed is placed: only what is beyond must be told.
    const start = this.next[this.head] as number
    const word = start < 0 ? 0 : (this.rank[start] as number) >> 5
    row[at] = word
    const end = this.requiredBits.encode(row, at + 2, word)
    row[at + 1] = end - at
    return this.optionalBits.encode(row, end)
  }

  /** The first candidate from a node of the list on. */
  private required(node: number): number {
    for (let at = node; at >= 0 && at < this.spans.length; at = this.next[at] as number) {
      const elder = this.elder[at] as number
      if (elder < 0 || this.taken[elder] === 1) return at
    }
    return this.optionalFrom(0)
  }

  private optionalFrom(rank: number): number {
    if (rank >= this.optional.length) return -1
    const limit = this.firstEnd()
    for (let i = rank; i < this.optional.length; i++) {
      const call = this.optional[i] as number
      if ((this.spans[call] as Span).from > limit) return -1
      const elder = this.elder[call] as number
      if (this.taken[call] === 0 && (elder < 0 || this.taken[elder] === 1)) return call
    }
    return -1
  }

  /** Where the first required call that is not placed ends: nothing that began later may come before it. */
  private firstEnd(): number {
    let node = this.next[this.head] as number
    while (node >= 0 && node < this.spans.length) node = this.next[node] as number
    return node < 0 ? Infinity : (this.spans[node - this.spans.length] as Span).to
  }

  private lift(node: number): void {
    const { next, before } = this
    const ahead = next[node] as number
    next[before[node] as number] = ahead
    if (ahead >= 0) before[ahead] = before[node] as number
  }

  private putBack(node: number): void {
    const { next, before } = this
    const ahead = next[node] as number
    next[before[node] as number] = node
    if (ahead >= 0) before[ahead] = node
  }
}

function eldersOf(spans: readonly Span[], calls: readonly number[]): Int32Array {
  const elders = new Int32Array(spans.length).fill(-1)
  const byKind = new Map<number, number[]>()
  for (const call of calls) {
    const { kind, to } = spans[call] as Span
    const same = byKind.get(kind)
    if (same === undefined) {
      byKind.set(kind, [call])
      continue
    }
    elders[call] = same.findLast((one) => (spans[one] as Span).to <= to) ?? -1
    same.push(call)
  }
  return elders
}

/**
 * Program order alone: a call may come next if its process has had all its earlier ones. A call of unknown outcome may
 * take effect at any time after those, also when its process has long gone on. Calls of one process that overlap each
 * other are taken to be of several processes.
 */
export class ProgramFrontier implements Frontier {
  readonly width: number
  private readonly spans: readonly Span[]
  /** The required calls of each process, in order. */
  private readonly lanes: readonly (readonly number[])[]
  /** How many calls of each lane are placed. */
  private readonly placed: Int32Array
  private readonly lane: Int32Array
  private readonly optional: readonly number[]
  /** How many calls of its lane an optional call comes after. */
  private readonly since: Int32Array
  private readonly rank: Int32Array
  private readonly elder: Int32Array
  private readonly bits: TakenBits

  constructor(spans: readonly Span[]) {
    const calls = Array.from(spans.keys()).sort((a, b) => (spans[a] as Span).from - (spans[b] as Span).from)
    this.spans = spans
    this.lane = new Int32Array(spans.length)
    this.since = new Int32Array(spans.length)
    this.rank = new Int32Array(spans.length)
    this.elder = new Int32Array(spans.length).fill(-1)
    const lanes: number[][] = []
    const optional: number[] = []
    const ofProcess = new Map<number, number[]>()
    for (const call of calls) {
      const { process, from, required } = spans[call] as Span
      let own = ofProcess.get(process)
      if (own === undefined) ofProcess.set(process, (own = []))
      let lane = own.find((one) => {
        const last = lanes[one]?.at(-1)
        return last === undefined || (spans[last] as Span).to < from
      })
      if (lane === undefined) {
        lane = lanes.push([]) - 1
        own.push(lane)
      }
      this.lane[call] = lane
      if (required) lanes[lane]?.push(call)
      else {
        this.since[call] = lanes[lane]?.length ?? 0
        this.rank[call] = optional.push(call) - 1
      }
    }
    const lastOf = new Map<string, number>()
    for (const call of optional) {
      const key = `${this.lane[call]} ${(spans[call] as Span).kind}`
      this.elder[call] = lastOf.get(key) ?? -1
      lastOf.set(key, call)
    }
    this.lanes = lanes
    this.optional = optional
    this.placed = new Int32Array(lanes.length)
    this.bits = new TakenBits(optional.length)
    this.width = lanes.length + this.bits.width
  }

  first(): number {
    return this.fromLane(0)
  }

  after(call: number): number {
    if (!(this.spans[call] as Span).required) return this.optionalFrom((this.rank[call] as number) + 1)
    const lane = this.lane[call] as number
    const next = this.lanes[lane]?.[this.placed[lane] as number]
    return next === call ? this.fromLane(lane + 1) : (next ?? this.fromLane(lane + 1))
  }

  take(call: number): void {
    if (!(this.spans[call] as Span).required) this.bits.add(this.rank[call] as number)
    else {
      const lane = this.lane[call] as number
      this.placed[lane] = (this.placed[lane] as number) + 1
    }
  }

  undo(call: number): void {
    if (!(this.spans[call] as Span).required) this.bits.delete(this.rank[call] as number)
    else {
      const lane = this.lane[call] as number
      this.placed[lane] = (this.placed[lane] as number) - 1
    }
  }

  encode(row: Int32Array, at: number): number {
    row.set(this.placed, at)
    return this.bits.encode(row, at + this.placed.length)
  }

  private fromLane(lane: number): number {
    for (let one = lane; one < this.lanes.length; one++) {
      const call = this.lanes[one]?.[this.placed[one] as number]
      if (call !== undefined) return call
    }
    return this.optionalFrom(0)
  }

  private optionalFrom(rank: number): number {
    for (let i = rank; i < this.optional.length; i++) {
      const call = this.optional[i] as number
      if ((this.placed[this.lane[call] as number] as number) < (this.since[call] as number)) continue
      const elder = this.elder[call] as number
      if (!this.bits.has(i) && (elder < 0 || this.bits.has(this.rank[elder] as number))) return call
    }
    return -1
  }
}
