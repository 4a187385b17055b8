// The latch against an ensemble, whose next server may not know yet what the last one was asked for.
import { expect, test } from 'vitest'

import type { Node } from '../../../index.ts'
import { connect } from '../../../nodes/coordination/index.ts'
import { leaderLatch } from '../../../nodes/recipes/index.ts'
import type { Script } from '../coordination/ensemble/cluster.ts'
import { runEnsemble } from '../coordination/ensemble/cluster.ts'

const ELECTION = '/election'

/** Breaks off the node's first connection after some time. */
function breakOff(node: Node, after: number): void {
  const { streams } = node
  const connectTo = streams.connect.bind(streams)
  let isFirst = true
  const open: typeof streams.connect = async (...all) => {
    const opened = await connectTo(...all)
    if (opened.ok && isFirst) {
      isFirst = false
      node.after(after, () => {
        opened.value.abort()
      })
    }
    return opened
  }
  Object.defineProperty(node, 'streams', { value: { ...streams, connect: open } })
}

test('leaves one znode a session in the line, also when the answer to its creation is lost', async () => {
  const doubled: string[] = []
  let lines = 0
  const contender: Script = async (node, servers) => {
    await node.sleep(9000)
    breakOff(node, 1200 + node.random.int(4000))
    await leaderLatch(node, servers, { directory: ELECTION, sessionTimeout: '8s', isLeader: () => undefined })
  }
  const onlooker: Script = async (node, servers) => {
    const zk = await connect(node, servers[2]!, { sessionTimeout: '8s' })
    await zk.create(ELECTION)
    while (node.clock.monotonic() < 22_000) {
      const listed = await zk.getChildren(ELECTION)
      if (listed.ok) {
        const sessions = listed.value.children.map((name) => name.slice(0, name.indexOf('-')))
        if (sessions.length > 0) lines++
        doubled.push(...sessions.filter((session, i) => sessions.indexOf(session) !== i))
      }
      await node.sleep(200)
    }
  }
  for (let seed = 1; seed <= 8; seed++) {
    await runEnsemble({
      scripts: [onlooker, ...Array.from({ length: 12 }, () => contender)],
      // The others hear of a commit long after it was asked for.
      network: {
        delay: '2ms',
        links: [{ from: 'coordination[0..2]', to: 'coordination[0..2]', delay: '600ms' }],
      },
      until: 23_000,
      run: { seed },
    })
  }
  expect(lines).toBeGreaterThan(50)
  expect(doubled).toEqual([])
})
