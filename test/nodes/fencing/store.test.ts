import { expect, it } from 'vitest'
import type { Address, Check, Node, RunResult } from '../../../index.ts'
import { defineNode, scenario, simulate } from '../../../index.ts'
import type { StoreMessages } from '../../../nodes/fencing/index.ts'
import { noEntryLost, noWriteOfDeposed, store } from '../../../nodes/fencing/index.ts'

type Script = (node: Node, to: Address<StoreMessages>) => Promise<void>

async function atStore(fencing: boolean, script: Script, checks: readonly Check[] = []): Promise<RunResult> {
  const client = defineNode<object, { readonly to: Address<StoreMessages> }>()({
    kind: 'client',
    start: (node) => script(node, node.config.to),
  })
  const result = await simulate(
    scenario({
      name: 'store',
      summary: 'one client',
      cluster: ({ addOne }) => void addOne(client, { to: addOne(store, { fencing }) }),
      checks,
      until: '10s',
    }),
  )
  expect(result.failures).toEqual([])
  return result
}

it('refuses what shows a lower token than it has seen, be it to open or to write', async () => {
  await atStore(true, async (node, to) => {
    expect(await node.request(to, 'open', { token: 5 })).toEqual({ ok: true, reply: { total: 0 } })
    expect(await node.request(to, 'write', { token: 5, total: 1 })).toEqual({ ok: true, reply: { total: 1 } })
    expect(await node.request(to, 'open', { token: 6 })).toEqual({ ok: true, reply: { total: 1 } })
    expect(await node.request(to, 'write', { token: 5, total: 2 })).toEqual({
      ok: true,
      reply: { refusedFor: 6 },
    })
    expect(await node.request(to, 'open', { token: 5 })).toEqual({ ok: true, reply: { refusedFor: 6 } })
    expect(await node.request(to, 'write', { token: 6, total: 2 })).toEqual({ ok: true, reply: { total: 2 } })
  })
})

it('obeys anybody without fencing, and both checks see it', async () => {
  const { checks } = await atStore(
    false,
    async (node, to) => {
      for (const total of [1, 2, 3]) {
        await node.request(to, 'write', { token: 6, total })
        node.metrics.count('entries acknowledged')
      }
      await node.request(to, 'write', { token: 5, total: 1 })
    },
    [noEntryLost(), noWriteOfDeposed()],
  )
  expect(checks.map(({ verdict }) => verdict)).toEqual(['violated', 'violated'])
  expect(checks[0]?.violation?.observed).toBe('3 entries were acknowledged, the store holds 1')
})
