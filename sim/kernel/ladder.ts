// The far part of the event queue: a ladder of rungs, each a row of buckets, each bucket a list of chunks of
// unsorted records. The first rung covers all keys in wide buckets; when the queue reaches a bucket with many
// records, these are spread over a new, finer rung; one with few is sorted and handed over. So a record is
// moved a few times, always in sequence, and compared only with its neighbours.
//
// Follows the idea of the ladder queue (Tang, Goh, Thng, "Ladder queue: an O(1) priority queue structure for
// large-scale discrete event simulation", ACM TOMACS 15(3), 2005), with these differences: buckets hold chunks
// of 16 records in one pool instead of linked events; the last bucket of a rung takes all keys beyond it, which
// is what the paper's "top" does for the first rung only; bucket widths follow the mean, not the range, so that
// exponential delays do not crowd the first buckets.
//
// Two invariants carry the order. A bucket is always found by the same monotone function of the key,
// floor((key - START) * SCALE) capped at COUNT, never by computed borders, so rounding cannot put a later key
// before an earlier one. And records are moved from bucket to bucket in the order in which they came, so equal
// keys keep it.
import { DOUBLES, SLOT, TIE, WORDS } from './records.ts'
import type { Records } from './records.ts'

const CHUNK_SHIFT = 4
const CHUNK = 1 << CHUNK_SHIFT
/** More streams of writes than this leave the cache. */
const MAX_BUCKETS = 2048
/** A rung narrows the range at least by this factor, so of 53 bits no more than 14 rungs can be made. */
const MIN_BUCKETS = 16
/** Records wanted in a bucket; measured: 1 to 3 make little difference. */
const PER_BUCKET = 2
/** A bucket with no more records than this is sorted by insertion. */
const SORT_LIMIT = 16
/** Chunks that are kept when the ladder is empty: 1 MiB. */
const KEPT_CHUNKS = 4096

// A rung is four doubles, a bucket two integers.
const RUNG = 4
const START = 0 // key of the left end
const SCALE = 1 // buckets per unit of key
const NEXT = 2 // first bucket not yet reached
const COUNT = 3 // buckets, without the one for keys beyond the rung
const STRIDE = 2 * (MAX_BUCKETS + 1)
const HEAD = 0 // first chunk; 0 is none
const END = 1 // position in the pool after the last record; 0 when empty

export class Ladder {
  /** Rungs in use; none: the ladder is empty and takes nothing. */
  depth = 0
  private rungs = new Float64Array(0)
  private buckets = new Int32Array(0)
  private pool = new Float64Array(16 * CHUNK * DOUBLES)
  private poolWords = new Uint32Array(this.pool.buffer)
  /** Next chunk in the same bucket or in the list of free ones. */
  private links = new Int32Array(16)
  private free = 0
  private used = 1

  /** Keeps the record if its key lies in a bucket not yet reached; false if it belongs before all of them. */
  push(key: number, tie: number, slot: number): boolean {
    const rungs = this.rungs
    const depth = this.depth
    for (let rung = 0; rung < depth; rung++) {
      const r = rung * RUNG
      const x = (key - (rungs[r + START] as number)) * (rungs[r + SCALE] as number)
      if (x >= (rungs[r + NEXT] as number)) {
        const count = rungs[r + COUNT] as number
        const at = this.place(rung * STRIDE + 2 * ((x < count ? x : count) | 0))
        this.pool[at * DOUBLES] = key
        this.poolWords[at * WORDS + TIE] = tie
        this.poolWords[at * WORDS + SLOT] = slot
        return true
      }
    }
    return false
  }

  /** Adds a rung below the others for `total` records with keys from `min` to `max` and the given mean. */
  addRung(min: number, max: number, mean: number, total: number): void {
    const r = this.depth * RUNG
    if (r === this.rungs.length) this.growRungs()
    this.depth++
    const span = max - min + 1
    let count = Math.ceil((total * span) / (2 * PER_BUCKET * (mean - min)))
    // Far too many for one rung: two rungs of about equal size rather than a full one and a sparse one.
    if (count > 8 * MAX_BUCKETS) count = Math.ceil(Math.sqrt(count))
    count = Math.min(Math.max(count, MIN_BUCKETS), MAX_BUCKETS, span)
    this.rungs[r + START] = min
    this.rungs[r + SCALE] = count / span
    this.rungs[r + NEXT] = 0
    this.rungs[r + COUNT] = count
  }

  /** Moves the earliest records, sorted, into `run`, which is empty; leaves it so if there are none. */
  next(run: Records): void {
    while (this.depth > 0) {
      const rung = this.depth - 1
      const r = rung * RUNG
      const { buckets, rungs } = this
      // Integers, for the engine too: this loop passes many empty buckets.
      const count = (rungs[r + COUNT] as number) | 0
      let index = (rungs[r + NEXT] as number) | 0
      let bucket = rung * STRIDE + 2 * index
      while (index <= count && buckets[bucket + HEAD] === 0) {
        index++
        bucket += 2
      }
      rungs[r + NEXT] = index + 1
      // The last bucket reaches as far as the bucket of the rung above, so this rung has done its part.
      if (index >= count) this.depth--
      if (index > count) continue
      const head = buckets[bucket + HEAD] as number
      const end = buckets[bucket + END] as number
      buckets[bucket + HEAD] = 0
      buckets[bucket + END] = 0
      if (this.unload(head, end, run)) break
    }
    if (this.depth === 0) this.reset()
  }

  /** Loads a bucket's records into `run`, or spreads them over a new rung and returns false. */
  private unload(head: number, end: number, run: Records): boolean {
    const last = (end - 1) >> CHUNK_SHIFT
    const inLast = end - (last << CHUNK_SHIFT)
    if (head === last && inLast <= SORT_LIMIT) {
      this.sort(head << CHUNK_SHIFT, end, run)
    } else {
      const { pool, links } = this
      const origin = pool[(head << CHUNK_SHIFT) * DOUBLES] as number
      let min = origin
      let max = origin
      let sum = 0
      let total = 0
      for (let chunk = head; ; chunk = links[chunk] as number) {
        const from = chunk << CHUNK_SHIFT
        const to = chunk === last ? end : from + CHUNK
        for (let i = from; i < to; i++) {
          const key = pool[i * DOUBLES] as number
          if (key < min) min = key
          if (key > max) max = key
          sum += key - origin
        }
        total += to - from
        if (chunk === last) break
      }
      if (min < max) {
        this.addRung(min, max, origin + sum / total, total)
        this.spread(head, last, end)
        return false
      }
      this.append(head, last, end, total, run)
      run.sortByTie()
    }
    this.links[last] = this.free
    this.free = head
    return true
  }

  /** Copies few records into `run`, sorting by insertion. */
  private sort(from: number, to: number, run: Records): void {
    const { pool, poolWords } = this
    const { doubles, words } = run
    for (let i = from; i < to; i++) {
      const key = pool[i * DOUBLES] as number
      let at = i - from
      while (at > 0) {
        const before = doubles[(at - 1) * DOUBLES] as number
        if (before < key) break
        if (
          before === key &&
          (words[(at - 1) * WORDS + TIE] as number) <= (poolWords[i * WORDS + TIE] as number)
        )
          break
        doubles[at * DOUBLES] = before
        doubles[at * DOUBLES + 1] = doubles[at * DOUBLES - 1] as number
        at--
      }
      doubles[at * DOUBLES] = key
      doubles[at * DOUBLES + 1] = pool[i * DOUBLES + 1] as number
    }
    run.head = 0
    run.end = to - from
  }

  /** Copies a bucket's records into `run` in the order in which they came. */
  private append(head: number, last: number, end: number, total: number, run: Records): void {
    if (run.words.length < total * WORDS) run.makeRoom(total)
    const { links, poolWords } = this
    const words = run.words
    let at = 0
    for (let chunk = head; ; chunk = links[chunk] as number) {
      const from = (chunk << CHUNK_SHIFT) * WORDS
      const to = chunk === last ? end * WORDS : from + CHUNK * WORDS
      for (let i = from; i < to; i++) words[at++] = poolWords[i] as number
      if (chunk === last) break
    }
    run.head = 0
    run.end = total
  }

  /** Moves a bucket's records into the buckets of the last rung, freeing chunks on the way. */
  private spread(head: number, last: number, end: number): void {
    const rung = this.depth - 1
    const start = this.rungs[rung * RUNG + START] as number
    const scale = this.rungs[rung * RUNG + SCALE] as number
    const count = this.rungs[rung * RUNG + COUNT] as number
    for (let chunk = head; ;) {
      const from = chunk << CHUNK_SHIFT
      const to = chunk === last ? end : from + CHUNK
      for (let i = from; i < to; i++) {
        const key = this.pool[i * DOUBLES] as number
        const x = (key - start) * scale
        const at = this.place(rung * STRIDE + 2 * ((x < count ? x : count) | 0))
        const pool = this.pool
        pool[at * DOUBLES] = key
        pool[at * DOUBLES + 1] = pool[i * DOUBLES + 1] as number
      }
      const next = this.links[chunk] as number
      this.links[chunk] = this.free
      this.free = chunk
      if (chunk === last) return
      chunk = next
    }
  }

  /** Position for one more record at the end of a bucket. */
  private place(bucket: number): number {
    let at = this.buckets[bucket + END] as number
    if ((at & (CHUNK - 1)) === 0) at = this.extend(bucket, at)
    this.buckets[bucket + END] = at + 1
    return at
  }

  /** Adds a chunk to a bucket that ends at `end`; returns the chunk's first position. */
  private extend(bucket: number, end: number): number {
    let chunk = this.free
    if (chunk === 0) {
      chunk = this.used++
      if (chunk === this.links.length) this.growPool()
    } else {
      this.free = this.links[chunk] as number
    }
    this.links[chunk] = 0
    if (end === 0) this.buckets[bucket + HEAD] = chunk
    else this.links[(end >> CHUNK_SHIFT) - 1] = chunk
    return chunk << CHUNK_SHIFT
  }

  private growPool(): void {
    const words = this.poolWords
    this.pool = new Float64Array(this.pool.length * 2)
    this.poolWords = new Uint32Array(this.pool.buffer)
    this.poolWords.set(words)
    const links = this.links
    this.links = new Int32Array(links.length * 2)
    this.links.set(links)
  }

  private growRungs(): void {
    const { rungs, buckets } = this
    this.rungs = new Float64Array(rungs.length + RUNG)
    this.rungs.set(rungs)
    this.buckets = new Int32Array(buckets.length + STRIDE)
    this.buckets.set(buckets)
  }

  /** All chunks are free: hand them out in sequence again, and give a large pool back. */
  private reset(): void {
    this.free = 0
    this.used = 1
    if (this.links.length <= KEPT_CHUNKS) return
    this.links = new Int32Array(KEPT_CHUNKS)
    this.pool = new Float64Array(KEPT_CHUNKS * CHUNK * DOUBLES)
    this.poolWords = new Uint32Array(this.pool.buffer)
  }
}
