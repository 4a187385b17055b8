import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventQueue } from '../../../sim/kernel/queue.ts'

/** What the laws below ask of a queue; the real one and the broken twin both fit. */
interface Queue {
  readonly size: number
  readonly lastKey: number
  push(key: number, tie: number, slot: number): void
  pop(): number
  peekKey(): number
}

interface Entry {
  readonly key: number
  readonly tie: number
  readonly slot: number
}

/** The definition of the order: a list kept sorted by (key, tie), a new entry after its equals. */
class SortedList implements Queue {
  lastKey = 0
  private readonly entries: Entry[] = []

  get size(): number {
    return this.entries.length
  }

  push(key: number, tie: number, slot: number): void {
    let low = 0
    let high = this.entries.length
    while (low < high) {
      const middle = (low + high) >> 1
      const entry = this.entries[middle]!
      if (entry.key < key || (entry.key === key && entry.tie <= tie)) low = middle + 1
      else high = middle
    }
    this.entries.splice(low, 0, { key, tie, slot })
  }

  pop(): number {
    const entry = this.entries.shift()
    if (entry === undefined) return -1
    this.lastKey = entry.key
    return entry.slot
  }

  peekKey(): number {
    return this.entries[0]?.key ?? Infinity
  }
}

/** The broken twin: a binary heap by (key, tie) that forgets the order of insertion. */
class UnstableHeap implements Queue {
  lastKey = 0
  private readonly entries: Entry[] = []

  get size(): number {
    return this.entries.length
  }

  push(key: number, tie: number, slot: number): void {
    const { entries } = this
    let at = entries.push({ key, tie, slot }) - 1
    for (let up = (at - 1) >> 1; at > 0 && this.before(at, up); at = up, up = (at - 1) >> 1) this.swap(at, up)
  }

  pop(): number {
    const { entries } = this
    const top = entries[0]
    if (top === undefined) return -1
    this.swap(0, entries.length - 1)
    entries.pop()
    for (let at = 0, child = 1; child < entries.length; at = child, child = 2 * at + 1) {
      if (child + 1 < entries.length && this.before(child + 1, child)) child++
      if (!this.before(child, at)) break
      this.swap(child, at)
    }
    this.lastKey = top.key
    return top.slot
  }

  peekKey(): number {
    return this.entries[0]?.key ?? Infinity
  }

  private before(a: number, b: number): boolean {
    const left = this.entries[a]!
    const right = this.entries[b]!
    return left.key !== right.key ? left.key < right.key : left.tie < right.tie
  }

  private swap(a: number, b: number): void {
    const { entries } = this
    const held = entries[a]!
    entries[a] = entries[b]!
    entries[b] = held
  }
}

/** A step pushes that many entries, `after` the key popped last, or pops that many. */
type Step =
  | { readonly op: 'push'; readonly afters: readonly number[]; readonly ties: readonly number[] }
  | { readonly op: 'pop'; readonly times: number; readonly peek: boolean }

/** Runs the steps on both, empties them, and names the first place where they differ. */
function difference(queue: Queue, steps: readonly Step[], start: number): string | undefined {
  const reference = new SortedList()
  let slot = 0
  const pop = (): string | undefined => {
    const wanted = `${reference.pop()} at ${reference.lastKey}`
    const got = `${queue.pop()} at ${queue.lastKey}`
    if (got !== wanted) return `popped ${got}, expected ${wanted}`
    if (queue.size !== reference.size) return `size ${queue.size}, expected ${reference.size}`
    return undefined
  }
  for (const step of [...steps, { op: 'pop', times: Infinity, peek: true } as const]) {
    if (step.op === 'push') {
      for (const [i, after] of step.afters.entries()) {
        const key = Math.min(Math.max(start, reference.lastKey) + after, Number.MAX_SAFE_INTEGER)
        const tie = step.ties[i % step.ties.length]!
        reference.push(key, tie, slot)
        queue.push(key, tie, slot)
        slot++
      }
    } else {
      for (let i = 0; i < Math.min(step.times, slot + 1); i++) {
        if (step.peek && queue.peekKey() !== reference.peekKey()) {
          return `peeked ${queue.peekKey()}, expected ${reference.peekKey()}`
        }
        const found = pop()
        if (found !== undefined) return found
      }
    }
  }
  return undefined
}

/** Delays as simulations have them, and as they should not have them. */
const regimes: Readonly<Record<string, fc.Arbitrary<number>>> = {
  'no delay at all': fc.constant(0),
  'a few tied values': fc.integer({ min: 0, max: 3 }),
  'one constant delay': fc.constant(4000),
  'delays of one scale': fc.integer({ min: 0, max: 100_000 }),
  'very short and very long delays': fc.oneof(
    fc.integer({ max: 5, min: 0 }),
    fc.integer({ min: 1e9, max: 2e9 }),
  ),
  'far-future timers among short delays': fc.oneof(
    { weight: 50, arbitrary: fc.integer({ min: 0, max: 1000 }) },
    { weight: 1, arbitrary: fc.constantFrom(2 ** 40, 2 ** 52, 2 ** 53) },
  ),
  'delays of every order of magnitude': fc
    .nat({ max: 50 })
    .chain((bits) => fc.maxSafeNat().map((n) => n % 2 ** bits)),
}

const ties: Readonly<Record<string, fc.Arbitrary<number>>> = {
  'order of insertion': fc.constant(0),
  'two ties': fc.constantFrom(0, 0xffffffff),
  'shuffled ties': fc.integer({ min: 0, max: 0xffffffff }),
}

const steps = (after: fc.Arbitrary<number>, tie: fc.Arbitrary<number>): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      fc.record({
        op: fc.constant('push' as const),
        afters: fc.array(after, { minLength: 1, maxLength: 200, size: 'max' }),
        ties: fc.array(tie, { minLength: 1, maxLength: 50, size: 'max' }),
      }),
      fc.record({
        op: fc.constant('pop' as const),
        times: fc.integer({ min: 1, max: 150 }),
        peek: fc.boolean(),
      }),
    ),
    { maxLength: 30, size: 'max' },
  )

describe('the event queue pops by key, tie and order of insertion', () => {
  for (const [regime, after] of Object.entries(regimes)) {
    for (const [rule, tie] of Object.entries(ties)) {
      it(`with ${regime}, ${rule}`, () => {
        fc.assert(
          fc.property(steps(after, tie), fc.constantFrom(0, 1e9, 2 ** 53 - 5000), (plan, start) => {
            expect(difference(new EventQueue(), plan, start)).toBeUndefined()
          }),
          { seed: 20260509, numRuns: 25, endOnFailure: true },
        )
      })
    }
  }

  it('and the same law catches a heap that forgets the order of insertion', () => {
    const law = fc.property(steps(regimes['a few tied values']!, ties['order of insertion']!), (plan) => {
      expect(difference(new UnstableHeap(), plan, 0)).toBeUndefined()
    })
    expect(fc.check(law, { seed: 20260509, numRuns: 25, endOnFailure: true }).failed).toBe(true)
  })
})

/** A small generator for the long runs, where fast-check would be slow; 32 bits a draw. */
function draws(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }
}

/** Empties the queue; returns how many came out, or the first entry that came out of order. */
function drain(
  queue: EventQueue,
  keys: Float64Array,
  tieOf: Uint32Array,
  seen?: Uint8Array,
): number | string {
  let count = 0
  let last = -1
  for (let slot = queue.pop(); slot !== -1; slot = queue.pop()) {
    if (queue.lastKey !== keys[slot]) return `slot ${slot} came out at ${queue.lastKey}`
    if (last >= 0) {
      const order = keys[last]! - keys[slot]! || tieOf[last]! - tieOf[slot]! || last - slot
      if (order >= 0) return `slot ${slot} came out after ${last}`
    }
    if (seen !== undefined) seen[slot]!++
    last = slot
    count++
  }
  return count
}

describe('the event queue with many entries', () => {
  const many = 300_000

  it('keeps the order while it grows from nothing and is emptied, and again', () => {
    const queue = new EventQueue()
    for (const seed of [1, 2]) {
      const draw = draws(seed)
      const keys = new Float64Array(many)
      const zeros = new Uint32Array(many)
      for (let slot = 0; slot < many; slot++) {
        keys[slot] = queue.lastKey + Math.floor(-Math.log((draw() + 1) / 2 ** 32) * 1e5)
        queue.push(keys[slot]!, 0, slot)
      }
      expect(queue.size).toBe(many)
      expect(drain(queue, keys, zeros)).toBe(many)
      expect(queue.size).toBe(0)
      expect(queue.peekKey()).toBe(Infinity)
    }
  })

  it('keeps the order among a hundred thousand entries with one key', () => {
    const queue = new EventQueue()
    const keys = new Float64Array(many).fill(77)
    const zeros = new Uint32Array(many)
    for (let slot = 0; slot < 100_000; slot++) queue.push(77, 0, slot)
    expect(drain(queue, keys, zeros)).toBe(100_000)
  })

  it('takes entries at the current instant while it works through that instant', () => {
    const queue = new EventQueue()
    let popped = 0
    for (let slot = 0; slot < many; slot++) {
      queue.push(1000, 0, slot)
      if (slot % 3 === 2 && queue.pop() !== popped++) expect.fail(`entry ${popped - 1} did not come next`)
    }
    while (queue.size > 0) if (queue.pop() !== popped++) expect.fail(`entry ${popped - 1} did not come next`)
    expect([queue.lastKey, popped]).toEqual([1000, many])
  })

  it('takes entries with shuffled ties at the current instant', () => {
    const queue = new EventQueue()
    const draw = draws(3)
    const tieOf = Uint32Array.from({ length: many }, draw)
    const seen = new Uint8Array(many)
    for (let slot = 0; slot < many; slot++) {
      queue.push(1000, tieOf[slot]!, slot)
      if (slot % 3 === 2) seen[queue.pop()]!++
    }
    const left = many - many / 3
    expect(drain(queue, new Float64Array(many).fill(1000), tieOf, seen)).toBe(left)
    expect(seen.every((times) => times === 1)).toBe(true)
  })

  it('does not become quadratic when entries come in descending order', () => {
    const queue = new EventQueue()
    const keys = Float64Array.from({ length: many }, (_, slot) => (many - slot) * 10)
    for (let slot = 0; slot < many; slot++) queue.push(keys[slot]!, 0, slot)
    expect(drain(queue, keys, new Uint32Array(many))).toBe(many)
  })

  it('stays small and in order when ever earlier entries are pushed between two peeks', () => {
    const queue = new EventQueue()
    const keys = Float64Array.from({ length: 20_000 }, (_, slot) => (20_000 - slot) * 10)
    for (const [slot, key] of keys.entries()) {
      queue.push(key, 0, slot)
      if (slot % 20 === 19) expect(queue.peekKey()).toBe(key)
    }
    expect(drain(queue, keys, new Uint32Array(keys.length))).toBe(keys.length)
  })

  it('agrees with a sorted list over a long run of mixed delays', () => {
    const queue = new EventQueue()
    const reference = new SortedList()
    const draw = draws(4)
    let slot = 0
    for (let round = 0; round < 60_000; round++) {
      const growing = round % 20_000 < 10_000
      const pushes = growing ? 2 : draw() % 2
      for (let i = 0; i < pushes; i++) {
        const scale = draw() % 8
        const after = scale === 0 ? 0 : scale === 7 ? 2 ** 45 + (draw() % 100) : draw() % 10 ** scale
        reference.push(reference.lastKey + after, 0, slot)
        queue.push(queue.lastKey + after, 0, slot)
        slot++
      }
      if (reference.size > 0 && queue.pop() !== reference.pop()) expect.fail(`round ${round}`)
    }
    expect(queue.size).toBe(reference.size)
  })
})

describe('an empty event queue', () => {
  it('pops -1, peeks Infinity and stays at its last key', () => {
    const queue = new EventQueue()
    expect([queue.pop(), queue.peekKey(), queue.lastKey, queue.size]).toEqual([-1, Infinity, 0, 0])
    queue.push(12, 0, 5)
    expect([queue.peekKey(), queue.pop(), queue.pop(), queue.lastKey]).toEqual([12, 5, -1, 12])
  })
})
