// The disk in the event loop: one operation after the other, each with its time.
import { describe, expect, it } from 'vitest'
import { defineNode, faults } from '../../../index.ts'
import { recordsOf, run, story } from '../support.ts'

const writer = (latency: object | undefined) =>
  defineNode()({
    kind: 'writer',
    disk: latency === undefined ? {} : { latency },
    async start(node) {
      await Promise.all([
        node.disk.append('log', 1),
        node.disk.append('log', 2),
        node.disk.sync('log'),
        node.disk.append('log', 3),
      ])
      node.role(JSON.stringify(await node.disk.read('log')))
    },
  })

describe('operations of one node', () => {
  it('are served in the order in which they were asked for, in any order of ties', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      for (const ties of ['serial', 'shuffled'] as const) {
        const result = await run(({ addOne }) => addOne(writer(undefined)), { seed, profile: { ties } })
        expect(story(result, 'disk', 'role').map((line) => line.split(' ').at(-1))).toEqual([
          'append',
          'append',
          'sync',
          'append',
          'read',
          '[1,2,3]',
        ])
      }
    }
  })

  it('take their time one after the other', async () => {
    const result = await run(({ addOne }) => addOne(writer({ append: '2ms', sync: '5ms', read: '1ms' })))
    expect(recordsOf(result, 'disk').map(({ t, type }) => `${t / 1000} ${type}`)).toEqual([
      '2 append',
      '4 append',
      '9 sync',
      '11 append',
      '12 read',
    ])
  })

  it('that a crash or a stop interrupts never happen, and the next incarnation does not wait for them', async () => {
    const restarting = defineNode()({
      kind: 'restarting',
      disk: { latency: { append: '10ms', read: '1ms' } },
      async start(node) {
        const before = await node.disk.read('log').catch(() => [])
        node.role(`found ${before.length}`)
        await Promise.all([
          node.disk.append('log', 1),
          node.disk.append('log', 2),
          node.disk.append('log', 3),
        ])
      },
    })
    const result = await run(({ addOne }) => addOne(restarting), {
      faults: [faults.crash({ at: '15ms', node: 'restarting', for: '1ms' })],
    })
    expect(story(result, 'role')).toEqual(['1 role restarting found 0', '17 role restarting found 0'])
    expect(recordsOf(result, 'disk').map(({ t, type }) => `${t / 1000} ${type}`)).toEqual([
      '1 read',
      '11 append',
      '15 lost',
      '17 read',
      '27 append',
      '37 append',
      '47 append',
    ])
  })
})
