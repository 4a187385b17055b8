// Time travel: the states of an inspected run are those that the nodes had, and looking at them changes nothing.
import fc from 'fast-check'
import type { Patch } from 'immer'
import { applyPatches, enableMapSet, enablePatches } from 'immer'
import { describe, expect, it } from 'vitest'
import { defineNode, faults, simulate } from '../../../index.ts'
import type { RunResult } from '../../../index.ts'
import { kitchenSinks } from '../kitchen-sink.ts'
import { run } from '../support.ts'
import { naiveCopy } from '../values.ts'

enableMapSet()
enablePatches()

/** A state with every container in it, to be changed at random. */
interface Tree {
  list: unknown[]
  map: Map<string, unknown>
  set: Set<unknown>
  object: Record<string, unknown>
  bytes: Uint8Array
  value: unknown
  untouched: { deep: { er: number[] } }
}

const fresh = (): Tree => ({
  list: [1, { a: 1 }, [2, 3]],
  map: new Map<string, unknown>([['m', { b: [1] }]]),
  set: new Set<unknown>(['s']),
  object: { o: { c: 1 } },
  bytes: new Uint8Array(3),
  value: null,
  untouched: { deep: { er: [1, 2, 3] } },
})

const leaf = fc.constantFrom<unknown>(0, 1, 'x', null, true, 2.5)
const part = fc.oneof(
  leaf,
  fc.array(leaf, { maxLength: 3 }),
  fc.dictionary(fc.constantFrom('a', 'b', 'c'), leaf),
  leaf.map((value) => new Map([['k', value]])),
  leaf.map((value) => new Set([value])),
)

type Change = (state: Tree) => void

/** Changes in place, as node code makes them. */
const change: fc.Arbitrary<Change> = fc.oneof(
  part.map(
    (value): Change =>
      (state) =>
        void state.list.push(naiveCopy(value)),
  ),
  fc.constant<Change>((state) => void state.list.shift()),
  fc.constant<Change>((state) => void state.list.reverse()),
  fc.constant<Change>((state) => void (state.list.length = 0)),
  fc.tuple(fc.nat(5), part).map(
    ([at, value]): Change =>
      (state) =>
        void state.list.splice(at % (state.list.length + 1), 1, naiveCopy(value)),
  ),
  fc.tuple(fc.constantFrom('m', 'n', 'o'), part).map(
    ([key, value]): Change =>
      (state) =>
        void state.map.set(key, naiveCopy(value)),
  ),
  fc.constantFrom('m', 'n', 'o').map(
    (key): Change =>
      (state) =>
        void state.map.delete(key),
  ),
  part.map(
    (value): Change =>
      (state) =>
        void state.set.add(naiveCopy(value)),
  ),
  fc.constant<Change>((state) => state.set.clear()),
  fc.constant<Change>((state) => {
    for (const member of state.set) {
      if (Array.isArray(member)) member.push('in the set')
      else if (member instanceof Map) member.set('in the set', 1)
    }
  }),
  fc.tuple(fc.constantFrom('o', 'p', 'q'), part).map(
    ([key, value]): Change =>
      (state) =>
        void (state.object[key] = naiveCopy(value)),
  ),
  fc.constantFrom('o', 'p', 'q').map(
    (key): Change =>
      (state) =>
        void Reflect.deleteProperty(state.object, key),
  ),
  fc.constant<Change>((state) => {
    // Somewhere deep, over whatever stands there now.
    const all = [...state.list, ...state.map.values(), ...Object.values(state.object)]
    for (const held of all) {
      if (Array.isArray(held)) held.push(0)
      else if (held instanceof Map) held.set('deep', 1)
      else if (held instanceof Set) held.add('deep')
      else if (typeof held === 'object' && held !== null) Object.assign(held, { deep: 1 })
    }
  }),
  fc.nat(255).map(
    (byte): Change =>
      (state) =>
        void (state.bytes[byte % 3] = byte),
  ),
  part.map(
    (value): Change =>
      (state) =>
        void (state.value = naiveCopy(value)),
  ),
  fc.constant<Change>(() => undefined),
)

/** Applies a list of changes each millisecond, and copies the state after each by itself. */
async function changing(
  steps: readonly (readonly Change[])[],
): Promise<{ readonly result: RunResult; readonly twin: readonly Tree[] }> {
  const twin: Tree[] = []
  const mutant = defineNode()({
    kind: 'mutant',
    state: fresh,
    start(node) {
      twin.push(naiveCopy(node.state))
      let step = 0
      const timer = node.every(1, () => {
        for (const each of steps[step++] ?? []) each(node.state)
        twin.push(naiveCopy(node.state))
        if (step === steps.length) timer.cancel()
      })
    },
  })
  const result = await run(({ addOne }) => addOne(mutant), { inspect: true })
  expect(result.failures).toEqual([])
  return { result, twin }
}

const steps = fc.array(fc.array(change, { maxLength: 4 }), { minLength: 1, maxLength: 12 })

describe('the states of an inspected run', () => {
  it('are at every instant those that the node had, though it changes them in place afterwards', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const { result, twin } = await changing(list)
        twin.forEach((expected, ms) => {
          expect(result.states?.at({ time: ms * 1000 }).get('mutant')).toEqual(expected)
        })
      }),
      { seed: 101, numRuns: 200 },
    )
  })

  it('follow from one another by their patches', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const { result } = await changing(list)
        let before: unknown
        for (const { state, patches } of result.states?.changes ?? []) {
          const [first] = patches
          const replaced = first?.path.length === 0
          expect(replaced ? first.value : applyPatches(before as object, patches as Patch[])).toEqual(state)
          before = state
        }
      }),
      { seed: 102, numRuns: 100 },
    )
  })

  it('share what did not change, and note nothing where nothing did', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const { result, twin } = await changing(list)
        const states = result.states?.changes.map(({ state }) => state as Tree) ?? []
        for (let i = 1; i < states.length; i++) {
          const [a, b] = [states[i - 1] as Tree, states[i] as Tree]
          expect(b).not.toBe(a)
          expect(b.untouched).toBe(a.untouched)
        }
        expect(states.length).toBeLessThanOrEqual(twin.length)
        if (list.every((each) => each.length === 0)) expect(states).toHaveLength(1)
      }),
      { seed: 103, numRuns: 50 },
    )
  })

  it('share every part that is untouched when one is changed', async () => {
    const { result } = await changing([[(state) => void (state.map.get('m') as { b: number[] }).b.push(2)]])
    const [before, after] = (result.states?.changes.map(({ state }) => state) ?? []) as [Tree, Tree]
    expect(after.map).not.toBe(before.map)
    for (const key of ['list', 'set', 'object', 'bytes', 'untouched'] as const)
      expect(after[key]).toBe(before[key])
    expect(result.states?.changes[1]?.patches).toEqual([{ op: 'add', path: ['map', 'm', 'b', 1], value: 2 }])
  })

  it('are those after each event, by record and by time, of all nodes, and none while a node is down', async () => {
    const counter = defineNode()({
      kind: 'counter',
      state: () => ({ n: 0 }),
      start(node) {
        node.every(10, () => {
          node.state.n++
        })
      },
    })
    const result = await run(({ add }) => add(counter, 2), {
      inspect: true,
      until: '60ms',
      faults: [faults.crash({ at: '25ms', node: 'all', for: '10ms' })],
    })
    const at = (ms: number): unknown[] => {
      const states = result.states?.at({ time: ms * 1000 })
      return [states?.get('counter[0]'), states?.get('counter[1]')]
    }
    expect(at(0)).toEqual([{ n: 0 }, { n: 0 }])
    expect(at(9.999)).toEqual([{ n: 0 }, { n: 0 }])
    expect(at(20)).toEqual([{ n: 2 }, { n: 2 }])
    expect(at(25)).toEqual([undefined, undefined])
    expect(at(34)).toEqual([undefined, undefined])
    expect(at(35)).toEqual([{ n: 0 }, { n: 0 }])
    expect(at(45)).toEqual([{ n: 1 }, { n: 1 }])
    const change = result.states?.changes.find(({ time }) => time === 10_000)
    expect(result.states?.at({ record: change?.record as number }).get('counter[0]')).toEqual({ n: 1 })
    expect(result.states?.at({ record: (change?.record as number) - 1 }).get('counter[0]')).toEqual({ n: 0 })
  })

  it('name what is no data instead of holding on to it', async () => {
    class Helper {
      calls = 0
    }
    const odd = defineNode()({
      kind: 'odd',
      state: () => ({ helper: new Helper(), run: () => undefined, peers: [] as unknown[] }),
      start(node) {
        node.state.peers.push(node.self)
        node.state.helper.calls++
      },
    })
    const result = await run(({ addOne }) => addOne(odd), { inspect: true })
    const state = result.states?.at({ time: 0 }).get('odd') as { peers: unknown[] }
    expect(state).toMatchObject({ helper: '[Helper]', run: '[function run]' })
    expect(String(state.peers[0])).toBe('odd')
  })
})

describe('inspecting', () => {
  for (const [name, scenario] of Object.entries(kitchenSinks)) {
    it(`changes no fingerprint (${name})`, async () => {
      for (const seed of [1, 2, 3]) {
        const plain = await simulate(scenario, { seed })
        const inspected = await simulate(scenario, { seed, inspect: true })
        expect(inspected.fingerprint).toBe(plain.fingerprint)
        expect(inspected.states?.changes.length).toBeGreaterThan(10)
      }
    })
  }
})
