/**
 * A queue: `enqueue` takes a value, `dequeue` answers the oldest one, or null if the queue is empty. Hence null itself
 * cannot be queued.
 */
import { canonical } from '../canonical.ts'
import type { Foresight, Model, TimedCall } from './model.ts'

/** Texts of the values, oldest first. */
type Waiting = readonly string[]

const ENQUEUE: ReadonlySet<string> = new Set(['enqueue', 'push'])

export function fifoQueue(): Model<Waiting> {
  return {
    name: 'fifo-queue',
    operations: ['enqueue', 'push', 'dequeue', 'pop'],
    initial: [],
    step(state, { name, input, output, known }) {
      if (ENQUEUE.has(name)) return [...state, canonical(input)]
      if (!known) return state.length === 0 ? state : state.slice(1)
      if (isEmpty(output)) return state.length === 0 ? state : undefined
      return state[0] === canonical(output) ? state.slice(1) : undefined
    },
    key: (state) => state.join(),
    hint: ({ name, output, known }) =>
      !ENQUEUE.has(name) && known && isEmpty(output) ? { from: [], reads: true } : {},
    foresee,
    refuse: ({ name, input }) =>
      ENQUEUE.has(name) && isEmpty(input)
        ? 'a value other than null, which stands for the empty queue'
        : undefined,
  }
}

const isEmpty = (value: unknown): boolean => value === null || value === undefined

/** Who enqueued and who dequeued one value. */
interface Passage {
  readonly enqueues: number[]
  readonly dequeues: number[]
}

/**
 * What leaves the queue first must have entered it first: a value cannot be enqueued while another one that was dequeued
 * before this one's dequeue began is not. Without this a wrong order of enqueues is noticed only when it comes to
 * the dequeues, long after. Values that are enqueued more than once bound nothing.
 */
function foresee(calls: readonly TimedCall[]): Foresight<Waiting> {
  const passages = new Map<string, Passage>()
  let isLeaky = false
  calls.forEach(({ name, input, output, known }, index) => {
    const isEnqueue = ENQUEUE.has(name)
    if (!isEnqueue && !known) isLeaky = true
    if (!isEnqueue && isEmpty(output)) return
    const value = canonical(isEnqueue ? input : output)
    let passage = passages.get(value)
    if (passage === undefined) passages.set(value, (passage = { enqueues: [], dequeues: [] }))
    passage[isEnqueue ? 'enqueues' : 'dequeues'].push(index)
  })

  /** By enqueue: when the dequeue of its value began. */
  const leaves = new Map<number, number>()
  /** Enqueues whose values are known to leave, by when they have. */
  const leaving: (readonly [enqueue: number, gone: number])[] = []
  let isHopeless = false
  for (const { enqueues, dequeues } of passages.values()) {
    const [enqueue] = enqueues
    const [dequeue] = dequeues
    if (dequeues.length > enqueues.length) isHopeless = true
    if (enqueues.length !== 1 || enqueue === undefined) continue
    if (dequeue === undefined) {
      // Dequeues of unknown outcome may have taken any value that nobody else got.
      if (!isLeaky) leaves.set(enqueue, Infinity)
      continue
    }
    const { from, to } = calls[dequeue] as TimedCall
    if (to < (calls[enqueue] as TimedCall).from) isHopeless = true
    leaves.set(enqueue, from)
    leaving.push([enqueue, to])
  }
  leaving.sort(([, a], [, b]) => a - b)

  return {
    isInVain(call, _state, isPlaced) {
      if (call < 0) return isHopeless
      const from = leaves.get(call)
      if (from === undefined) return false
      for (const [enqueue, gone] of leaving) {
        if (gone >= from) return false
        if (!isPlaced(enqueue)) return true
      }
      return false
    },
  }
}
