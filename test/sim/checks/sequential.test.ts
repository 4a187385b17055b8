import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judgeLinearizable } from '../../../sim/checks/linearizability.ts'
import { models } from '../../../sim/checks/models/list.ts'
import type { Model } from '../../../sim/checks/models/model.ts'
import { judgeSequential } from '../../../sim/checks/sequential.ts'
import type { Line, Shape } from './histories.ts'
import { history, isSequential, smallHistories } from './histories.ts'

const values = [null, 1, 2]
const register: readonly Shape[] = [
  ['read', [undefined], values],
  ['write', [1, 2], [undefined]],
]
const cases: readonly (readonly [name: string, model: Model, shapes: readonly Shape[]])[] = [
  ['registers', models.register(), register],
  [
    'registers with compare-and-set',
    models.casRegister(),
    [
      ...register,
      [
        'cas',
        [
          [1, 2],
          [null, 1],
        ],
        [true, false],
      ],
    ],
  ],
  [
    'keys that are appended to',
    models.keyValue(),
    [
      ['get', [undefined], [null, 'a', 'ab', 'ba']],
      ['append', ['a', 'b'], [undefined]],
      ['put', ['a'], [undefined]],
    ],
  ],
  [
    'queues',
    models.fifoQueue(),
    [
      ['enqueue', [1, 2], [undefined]],
      ['dequeue', [undefined], [1, 2, null]],
    ],
  ],
]

describe.each(cases)('on small histories of two %s', (_name, model, shapes) => {
  it('says what trying every order says', () => {
    const count = { held: 0, violated: 0, undecided: 0 }
    fc.assert(
      fc.property(smallHistories(shapes, { objects: 2 }), (calls) => {
        const { verdict } = judgeSequential(calls, model)
        count[verdict]++
        expect(verdict).toBe(isSequential(calls, model) ? 'held' : 'violated')
      }),
      { seed: 20261124, numRuns: 2000 },
    )
    expect(count.undecided).toBe(0)
    expect(Math.min(count.held, count.violated)).toBeGreaterThan(100)
  })

  it('holds wherever linearizability does', () => {
    fc.assert(
      fc.property(smallHistories(shapes, { objects: 2 }), (calls) => {
        fc.pre(judgeLinearizable(calls, model).verdict === 'held')
        expect(judgeSequential(calls, model).verdict).toBe('held')
      }),
      { seed: 20261125, numRuns: 200 },
    )
  })

  it('shows calls that contradict each other, none of which could be missing', () => {
    fc.assert(
      fc.property(smallHistories(shapes, { objects: 2, calls: 6 }), (calls) => {
        const { witness } = judgeSequential(calls, model)
        if (witness === undefined) return
        const fits = (insisted: readonly number[]): boolean =>
          isSequential(
            calls.map((call) =>
              insisted.includes(call.id) ? call : { ...call, output: undefined, known: false, to: Infinity },
            ),
            model,
          )
        const ids = witness.conflict.map(({ id }) => id)
        expect([witness.isLongest, witness.isMinimal]).toEqual([true, true])
        expect(fits(ids)).toBe(false)
        for (const one of ids) expect(fits(ids.filter((id) => id !== one))).toBe(true)
      }),
      { seed: 20261126, numRuns: 300 },
    )
  })
})

describe('known histories', () => {
  const verdicts = (model: Model, ...lines: readonly Line[]): readonly string[] => {
    const calls = history(...lines)
    return [judgeSequential(calls, model).verdict, judgeLinearizable(calls, model).verdict]
  }

  it('lets a read be old, as long as its process does not notice', () => {
    expect(
      verdicts(models.register(), ['a', 'write', 1, undefined, 1, 2], ['b', 'read', undefined, null, 3, 4]),
    ).toEqual(['held', 'violated'])
  })

  it('refuses store buffering: two writers that both miss the write of the other (Lamport)', () => {
    expect(
      verdicts(
        models.register(),
        ['a', 'write', 1, undefined, 1, 2, 'x'],
        ['b', 'write', 1, undefined, 1.5, 2.5, 'y'],
        ['a', 'read', undefined, null, 3, 4, 'y'],
        ['b', 'read', undefined, null, 3.5, 4.5, 'x'],
      ),
    ).toEqual(['violated', 'violated'])
  })

  it('is not local: two queues, each alone in order, contradict each other (Herlihy and Wing)', () => {
    const p = (index: number, name: string, input: unknown, output: unknown): Line => [
      'a',
      name,
      input,
      output,
      index,
      index + 0.5,
      'p',
    ]
    const lines: readonly Line[] = [
      p(1, 'enqueue', 'x', undefined),
      ['a', 'enqueue', 'x', undefined, 2, 2.5, 'q'],
      ['b', 'enqueue', 'y', undefined, 1.1, 1.6, 'q'],
      ['b', 'enqueue', 'y', undefined, 2.1, 2.6, 'p'],
      ['a', 'dequeue', undefined, 'y', 3, 3.5, 'p'],
      ['b', 'dequeue', undefined, 'x', 3.1, 3.6, 'q'],
    ]
    const model = models.fifoQueue() as Model
    const calls = history(...lines)
    for (const object of ['p', 'q']) {
      expect(
        judgeSequential(
          calls.filter((call) => call.object === object),
          model,
        ).verdict,
      ).toBe('held')
    }
    expect(judgeSequential(calls, model).verdict).toBe('violated')
  })

  it('lets two readers see two writes in one order only', () => {
    const lines = (second: readonly [unknown, unknown]): readonly Line[] => [
      ['a', 'write', 1, undefined, 1, 2],
      ['b', 'write', 2, undefined, 1.1, 2.1],
      ['c', 'read', undefined, 1, 3, 4],
      ['c', 'read', undefined, 2, 5, 6],
      ['d', 'read', undefined, second[0], 3.1, 4.1],
      ['d', 'read', undefined, second[1], 5.1, 6.1],
    ]
    expect(verdicts(models.register(), ...lines([1, 2]))[0]).toBe('held')
    expect(verdicts(models.register(), ...lines([2, 1]))[0]).toBe('violated')
  })

  it('lets what has an unknown outcome take effect after later calls of its process', () => {
    expect(
      verdicts(
        models.register(),
        ['a', 'write', 1, '?', 1, 0],
        ['a', 'read', undefined, null, 2, 3],
        ['a', 'read', undefined, 1, 4, 5],
      ),
    ).toEqual(['held', 'held'])
    expect(
      verdicts(models.register(), ['a', 'read', undefined, 1, 1, 2], ['a', 'write', 1, '?', 3, 0]),
    ).toEqual(['violated', 'violated'])
  })

  it('ends undecided when its budget does', () => {
    const lines: Line[] = []
    for (let i = 0; i < 14; i++) {
      lines.push([`a${i}`, 'write', i % 6, undefined, i, 100 + i])
      lines.push([`a${i}`, 'cas', [(i * 5 + 1) % 6, i % 6], true, 200 + i, 300 + i])
    }
    // Each of two values could come from the other, and from nowhere else.
    lines.push(['x', 'cas', ['b', 'a'], '?', 350, 0], ['y', 'cas', ['a', 'b'], '?', 351, 0])
    lines.push(['r', 'read', undefined, 'a', 400, 401])
    const result = judgeSequential(history(...lines), models.casRegister(), { steps: 20_000 })
    expect(result).toMatchObject({ verdict: 'undecided', exhausted: 'steps' })
  })
})
