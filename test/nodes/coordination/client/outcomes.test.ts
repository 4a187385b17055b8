// What a client may believe of its requests when connections break: done is done, lost is at most once.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CoordinationSession } from '../../../../nodes/coordination/index.ts'
import { runClients, value } from './standalone.ts'

type Create = (session: CoordinationSession, path: string) => Promise<'done' | 'lost' | 'refused'>

const careful: Create = async (session, path) => {
  const made = await session.create(path, '', 'persistent_sequential')
  return made.ok ? 'done' : made.reason === 'ConnectionLoss' ? 'lost' : 'refused'
}

/** Asks again when an answer is lost, as if it were sure that nothing had happened. */
const repeating: Create = async (session, path) => {
  for (;;) {
    const outcome = await careful(session, path)
    if (outcome !== 'lost') return outcome
  }
}

/** Takes no answer for a good one. */
const hopeful: Create = async (session, path) => {
  const outcome = await careful(session, path)
  return outcome === 'lost' ? 'done' : outcome
}

/** Creates fifty znodes while connections break, and compares what the client believes with what there is. */
async function wrongBeliefs(breaks: readonly number[], create: Create): Promise<readonly string[]> {
  const beliefs = new Map<string, 'done' | 'lost' | 'refused'>()
  const wrong: string[] = []
  await runClients({
    scripts: [
      async (session, node) => {
        value(await session.create('/q'))
        node.after(0, async () => {
          for (const pause of breaks) {
            await node.sleep(pause)
            session.dropConnection()
          }
        })
        for (let i = 0; i < 50; i++) {
          await node.sleep(node.random.int(60))
          const name = `n${i}-`
          beliefs.set(name, await create(session, `/q/${name}`))
        }
        await node.sleep('10s')
        const { children } = value(await session.getChildren('/q'))
        for (const [name, belief] of beliefs) {
          const count = children.filter((child) => child.startsWith(name)).length
          const isRight = belief === 'done' ? count === 1 : belief === 'lost' ? count <= 1 : count === 0
          if (!isRight) wrong.push(`${name} is ${belief}, and there are ${count}`)
        }
      },
    ],
    options: { sessionTimeout: '10s' },
    network: { delay: '20ms' },
    until: 180_000,
  })
  expect(beliefs.size).toBe(50)
  return wrong
}

const breaks = fc.array(fc.integer({ min: 1, max: 1500 }), { minLength: 20, maxLength: 60 })
const options = { seed: 11, numRuns: 12 }

test('an acknowledged write took effect once, a lost one at most once, a refused one not at all', async () => {
  let lost = 0
  const counting: Create = async (session, path) => {
    const outcome = await careful(session, path)
    if (outcome === 'lost') lost++
    return outcome
  }
  await fc.assert(
    fc.asyncProperty(breaks, async (pauses) => {
      expect(await wrongBeliefs(pauses, counting)).toEqual([])
    }),
    options,
  )
  expect(lost).toBeGreaterThan(10)
})

test.each([
  ['repeats what was lost', repeating],
  ['takes what was lost for done', hopeful],
])('a client that %s believes what is not so', async (_what, create) => {
  const found = await fc.check(
    fc.asyncProperty(breaks, async (pauses) => (await wrongBeliefs(pauses, create)).length === 0),
    options,
  )
  expect(found.failed).toBe(true)
})
