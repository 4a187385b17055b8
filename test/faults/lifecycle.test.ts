import { describe, expect, it } from 'vitest'
import { events, run, touched, worker } from './support.ts'

describe('crash', () => {
  it('ends an incarnation and restarts it when its time is over', async () => {
    const result = await run([{ at: 100, kind: 'crash', node: 'peer[1]', for: 200 }])
    expect(events(result, 'crash', 'start')).toEqual(['100 crash peer[1] fault', '300 start peer[1]'])
    expect(touched(result)).toEqual([['peer[1]']])
  })

  it('is for good without a time', async () => {
    const result = await run([{ at: 100, kind: 'crash', node: 'peer[1]' }])
    expect(events(result, 'crash', 'start')).toEqual(['100 crash peer[1] fault'])
  })

  it('touches nothing when the node is down, and is called vacuous', async () => {
    const result = await run([
      { at: 100, kind: 'crash', node: 'peer[1]' },
      { at: 200, kind: 'crash', node: 'peer[1]', for: 100 },
    ])
    expect(touched(result)).toEqual([['peer[1]'], []])
    expect(events(result, 'crash', 'start')).toEqual(['100 crash peer[1] fault'])
    expect(result.warnings).toEqual(['plan[1] (crash) is vacuous: it touched nothing'])
  })

  it('restarts only the nodes that it crashed itself', async () => {
    const result = await run([
      { at: 100, kind: 'crash', node: 'peer[0]' },
      { at: 200, kind: 'crash', node: 'all', for: 100 },
    ])
    expect(touched(result)[1]).toEqual(['peer[1]', 'peer[2]'])
    expect(events(result, 'start')).toEqual(['300 start peer[1]', '300 start peer[2]'])
  })

  it('leaves a node down that came back meanwhile and was crashed by a later fault', async () => {
    const result = await run([
      { at: 100, kind: 'crash', node: 'peer[0]', for: 400 },
      { at: 200, kind: 'restart', node: 'peer[0]' },
      { at: 300, kind: 'crash', node: 'peer[0]', for: 600 },
    ])
    expect(events(result, 'crash', 'start')).toEqual([
      '100 crash peer[0] fault',
      '200 start peer[0]',
      '300 crash peer[0] fault',
      '900 start peer[0]',
    ])
  })

  it('resolves a role when it fires, not before', async () => {
    const kind = worker(async (node) => {
      await node.sleep(150)
      node.role('leader')
    })
    const result = await run(
      [
        { at: 100, kind: 'crash', node: 'role:leader' },
        { at: 200, kind: 'crash', node: 'role:leader' },
      ],
      { add: ({ add }) => add(kind, 2) },
    )
    expect(touched(result)).toEqual([[], ['worker[0]', 'worker[1]']])
  })

  it('keeps what was synced; with torn it may also keep part of the rest', async () => {
    const kept = async (torn: boolean): Promise<unknown[]> => {
      const found: unknown[] = []
      const kind = worker(async (node) => {
        found.push(...(await node.disk.read('log')))
        if (found.length > 0) return
        await node.disk.append('log', 'synced')
        await node.disk.sync('log')
        for (let i = 0; i < 20; i++) await node.disk.append('log', `unsynced ${i}`)
      })
      await run([{ at: 100, kind: 'crash', node: 'worker', for: 100, torn }], {
        peers: 0,
        add: ({ addOne }) => addOne(kind),
      })
      return found
    }
    expect(await kept(false)).toEqual(['synced'])
    expect((await kept(true)).length).toBeGreaterThan(1)
  })
})

describe('restart', () => {
  it('brings back nodes that are down and touches no others', async () => {
    const result = await run([
      { at: 100, kind: 'crash', node: ['peer[0]', 'peer[2]'] },
      { at: 200, kind: 'restart', node: 'all' },
    ])
    expect(touched(result)[1]).toEqual(['peer[0]', 'peer[2]'])
    expect(events(result, 'start')).toEqual(['200 start peer[0]', '200 start peer[2]'])
  })
})

describe('pause', () => {
  it('stops a node and lets it go on when its time is over', async () => {
    const result = await run([{ at: 100, kind: 'pause', node: 'peer[1]', for: 300 }])
    expect(events(result, 'pause', 'resume')).toEqual(['100 pause peer[1]', '400 resume peer[1]'])
    const timers = events(result, 'timer').filter((line) => line.includes('peer[1]'))
    expect(timers.slice(0, 4)).toEqual([
      '50 timer peer[1]',
      '400 timer peer[1]',
      '500 timer peer[1]',
      '600 timer peer[1]',
    ])
  })

  it.each([
    ['the first ends first', 300, 500, '600 resume peer[1]'],
    ['the second ends first', 700, 100, '800 resume peer[1]'],
  ])('holds while any of two overlapping pauses does: %s', async (_title, first, second, resumed) => {
    const result = await run([
      { at: 100, kind: 'pause', node: 'peer[1]', for: first },
      { at: first === 300 ? 100 : 200, kind: 'pause', node: 'peer[1]', for: second },
    ])
    expect(touched(result)).toEqual([['peer[1]'], ['peer[1]']])
    expect(events(result, 'pause', 'resume')).toEqual(['100 pause peer[1]', resumed])
  })

  it('does not outlive a crash', async () => {
    const result = await run([
      { at: 100, kind: 'pause', node: 'peer[1]', for: 500 },
      { at: 200, kind: 'crash', node: 'peer[1]', for: 100 },
      { at: 400, kind: 'pause', node: 'peer[1]', for: 400 },
    ])
    expect(events(result, 'pause', 'crash', 'start', 'resume')).toEqual([
      '100 pause peer[1]',
      '200 crash peer[1] fault',
      '300 start peer[1]',
      '400 pause peer[1]',
      '800 resume peer[1]',
    ])
  })

  it('touches nothing when the node is down', async () => {
    const result = await run([
      { at: 100, kind: 'crash', node: 'peer[1]' },
      { at: 200, kind: 'pause', node: 'peer[1]' },
    ])
    expect(touched(result)[1]).toEqual([])
  })
})

describe('resume', () => {
  it('ends every pause of a node; their own ends then do nothing', async () => {
    const result = await run([
      { at: 100, kind: 'pause', node: 'peer[1]' },
      { at: 150, kind: 'pause', node: 'peer[1]', for: 300 },
      { at: 200, kind: 'resume', node: 'all' },
      { at: 300, kind: 'pause', node: 'peer[1]', for: 400 },
    ])
    expect(touched(result)[2]).toEqual(['peer[1]'])
    expect(events(result, 'pause', 'resume')).toEqual([
      '100 pause peer[1]',
      '200 resume peer[1]',
      '300 pause peer[1]',
      '700 resume peer[1]',
    ])
  })
})
