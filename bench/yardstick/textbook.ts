// A simulator as textbooks write it in JavaScript: a binary heap of event objects, ordered by (time, serial),
// each with a closure that is called when its time has come. Kept as simple as it is usually written; this is
// what the simulator is compared with, so it must not be tuned.
import type { Outcome } from '../benchmark.ts'
import { fold, MEAN, SEED, show, TABLE } from '../hold-model.ts'
import type { HoldInput } from '../hold-model.ts'
import { exponentials } from '../random.ts'

interface Event {
  readonly time: number
  readonly serial: number
  readonly action: () => void
}

function before(a: Event, b: Event): boolean {
  return a.time < b.time || (a.time === b.time && a.serial < b.serial)
}

/** The textbook simulator; `now` is the time of the event that runs. */
export class Simulator {
  now = 0
  private serial = 0
  private readonly heap: Event[] = []

  /** Calls `action` `delay` from now; events at one time run in the order of these calls. */
  schedule(delay: number, action: () => void): void {
    const { heap } = this
    const event = { time: this.now + delay, serial: this.serial++, action }
    let at = heap.length
    heap.push(event)
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent] as Event
      if (before(above, event)) break
      heap[at] = above
      at = parent
    }
    heap[at] = event
  }

  /** Runs up to `events` events; returns how many there were. */
  run(events: number): number {
    for (let done = 0; done < events; done++) {
      const event = this.next()
      if (event === undefined) return done
      this.now = event.time
      event.action()
    }
    return events
  }

  private next(): Event | undefined {
    const { heap } = this
    const first = heap[0]
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return first
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1] as Event, heap[child] as Event)) child++
      if (before(last, heap[child] as Event)) break
      heap[at] = heap[child] as Event
      at = child
    }
    heap[at] = last
    return first
  }
}

/** The hold model in the textbook simulator: an event that schedules itself again. */
export function textbookHold(input: HoldInput): Outcome {
  const increments = exponentials(TABLE, MEAN, SEED)
  const simulator = new Simulator()
  let drawn = 0
  let hash = 0
  const schedule = (slot: number): void => {
    simulator.schedule(increments[drawn++ & (TABLE - 1)] as number, () => {
      hash = fold(hash, simulator.now, slot)
      schedule(slot)
    })
  }
  for (let slot = 0; slot < input.pending; slot++) schedule(slot)
  simulator.run(input.warmUp)
  const start = performance.now()
  simulator.run(input.operations)
  return { operations: input.operations, seconds: (performance.now() - start) / 1000, hash: show(hash) }
}
