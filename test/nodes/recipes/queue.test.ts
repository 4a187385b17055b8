import { describe, expect, it } from 'vitest'
import { consume, ensurePath, put, take } from '../../../nodes/recipes/index.ts'
import type { Script } from './party.ts'
import { cutOff, run, value } from './party.ts'

const QUEUE = '/queue'
const ITEMS = 12

/** party[0] and party[1] put items, named by producer and number; the others do as `consumer` says. */
function producersAnd(consumer: Script): Script {
  return async (node, session, index) => {
    if (index > 1) return consumer(node, session, index)
    for (let item = 0; item < ITEMS; item++) {
      await node.sleep(node.random.int(40))
      value(await put(node, session, QUEUE, `${index}/${item}`))
    }
  }
}

const all = [0, 1].flatMap((producer) => Array.from({ length: ITEMS }, (_, item) => `${producer}/${item}`))

describe('take', () => {
  it.each([1, 2, 3])('gives each item to one consumer, each producer in order, seed %i', async (seed) => {
    const taken: { readonly by: string; readonly data: string }[] = []
    await run({
      parties: 5,
      seed,
      script: producersAnd(async (node, session) => {
        for (;;) {
          const item = await take(node, session, QUEUE)
          if (!item.ok) return
          taken.push({ by: node.name, data: item.value.data })
          await node.sleep(node.random.int(50))
        }
      }),
    })
    expect(taken.map(({ data }) => data).sort()).toEqual([...all].sort())
    expect(new Set(taken.map(({ by }) => by)).size).toBe(3)
  })

  it('gives items in the order of the queue to a single consumer', async () => {
    const names: string[] = []
    const data: string[] = []
    await run({
      parties: 3,
      script: producersAnd(async (node, session) => {
        for (;;) {
          const item = await take(node, session, QUEUE)
          if (!item.ok) return
          names.push(item.value.name.slice(-10))
          data.push(item.value.data)
        }
      }),
    })
    expect(names).toEqual([...names].sort())
    for (const producer of [0, 1]) {
      const own = data.filter((each) => each.startsWith(`${producer}/`))
      expect(own).toEqual(all.filter((each) => each.startsWith(`${producer}/`)))
    }
  })

  it('loses what a consumer was at when it died', async () => {
    expect(await finishedDespiteCrash('take')).toHaveLength(2 * ITEMS - 1)
  })
})

/** Items whose work was finished, when one of two consumers dies in the middle of one. */
async function finishedDespiteCrash(way: 'take' | 'consume'): Promise<string[]> {
  const finished: string[] = []
  await run({
    parties: 4,
    plan: [{ at: 2000, kind: 'crash', node: 'party[3]', for: '500ms' }],
    script: producersAnd(async (node, session) => {
      const work = async ({ data }: { readonly data: string }): Promise<void> => {
        await node.sleep('300ms')
        finished.push(data)
      }
      for (;;) {
        const item =
          way === 'take' ? await take(node, session, QUEUE) : await consume(node, session, QUEUE, work)
        if (!item.ok) return
        if (way === 'take') await work(item.value)
      }
    }),
  })
  return finished
}

describe('consume', () => {
  it('gives back what a consumer was at when it died: everything is worked on at least once', async () => {
    const finished = await finishedDespiteCrash('consume')
    expect([...new Set(finished)].sort()).toEqual([...all].sort())
  })

  it.each([1, 2, 3])(
    'works on each item once if nobody dies, even when connections are lost, seed %i',
    async (seed) => {
      const finished: string[] = []
      const result = await run({
        parties: 4,
        seed,
        sessionTimeout: '6s',
        plan: [cutOff(700, 'party[2]', 4300)],
        script: producersAnd(async (node, session) => {
          for (;;) {
            const item = await consume(node, session, QUEUE, async ({ data }) => {
              await node.sleep('50ms')
              finished.push(data)
            })
            if (!item.ok) return
          }
        }),
      })
      expect(result.metrics['sessions expired']).toBeUndefined()
      expect(finished.sort()).toEqual([...all].sort())
    },
  )
})

describe('consumers that share a session', () => {
  it('work on each item once', async () => {
    const finished: string[] = []
    await run({
      parties: 3,
      script: producersAnd(async (node, session) => {
        const consumer = async (): Promise<void> => {
          for (;;) {
            const item = await consume(node, session, QUEUE, async ({ data }) => {
              await node.sleep('50ms')
              finished.push(data)
            })
            if (!item.ok) return
          }
        }
        await Promise.all([consumer(), consumer()])
      }),
    })
    expect(finished.sort()).toEqual([...all].sort())
  })
})

describe('put, when its answer is lost', () => {
  const itemsFor = async (consumerComes: number): Promise<string[]> => {
    const seen: string[] = []
    await run({
      parties: 2,
      plan: [cutOff(1003, 'party[0]', 1100)],
      until: 20_000,
      script: async (node, session, index) => {
        value(await ensurePath(node, session, QUEUE))
        if (index === 0) {
          await node.sleep(1000 - node.clock.monotonic())
          value(await put(node, session, QUEUE, 'only'))
          return
        }
        await node.sleep(consumerComes)
        for (;;) {
          const item = await take(node, session, QUEUE)
          if (!item.ok) return
          seen.push(item.value.data)
        }
      },
    })
    return seen
  }

  it('leaves one item, which it finds by its id', async () => {
    expect(await itemsFor(5000)).toEqual(['only'])
  })

  it('leaves another if the first was taken meanwhile: at least once', async () => {
    expect(await itemsFor(0)).toEqual(['only', 'only'])
  })
})
