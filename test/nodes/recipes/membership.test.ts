import { expect, it } from 'vitest'
import { followGroup, joinGroup, leaveGroup } from '../../../nodes/recipes/index.ts'
import type { Script } from './party.ts'
import { run, value } from './party.ts'

const GROUP = '/group'

/** party[0] follows the group, the others join it in turn; tells the lists that party[0] saw, without repetition. */
function watched(lists: string[], member: Script): Script {
  return async (node, session, index) => {
    if (index > 0) return member(node, session, index)
    await followGroup(node, session, GROUP, (members) => {
      const list = members.join(' ')
      if (lists.at(-1) !== list) lists.push(list)
    })
  }
}

const joins: Script = async (node, session, index) => {
  await node.sleep(100 * index)
  value(await joinGroup(node, session, GROUP, `m${index}`))
}

it('tells who is there after each change', async () => {
  const lists: string[] = []
  await run({
    parties: 4,
    script: watched(lists, async (node, session, index) => {
      await joins(node, session, index)
      if (index === 2) {
        await node.sleep('1s')
        value(await leaveGroup(node, session, GROUP, 'm2'))
      }
    }),
  })
  expect(lists).toEqual(['', 'm1', 'm1 m2', 'm1 m2 m3', 'm1 m3'])
})

it('misses a member that died only when its session has expired', async () => {
  const lists: string[] = []
  const result = await run({
    parties: 3,
    until: 10_000,
    plan: [{ at: '1s', kind: 'crash', node: 'party[1]' }],
    script: watched(lists, joins),
  })
  expect(lists).toEqual(['', 'm1', 'm1 m2', 'm2'])
  expect(result.metrics['sessions expired']).toMatchObject({ total: 1 })
})

it('keeps a member that is back before its old session expired', async () => {
  const lists: string[] = []
  await run({
    parties: 3,
    until: 10_000,
    plan: [{ at: '1s', kind: 'crash', node: 'party[1]', for: '300ms' }],
    script: watched(lists, joins),
  })
  // The old znode is replaced at once; it does not go away later, with the old session.
  expect(lists.at(-1)).toBe('m1 m2')
})
