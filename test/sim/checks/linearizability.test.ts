import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sfc32 } from '../../../bench/random.ts'
import { groupsOf } from '../../../sim/checks/history.ts'
import { judgeLinearizable } from '../../../sim/checks/linearizability.ts'
import { models } from '../../../sim/checks/models/list.ts'
import type { Model } from '../../../sim/checks/models/model.ts'
import type { Line, Shape, Workload } from './histories.ts'
import { history, isLinearizable, simulated, smallHistories } from './histories.ts'

const values = [null, 1, 2]
const shapes: Readonly<Record<string, { readonly model: Model; readonly shapes: readonly Shape[] }>> = {
  register: {
    model: models.register(),
    shapes: [
      ['read', [undefined], values],
      ['write', [1, 2], [undefined]],
    ],
  },
  'cas-register': {
    model: models.casRegister(),
    shapes: [
      ['read', [undefined], values],
      ['write', [1, 2], [undefined]],
      [
        'cas',
        [
          [1, 2],
          [2, 1],
          [null, 1],
          [1, 1],
        ],
        [true, false],
      ],
    ],
  },
  'key-value': {
    model: models.keyValue(),
    shapes: [
      ['get', [undefined], [null, '', 'a', 'b', 'ab', 'ba', 'aa']],
      ['put', ['', 'a'], [undefined]],
      ['append', ['a', 'b'], [undefined]],
      ['delete', [undefined], [undefined]],
    ],
  },
  set: {
    model: models.set(),
    shapes: [
      ['add', [1, 2], [undefined, true, false]],
      ['remove', [1], [undefined, true, false]],
      ['contains', [1, 2], [true, false]],
      ['read', [undefined], [[], [1], [2, 1], null]],
    ],
  },
  'growing set': {
    model: models.set(),
    shapes: [
      ['add', [1, 2, 3], [undefined]],
      ['read', [undefined], [[], [1], [2, 1], [3]]],
    ],
  },
  'fifo-queue': {
    model: models.fifoQueue(),
    shapes: [
      ['enqueue', [1, 2, 3], [undefined]],
      ['dequeue', [undefined], [1, 2, 3, null]],
    ],
  },
  counter: {
    model: models.counter(),
    shapes: [
      ['add', [1, 2], [undefined]],
      ['decrement', [undefined], [undefined]],
      ['add-and-get', [1], [0, 1, 2]],
      ['get-and-add', [1], [0, 1, 2]],
      ['read', [undefined], [0, 1, 2]],
    ],
  },
  mutex: {
    model: models.mutex(),
    shapes: [
      ['acquire', [undefined], [undefined]],
      ['release', [undefined], [undefined]],
    ],
  },
}

describe.each(Object.entries(shapes))('on small histories of a %s', (_name, { model, shapes: list }) => {
  it('says what trying every order says', () => {
    const count = { held: 0, violated: 0, undecided: 0 }
    fc.assert(
      fc.property(smallHistories(list), (calls) => {
        const { verdict } = judgeLinearizable(calls, model)
        count[verdict]++
        expect(verdict).toBe(isLinearizable(calls, model) ? 'held' : 'violated')
      }),
      { seed: 20261121, numRuns: 2000 },
    )
    expect(count.undecided).toBe(0)
    expect(Math.min(count.held, count.violated)).toBeGreaterThan(100)
  })

  it('shows a witness that proves the violation', () => {
    fc.assert(
      fc.property(smallHistories(list, { calls: 6 }), (all) => {
        const { witness } = judgeLinearizable(all, model)
        if (witness === undefined) return
        const { call, conflict, fitting = [], isLongest, isMinimal } = witness
        const calls =
          groupsOf(all, model).find((group) => group.calls.some(({ id }) => id === call.id))?.calls ?? []
        const fits = (insisted: readonly number[], answer = call.output): boolean => {
          const relaxed = calls.map((one) => {
            if (!insisted.includes(one.id)) return { ...one, output: undefined, known: false, to: Infinity }
            return one.id === call.id ? { ...one, output: answer } : one
          })
          return isLinearizable(relaxed, model)
        }
        expect([isLongest, isMinimal]).toEqual([true, true])
        const ids = conflict.map(({ id }) => id)
        expect(fits(ids)).toBe(false)
        for (const one of ids) expect(fits(ids.filter((id) => id !== one))).toBe(true)
        const ended = calls.filter(({ known, to }) => known && to < call.to).map(({ id }) => id)
        expect(fits(ended)).toBe(true)
        expect(fits([...ended, call.id])).toBe(false)
        for (const answer of fitting) expect(fits([...ended, call.id], answer)).toBe(true)
      }),
      { seed: 20261122, numRuns: 400 },
    )
  })
})

describe('several objects', () => {
  it('are judged one by one', () => {
    fc.assert(
      fc.property(smallHistories(shapes.register!.shapes, { objects: 2 }), (calls) => {
        const { verdict } = judgeLinearizable(calls, models.register())
        expect(verdict).toBe(isLinearizable(calls, models.register()) ? 'held' : 'violated')
      }),
      { seed: 20261123, numRuns: 1000 },
    )
  })

  it('are judged side by side: a violation is found though another object would take for ever', () => {
    const hard = adversary(24).map((call) => ({ ...call, object: 'hard' }))
    const easy = history(
      ['p', 'write', 1, undefined, 1, 2, 'easy'],
      ['p', 'read', undefined, 2, 3, 4, 'easy'],
    ).map((call) => ({ ...call, id: call.id + 1000 }))
    for (const calls of [
      [...hard, ...easy],
      [...easy, ...hard],
    ]) {
      const { verdict, witness, steps } = judgeLinearizable(calls, models.casRegister())
      expect(verdict).toBe('violated')
      expect(witness?.object).toBe('easy')
      expect(steps).toBeLessThan(10_000)
    }
  })
})

/** Concurrent swaps among few values, and at the end a read of a value that only one of them could have left. */
function adversary(width: number): ReturnType<typeof history> {
  const lines: Line[] = []
  for (let i = 0; i < width; i++) lines.push([`w${i}`, 'write', i % 12, undefined, i, 1000 + i])
  for (let i = 0; i < width; i++)
    lines.push([`c${i}`, 'cas', [i % 12, (i * 7 + 5) % 12], true, 100 + i, 2000 + i])
  lines.push(['r', 'read', undefined, 'nobody wrote this', 3000, 3001])
  lines.push(
    ['x', 'cas', ['nobody', 'nobody wrote this'], '?', 2900, 0],
    ['y', 'cas', ['nobody wrote this', 'nobody'], '?', 2901, 0],
  )
  return history(...lines)
}

describe('known histories', () => {
  const verdict = (model: Model, ...lines: readonly Line[]): string =>
    judgeLinearizable(history(...lines), model).verdict

  it('lets overlapping reads of a register disagree with the order of their beginnings (Herlihy and Wing)', () => {
    const write = ['a', 'write', 1, undefined, 1, 8] as const
    expect(
      verdict(models.register(), write, ['b', 'read', undefined, 1, 2, 3], ['c', 'read', undefined, 1, 4, 5]),
    ).toBe('held')
    expect(
      verdict(
        models.register(),
        write,
        ['b', 'read', undefined, null, 2, 3],
        ['c', 'read', undefined, 1, 4, 5],
      ),
    ).toBe('held')
  })

  it('refuses the new/old inversion that a regular register allows (Lamport)', () => {
    expect(
      verdict(
        models.register({ initial: 0 }),
        ['a', 'write', 1, undefined, 1, 8],
        ['b', 'read', undefined, 1, 2, 3],
        ['c', 'read', undefined, 0, 4, 5],
      ),
    ).toBe('violated')
  })

  it('refuses a stale read', () => {
    expect(
      verdict(
        models.register(),
        ['a', 'write', 1, undefined, 1, 2],
        ['a', 'write', 2, undefined, 3, 4],
        ['b', 'read', undefined, 1, 5, 6],
      ),
    ).toBe('violated')
  })

  it('lets a write of unknown outcome take effect late, once, or never', () => {
    const unknown = ['a', 'write', 1, '?', 1, 0] as const
    const read = (value: unknown, from: number): Line => ['b', 'read', undefined, value, from, from + 1]
    expect(verdict(models.register(), unknown, read(null, 3), read(1, 5))).toBe('held')
    expect(verdict(models.register(), unknown, read(null, 3))).toBe('held')
    expect(verdict(models.register(), unknown, read(1, 3), read(null, 5))).toBe('violated')
    expect(verdict(models.register(), read(1, 0), ['a', 'write', 1, '?', 2, 0])).toBe('violated')
  })

  it('refuses a queue that lets the second overtake the first (Herlihy and Wing)', () => {
    const enqueues = [
      ['a', 'enqueue', 'x', undefined, 1, 2],
      ['b', 'enqueue', 'y', undefined, 3, 4],
    ] as const
    expect(verdict(models.fifoQueue() as Model, ...enqueues, ['a', 'dequeue', undefined, 'y', 5, 6])).toBe(
      'violated',
    )
    expect(verdict(models.fifoQueue() as Model, ...enqueues, ['a', 'dequeue', undefined, 'x', 5, 6])).toBe(
      'held',
    )
  })

  it('refuses a lock held by two', () => {
    const first = ['a', 'acquire', undefined, undefined, 1, 2] as const
    expect(verdict(models.mutex() as Model, first, ['b', 'acquire', undefined, undefined, 3, 4])).toBe(
      'violated',
    )
    expect(
      verdict(
        models.mutex() as Model,
        first,
        ['b', 'acquire', undefined, undefined, 3, 6],
        ['a', 'release', undefined, undefined, 4, 5],
      ),
    ).toBe('held')
  })

  it('refuses an increment that was lost', () => {
    const add = (process: string, from: number): Line => [
      process,
      'increment',
      undefined,
      undefined,
      from,
      from + 2,
    ]
    const read = (value: number): Line => ['c', 'read', undefined, value, 10, 11]
    expect(verdict(models.counter() as Model, add('a', 1), add('b', 2), read(2))).toBe('held')
    expect(verdict(models.counter() as Model, add('a', 1), add('b', 2), read(1))).toBe('violated')
  })

  it('says which call fits nowhere, what it could have answered, and what it contradicts', () => {
    const { witness } = judgeLinearizable(
      history(
        ['a', 'write', 1, undefined, 1, 2],
        ['c', 'read', undefined, 1, 3, 4],
        ['a', 'write', 2, undefined, 5, 6],
        ['b', 'read', undefined, 1, 7, 8],
        ['b', 'read', undefined, 2, 9, 10],
      ),
      models.register(),
    )
    expect(witness?.call.id).toBe(4)
    expect(witness?.state).toBe(2)
    expect(witness?.fitting).toEqual([2])
    expect(witness?.conflict.map(({ id }) => id)).toEqual([2, 3, 4])
    expect(witness?.prefix.map(({ id }) => id)).toEqual([1, 2, 3])
    expect([witness?.isLongest, witness?.isMinimal]).toEqual([true, true])
  })
})

const registers: Omit<Workload, 'stale'> = {
  calls: 2000,
  clients: 50,
  objects: 10,
  unknown: 0.02,
  next: (draw, index) => (draw() < 0.5 ? ['read', undefined] : ['write', index]),
  apply: (state, name, input) => (name === 'read' ? [state, state] : [input, undefined]),
}
const stores: Omit<Workload, 'stale'> = {
  ...registers,
  next(draw, index) {
    const kind = draw()
    return kind < 0.4 ? ['get', undefined] : [kind < 0.9 ? 'append' : 'put', `<${index}>`]
  },
  apply(state, name, input) {
    if (name === 'get') return [state, state]
    return [name === 'put' ? input : `${(state ?? '') as string}${input as string}`, undefined]
  },
}
const swaps: Omit<Workload, 'stale'> = {
  ...registers,
  next(draw) {
    const kind = draw()
    const value = (): number => Math.floor(draw() * 5)
    return kind < 0.4 ? ['read', undefined] : kind < 0.7 ? ['write', value()] : ['cas', [value(), value()]]
  },
  apply(state, name, input) {
    if (name === 'read') return [state, state]
    if (name === 'write') return [input, undefined]
    const [from, to] = input as readonly [unknown, unknown]
    return state === from ? [to, true] : [state, false]
  },
}

describe('2000 operations over 10 keys by 50 clients', () => {
  const draws = (seed: number): (() => number) => {
    const integers = sfc32(seed)
    return () => integers() / 4294967296
  }
  const systems = [
    ['registers', registers, models.register()],
    ['a store that is appended to', stores, models.keyValue()],
    ['registers with compare-and-set', swaps, models.casRegister()],
  ] as const

  it.each(systems)(
    'of %s are judged in few steps and little memory if they are right',
    (_name, workload, model) => {
      for (const seed of [1, 2, 3, 4, 5]) {
        const calls = simulated(workload, draws(seed))
        expect(judgeLinearizable(calls, model, { steps: 1_000_000, memory: 64 }).verdict).toBe('held')
      }
    },
  )

  it.each(systems)(
    'of %s are judged in few steps and little memory if they are wrong',
    (_name, workload, model) => {
      for (const seed of [1, 2, 3, 4, 5]) {
        const calls = simulated({ ...workload, stale: 0.1 }, draws(seed))
        const { verdict, witness } = judgeLinearizable(calls, model, { steps: 1_000_000, memory: 64 })
        expect(verdict).toBe('violated')
        expect(witness?.call.known).toBe(true)
      }
    },
  )
})

describe('a budget', () => {
  const calls = adversary(24)
  const model = models.casRegister()

  it('of steps ends the search of an adversary, every time with the same verdict', () => {
    const first = judgeLinearizable(calls, model, { steps: 200_000 })
    expect(first).toMatchObject({ verdict: 'undecided', exhausted: 'steps' })
    expect(first.steps).toBeGreaterThanOrEqual(200_000)
    expect(first.steps).toBeLessThan(201_000)
    expect(judgeLinearizable(calls, model, { steps: 200_000 })).toEqual(first)
  })

  it('of memory ends it as well', () => {
    const result = judgeLinearizable(calls, model, { steps: 100_000_000, memory: 4 })
    expect(result).toMatchObject({ verdict: 'undecided', exhausted: 'memory' })
  })

  it('of time ends it by the clock that was handed in', () => {
    let now = 0
    const clock = (): number => (now += 1)
    expect(judgeLinearizable(calls, model, { time: 10, clock })).toMatchObject({
      verdict: 'undecided',
      exhausted: 'time',
    })
  })

  it.each([
    [{ steps: 0 }, 'budget.steps: 0; expected a positive integer'],
    [{ steps: 1.5 }, 'budget.steps: 1.5; expected a positive integer'],
    [{ memory: 0 }, 'budget.memory: 0; expected MiB, more than 0'],
    [{ time: 5 }, 'budget.time: 5; expected a clock beside it'],
  ])('%o is refused', (budget, message) => {
    expect(() => judgeLinearizable(calls, model, budget)).toThrow(message)
  })
})
