import { describe, expect, it } from 'vitest'
import type { FaultSpec } from '../../faults/vocabulary.ts'
import { DiskError } from '../../sim/storage/disk-image.ts'
import type { System } from './support.ts'
import { notes, run, touched, worker } from './support.ts'

const alone = (kind: ReturnType<typeof worker>): System => ({
  peers: 0,
  until: '2s',
  add: ({ addOne }) => addOne(kind),
})

describe('cpu-slow', () => {
  // 100 ms of work again and again.
  const kind = worker(
    async (node) => {
      for (let n = 1; n <= 6; n++) {
        await node.work(100)
        node.role(`done ${n}`)
      }
    },
    { cores: 1 },
  )
  const doneAt = async (plan: readonly FaultSpec[]): Promise<number[]> =>
    notes(await run(plan, alone(kind))).map((note) => Number(note.split(' ')[0]))

  it('makes work take so many times longer, running work included, while it lasts', async () => {
    expect(await doneAt([{ at: 150, kind: 'cpu-slow', node: 'worker', factor: 4, for: 400 }])).toEqual([
      100, 350, 600, 700, 800, 900,
    ])
  })

  // Slowed by 2 from 100 and by 5 from 300; the stretches say by how much in the end.
  it.each<[title: string, first: number, second: number, stretches: readonly Stretch[]]>([
    [
      'the first ends first',
      250,
      350,
      [
        [0, 100, 1],
        [100, 300, 2],
        [300, 350, 10],
        [350, 650, 5],
        [650, 2000, 1],
      ],
    ],
    [
      'the second ends first',
      600,
      100,
      [
        [0, 100, 1],
        [100, 300, 2],
        [300, 400, 10],
        [400, 700, 2],
        [700, 2000, 1],
      ],
    ],
  ])('multiplies with another: %s', async (_title, first, second, stretches) => {
    const plan: FaultSpec[] = [
      { at: 100, kind: 'cpu-slow', node: 'worker', factor: 2, for: first },
      { at: 300, kind: 'cpu-slow', node: 'worker', factor: 5, for: second },
    ]
    expect(await doneAt(plan)).toEqual([100, 200, 300, 400, 500, 600].map((work) => timeOf(work, stretches)))
  })

  it('touches only nodes with a CPU model', async () => {
    expect(touched(await run([{ at: 100, kind: 'cpu-slow', node: 'all', factor: 2 }]))).toEqual([[]])
  })
})

type Stretch = readonly [from: number, to: number, factor: number]

/** When so much work is done, if it progresses in each stretch at 1 / factor. */
function timeOf(work: number, stretches: readonly Stretch[]): number {
  let left = work
  for (const [from, to, factor] of stretches) {
    const possible = (to - from) / factor
    if (left <= possible) return from + left * factor
    left -= possible
  }
  return NaN
}

describe('disk-full', () => {
  const kind = worker(async (node) => {
    for (;;) {
      await node.sleep(100)
      try {
        await node.disk.append('log', 'entry')
        node.role('ok')
      } catch (error) {
        node.role(error instanceof DiskError ? error.code : 'other')
      }
    }
  })

  it.each([
    ['the first ends first', 200, 400],
    ['the second ends first', 500, 100],
  ])('refuses writes while any of two overlapping faults lasts: %s', async (_title, first, second) => {
    const result = await run(
      [
        { at: 150, kind: 'disk-full', node: 'worker', for: first },
        { at: 250, kind: 'disk-full', node: 'worker', for: second },
      ],
      { ...alone(kind), until: '800ms' },
    )
    expect(notes(result)).toEqual([
      '100 ok',
      '200 ENOSPC',
      '300 ENOSPC',
      '400 ENOSPC',
      '500 ENOSPC',
      '600 ENOSPC',
      '700 ok',
      '800 ok',
    ])
    expect(touched(result)).toEqual([['worker'], ['worker']])
  })
})

describe('disk-read-error', () => {
  it('makes reads fail while it lasts; writes work', async () => {
    const kind = worker(async (node) => {
      for (;;) {
        await node.sleep(100)
        await node.disk.append('log', 'entry')
        try {
          node.role(`read ${(await node.disk.read('log')).length}`)
        } catch (error) {
          node.role(error instanceof DiskError ? error.code : 'other')
        }
      }
    })
    const result = await run([{ at: 150, kind: 'disk-read-error', node: 'worker', for: 100 }], {
      ...alone(kind),
      until: '300ms',
    })
    expect(notes(result)).toEqual(['100 read 1', '200 EIO', '300 read 3'])
  })
})

describe('disk-slow', () => {
  // Appends at 50, 250, 450, 650 and 850; each takes 10 ms on a healthy disk.
  it.each([
    ['the first ends first', 400, 400, [10, 20, 100, 50, 10]],
    ['the second ends first', 600, 150, [10, 20, 100, 20, 10]],
  ])('multiplies latencies, with those of another too: %s', async (_title, first, second, took) => {
    const kind = worker(async (node) => {
      await node.sleep(50)
      for (;;) {
        const begun = node.clock.monotonic()
        await node.disk.append('log', 'entry')
        const spent = node.clock.monotonic() - begun
        node.role(`took ${spent}`)
        await node.sleep(200 - spent)
      }
    })
    const withDisk = { ...kind, definition: { ...kind.definition, disk: { latency: { append: 10 } } } }
    const result = await run(
      [
        { at: 200, kind: 'disk-slow', node: 'worker', factor: 2, for: first },
        { at: 400, kind: 'disk-slow', node: 'worker', factor: 5, for: second },
      ],
      { ...alone(withDisk), until: '1s' },
    )
    expect(notes(result).map((note) => Number(note.split(' ')[2]))).toEqual(took)
  })
})

describe('disk-sync-lie', () => {
  it('loses in a crash what a sync promised to keep, unless an honest sync came later', async () => {
    const recovered = async (lasting: number): Promise<unknown> => {
      let found: unknown
      const kind = worker(async (node) => {
        found = await node.disk.read('log')
        await node.sleep(100)
        await node.disk.append('log', 'first')
        await node.disk.sync('log')
        await node.sleep(100)
        await node.disk.sync('log')
      })
      await run(
        [
          { at: 50, kind: 'disk-sync-lie', node: 'worker', for: lasting },
          { at: 300, kind: 'crash', node: 'worker', for: 10 },
        ],
        { ...alone(kind), until: '350ms' },
      )
      return found
    }
    expect(await recovered(200)).toEqual([])
    expect(await recovered(100)).toEqual(['first'])
  })
})
