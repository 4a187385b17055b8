import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StatePacker, StateTable } from '../../../reports/html/run/state-values.ts'
import { valueText } from '../../../reports/values.ts'
import { snapshot } from '../../../sim/host/snapshot.ts'
import { Address } from '../../../sim/kernel/address.ts'

interface State {
  queue: unknown[]
  held: Map<unknown, unknown>
  members: Set<unknown>
  fields: Record<string, unknown>
}

const peers = [0, 1, 2].map((index) => new Address(index, 'replica', index))

type Change = (state: State) => void

const leaf = fc.oneof(
  fc.integer(),
  fc.string(),
  fc.constantFrom(null, undefined, NaN, -0, 12n, true),
  fc.constantFrom(...peers),
)
const value = fc.oneof(
  leaf,
  fc.array(leaf, { maxLength: 9 }),
  fc.dictionary(fc.string(), leaf, { maxKeys: 3 }),
)
const key = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constantFrom(...peers))

const change: fc.Arbitrary<Change> = fc.oneof(
  value.map(
    (one): Change =>
      ({ queue }) =>
        void queue.push(one),
  ),
  fc.constant<Change>(({ queue }) => void queue.shift()),
  fc.tuple(fc.nat(12), value).map(
    ([at, one]): Change =>
      ({ queue }) =>
        void queue.splice(at, 1, one),
  ),
  fc.tuple(key, value).map(
    ([at, one]): Change =>
      ({ held }) =>
        void held.set(at, one),
  ),
  key.map(
    (at): Change =>
      ({ held }) =>
        void held.delete(at),
  ),
  fc.tuple(key, value).map(([at, one]): Change => ({ held }) => {
    held.delete(at)
    held.set(at, one)
  }),
  leaf.map(
    (one): Change =>
      ({ members }) =>
        void members.add(one),
  ),
  leaf.map(
    (one): Change =>
      ({ members }) =>
        void members.delete(one),
  ),
  fc.tuple(fc.constantFrom('a', 'b', '$c'), value).map(([name, one]): Change => ({ fields }) => {
    fields[name] = one
  }),
)

const shown = valueText

describe('states of a report', () => {
  it('come back as they were, each by itself, however they followed from one another', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 120 }), (changes) => {
        const live: State = {
          queue: [1, 2, 3, 4, 5, 6, 7],
          held: new Map<unknown, unknown>(Array.from({ length: 12 }, (_, at) => [at, { at }])),
          members: new Set<unknown>(['a', 'b', 'c', 'd', 'e', 'f']),
          fields: { a: 1, b: { deep: [1, 2] } },
        }
        const packer = new StatePacker()
        const expected: string[] = []
        const ids: number[] = []
        let before: unknown
        for (const apply of [() => undefined, ...changes]) {
          apply(live)
          const [state] = snapshot(before, live)
          ids.push(packer.pack(state as object, before))
          expected.push(shown(state))
          before = state
        }
        // Through JSON, as in a page; each read from a table in which nothing was read before.
        const data = JSON.parse(JSON.stringify({ values: packer.values, shapes: packer.shapes })) as {
          values: unknown[]
          shapes: string[][]
        }
        const one = new StateTable(data)
        for (let at = ids.length - 1; at >= 0; at -= 7) {
          expect(shown(one.value(ids[at]!))).toBe(expected[at])
          expect(shown(new StateTable(data).value(ids[at]!))).toBe(expected[at])
        }
      }),
      { seed: 11, numRuns: 60 },
    )
  })

  it('of which little changes take little room', () => {
    const packer = new StatePacker()
    const live = { held: new Map(Array.from({ length: 1000 }, (_, at) => [`key-${at}`, at])) }
    let [before] = snapshot(undefined, live)
    packer.pack(before as object, undefined)
    const whole = packer.size
    for (let at = 0; at < 40; at++) {
      live.held.set(`key-${at * 7}`, -at)
      const [state] = snapshot(before, live)
      packer.pack(state as object, before)
      before = state
    }
    expect(packer.size - whole).toBeLessThan(whole)
  })
})
