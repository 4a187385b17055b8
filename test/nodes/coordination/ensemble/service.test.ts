import { describe, expect, test } from 'vitest'

import { connect } from '../../../../nodes/coordination/client/index.ts'
import { runEnsemble, value } from './cluster.ts'

describe('an ensemble', () => {
  test('serves clients of any of its servers, observers too', async () => {
    const seen: string[] = []
    await runEnsemble({
      ensemble: { participants: 3, observers: 1 },
      scripts: [0, 1, 2, 3].map((server) => async (node, servers) => {
        const zk = await connect(node, servers[server]!, { sessionTimeout: '4s' })
        value(await zk.create(`/from-${server}`, 'x', 'ephemeral'))
        await node.sleep(1000)
        value(await zk.sync('/'))
        const { children } = value(await zk.getChildren('/'))
        seen.push(
          children
            .filter((child) => child !== 'zookeeper')
            .sort()
            .join(' '),
        )
      }),
    })
    expect(seen).toEqual(Array.from({ length: 4 }, () => 'from-0 from-1 from-2 from-3'))
  })
})
