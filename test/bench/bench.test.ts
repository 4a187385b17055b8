import { describe, expect, it } from 'vitest'
import { hold } from '../../bench/hold-model.ts'
import type { HoldQueue } from '../../bench/hold-model.ts'
import { hold1e3 } from '../../bench/hold.ts'
import { benchmarks } from '../../bench/list.ts'
import { EventQueue } from '../../sim/kernel/queue.ts'

const scale = 0.01

describe.each(benchmarks)('the benchmark $name', ({ goal, ours, yardsticks }) => {
  it('does the same work each time', async () => {
    const first = await ours.run(scale)
    const second = await ours.run(scale)
    expect(first?.hash).toMatch(/^[0-9a-f]+$/)
    expect(second?.hash).toBe(first?.hash)
    expect(first?.operations).toBeGreaterThan(0)
  })

  it('comes to the same result as its yardsticks', async () => {
    const mine = await ours.run(scale)
    for (const yardstick of yardsticks.filter(({ otherWork }) => otherWork !== true)) {
      const theirs = await yardstick.run(scale)
      if (theirs !== undefined) expect([yardstick.name, theirs.hash]).toEqual([yardstick.name, mine?.hash])
    }
  })

  it('has a yardstick if it has a goal', () => {
    expect(yardsticks.length).toBeGreaterThanOrEqual(goal === null ? 0 : 1)
  })
})

/** The C heap said in TypeScript: it stands in for gcc where there is none. */
class PortedHeap implements HoldQueue {
  lastKey = 0
  private serial = 0
  private readonly heap: { readonly key: number; readonly serial: number; readonly slot: number }[] = []

  push(key: number, _tie: number, slot: number): void {
    const { heap } = this
    const event = { key, serial: this.serial++, slot }
    let at = heap.push(event) - 1
    for (; at > 0; at = (at - 1) >> 1) {
      const parent = heap[(at - 1) >> 1]!
      if (parent.key < key || (parent.key === key && parent.serial < event.serial)) break
      heap[at] = parent
    }
    heap[at] = event
  }

  pop(): number {
    const { heap } = this
    const first = heap[0]!
    const last = heap.pop()!
    const before = (a: number, key: number, serial: number): boolean =>
      heap[a]!.key < key || (heap[a]!.key === key && heap[a]!.serial < serial)
    for (let at = 0; heap.length > 0;) {
      let child = 2 * at + 1
      if (child + 1 < heap.length && before(child + 1, heap[child]!.key, heap[child]!.serial)) child++
      if (child >= heap.length || !before(child, last.key, last.serial)) {
        heap[at] = last
        break
      }
      heap[at] = heap[child]!
      at = child
    }
    this.lastKey = first.key
    return first.slot
  }
}

describe('the hold model', () => {
  const input = { pending: 700, warmUp: 1000, operations: 20_000 }

  it('comes to the same result over the event queue and over the C heap said in TypeScript', () => {
    expect(hold(new PortedHeap(), input).hash).toBe(hold(new EventQueue(), input).hash)
  })

  it('comes to another result if one event is missing', () => {
    const fewer = { ...input, pending: 699 }
    expect(hold(new EventQueue(), fewer).hash).not.toBe(hold(new EventQueue(), input).hash)
  })

  it('is what hold-1e3 runs', async () => {
    const tiny = { pending: 10, warmUp: 3000, operations: 50_000 }
    expect((await hold1e3.ours.run(scale))?.hash).toBe(hold(new PortedHeap(), tiny).hash)
  })
})
